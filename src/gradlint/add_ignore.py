"""`--add-ignore`: a comment above each statement with a finding, and not one other byte changed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gradlint import notebook, source
from gradlint.config import UsageError
from gradlint.finding import Finding, Problem
from gradlint.reader.positions import Leaves
from gradlint.reader.scan import tokens
from gradlint.source import SourceFile, split_lines

_ENDING = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"
_INDENT = re.compile(r"[ \t\f]*")


@dataclass(frozen=True, slots=True)
class Added:
    """One comment that was written."""

    path: str
    line: int
    """Where it stands in the file as it is now; in the cell of a notebook."""
    comment: str
    cell: int | None = None


class _Refused(Exception):
    """A file is left as it is; the message says why."""


def check_reason(reason: str) -> str:
    """The reason as it is written behind the rules.

    Raises:
        UsageError: if it would not stay within the comment.
    """
    reason = reason.strip()
    if not reason.isprintable() or "#" in reason:
        raise UsageError(f"--add-ignore: {reason!r} cannot stand in a comment: write one line of plain text without #")
    return reason


def add(findings: Iterable[Finding], reason: str) -> Iterator[Added | Problem]:
    """Write a comment for every finding; what cannot be written is told and left as it is."""
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.span.path, []).append(finding)
    for path, found in sorted(by_path.items()):
        try:
            yield from _rewrite(path, found, reason)
        except _Refused as refusal:
            yield Problem(path, found[0].span.line, f"no comments were added: {refusal}")
        except OSError as error:
            yield Problem(path, found[0].span.line, f"no comments were added: {error.strerror or error}")


def _rewrite(path: str, findings: list[Finding], reason: str) -> list[Added]:
    real = Path(os.path.realpath(path))
    data = source.read(real)
    file = data if isinstance(data, Problem) else source.decode(Path(path), data)
    if isinstance(data, Problem) or isinstance(file, Problem):
        raise _Refused("it cannot be read any more")
    wanted = _wanted(file, findings, reason)
    new = _in_notebook(data, file, wanted) if file.notebook is not None else _in_script(data, wanted)
    _check(path, file, new)
    _write(real, new)
    return list(_told(path, file, wanted))


def _wanted(file: SourceFile, findings: list[Finding], reason: str) -> dict[int, str]:
    """Line of the text that begins a statement -> the comment to be put above it, with its indentation."""
    leaves, lines = Leaves(file.text), split_lines(file.text)
    names: dict[int, dict[str, None]] = {}
    for finding in sorted(findings, key=lambda each: each.code):
        line = _line(file, finding)
        first, _ = leaves.logical_line(line)
        while first < line and (not lines[first - 1].strip() or lines[first - 1].lstrip().startswith("#")):
            first += 1
        names.setdefault(first, {})[finding.name] = None
    return {line: _comment(lines[line - 1], names[line], reason) for line in sorted(names)}


def _line(file: SourceFile, finding: Finding) -> int:
    """The line of a finding in the text of the file, which for a notebook is that of all cells."""
    if file.notebook is None:
        return finding.span.line
    cell = next((each for each in file.notebook.cells if each.number == finding.span.cell), None)
    if cell is None:
        raise _Refused("it has changed since it was checked")
    return cell.first_line + finding.span.line - 1


def _comment(line: str, names: Iterable[str], reason: str) -> str:
    indent = _INDENT.match(line)
    assert indent is not None
    return f"{indent[0]}# gradlint: ignore[{', '.join(names)}] {reason}".rstrip()


def _in_script(data: bytes, wanted: Mapping[int, str]) -> bytes:
    """The bytes of a file with comments between its lines, each with the line ending of the line below."""
    encoding = source.encoding(data)
    bom = _BOM if data.startswith(_BOM) else b""
    lines = _with_endings(data[len(bom) :])
    usual = next((ending for _, ending in lines if ending), b"\n")
    out = [bom]
    for number, (content, ending) in enumerate(lines, start=1):
        if number in wanted:
            try:
                out.append(wanted[number].encode("utf-8" if bom else encoding) + (ending or usual))
            except UnicodeEncodeError as error:
                raise _Refused(f"its encoding {encoding} does not have the characters of the reason") from error
        out.append(content + ending)
    return b"".join(out)


def _with_endings(data: bytes) -> list[tuple[bytes, bytes]]:
    found, position = [], 0
    for match in _ENDING.finditer(data):
        found.append((data[position : match.start()], match.group()))
        position = match.end()
    return [*found, (data[position:], b"")]


def _in_notebook(data: bytes, file: SourceFile, wanted: Mapping[int, str]) -> bytes:
    assert file.notebook is not None
    by_cell: dict[int, dict[int, str]] = {}
    for line, comment in wanted.items():
        cell, inner = file.notebook.locate(line)
        by_cell.setdefault(cell, {})[inner] = comment
    new = notebook.with_lines(data, by_cell)
    if new is None:
        raise _Refused("saving this notebook would change its layout; save it with Jupyter once, and try again")
    return new


def _check(path: str, file: SourceFile, new: bytes) -> None:
    """The code is what it was: the same tokens in the same order, but for comments and blank lines."""
    again = source.decode(Path(path), new)
    if isinstance(again, Problem) or _code(again.text) != _code(file.text):
        raise _Refused("a comment there would change the code")


def _code(text: str) -> list[str]:
    kept: list[str] = []
    for kind, start, end in tokens(text):
        if kind == "newline":
            if kept and kept[-1] != "\n":
                kept.append("\n")
        elif kind != "comment":
            kept.append(text[start:end])
    return kept


def _write(path: Path, data: bytes) -> None:
    """Replace the file in one step, with the rights that it has."""
    if not os.access(path, os.W_OK):
        raise _Refused("it is write-protected")
    descriptor, name = tempfile.mkstemp(prefix=".gradlint-", dir=path.parent)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
        shutil.copymode(path, name)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _told(path: str, file: SourceFile, wanted: Mapping[int, str]) -> Iterator[Added]:
    """The comments with their lines: each is moved down by those above it."""
    above: dict[int | None, int] = {}
    for line, comment in wanted.items():
        cell, inner = file.notebook.locate(line) if file.notebook is not None else (None, line)
        yield Added(path, inner + above.get(cell, 0), comment.strip(), cell)
        above[cell] = above.get(cell, 0) + 1
