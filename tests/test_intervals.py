"""The law of intervals: the result of an operation on members of intervals is a member of the resulting interval."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlint import intervals
from gradlint.ranges import DATA, FLAGS, NON_NEGATIVE, UNBOUNDED, Range

NUMBERS = st.integers(-1000, 1000).map(lambda n: n / 8)


@st.composite
def members(draw: st.DrawFn) -> tuple[Range, float]:
    """An interval and a number in it."""
    low, x, high = sorted(draw(st.tuples(NUMBERS, NUMBERS, NUMBERS)))
    ends = draw(st.tuples(st.booleans(), st.booleans()))
    open_low, open_high = draw(st.booleans()), draw(st.booleans())
    return Range(-math.inf if open_low else low, math.inf if open_high else high, *ends, low < 0 < high), x


def holds(own: Range | None, number: float) -> bool:
    slack = 1e-9 * max(1.0, abs(number)) if math.isfinite(number) else 0.0
    return own is None or own.low - slack <= number <= own.high + slack


@given(members(), members())
def test_sums_differences_products_and_extremes_stay_inside(a: tuple[Range, float], b: tuple[Range, float]) -> None:
    (left, x), (right, y) = a, b
    assert holds(intervals.add(left, right), x + y)
    assert holds(intervals.subtract(left, right), x - y)
    assert holds(intervals.multiply(left, right), x * y)
    assert holds(intervals.maximum(left, right), max(x, y))
    assert holds(intervals.minimum(left, right), min(x, y))
    if y != 0:
        assert holds(intervals.divide(left, right), x / y)


@given(members(), st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 1.5]))
def test_functions_stay_inside(a: tuple[Range, float], exponent: float) -> None:
    own, x = a
    assert holds(intervals.negate(own), -x)
    assert holds(intervals.absolute(own), abs(x))
    if x < intervals.EXP_OVERFLOW:
        assert holds(intervals.exponential(own), math.exp(x))
    if x > 0:
        assert holds(intervals.logarithm(own), math.log(x))
    if x >= 0:
        assert holds(intervals.root(own), math.sqrt(x))
    if x != 0 and (x > 0 or exponent.is_integer()):
        assert holds(intervals.power(own, exponent), x**exponent)


@given(members(), NUMBERS, st.booleans())
def test_conditions_keep_what_passes_them(a: tuple[Range, float], limit: float, included: bool) -> None:
    own, x = a
    if x > limit or (x == limit and included):
        assert holds(intervals.above(own, limit, included=included), x)
    if x < limit or (x == limit and included):
        assert holds(intervals.below(own, limit, included=included), x)


@given(st.lists(NUMBERS, min_size=1, max_size=6), st.booleans(), st.booleans())
def test_reductions_stay_inside(numbers: list[float], low_attained: bool, high_attained: bool) -> None:
    own = Range(min(numbers), max(numbers), low_attained, high_attained)
    assert holds(intervals.total(own), sum(numbers))
    assert holds(intervals.mean(own), sum(numbers) / len(numbers))
    assert holds(intervals.mean(own), max(numbers))


@given(members(), members())
def test_a_join_covers_both(a: tuple[Range, float], b: tuple[Range, float]) -> None:
    joined = a[0].join(b[0])
    assert holds(joined, a[1])
    assert holds(joined, b[1])
    assert joined == b[0].join(a[0])


# -- which ends are attained --------------------------------------------------------------------------------------------

SIGMOID = Range(0.0, 1.0, saturates=True)
ONE = Range(1.0, 1.0)


def test_a_sigmoid_and_its_complement_get_to_zero_one_number_at_a_time() -> None:
    assert intervals.subtract(ONE, SIGMOID).attains_zero
    assert not intervals.total(SIGMOID).attains_zero
    assert not intervals.mean(intervals.subtract(ONE, SIGMOID)).attains_zero


def test_masks_are_empty_all_at_once() -> None:
    assert intervals.total(FLAGS).attains_zero
    assert intervals.total(intervals.multiply(FLAGS, Range(0.0, 7.0, False, False))).attains_zero


def test_a_constant_moves_the_ends_and_keeps_what_is_known_of_them() -> None:
    assert intervals.add(NON_NEGATIVE, Range(1e-8, 1e-8)) == Range(1e-8, math.inf, True, False)


def test_independent_things_are_rarely_at_the_same_end() -> None:
    assert not intervals.add(SIGMOID, SIGMOID).attains_zero
    assert intervals.add(NON_NEGATIVE, NON_NEGATIVE).attains_zero  # two distances of equal points
    assert not intervals.add(NON_NEGATIVE, NON_NEGATIVE, independent=False).attains_zero


def test_differences_of_variable_things_are_zero_where_the_things_are_equal() -> None:
    square = intervals.power(intervals.subtract(UNBOUNDED, UNBOUNDED), 2.0)
    assert square is not None and square.attains_zero
    shifted = intervals.subtract(UNBOUNDED, Range(3.0, 3.0))
    assert not shifted.has_zero


@pytest.mark.parametrize(("own", "overflows"), [(UNBOUNDED, True), (DATA, False), (Range(-20.0, 2.0), False)])
def test_exp_overflows_only_of_what_is_unbounded_by_contract(own: Range, overflows: bool) -> None:
    made = intervals.exponential(own)
    assert (math.isinf(made.high) and made.high_attained) is overflows


def test_nothing_is_claimed_of_a_quotient_whose_divisor_changes_its_sign() -> None:
    assert intervals.divide(ONE, Range(-1.0, 1.0)) is None
