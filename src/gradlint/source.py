"""From bytes to program text: size, encoding, notebooks, and the cheap test whether a file is worth parsing."""

# os.path: `Path.resolve` follows links, and a file must be opened without waiting.
from __future__ import annotations

import codecs
import io
import os
import re
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradlint.config import Settings
from gradlint.finding import Problem
from gradlint.notebook import NotebookError, NotebookMap, convert
from gradlint.suppression import Suppressions, suppressions

__all__ = [
    "Lines",
    "SourceFile",
    "Suppressions",
    "commented",
    "decode",
    "encoding",
    "garbled",
    "given",
    "interesting",
    "load",
    "read",
    "reader",
    "shown",
    "suppressions",
]

LIMIT = 5_000_000
"""Bytes of program text that are read at most."""
NOTEBOOK_LIMIT = 50_000_000
"""The same for notebooks, most of which is pictures; the program text in them is held to `LIMIT`."""

Lines = Callable[[str, int | None], Sequence[str]]
"""From a shown path and a cell number (None for a script) to the lines of the file or of the cell."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as program text."""

    path: str
    """As the user sees it, see `shown`."""
    text: str
    notebook: NotebookMap | None = None

    def lines(self, cell: int | None = None) -> Sequence[str]:
        """The lines of the file, or the original lines of one cell of a notebook."""
        if self.notebook is not None and cell is not None:
            return self.notebook.lines(cell)
        return split_lines(self.text)


def shown(path: str | Path) -> str:
    """The path as the user sees it: relative to the working directory if it is below it, with forward slashes."""
    absolute = os.path.abspath(path)
    cwd = os.getcwd()
    if absolute == cwd:
        return "."
    prefix = cwd.rstrip(os.sep) + os.sep
    return (absolute.removeprefix(prefix)).replace(os.sep, "/")


_NEWLINE = re.compile(r"\r\n|\r|\n")


def split_lines(text: str) -> list[str]:
    """Lines as Python counts them: unlike `str.splitlines`, a form feed or U+2028 ends no line."""
    return _NEWLINE.split(text)


def load(path: Path) -> SourceFile | Problem:
    """Read and decode one file."""
    data = read(path)
    return data if isinstance(data, Problem) else decode(path, data)


def read(path: Path) -> bytes | Problem:
    """The bytes of a regular file that is not too large."""
    limit = NOTEBOOK_LIMIT if path.suffix == ".ipynb" else LIMIT
    name = shown(path)
    try:
        # Not blocking: a file that was replaced by a FIFO since it was found must not hang the run.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return Problem(name, 1, "not checked: not a regular file")
            if status.st_size <= limit:
                data = stream.read(limit + 1)
                if len(data) <= limit:
                    return data
    except OSError as error:
        return Problem(name, 1, f"not checked: {error.strerror or error}")
    return Problem(name, 1, f"file is {_size(status.st_size)}: not read (the limit is {_size(limit)})")


def _size(count: int) -> str:
    return f"{count / 1_000_000:.0f} MB" if count >= 9_500_000 else f"{count / 1_000_000:.1f} MB".replace(".0", "")


def decode(path: Path, data: bytes) -> SourceFile | Problem:
    """Turn the bytes of a file into program text."""
    name = shown(path)
    if path.suffix == ".ipynb":
        return _decode_notebook(name, data)
    text = _text(name, data)
    return text if isinstance(text, Problem) else SourceFile(name, text)


def _decode_notebook(name: str, data: bytes) -> SourceFile | Problem:
    try:
        text, cells = convert(data)
    except NotebookError as error:
        return Problem(name, error.line, str(error))
    if len(text) > LIMIT:
        return Problem(
            name, 1, f"the notebook holds {_size(len(text))} of code: not read (the limit is {_size(LIMIT)})"
        )
    if "\0" in text:
        return Problem(name, 1, "not checked: a NUL character in a code cell")
    return SourceFile(name, text, cells)


_DECLARATION = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_REFUSED = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})
"""Encodings that are none of source text; decoding a large file as punycode takes hours."""


