"""Lines and columns of the nodes of the compact program, found by counting leaves in the text."""

from __future__ import annotations

import keyword
import re
from bisect import bisect_left, bisect_right
from typing import TypeAlias

from gradlint.reader.ir import Loc, unpack
from gradlint.reader.scan import tokens

Span: TypeAlias = tuple[int, int, int, int]
_KEYWORDS = frozenset(keyword.kwlist) - {"True", "False", "None"}
_LINE_END = re.compile(r"\r\n|[\r\n]")


class Leaves:
    """The leaves of a text, its brackets, comments and logical lines.

    `count` must equal `ModuleIR.leaves`; if it does not, spans are not to be trusted.
    """

    __slots__ = ("_brackets", "_breaks", "_ends", "_line_starts", "_shift", "_starts", "_words", "comments", "count")

    def __init__(self, text: str) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._brackets: list[tuple[int, bool]] = []  # offset, closes
        self._words: list[int] = []  # offsets of keywords and `...`, for nodes that have nothing else
        self._breaks: list[int] = []  # offsets just behind each logical line
        self._line_starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self._shift = int(text.startswith("\ufeff"))
        self.comments: dict[int, str] = {}
        self._read(text)
        self.count = len(self._starts)

    def _read(self, text: str) -> None:
        starts, ends, brackets, words = self._starts, self._ends, self._brackets, self._words
        # What stands within an f-string belongs to its one leaf, and so does not count.
        depth = nested = 0
        for kind, start, end in tokens(text):
            if nested:
                if kind == "fstart":
                    nested += 1
                elif kind == "fend":
                    nested -= 1
                    if not nested:
                        ends.append(end)
            elif kind == "name":
                if text[start:end] in _KEYWORDS:
                    words.append(start)
                else:
                    starts.append(start)
                    ends.append(end)
            elif kind == "op":
                if end - start == 3:
                    words.append(start)
            elif kind == "open":
                depth += 1
                brackets.append((start, False))
            elif kind == "close":
                depth -= 1
                brackets.append((start, True))
            elif kind == "newline":
                if depth <= 0:
                    depth = 0
                    self._breaks.append(end)
            elif kind in {"string", "number"}:
                starts.append(start)
                ends.append(end)
            elif kind == "fstart":
                starts.append(start)
                nested = 1
            elif kind == "comment":
                self.comments[self._line(start)] = text[start:end]

    def span(self, loc: Loc) -> Span:
        """First line, first column, last line and the column behind the end, all counted from 1, in characters."""
        first, last, closes = unpack(loc)
        if not self._starts:
            start, end = self._gap_span(0, closes)
        elif last < first:
            start, end = self._gap_span(self._ends[min(last, self.count - 1)] if last >= 0 else 0, closes)
        else:
            start, end = self._starts[first], self._ends[last]
            if closes:
                end = self._closer(end, closes)
            start = self._balanced(start, end)
        return (*self._place(start), *self._place(end))

    def logical_line(self, line: int) -> tuple[int, int]:
        """First and last physical line of the logical line (simple statements, or a header) that a line belongs to."""
        offset = self._line_starts[min(max(line, 1), len(self._line_starts)) - 1]
        index = bisect_right(self._breaks, offset)
        first = self._line(self._breaks[index - 1]) if index else 1
        last = self._line(self._breaks[index] - 1) if index < len(self._breaks) else len(self._line_starts)
        return first, max(first, last)

    def _closer(self, offset: int, closes: int) -> int:
        for position, closing in self._brackets[bisect_left(self._brackets, (offset,)) :]:
            closes -= closing
            if not closes:
                return position + 1
        return offset

    def _balanced(self, start: int, end: int) -> int:
        """Where a range must start for its brackets to balance."""
        begin = bisect_left(self._brackets, (start,))
        depth = missing = 0
        for _, closing in self._brackets[begin : bisect_left(self._brackets, (end,))]:
            depth += -1 if closing else 1
            missing = max(missing, -depth)
        depth = 0
        while missing and begin:
            begin -= 1
            position, closing = self._brackets[begin]
            if closing:
                depth += 1
            elif depth:
                depth -= 1
            else:
                missing -= 1
                start = position
        return start

    def _gap_span(self, begin: int, closes: int) -> tuple[int, int]:
        """A node without leaves, such as `[]`, `...` or `break`, behind an offset.

        Only brackets have a place of their own there. For all else the next keyword or `...` is near enough.
        """
        behind = self._closer(begin, closes) if closes else begin
        if behind > begin:
            return self._balanced(behind - 1, behind), behind
        word = bisect_left(self._words, behind)
        start = self._words[word] if word < len(self._words) else behind
        return start, start

    def _line(self, offset: int) -> int:
        return bisect_right(self._line_starts, offset)

    def _place(self, offset: int) -> tuple[int, int]:
        line = self._line(offset)
        column = offset - self._line_starts[line - 1] + 1
        return line, column - self._shift if line == 1 else column
