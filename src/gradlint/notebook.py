"""Notebooks: one Python text of all code cells, and the way back from its lines to the cells."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NEWLINE = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class NotebookError(Exception):
    """The file is no notebook."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Cell:
    """One code cell."""

    number: int
    """Counted from 1 over all cells, as editors do, Markdown included."""
    first_line: int
    """Where it begins in the joined text."""
    lines: tuple[str, ...]
    """As written, magics included."""


@dataclass(frozen=True, slots=True)
class NotebookMap:
    """Where the lines of the joined text come from."""

    cells: tuple[Cell, ...]

    def locate(self, line: int) -> tuple[int, int]:
        """Number of the cell and line in it of a line of the joined text."""
        if not self.cells:
            return 1, line
        cell = self.cells[max(bisect_right(self.cells, line, key=lambda each: each.first_line) - 1, 0)]
        return cell.number, line - cell.first_line + 1

    def lines(self, number: int) -> Sequence[str]:
        """The original lines of a cell."""
        return next((cell.lines for cell in self.cells if cell.number == number), ())


def convert(data: bytes) -> tuple[str, NotebookMap]:
    """Join the code cells of a notebook.

    Raises:
        NotebookError: if it is not valid JSON or has no cells.
    """
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NotebookError(data.count(b"\n", 0, error.start) + 1, "not checked: not valid UTF-8") from error
    except json.JSONDecodeError as error:
        raise NotebookError(error.lineno, f"not checked: not valid JSON ({error.msg})") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, thousands of nested brackets
        raise NotebookError(1, "not checked: not JSON of a notebook") from error
    text: list[str] = []
    cells: list[Cell] = []
    for number, source in _code_cells(document):
        lines = _NEWLINE.split(source)
        masked = mask(lines)
        if masked is not None:
            cells.append(Cell(number, len(text) + 1, tuple(lines)))
            text += masked
    return "".join(line + "\n" for line in text), NotebookMap(tuple(cells))


def with_lines(data: bytes, inserted: Mapping[int, Mapping[int, str]]) -> bytes | None:
    """A notebook with lines put above others; None if it is not laid out as a program would, so that more would change.

    Args:
        data: the notebook, which `convert` has read.
        inserted: number of a cell -> line in it -> what is put above that line.
    """
    document = json.loads(data.decode("utf-8-sig"))
    layout = next((each for each in _LAYOUTS if each.dump(document) == data), None)
    if layout is None:
        return None
    for number, cell in _cells(document):
        if number in inserted:
            key = "source" if "source" in cell else "input"
            lines = _inserted(_joined(cell[key]), inserted[number])
            cell[key] = lines if isinstance(cell[key], list) else "".join(lines)
    return layout.dump(document)


