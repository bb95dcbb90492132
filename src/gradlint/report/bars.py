"""Numbers as bars and curves of one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

_LEVELS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_WIDE = 100.0
"""From this ratio of the largest to the smallest on, a curve shows magnitudes."""
_ASCII = str.maketrans(_LEVELS + _EIGHTHS[1:] + "→", "__..--=#" + "-------#" + ">")


def sparkline(values: Sequence[float | None], width: int) -> str:
    """A curve; `!` stands where a number is not finite, a blank where there is none."""
    picked = _sampled(values, width)
    finite = [value for value in picked if value is not None and math.isfinite(value)]
    if not finite:
        return "".join(" " if value is None else "!" for value in picked)
    low, high = min(finite), max(finite)
    logarithmic = low > 0 and high / low > _WIDE
    bottom, top = (math.log(low), math.log(high)) if logarithmic else (low, high)

    def piece(value: float | None) -> str:
        if value is None:
            return " "
        if not math.isfinite(value):
            return "!"
        height = math.log(value) if logarithmic else value
        # halves, for the difference of the largest floats of both signs is none
        part = (height / 2 - bottom / 2) / (top / 2 - bottom / 2) if top / 2 > bottom / 2 else 0.0
        return _LEVELS[min(int(part * len(_LEVELS)), len(_LEVELS) - 1)]

    return "".join(map(piece, picked))


def _sampled(values: Sequence[float | None], width: int) -> list[float | None]:
    """At most `width` of the values, evenly spread, the first and the last among them."""
    if len(values) <= width or width < 2:
        return list(values[:width])
    return [values[round(index * (len(values) - 1) / (width - 1))] for index in range(width)]


def bar(value: float | None, largest: float, width: int) -> str:
    """A bar of `value` where `largest` fills the width; exclamation marks for what is not finite."""
    if value is None or largest <= 0:
        return ""
    if not math.isfinite(value):
        return "!" * width
    eighths = round(value / largest * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")) or ("▏" if value > 0 else "")


def ascii_only(text: str) -> str:
    """The same for terminals that have no such characters."""
    return text.translate(_ASCII)
