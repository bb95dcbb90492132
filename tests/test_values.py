"""The laws of joining: whatever the order, nothing that was known to be possible is lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlint.model import Where
from gradlint.values import (
    MOST_FLOWS,
    MOST_ITEMS,
    MOST_OPTIONS,
    MOST_WEIGHT,
    NO_FLOWS,
    NOTHING,
    Const,
    Either,
    Ext,
    Flows,
    Kind,
    Mark,
    Marks,
    Method,
    Num,
    Partial,
    Range,
    Record,
    Ref,
    Seq,
    Source,
    Value,
    flows_of,
    join,
    join_all,
    join_flows,
    mix_flows,
    options,
    range_of,
    sequence,
    with_flows,
)

MARKS = Mark.CLIPPED | Mark.BOUNDED | Mark.OPAQUE | Mark.STATISTIC | Mark.PART
PLACES = tuple(Where("m.py", loc) for loc in range(3))
SOURCES = tuple(Source(kind, where) for kind in ("reward", "gradient", "call") for where in PLACES)


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    ends = st.one_of(st.integers(-3, 3).map(float), st.floats(allow_nan=False))
    low, high = sorted((draw(ends), draw(ends)))
    if low == high:
        return Range(low, high)
    return Range(low, high, draw(st.booleans()), draw(st.booleans()))


@st.composite
def marks(draw: st.DrawFn) -> Marks:
    may = draw(st.integers(0, MARKS)) & MARKS
    return Marks(draw(st.integers(0, MARKS)) & may, may, draw(st.frozensets(st.sampled_from(PLACES), max_size=2)))


def flows() -> st.SearchStrategy[Flows]:
    return st.dictionaries(st.sampled_from(SOURCES), marks(), max_size=4)


def many_flows() -> st.SearchStrategy[Flows]:
    kinds = st.sampled_from(("reward", "gradient", "call", "check", "model"))
    sources = st.builds(Source, kinds, st.builds(Where, st.just("m.py"), st.integers(0, 30)))
    return st.dictionaries(sources, marks(), max_size=MOST_FLOWS + 10)


def constants() -> st.SearchStrategy[Value]:
    plain = st.sampled_from((None, True, 0, 1, 1.0, -2.5, math.nan, math.inf, "adam"))
    return st.builds(Const, plain, assumed=st.booleans())


def numbers() -> st.SearchStrategy[Value]:
    return st.builds(
        Num, st.sampled_from(Kind), st.none() | ranges(), flows(), st.sampled_from((None, "a reason", "another"))
    )


def simple() -> st.SearchStrategy[Value]:
    """Values without parts."""
    names = st.sampled_from(("tf.abs", "tf.exp"))
    return st.one_of(constants(), numbers(), st.builds(Ref, st.integers(0, 2)), st.builds(Ext, names, names))


def sequences(items: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.one_of(st.lists(items, max_size=3).map(sequence), st.builds(Seq, items))


def records(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    names = st.sampled_from((("x",), ("x", "y")))
    return names.flatmap(
        lambda fields: st.tuples(*(values for _ in fields)).map(lambda inner: Record("Pair", fields, inner))
    )


def nested(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.one_of(
        sequences(inner), records(inner), st.builds(join, inner, inner), st.builds(Method, inner, st.just("append"))
    )


VALUES = st.one_of(st.just(NOTHING), st.recursive(simple(), nested, max_leaves=8))
SMALL = st.one_of(simple(), sequences(simple()))
"""Three of them are never too many options to be told apart."""


def flows_cover(big: Flows, small: Flows) -> bool:
    """Every source is there, claimed no more surely and excluded no more surely."""
    return all(
        source in big
        and not big[source].must & ~mark.must
        and not mark.may & ~big[source].may
        and mark.clips <= big[source].clips
        for source, mark in small.items()
    )


def range_covers(big: Range, small: Range) -> bool:
    return (
        big.low <= small.low
        and big.high >= small.high
        # an attained end may be forgotten inside, never where it still is the end
        and (big.low_attained or not (small.low_attained and small.low == big.low))
        and (big.high_attained or not (small.high_attained and small.high == big.high))
    )


def number_covers(big: Num, small: Value) -> bool:
    inside = big.range is None
    own = range_of(small)
    if big.range is not None and own is not None:
        inside = range_covers(big.range, own)
    if isinstance(small, Num):
        # PLAIN is what too many options become, TENSOR what two kinds become
        alike = big.kind is small.kind or big.kind in (Kind.PLAIN, Kind.TENSOR)
        return inside and alike and flows_cover(big.flows, small.flows) and (not small.unknown or bool(big.unknown))
    return inside and (bool(big.unknown) or own is not None)


def covers(big: Value, small: Value) -> bool:
    """Whether `big` stands for everything that `small` stands for."""
    if big == small or small == NOTHING:
        return True
    if isinstance(big, Either) or isinstance(small, Either):
        return all(any(covers(known, option) for known in options(big)) for option in options(small))
    if isinstance(big, Num):
        # what gave up its parts keeps its flows only
        if big.unknown and big.range is None and (big.kind is Kind.PLAIN or not isinstance(small, Num)):
            return set(flows_of(small)) <= set(big.flows)
        return number_covers(big, small)
    if isinstance(big, Seq) and isinstance(small, Seq):
        exact = big.items is None or (
            small.items is not None and len(big.items) == len(small.items) and all(map(covers, big.items, small.items))
        )
        return exact and covers(big.elem, small.elem)
    if isinstance(big, Record) and isinstance(small, Record):
        return big.fields == small.fields and all(map(covers, big.values, small.values))
    return False


@settings(deadline=None)
@given(VALUES)
def test_join_is_idempotent(value: Value) -> None:
    assert join(value, value) is value
    assert join(value, replace(value)) == value


@settings(deadline=None)
@given(VALUES)
def test_nothing_adds_nothing(value: Value) -> None:
    assert join(value, NOTHING) is value
    assert join(NOTHING, value) is value


@settings(deadline=None, max_examples=300)
@given(VALUES, VALUES)
def test_join_covers_both_in_either_order(left: Value, right: Value) -> None:
    for joined in (join(left, right), join(right, left)):
        assert covers(joined, left)
        assert covers(joined, right)
        assert len(options(joined)) <= MOST_OPTIONS


@settings(deadline=None, max_examples=300)
@given(SMALL, SMALL)
def test_join_is_commutative_in_what_it_covers(left: Value, right: Value) -> None:
    one, other = join(left, right), join(right, left)
    assert covers(one, other)
    assert covers(other, one)
    assert flows_of(one) == flows_of(other)
    assert range_of(one) == range_of(other)


@settings(deadline=None, max_examples=300)
@given(SMALL, SMALL, SMALL)
def test_join_is_associative_in_what_it_covers(first: Value, second: Value, third: Value) -> None:
    one, other = join(first, join(second, third)), join(join(first, second), third)
    assert covers(one, other)
    assert covers(other, one)
    assert flows_of(one) == flows_of(other)
    assert range_of(one) == range_of(other)


@settings(deadline=None, max_examples=300)
@given(VALUES, VALUES, VALUES)
def test_all_are_covered_however_they_are_grouped(first: Value, second: Value, third: Value) -> None:
    for joined in (
        join(first, join(second, third)),
        join(join(first, second), third),
        join_all((first, second, third)),
    ):
        assert all(covers(joined, each) for each in (first, second, third))


@settings(deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=MOST_OPTIONS + 1, max_size=15, unique=True))
def test_too_many_numbers_become_an_interval_that_ends_where_they_do(written: list[int]) -> None:
    joined = join_all(map(Const, written))
    reached = range_of(joined)
    assert reached == Range(min(written), max(written))
    assert any(isinstance(option, Num) for option in options(joined))


@settings(deadline=None)
@given(st.lists(flows(), min_size=MOST_OPTIONS + 1, max_size=10))
def test_too_many_other_values_keep_their_flows_and_claim_nothing(each: list[Flows]) -> None:
    joined = join_all(Method(Ref(index), "step") for index in range(MOST_OPTIONS + 1))
    assert isinstance(joined, Num)
    assert joined.unknown
    records = [
        Record("Pair", tuple(f"f{index}_{field}" for field in range(2)), (with_flows(Const(1), found), Const(2)))
        for index, found in enumerate(each)
    ]
    kept = flows_of(join_all(records))
    assert set(kept) == {source for found in each for source in found}


@given(flows(), flows())
@pytest.mark.parametrize("combine", [join_flows, mix_flows])
def test_what_happened_on_every_path_happened_on_one(
    combine: Callable[[Flows, Flows], Flows], left: Flows, right: Flows
) -> None:
    combined = combine(left, right)
    assert set(combined) == {*left, *right}
    for source, found in combined.items():
        assert not found.must & ~found.may
        assert found.clips == left.get(source, found).clips | right.get(source, found).clips or not (
            source in left and source in right
        )


@given(marks(), st.sampled_from((Mark.CLIPPED, Mark.BOUNDED, Mark.OPAQUE, Mark.STATISTIC, Mark.PART)))
def test_adding_a_mark_keeps_must_within_may(before: Marks, mark: int) -> None:
    for after in (before.add(mark), before.add(mark, PLACES[0]), before.maybe(mark)):
        assert not after.must & ~after.may
        assert after.may == before.may | mark
    assert before.add(mark).must == before.must | mark
    assert before.maybe(mark).must == before.must


@given(flows(), flows(), flows())
def test_flows_join_like_sets(first: Flows, second: Flows, third: Flows) -> None:
    joined = join_flows(first, second)
    assert joined == join_flows(second, first)
    assert join_flows(joined, third) == join_flows(first, join_flows(second, third))
    assert join_flows(joined, second) == joined
    assert flows_cover(joined, first)
    assert flows_cover(joined, second)
    assert join_flows(first, dict(first)) is first
    assert join_flows(first, NO_FLOWS) is first
    assert join_flows(NO_FLOWS, first) is first or not first


@given(flows(), flows())
def test_mixing_differs_from_joining_by_what_is_readable_on_one_side(left: Flows, right: Flows) -> None:
    mixed, joined = mix_flows(left, right), join_flows(left, right)
    assert mixed == mix_flows(right, left)
    for source, found in mixed.items():
        assert found.may | Mark.OPAQUE == joined[source].may | Mark.OPAQUE
        unread = all(side[source].may & Mark.OPAQUE for side in (left, right) if source in side)
        assert bool(found.may & Mark.OPAQUE) is unread


@settings(deadline=None)
@given(many_flows(), many_flows())
@pytest.mark.parametrize("combine", [join_flows, mix_flows])
def test_the_flows_that_matter_most_are_kept(
    combine: Callable[[Flows, Flows], Flows], left: Flows, right: Flows
) -> None:
    combined = combine(left, right)
    every = {*left, *right}
    assert len(combined) <= max(MOST_FLOWS, len(left), len(right))
    if len(combined) < len(every):
        assert len(combined) >= min(MOST_FLOWS, len(every))
        minor = {source for source in every if source.kind in ("call", "check", "model")}
        assert every - set(combined) <= minor or len(every - minor) > MOST_FLOWS


@given(ranges(), ranges())
def test_range_join_covers_both_and_its_attained_ends_are_attained(left: Range, right: Range) -> None:
    joined = left.join(right)
    assert joined == right.join(left)
    assert range_covers(joined, left)
    assert range_covers(joined, right)
    attained = {end for each in (left, right) for end, real in ends(each) if real}
    for end, real in ends(joined):
        assert end in {each for side in (left, right) for each, _ in ends(side)}, "the least interval"
        assert real is (end in attained)


def ends(interval: Range) -> tuple[tuple[float, bool], tuple[float, bool]]:
    return (interval.low, interval.low_attained), (interval.high, interval.high_attained)


@given(ranges(), ranges(), ranges())
def test_range_join_is_idempotent_and_associative(first: Range, second: Range, third: Range) -> None:
    assert first.join(first) == first
    assert first.join(second).join(third) == first.join(second.join(third))


@given(ranges(), ranges())
def test_zero_is_excluded_only_where_both_sides_exclude_it(left: Range, right: Range) -> None:
    joined = left.join(right)
    assert not (joined.excludes_zero and joined.attains_zero)
    if joined.excludes_zero:
        assert left.excludes_zero
        assert right.excludes_zero
    if joined.attains_zero:
        assert left.attains_zero or right.attains_zero


@settings(deadline=None)
@given(simple(), st.lists(st.sampled_from(("pair", "record", "method", "partial", "either")), max_size=40))
def test_no_nesting_outgrows_the_limit(value: Value, steps: list[str]) -> None:
    sources = set(flows_of(value))
    for step in steps:
        if step == "pair":
            value = sequence((value, value))
        elif step == "record":
            value = Record("Pair", ("x", "y"), (value, value))
        elif step == "method":
            value = Method(value, "append")
        elif step == "partial":
            value = Partial(value, (value,), (("key", value),))
        else:
            value = join(value, Either((value, Const("other"))))
        assert value.weight <= MOST_WEIGHT
        assert set(flows_of(value)) <= sources, "nothing is made up"


def test_a_long_sequence_keeps_what_an_element_looks_like() -> None:
    items = [Const(number) for number in range(MOST_ITEMS + 1)]
    assert sequence(items[:-1]).items == tuple(items[:-1])
    long = sequence(items)
    assert long.items is None
    assert range_of(long.elem) == Range(0, MOST_ITEMS)


def test_a_chain_of_attributes_stays_within_the_limit() -> None:
    value: Value = Num(flows={SOURCES[0]: Marks()})
    for _ in range(2 * MOST_WEIGHT):
        value = Method(value, "append")
        assert value.weight <= MOST_WEIGHT
