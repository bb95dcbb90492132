"""Abstract values: what the reader knows about a number, a container, a function or an object. No libcst.

Values are joined and asked here. What they are made of (`atoms`, `compounds`, `flows`, `ranges`) is to be had here as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from gradlint.atoms import (
    Cls,
    Const,
    Ext,
    Kind,
    Mod,
    Num,
    Ref,
)
from gradlint.compounds import (
    ANY,
    MOST_ITEMS,
    MOST_TEXT,
    MOST_WEIGHT,
    NONE,
    NOTHING,
    Either,
    Fn,
    Method,
    Partial,
    Record,
    RecordType,
    Seq,
    Step,
    Value,
    flows_of,
    options,
    parts_of,
    unknown,
    weight_of,
)
from gradlint.flows import (
    MOST_FLOWS,
    NO_FLOWS,
    NO_MARKS,
    Flows,
    Mark,
    Marks,
    Source,
    join_flows,
    mark_flows,
    maybe_flows,
    mix_flows,
    without,
)
from gradlint.model import Where
from gradlint.ranges import NON_NEGATIVE, POSITIVE, Range

__all__ = [
    "ANY",
    "MOST_FLOWS",
    "MOST_ITEMS",
    "MOST_OPTIONS",
    "MOST_TEXT",
    "MOST_WEIGHT",
    "NONE",
    "NON_NEGATIVE",
    "NOTHING",
    "NO_FLOWS",
    "NO_MARKS",
    "POSITIVE",
    "Cls",
    "Const",
    "Either",
    "Ext",
    "Flows",
    "Fn",
    "Kind",
    "Mark",
    "Marks",
    "Method",
    "Mod",
    "Num",
    "Partial",
    "Range",
    "Record",
    "RecordType",
    "Ref",
    "Seq",
    "Source",
    "Step",
    "Value",
    "clamped",
    "flows_of",
    "join",
    "join_all",
    "join_flows",
    "mark_flows",
    "maybe_flows",
    "mix_flows",
    "number_of",
    "options",
    "parts_of",
    "range_of",
    "sequence",
    "truth",
    "unknown",
    "weight_of",
    "with_flows",
    "without",
]

MOST_OPTIONS = 6


def number_of(value: Value) -> float | None:
    """The constant as a float, None if it is no number."""
    if isinstance(value, Const) and isinstance(value.value, int | float) and not isinstance(value.value, bool):
        try:
            return float(value.value)
        except OverflowError:
            return math.inf if value.value > 0 else -math.inf
    return None


def clamped(number: float) -> float:
    """The number, infinity for an integer that no float holds: such integers cost more than they tell."""
    if isinstance(number, float) or number.bit_length() <= 1023:
        return number
    return math.inf if number > 0 else -math.inf


def range_of(value: Value) -> Range | None:
    """The interval of the number or numbers that it may be, None if that is not known."""
    number = number_of(value)
    if number is not None:
        return None if math.isnan(number) else Range(number, number)
    if isinstance(value, Num):
        return value.range
    if isinstance(value, Either) and value.options:
        ranges = [range_of(option) for option in value.options if option != NONE]
        known = [each for each in ranges if each is not None]
        if known and len(known) == len(ranges):
            joined = known[0]
            for each in known[1:]:
                joined = joined.join(each)
            return joined
    return None


def with_flows(value: Value, flows: Flows) -> Num:
    """A tensor with these flows, of the kind and range of `value` where it is a number."""
    if isinstance(value, Num):
        return replace(value, flows=flows)
    return Num(Kind.TENSOR, range_of(value), flows)


def truth(value: Value) -> bool | None:
    """Whether the value is true; None where it depends, and for assumed defaults, which somebody may replace.

    A `Method` may as well be an attribute that nobody has seen the value of.
    """
    if isinstance(value, Const):
        return None if value.assumed else bool(value.value)
    if isinstance(value, Fn | Cls | Mod | Ext | RecordType | Partial):
        return True
    if isinstance(value, Seq) and value.items is not None:
        return bool(value.items)
    if isinstance(value, Either) and value.options:
        truths = {truth(option) for option in value.options}
        return truths.pop() if len(truths) == 1 else None
    return None


def join(left: Value, right: Value) -> Value:
    """The least value that covers both."""
    if left is right or right is NOTHING:
        return left
    if left is NOTHING:
        return right
    if type(left) is Num and type(right) is Num:
        return _join_numbers(left, right)
    if left == right:
        return left
    if isinstance(left, Seq) and isinstance(right, Seq):
        return _join_sequences(left, right)
    if isinstance(left, Record) and isinstance(right, Record) and left.fields == right.fields:
        return Record(left.name, left.fields, tuple(map(join, left.values, right.values)))
    merged: list[Value] = []
    for option in (*options(left), *options(right)):
        for index, known in enumerate(merged):
            if option == known:
                break
            if _mergeable(known, option):
                merged[index] = join(known, option)
                break
        else:
            merged.append(option)
    if len(merged) == 1:
        return merged[0]
    if len(merged) > MOST_OPTIONS:
        return _widen(merged)
    return Either(tuple(merged))


def _mergeable(left: Value, right: Value) -> bool:
    return (isinstance(left, Num) and isinstance(right, Num)) or (isinstance(left, Seq) and isinstance(right, Seq))


def _join_numbers(left: Num, right: Num) -> Num:
    kind = left.kind if left.kind is right.kind else Kind.TENSOR
    ranged = left.range.join(right.range) if left.range and right.range else None
    flows = join_flows(left.flows, right.flows)
    reason = left.unknown or right.unknown
    origins = left.origins or right.origins
    assumed = left.assumed or right.assumed
    term = left.term if left.term == right.term else None
    if (
        flows is left.flows
        and kind is left.kind
        and ranged == left.range
        and reason is left.unknown
        and origins is left.origins
        and assumed is left.assumed
        and term is left.term
    ):
        return left
    return Num(kind, ranged, flows, reason, origins, assumed, term)


def _join_sequences(left: Seq, right: Seq) -> Seq:
    items = None
    if left.items is not None and right.items is not None and len(left.items) == len(right.items):
        items = tuple(map(join, left.items, right.items))
    parts = None
    if left.parts is not None and right.parts is not None and len(left.parts) == len(right.parts):
        parts = tuple(map(join, left.parts, right.parts))
    return Seq(join(left.elem, right.elem), items, parts, left.made or right.made, left.pair_of or right.pair_of)


def _widen(values: list[Value]) -> Value:
    """Too many options: numbers become one interval, anything else is unknown."""
    flows = NO_FLOWS
    ranged: Range | None = None
    numbers = True
    for value in values:
        flows = join_flows(flows, flows_of(value))
        own = range_of(value)
        numbers = numbers and own is not None
        if own is not None:
            ranged = own if ranged is None else ranged.join(own)
    if numbers:
        return Num(Kind.PLAIN, ranged, flows)
    return unknown("more values than can be told apart", flows)


def join_all(values: Iterable[Value]) -> Value:
    """The least value that covers all of them."""
    joined: Value = NOTHING
    for value in values:
        joined = join(joined, value)
    return joined


def sequence(items: Iterable[Value], made: Where | None = None) -> Seq:
    """A sequence of exactly these items."""
    exact = tuple(items)
    return Seq(join_all(exact), exact, None, made)
