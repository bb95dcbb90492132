"""From places of the model to lines and columns, and the comments that silence findings there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from gradlint import source
from gradlint.finding import Finding, Problem, Span
from gradlint.model import Where
from gradlint.reader.positions import Leaves
from gradlint.source import SourceFile
from gradlint.suppression import Silencer, Suppressions, suppressions


class Places:
    """Texts of the files that findings stand in, tokenized once each."""

    def __init__(self, given: Iterable[SourceFile] = ()) -> None:
        self._files: dict[str, SourceFile | None] = {file.path: file for file in given}
        self._leaves: dict[str, Leaves] = {}
        self._suppressions: dict[str, Suppressions] = {}
        self._joined_lines: dict[Span, int] = {}

    def _file(self, path: str) -> SourceFile | None:
        if path not in self._files:
            loaded = source.load(Path(path))
            self._files[path] = None if isinstance(loaded, Problem) else loaded
        return self._files[path]

    def leaves(self, path: str) -> Leaves:
        """The counted leaves of a file."""
        if path not in self._leaves:
            file = self._file(path)
            self._leaves[path] = Leaves(file.text if file is not None else "")
        return self._leaves[path]

    def span(self, where: Where) -> Span:
        """Lines and columns of a place."""
        file = self._file(where.path)
        if file is None:
            return Span(where.path, 1, 1, 1, 1)
        line, column, end_line, end_column = self.leaves(where.path).span(where.loc)
        if file.notebook is None:
            return Span(where.path, line, column, end_line, end_column)
        cell, inner = file.notebook.locate(line)
        span = Span(where.path, inner, column, inner + end_line - line, end_column, cell)
        self._joined_lines[span] = line
        return span

    def silencers(self, finding: Finding, known: Mapping[str, str]) -> tuple[Silencer, ...]:
        """What silences the finding: comments in its statement or right above, or for the whole file."""
        comments = self.comments(finding.span.path, known)
        if not comments.silencers:
            return ()
        line = self._joined_lines.get(finding.span, finding.span.line)
        first, last = self.leaves(finding.span.path).logical_line(line)
        return comments.of(finding.code, finding.name, first, last)

    def comments(self, path: str, known: Mapping[str, str]) -> Suppressions:
        """The silencing comments of a file."""
        if path not in self._suppressions:
            file = self._file(path)
            lines = source.split_lines(file.text) if file is not None else []
            self._suppressions[path] = suppressions(self.leaves(path).comments, lines, known)
        return self._suppressions[path]

    def in_comment(self, path: str, line: int, start: int, end: int) -> Span:
        """A part of the comment on a line of the file's text, given by offsets in the comment."""
        file = self._file(path)
        text = source.split_lines(file.text)[line - 1] if file is not None else ""
        column = len(text) - len(self.leaves(path).comments[line]) + 1
        if file is None or file.notebook is None:
            return Span(path, line, column + start, line, column + end)
        cell, inner = file.notebook.locate(line)
        span = Span(path, inner, column + start, inner, column + end, cell)
        self._joined_lines[span] = line
        return span
