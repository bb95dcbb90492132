"""Intervals of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """An interval. An end is *attained* where a value at it does occur, else it is merely not excluded."""

    low: float
    high: float
    low_attained: bool = True
    high_attained: bool = True

    def join(self, other: Range) -> Range:
        """The least interval that covers both."""
        low = min(self.low, other.low)
        high = max(self.high, other.high)
        return Range(
            low,
            high,
            (self.low == low and self.low_attained) or (other.low == low and other.low_attained),
            (self.high == high and self.high_attained) or (other.high == high and other.high_attained),
        )

    @property
    def attains_zero(self) -> bool:
        """Whether a zero does occur, as far as the ends tell."""
        return (self.low == 0 and self.low_attained) or (self.high == 0 and self.high_attained)

    @property
    def excludes_zero(self) -> bool:
        """Whether a zero cannot occur."""
        return self.low > 0 or self.high < 0 or (self.low == 0 and not self.low_attained and self.high > 0)


NON_NEGATIVE = Range(0.0, math.inf, True, False)
POSITIVE = Range(0.0, math.inf, False, False)