def _inserted(text: str, lines: Mapping[int, str]) -> list[str]:
    """The lines of a cell, with their endings, and others between them."""
    out: list[str] = []
    for number, line in enumerate(_LINE.findall(text), start=1):
        if number in lines:
            ending = line[len(line.rstrip("\r\n")) :]
            out.append(lines[number] + (ending or "\n"))
        out.append(line)
    return out


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a program has written JSON."""

    indent: int | str | None
    escaped: bool
    end: str
    newline: str

    def dump(self, document: object) -> bytes:
        text = json.dumps(document, indent=self.indent, ensure_ascii=self.escaped) + self.end
        return text.replace("\n", self.newline).encode("utf-8", "surrogatepass")


_LAYOUTS = tuple(
    _Layout(indent, escaped, end, newline)
    for indent in (1, 2, 4, None, "\t")
    for escaped in (False, True)
    for end in ("\n", "")
    for newline in ("\n", "\r\n")
)


def _code_cells(document: object) -> Iterator[tuple[int, str]]:
    for number, cell in _cells(document):
        yield number, _joined(cell.get("source", cell.get("input", "")))


def _joined(source: object) -> str:
    parts = source if isinstance(source, list) else [source]
    return "".join(part for part in parts if isinstance(part, str))


def _cells(document: object) -> Iterator[tuple[int, dict[str, Any]]]:
    """The code cells of a notebook in Python, numbered over all cells."""
    if not isinstance(document, dict):
        raise NotebookError(1, "not checked: not a notebook")
    if not _is_python(document.get("metadata")):
        return
    cells = document.get("cells")
    if cells is None and isinstance(document.get("worksheets"), list):  # nbformat 3
        cells = [
            each
            for sheet in document["worksheets"]
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
            for each in sheet["cells"]
        ]
    if not isinstance(cells, list):
        raise NotebookError(1, "not checked: a notebook without cells")
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            yield number, cell


def _is_python(metadata: object) -> bool:
    if not isinstance(metadata, dict):
        return True
    for key, name in (("kernelspec", "language"), ("language_info", "name")):
        entry = metadata.get(key)
        if isinstance(entry, dict) and isinstance(entry.get(name), str):
            return "python" in entry[name].lower()
    return True


# -- magics: what IPython understands and Python does not -------------------------------------------------------------

_CELL_MAGIC = re.compile(r"\s*%%(\w*)")
_KEEP_BODY = frozenset("capture debug ipytest memit prun pypy python python3 snapshot time timeit".split())
_LINE_MAGIC = re.compile(r"\s*(?:[%!?]|[\w.*]+\?{1,2}\s*\Z)")
_TIMED = re.compile(
    r"(\s*)(%(?:timeit|time|prun|memit)[ \t]+(?:-[a-zA-Z]+[ \t]*\d*[ \t]+|--[\w-]+[ \t]+)*)(?=[^\s-])(.*)", re.S
)
_COMPOUND = re.compile(r"(?:for|while|if|with|try|def|class|async|match)\b")
_ASSIGNED = re.compile(r"(\s*[A-Za-z_][\w.\[\], ]*=\s*)[!%]\w")
_SHELL = re.compile(
    r"\s*(?:pip3?|conda|mamba|apt|apt-get|git|wget|curl|ls|cd|mkdir|rm|cp|mv|cat|unzip)[ \t]+"
    r"(?!(?:in|is|if|and|or|not)\b)(?:[A-Za-z./~]|-{1,2}[A-Za-z])[^=(]*\Z"
)
_TOKEN = re.compile(r"\"\"\"|'''|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|#.*|[()\[\]{}]|\\\Z|.")


def mask(lines: Sequence[str]) -> list[str] | None:
    """The lines of a cell with its magics replaced, line for line; None if the cell is no Python at all."""
    out: list[str] = []
    depth, quote, continued, in_magic = 0, "", False, False
    for index, line in enumerate(lines):
        if in_magic:
            out.append("")
            in_magic = line.endswith("\\")
            continue
        fresh = not (depth or quote or continued)
        cell_magic = _CELL_MAGIC.match(line) if fresh and not any(map(str.strip, lines[:index])) else None
        if cell_magic:
            if cell_magic[1] not in _KEEP_BODY:
                return None
            out.append("")
            continue
        replaced = _masked(line) if fresh else None
        if replaced is not None:
            out.append(replaced)
            in_magic = line.endswith("\\")
            continue
        out.append(line)
        depth, quote, continued = _scan(line, depth, quote)
    return out


def _masked(line: str) -> str | None:
    """What stands in for a line of magic, None for a line of Python."""
    timed = _TIMED.match(line)
    if timed and not _COMPOUND.match(timed[3]):
        # `%time model.fit(x)`: the statement is kept at its columns
        return timed[1] + "if 1:".ljust(len(timed[2])) + timed[3]
    if _LINE_MAGIC.match(line) or _SHELL.match(line):
        return line[: len(line) - len(line.lstrip())] + "pass"
    assigned = _ASSIGNED.match(line)
    return assigned[1] + "..." if assigned and "==" not in assigned[1] else None


def _scan(line: str, depth: int, quote: str) -> tuple[int, str, bool]:
    """Bracket depth, open triple quote and continuation behind a line."""
    position = 0
    continued = False
    while position < len(line):
        if quote:
            end = _closing(line, position, quote)
            if end < 0:
                return depth, quote, False
            position, quote = end + 3, ""
            continue
        match = _TOKEN.match(line, position)
        assert match is not None
        token = match[0]
        position = match.end()
        if token in ('"""', "'''"):
            quote = token
        elif token in "([{":
            depth += 1
        elif token in ")]}":
            depth = max(depth - 1, 0)
        elif token == "\\":
            continued = True
    return depth, quote, continued


def _closing(line: str, position: int, quote: str) -> int:
    """Where the triple quote closes, -1 if it does not on this line."""
    while True:
        end = line.find(quote, position)
        if end < 0:
            return -1
        backslashes = len(line[:end]) - len(line[:end].rstrip("\\"))
        if backslashes % 2 == 0:
            return end
        position = end + 1
