"""Source lines with a marked span: tabs, wide characters, long lines and hostile text come out aligned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.text import Text

from gradlint.finding import Span
from gradlint.report.escape import visible_character

_TAB = 4
_CONTEXT = 2
_MARKED_LINES = 4
"""A longer span is marked on its first line only."""
_ELLIPSIS = "..."
_LONG = 4000
"""Characters of a line that are looked at: generated files hold megabytes on one line."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One source line as it is displayed."""

    pieces: tuple[str, ...]
    """What stands for each character."""
    offsets: tuple[int, ...]
    """The column of the display, from 0, at which each piece begins, and the one behind the last."""

    @classmethod
    def of(cls, line: str) -> Layout:
        """Expand tabs, escape what is invisible, measure the rest."""
        pieces: list[str] = []
        offsets = [0]
        for character in line:
            piece = " " * (_TAB - offsets[-1] % _TAB) if character == "\t" else visible_character(character)
            pieces.append(piece)
            offsets.append(offsets[-1] + (1 if piece == " " else cell_len(piece)))
        return cls(tuple(pieces), tuple(offsets))

    def at(self, column: int) -> int:
        """Where the character of a column, counted from 1, begins."""
        return self.offsets[min(max(column - 1, 0), len(self.pieces))]

    @property
    def indent(self) -> int:
        """Where the first character that is no space begins."""
        first = next((index for index, piece in enumerate(self.pieces) if piece.strip()), 0)
        return self.offsets[first]

    @property
    def width(self) -> int:
        """How wide the line is without the spaces at its end."""
        last = next((index for index in range(len(self.pieces), 0, -1) if self.pieces[index - 1].strip()), 0)
        return self.offsets[last]

    def window(self, start: int, width: int) -> tuple[str, int]:
        """What is seen through a window of the display, and how far the line is moved to the right in it."""
        if start == 0 and self.width <= width:
            return "".join(self.pieces).rstrip(), 0
        left = _ELLIPSIS if start and self.width else ""
        right = _ELLIPSIS if self.width > start + width else ""
        low, high = start + len(left), start + width - len(right)
        kept = [
            (offset, piece)
            for offset, piece, end in zip(self.offsets, self.pieces, self.offsets[1:], strict=False)
            if offset >= low and end <= high
        ]
        gap = " " * (kept[0][0] - low) if kept else ""  # half of a wide character is cut off
        return (left + gap + "".join(piece for _, piece in kept) + right).rstrip(), start


def frame(lines: Sequence[str], span: Span, width: int, style: str) -> list[Text]:
    """The lines around a span with carets under it; empty if the file no longer has them."""
    if not 1 <= span.line <= len(lines):
        return []
    first, last = _shown(lines, span)
    gutter = len(str(last))
    cut = max(span.column - _LONG // 2, 0)
    layouts = {number: Layout.of(lines[number - 1][cut : cut + _LONG]) for number in range(first, last + 1)}
    span = replace(span, column=span.column - cut, end_column=max(span.end_column - cut, 1))
    room = max(width - gutter - 3, 20)
    start = _window_start(layouts, span, room)
    out = [_row(gutter, "", "")]
    for number, layout in layouts.items():
        text, moved = layout.window(start, room)
        out.append(_row(gutter, str(number), text))
        marks = _marks(layout, span, number, moved, room)
        if marks:
            row = _row(gutter, "", marks)
            row.stylize(style, len(row) - len(marks.lstrip()))
            out.append(row)
    out.append(_row(gutter, "", ""))
    return out


def excerpt(lines: Sequence[str], span: Span, width: int) -> str:
    """The line of a span, without its indentation, cropped around the span."""
    if not 1 <= span.line <= len(lines):
        return ""
    line = lines[span.line - 1]
    stripped = line.strip()
    column = span.column - (len(line) - len(line.lstrip()))
    cut = max(column - _LONG // 2, 0)
    layout = Layout.of(stripped[cut : cut + _LONG])
    begin = layout.at(column - cut)
    if layout.width <= width:
        return layout.window(0, width)[0]
    return layout.window(max(begin - width // 4, 0), width)[0]


def _shown(lines: Sequence[str], span: Span) -> tuple[int, int]:
    """First and last line of the frame; blank lines at its ends tell nothing."""
    end = min(max(span.end_line, span.line), len(lines))
    if end - span.line >= _MARKED_LINES:
        end = span.line + _CONTEXT
    first, last = max(span.line - _CONTEXT, 1), min(end + _CONTEXT, len(lines))
    while first < span.line and not lines[first - 1].strip():
        first += 1
    while last > end and not lines[last - 1].strip():
        last -= 1
    return first, last


def _window_start(layouts: dict[int, Layout], span: Span, room: int) -> int:
    """The display column that the frame starts at: 0 unless the marked part would fall off to the right."""
    layout = layouts[span.line]
    begin = layout.at(span.column)
    end = layout.at(span.end_column) if span.end_line == span.line else layout.width
    if end <= room - (len(_ELLIPSIS) if layout.width > room else 0):
        return 0
    return max(min(begin - room // 4, end - (room * 3) // 4), 0) if end - begin < room // 2 else max(begin - 8, 0)


def _marks(layout: Layout, span: Span, number: int, moved: int, room: int) -> str:
    """The carets under one line, empty if the line is not part of the span."""
    if not span.line <= number <= max(span.end_line, span.line):
        return ""
    if span.end_line - span.line >= _MARKED_LINES and number != span.line:
        return ""
    begin = layout.at(span.column) if number == span.line else layout.indent
    end = layout.at(span.end_column) if number == span.end_line else layout.width
    begin, end = max(begin - moved, 0), min(end - moved, room)
    return " " * begin + "^" * max(end - begin, 1) if begin < room and layout.width else ""


def _row(gutter: int, number: str, text: str) -> Text:
    row = Text(f"{number:>{gutter}} |", style="bold blue")
    return row.append(f" {text}", style="not bold default") if text else row
