"""Intervals of numbers, and what is known of their ends."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """An interval. An end is *attained* where a value at it does occur, else it is merely not excluded.

    An infinite end that is attained is *unbounded by contract*: nothing keeps a linear layer's output small.
    """

    low: float
    high: float
    low_attained: bool = True
    high_attained: bool = True
    zero: bool = False
    """An exact zero between the ends occurs: a difference of equal things, the features of a padded row."""
    saturates: bool = False
    """The ends are attained by rounding only (a softmax of large logits): one number gets there, hardly all of them."""

    def join(self, other: Range) -> Range:
        """The least interval that covers both."""
        low = min(self.low, other.low)
        high = max(self.high, other.high)
        return Range(
            low,
            high,
            (self.low == low and self.low_attained) or (other.low == low and other.low_attained),
            (self.high == high and self.high_attained) or (other.high == high and other.high_attained),
            (self.zero or other.zero) and low < 0 < high,
            self.saturates or other.saturates,
        )

    @property
    def attains_zero(self) -> bool:
        """Whether a zero does occur, as far as the ends tell."""
        return (self.low == 0 and self.low_attained) or (self.high == 0 and self.high_attained)

    @property
    def has_zero(self) -> bool:
        """Whether a zero does occur, at an end or between them."""
        return self.zero or self.attains_zero

    @property
    def excludes_zero(self) -> bool:
        """Whether a zero cannot occur."""
        return self.low > 0 or self.high < 0 or (self.low == 0 and not self.low_attained and self.high > 0)

    @property
    def is_point(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high


NON_NEGATIVE = Range(0.0, math.inf, True, False)
UNBOUNDED = Range(-math.inf, math.inf, True, True, True)
"""The output of a linear layer, a gradient, a logarithm of a probability density."""
DATA = Range(-math.inf, math.inf, False, False, True)
"""Numbers of a data set, weights: of any sign, zeros among them, and as large as somebody made them."""
WEIGHTS = Range(-math.inf, math.inf, False, False)
"""Numbers that a variable holds: of any sign and size, and hardly ever exactly zero while it is trained."""
FLAGS = Range(0.0, 1.0)
"""Zeros and ones: a mask, a comparison as a number, one-hot rows."""
POSITIVE = Range(0.0, math.inf, False, False)
