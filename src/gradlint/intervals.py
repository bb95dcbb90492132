"""Arithmetic on intervals: where the results of operations lie, and which of their ends are attained.

Every function gives an interval that holds the operation's result for all operands in the given ones. *Attained* ends
are claimed only where operands that are independent of each other get there together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

from gradlint.ranges import NON_NEGATIVE, Range

EXP_OVERFLOW = 88.72283935546875
"""Natural logarithm of the largest float32."""


def add(left: Range, right: Range, *, independent: bool = True) -> Range:
    """Of sums. Both operands are at the same end only by accident, unless one is constant, or both are exactly zero."""
    constant = left.is_point or right.is_point
    zeros = independent and left.low == right.low == 0 and not left.saturates and not right.saturates
    low, high = left.low + right.low, left.high + right.high
    return Range(
        low,
        high,
        (constant or zeros or low == -math.inf) and _both(left.low_attained, right.low_attained, constant, low),
        (constant or high == math.inf) and _both(left.high_attained, right.high_attained, constant, high),
        _zero_of_sum(left, right),
        left.saturates or right.saturates,
    )


def _both(left: bool, right: bool, constant: bool, end: float) -> bool:
    """What is added to a number that grows without bound hardly keeps it small."""
    return (left or right) if math.isinf(end) and not constant else (left and right)


def _zero_of_sum(left: Range, right: Range) -> bool:
    shifted = (left.is_point and left.low != 0) or (right.is_point and right.low != 0)
    return not shifted and left.has_zero and right.has_zero and left.low + right.low < 0 < left.high + right.high


def subtract(left: Range, right: Range) -> Range:
    """Of differences; those of two variable things are zero where the things are equal."""
    difference = add(left, negate(right), independent=False)
    varies = not left.is_point and not right.is_point and left.low < right.high and right.low < left.high
    zero = (varies or difference.zero) and difference.low < 0 < difference.high
    return Range(
        difference.low, difference.high, difference.low_attained, difference.high_attained, zero, difference.saturates
    )


def negate(own: Range) -> Range:
    """Of the numbers with the other sign."""
    return Range(-own.high, -own.low, own.high_attained, own.low_attained, own.zero, own.saturates)


def multiply(left: Range, right: Range) -> Range:
    """Of products. A zero on one side is enough for a zero; other ends need one side to be constant."""
    constant = left.is_point or right.is_point
    zero = left.has_zero or right.has_zero
    corners = [
        (_times(a, b), x and y and (constant or math.isinf(_times(a, b))))
        for (a, x), (b, y) in product(_ends(left), _ends(right))
    ]
    low, high = min(c[0] for c in corners), max(c[0] for c in corners)
    return Range(
        low,
        high,
        any(ok for end, ok in corners if end == low) or (low == 0 and zero),
        any(ok for end, ok in corners if end == high) or (high == 0 and zero),
        zero and low < 0 < high,
        left.saturates or right.saturates,
    )


def _ends(own: Range) -> tuple[tuple[float, bool], tuple[float, bool]]:
    return (own.low, own.low_attained), (own.high, own.high_attained)


def _times(left: float, right: float) -> float:
    return 0.0 if 0 in (left, right) else left * right


def divide(left: Range, right: Range) -> Range | None:
    """Of quotients; None where nothing keeps the divisor from changing its sign."""
    if right.low < 0 < right.high:
        return None
    if right.low < 0 or right.high == 0:
        return None if right.low == right.high == 0 else divide(negate(left), negate(right))
    return multiply(left, _reciprocal(right))


def _reciprocal(positive: Range) -> Range:
    high = math.inf if positive.low == 0 else 1 / positive.low
    low = 0.0 if math.isinf(positive.high) else 1 / positive.high
    ends = positive.high_attained and low > 0, positive.low_attained and positive.low > 0
    return Range(low, high, *ends, False, positive.saturates)


def absolute(own: Range) -> Range:
    """Of magnitudes."""
    if own.low >= 0:
        return own
    if own.high <= 0:
        return negate(own)
    largest = max((-own.low, own.low_attained), (own.high, own.high_attained))
    return Range(0.0, largest[0], own.has_zero, largest[1], False, own.saturates)


def power(base: Range, exponent: float) -> Range | None:
    """Of powers with a constant exponent."""
    if exponent == 0:
        return Range(1.0, 1.0)
    if exponent < 0:
        below = power(base, -exponent)
        return divide(Range(1.0, 1.0), below) if below is not None else None
    if exponent.is_integer() and exponent % 2 == 0:
        return monotone(absolute(base), lambda x: _power(x, exponent))
    if base.low >= 0 or exponent.is_integer():
        return monotone(base, lambda x: math.copysign(_power(abs(x), exponent), x))
    return monotone(_not_negative(base), lambda x: _power(x, exponent))


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf


def monotone(own: Range, function: Callable[[float], float]) -> Range:
    """Of an increasing function that keeps zero where it is."""
    low, high = function(own.low), function(own.high)
    return Range(low, high, own.low_attained, own.high_attained, own.zero and low < 0 < high, own.saturates)


def exponential(own: Range) -> Range:
    """Of exp: above zero (what rounds to zero counts as tiny), infinite in float32 beyond 88.7."""
    low = 0.0 if own.low < -EXP_OVERFLOW else math.exp(own.low)
    overflows = own.high > EXP_OVERFLOW
    high = math.inf if overflows else math.exp(own.high)
    return Range(low, high, own.low_attained and low > 0, own.high_attained, False, own.saturates)


def logarithm(own: Range) -> Range:
    """Of log: minus infinity at zero."""
    low = -math.inf if own.low <= 0 else math.log(own.low)
    high = -math.inf if own.high <= 0 else math.inf if math.isinf(own.high) else math.log(own.high)
    crosses = low < 0 < high
    return Range(low, high, own.low_attained and own.low <= 0, own.high_attained and own.high > 0, crosses)


def root(own: Range) -> Range:
    """Of square roots, of what is not negative."""
    return monotone(_not_negative(own), lambda x: math.inf if math.isinf(x) else math.sqrt(x))


def _not_negative(own: Range) -> Range:
    """The part of an interval that has a root."""
    if own.low >= 0:
        return own
    return Range(0.0, max(own.high, 0.0), own.has_zero, own.high_attained and own.high >= 0, False, own.saturates)


def maximum(left: Range, right: Range) -> Range:
    """Of the larger of two."""
    low, high = max(left.low, right.low), max(left.high, right.high)
    floor = left if left.low > right.low else right
    low_ok = floor.low_attained if left.low != right.low else left.low_attained or right.low_attained
    high_ok = any(each.high_attained for each in (left, right) if each.high == high)
    return Range(
        low, high, low_ok, high_ok, (left.zero or right.zero) and low < 0 < high, left.saturates and right.saturates
    )


def minimum(left: Range, right: Range) -> Range:
    """Of the smaller of two."""
    return negate(maximum(negate(left), negate(right)))


def total(own: Range) -> Range:
    """Of sums of some numbers, one at least. Only exact zeros are all zero together."""
    low = own.low if own.low >= 0 else -math.inf
    high = own.high if own.high <= 0 else math.inf
    low_ok = own.low_attained and not own.saturates and (own.low >= 0 or math.isinf(own.low))
    high_ok = own.high_attained and not own.saturates and (own.high <= 0 or math.isinf(own.high))
    return Range(low, high, low_ok, high_ok, own.zero and low < 0 < high, own.saturates)


def mean(own: Range) -> Range:
    """Of means of some numbers, and of their largest or smallest."""
    keeps = not own.saturates
    return Range(own.low, own.high, own.low_attained and keeps, own.high_attained and keeps, own.zero, own.saturates)


def above(own: Range, limit: float, *, included: bool) -> Range:
    """What is left of an interval above a limit (`x > 0`, `x >= 0`); zeros between the ends may be left out."""
    if own.low > limit or (own.low == limit and included):
        return own
    high_ok = own.high_attained and own.high > limit
    attained = included and (own.low_attained or own.low < limit) and (limit != 0 or own.has_zero)
    return Range(limit, max(own.high, limit), attained, high_ok, False, own.saturates)


def below(own: Range, limit: float, *, included: bool) -> Range:
    """What is left of an interval below a limit."""
    return negate(above(negate(own), -limit, included=included))


def without_zero(own: Range) -> Range:
    """What is left of an interval when zero is left out."""
    return Range(
        own.low,
        own.high,
        own.low_attained and own.low != 0,
        own.high_attained and own.high != 0,
        False,
        own.saturates,
    )


__all__ = ["EXP_OVERFLOW", "NON_NEGATIVE", "add", "divide", "multiply", "subtract", "total"]