def _text(name: str, data: bytes) -> str | Problem:
    nul = data.find(b"\0")
    if nul >= 0:
        return Problem(name, _line(data, nul), "not checked: a NUL byte, so this is not Python source")
    declared = encoding(data)
    try:
        found = codecs.lookup(declared).name.replace("-", "_")
    except (LookupError, ValueError):
        found = "undefined"
    if found in _REFUSED:
        return Problem(name, _declaration_line(data), f"not checked: unknown encoding {declared!r}")
    try:
        return data.decode("utf_8_sig" if found == "utf_8" else found)
    except UnicodeDecodeError as error:
        bad = f"byte 0x{data[error.start]:02x}" if error.start < len(data) else "a byte"
        return Problem(name, _line(data, error.start), f"not checked: {bad} is not valid {declared}")
    except (LookupError, ValueError):  # rot13 and its like turn text into text, not bytes
        return Problem(name, _declaration_line(data), f"not checked: {declared!r} is no encoding of text")


def encoding(data: bytes) -> str:
    """The encoding of PEP 263; unlike `tokenize.detect_encoding` it does not fail on bytes that do not fit."""
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8"
    for line in io.BytesIO(data[:4096]).readlines()[:2]:
        match = _DECLARATION.match(line)
        if match:
            return match[1].decode("ascii", "replace")
        if line.strip() and not line.lstrip().startswith(b"#"):
            break
    return "utf-8"


def _declaration_line(data: bytes) -> int:
    return 1 if _DECLARATION.match(data.split(b"\n", 1)[0]) else 2


def _line(data: bytes, offset: int) -> int:
    """The line, counted from 1, of the byte at `offset`."""
    return len(re.findall(rb"\r\n|\r|\n", data[:offset])) + 1


def given(settings: Settings) -> tuple[SourceFile, ...]:
    """The program on standard input, if that is what is checked and it can be read."""
    if settings.stdin is None:
        return ()
    file = decode(Path(settings.stdin_filename or "-"), settings.stdin)
    return () if isinstance(file, Problem) else (file,)


def reader(given: Iterable[SourceFile] = ()) -> Lines:
    """Lines by shown path and cell, read again from disk where a report quotes them; empty for what is gone."""
    files: dict[str, SourceFile | Problem] = {file.path: file for file in given}

    def lines(path: str, cell: int | None) -> Sequence[str]:
        if path not in files:
            files[path] = load(Path(path))
        file = files[path]
        return () if isinstance(file, Problem) else file.lines(cell)

    return lines


# -- is the file worth parsing? ---------------------------------------------------------------------------------------

_FRAMEWORKS = tuple(b"tensorflow keras sonnet tf_agents trfl tensorlayer tf_slim tflearn".split())
_TRAINING = tuple(
    b"ptimizer learning_rate gradients( GradientTape minimize( .compile( .fit( train_on_batch train_step "
    b"fit_generator assign_sub get_updates OPTIMIZER Adam SGD RMSprop".split()
)
_TELLING = tuple(
    b"GradientTape apply_gradients compute_gradients train_on_batch fit_generator get_updates assign_sub".split()
)
"""Words that only TensorFlow and Keras use: the framework may be imported in another file (`from lib import *`)."""
_OTHER_FRAMEWORK = re.compile(rb"(?:import|from)[ \t]+(?:torch|jax|mxnet|paddle|flax|chainer|mindspore)\b")


def interesting(data: bytes) -> bool:
    """Whether the bytes mention anything that a rule looks for; errs on the side of yes.

    Substring searches, because they run at the speed of memory and an alternation of a regular expression does not.
    """
    if any(word in data for word in _FRAMEWORKS):
        return any(word in data for word in _TRAINING) or _plays(data) or b"std(" in data or _standardises(data)
    if any(word in data for word in _TELLING):
        return True
    compiles = b".compile(" in data and b"optimizer" in data
    return (compiles or _plays(data) or _standardises(data)) and not _OTHER_FRAMEWORK.search(data)


def commented(data: bytes) -> bool:
    """Whether the bytes may hold a comment that is to silence one of our rules."""
    return b"gradlint" in data or (b"noqa" in data and b"GL" in data)


def garbled(path: Path, data: bytes) -> bool:
    """Whether a Python file holds NUL bytes, as UTF-16 does: no word in it can be found, whatever it is about.

    The `._name.py` files that macOS leaves on other systems are no programs and hold them always.
    """
    return path.suffix == ".py" and b"\0" in data and not (path.name.startswith("._") and data.startswith(b"\0\5\x16"))


def _plays(data: bytes) -> bool:
    """It may step an environment of reinforcement learning; the training itself may be in another file."""
    return b".step(" in data and (b"reward" in data or b"gym" in data)


def _standardises(data: bytes) -> bool:
    """It may divide rewards, returns or advantages by their standard deviation."""
    return b"std" in data and (b"reward" in data or b"advantage" in data or b"returns" in data)
