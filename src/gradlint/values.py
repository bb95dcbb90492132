"""Abstract values: what the reader knows about a number, a container, a function or an object. No libcst.

Numbers carry *flows*: from which sources (a reward, a gradient, a placeholder ...) they come and what happened on the way.
What happened is kept as two bit sets: `must` (on every path) and `may` (on at least one). An absence may be claimed only
where a mark is not even in `may`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import ClassVar, TypeAlias

from gradlint.model import Noted, Where


class Mark:
    """What can happen to a flow on its way: bits of a plain integer, because they are joined in the innermost loop."""

    NONE = 0
    CLIPPED = 1
    """A gradient was clipped or rescaled by its own norm."""
    BOUNDED = 2
    """Clipped, squashed, scaled or normalised to a known size."""
    OPAQUE = 4
    """It went through something that was not read: nothing may be claimed to be absent."""
    STATISTIC = 8
    """A norm, deviation, maximum or sum of the flow rather than the flow itself."""
    PART = 32
    """Only some elements were taken (a slice): pairs no longer line up."""


class Kind(Enum):
    """What a number stands for."""

    PLAIN = "number"
    TENSOR = "tensor"
    GRADIENT = "gradients"
    PARAMETERS = "parameters"
    LOSS = "loss"
    STD = "standard deviation"
    OPERATION = "operation"
    BOOLEAN = "condition"


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where a flow starts. `context` tells evaluations of the same place apart; `detail` is the owner's identity, if any."""

    kind: str
    where: Where
    context: int = 0
    detail: str = ""
    key: int = field(init=False, repr=False)
    """The hash, computed once: sources are looked up far more often than they are made."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", hash((self.kind, self.where.path, self.where.loc, self.context, self.detail)))

    def __hash__(self) -> int:
        return self.key

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Source)
            and self.key == other.key
            and self.where == other.where
            and (self.kind, self.context, self.detail) == (other.kind, other.context, other.detail)
        )


@dataclass(frozen=True, slots=True)
class Marks:
    """What happened to a flow; `clips` are the clip calls it passed."""

    must: int = Mark.NONE
    may: int = Mark.NONE
    clips: frozenset[Where] = frozenset()

    def add(self, mark: int, clip: Where | None = None) -> Marks:
        clips = self.clips if clip is None else self.clips | {clip}
        return Marks(self.must | mark, self.may | mark, clips)

    def maybe(self, mark: int) -> Marks:
        return Marks(self.must, self.may | mark, self.clips)

    def join(self, other: Marks) -> Marks:
        if self is other:
            return self
        if self.must == other.must and self.may == other.may and self.clips == other.clips:
            return self
        return Marks(self.must & other.must, self.may | other.may, self.clips | other.clips)

    def mix(self, other: Marks) -> Marks:
        """What holds if both contribute: something unread beside it does not make the readable part unread."""
        joined = self.join(other)
        opaque = self.may & other.may & Mark.OPAQUE
        if joined.may & Mark.OPAQUE and not opaque:
            return Marks(joined.must & ~Mark.OPAQUE, joined.may & ~Mark.OPAQUE, joined.clips)
        return joined


Flows: TypeAlias = Mapping[Source, Marks]
NO_FLOWS: Flows = {}
NO_MARKS = Marks()
MOST_FLOWS = 20
"""A value keeps no more sources than this; those that matter least (plain calls) go first."""

_MINOR = {"call": 1, "check": 1, "model": 2, "array": 2}


def join_flows(left: Flows, right: Flows) -> Flows:
    """Sources of both; marks of a shared source are joined. Gives back `left` itself where nothing is added."""
    if not right or left is right:
        return left
    if not left:
        return right
    return _merge(left, right, Marks.join)


def mix_flows(left: Flows, right: Flows) -> Flows:
    """Flows of a result that both sides contribute to, as in a sum: what comes in readable stays readable."""
    if not right or left is right:
        return left
    if not left:
        return right
    return _merge(left, right, Marks.mix)


def _merge(left: Flows, right: Flows, combine: Callable[[Marks, Marks], Marks]) -> Flows:
    joined: dict[Source, Marks] | None = None
    for source, marks in right.items():
        mine = left.get(source)
        if mine is marks:
            continue
        merged = marks if mine is None else combine(mine, marks)
        if merged is not mine:
            if joined is None:
                joined = dict(left)
            joined[source] = merged
    if joined is None:
        return left
    if len(joined) > MOST_FLOWS:
        keep = sorted(joined, key=_importance)[:MOST_FLOWS]
        return {source: joined[source] for source in keep}
    return joined


def _importance(source: Source) -> tuple[int, str, int, int]:
    return _MINOR.get(source.kind, 0), source.where.path, source.where.loc, source.context


def mark_flows(flows: Flows, mark: int, clip: Where | None = None) -> Flows:
    return {source: marks.add(mark, clip) for source, marks in flows.items()} if flows else flows


def maybe_flows(flows: Flows, mark: int) -> Flows:
    return {source: marks.maybe(mark) for source, marks in flows.items()} if flows else flows


@dataclass(frozen=True, slots=True)
class Range:
    """An interval. An end is *attained* where a value at it does occur, else it is merely not excluded."""

    low: float
    high: float
    low_attained: bool = True
    high_attained: bool = True

    def join(self, other: Range) -> Range:
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
        return (self.low == 0 and self.low_attained) or (self.high == 0 and self.high_attained)

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0 or (self.low == 0 and not self.low_attained and self.high > 0)


NON_NEGATIVE = Range(0.0, math.inf, True, False)


MOST_WEIGHT = 1000
"""Parts of one value, counted as a tree: what a program nests deeper or doubles further keeps its flows only."""
MOST_ITEMS = 64
"""Longer sequences keep what an element looks like."""
MOST_TEXT = 1000
"""Characters of computed texts that are kept."""


def weight_of(values: Iterable[Value]) -> int:
    """The parts of some values together. Each value knows its own weight, so that shared structure is not walked."""
    total = 0
    for value in values:
        total += value.weight
    return total


def _light(value: Value) -> Value:
    """The value, or its flows if it has parts."""
    return value if value.weight == 1 else unknown("nested too deep to be told apart", flows_of(value))


@dataclass(frozen=True, slots=True)
class Const:
    """A Python constant, with where it was written and the names it went through."""

    weight: ClassVar[int] = 1
    value: object
    origins: tuple[Noted, ...] = ()
    assumed: bool = False
    """A default that a caller or a command line may replace."""

    def __hash__(self) -> int:
        return hash((type(self.value), self.value, self.assumed, self.origins))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Const)
            and type(self.value) is type(other.value)
            and (self.value == other.value or (self.value != self.value and other.value != other.value))
            and self.assumed == other.assumed
            and self.origins == other.origins
        )


@dataclass(frozen=True, slots=True)
class Num:
    """A number, array or tensor (or something unknown, where `unknown` says why)."""

    weight: ClassVar[int] = 1
    kind: Kind = Kind.PLAIN
    range: Range | None = None
    flows: Flows = ()  # type: ignore[assignment]
    unknown: str | None = None
    origins: tuple[Noted, ...] = ()
    assumed: bool = False

    def __post_init__(self) -> None:
        if not self.flows:
            object.__setattr__(self, "flows", NO_FLOWS)

    def __hash__(self) -> int:
        return hash((self.kind, self.range, frozenset(self.flows), self.unknown))


@dataclass(frozen=True, slots=True)
class Seq:
    """An immutable sequence: exact `items`, or only what an element looks like.

    `parts` are the arguments of the `zip` that made it; `pair_of` is the clip call whose (list, norm) tuple this is.
    """

    elem: Value
    items: tuple[Value, ...] | None = None
    parts: tuple[Value, ...] | None = None
    made: Where | None = None
    pair_of: Where | None = None
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        items, parts = self.items, self.parts
        weight = 1 + self.elem.weight
        if items is not None:
            weight = MOST_WEIGHT + 1 if len(items) > MOST_ITEMS else weight + weight_of(items)
        if parts is not None:
            weight += weight_of(parts)
        if weight > MOST_WEIGHT:
            object.__setattr__(self, "items", None)
            object.__setattr__(self, "parts", None)
            weight = 1 + self.elem.weight
            if weight > MOST_WEIGHT:
                object.__setattr__(self, "elem", _light(self.elem))
                weight = 2
        object.__setattr__(self, "weight", weight)


@dataclass(frozen=True, slots=True)
class Record:
    """An instance of a named tuple: field names and their values."""

    name: str
    fields: tuple[str, ...]
    values: tuple[Value, ...]
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if weight_of(self.values) >= MOST_WEIGHT:
            object.__setattr__(self, "values", tuple(map(_light, self.values)))
        object.__setattr__(self, "weight", 1 + weight_of(self.values))


@dataclass(frozen=True, slots=True)
class Ref:
    """An object on the heap."""

    weight: ClassVar[int] = 1
    id: int


@dataclass(frozen=True, slots=True, eq=False)
class Fn:
    """A function of the project: its definition, the frame it closes over, and the receiver it is bound to."""

    weight: ClassVar[int] = 1
    definition: object
    frame: object
    receiver: Value | None = None
    owner: object | None = None
    """The class whose body defines it, for `super()`."""

    def __hash__(self) -> int:
        return hash((id(self.definition), id(self.frame), self.receiver))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Fn)
            and self.definition is other.definition
            and self.frame is other.frame
            and self.receiver == other.receiver
        )


@dataclass(frozen=True, slots=True)
class Cls:
    """A class of the project (`info` is the reader's record of it)."""

    weight: ClassVar[int] = 1
    info: object


@dataclass(frozen=True, slots=True)
class RecordType:
    """A named tuple type."""

    name: str
    fields: tuple[str, ...]
    defaults: tuple[Value | None, ...]
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if weight_of(each for each in self.defaults if each is not None) >= MOST_WEIGHT:
            object.__setattr__(self, "defaults", tuple(each and _light(each) for each in self.defaults))
        object.__setattr__(self, "weight", 1 + weight_of(each for each in self.defaults if each is not None))


@dataclass(frozen=True, slots=True)
class Mod:
    """A module of the project, by path."""

    weight: ClassVar[int] = 1
    path: str


@dataclass(frozen=True, slots=True)
class Ext:
    """Something of a library, by canonical dotted name; `raw` is the name as imported."""

    weight: ClassVar[int] = 1
    name: str
    raw: str


@dataclass(frozen=True, slots=True)
class Method:
    """An attribute of a value that the project does not define, such as `grads.append` or `optimizer.minimize`."""

    receiver: Value
    name: str
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.receiver.weight >= MOST_WEIGHT:
            object.__setattr__(self, "receiver", _light(self.receiver))
        object.__setattr__(self, "weight", 1 + self.receiver.weight)


@dataclass(frozen=True, slots=True)
class Partial:
    """`functools.partial(func, *args, **kwargs)`."""

    func: Value
    args: tuple[Value, ...]
    kwargs: tuple[tuple[str, Value], ...]
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._weight() > MOST_WEIGHT:
            object.__setattr__(self, "func", _light(self.func))
            object.__setattr__(self, "args", tuple(map(_light, self.args)))
            object.__setattr__(self, "kwargs", tuple((name, _light(value)) for name, value in self.kwargs))
        object.__setattr__(self, "weight", self._weight())

    def _weight(self) -> int:
        return 1 + self.func.weight + weight_of(self.args) + weight_of(value for _, value in self.kwargs)


@dataclass(frozen=True, slots=True)
class Step:
    """What an environment's `step` returned: a tuple whose length its reader decides."""

    source: Source
    reward: Value
    parts: tuple[Value, ...] | None = None
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.reward.weight + weight_of(self.parts or ()) >= MOST_WEIGHT:
            object.__setattr__(self, "reward", _light(self.reward))
            object.__setattr__(self, "parts", None)
        object.__setattr__(self, "weight", 1 + self.reward.weight + weight_of(self.parts or ()))


@dataclass(frozen=True, slots=True)
class Either:
    """One of several values."""

    options: tuple[Value, ...]
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if weight_of(self.options) >= MOST_WEIGHT:
            object.__setattr__(self, "options", tuple(map(_light, self.options)))
        object.__setattr__(self, "weight", 1 + weight_of(self.options))


Value: TypeAlias = (
    Const | Num | Seq | Record | Ref | Fn | Cls | RecordType | Mod | Ext | Method | Partial | Step | Either
)

NONE = Const(None)
ANY = Num()
NOTHING = Either(())
"""The value of an expression that is never reached, such as the element of an empty list."""

MOST_OPTIONS = 6


def unknown(reason: str, flows: Flows = NO_FLOWS) -> Num:
    """A value that could not be followed; its flows are opaque from here on."""
    return Num(Kind.PLAIN, None, maybe_flows(flows, Mark.OPAQUE), reason)


def options(value: Value) -> tuple[Value, ...]:
    return value.options if isinstance(value, Either) else (value,)


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


def flows_of(value: Value, depth: int = 3) -> Flows:
    """All flows in a value, also those of its elements. (Objects on the heap: see `Heap.flows`.)"""
    if isinstance(value, Num):
        return value.flows
    if depth == 0 or isinstance(value, Const):
        return NO_FLOWS
    if isinstance(value, Seq):
        inner: Iterable[Value] = value.items if value.items is not None else (value.elem,)
    elif isinstance(value, Record):
        inner = value.values
    elif isinstance(value, Either):
        inner = value.options
    elif isinstance(value, Step):
        inner = (value.reward,)
    else:
        return NO_FLOWS
    flows = NO_FLOWS
    for each in inner:
        flows = join_flows(flows, flows_of(each, depth - 1))
    return flows


def with_flows(value: Value, flows: Flows) -> Num:
    """A tensor with these flows, of the kind and range of `value` where it is a number."""
    if isinstance(value, Num):
        return replace(value, flows=flows)
    return Num(Kind.TENSOR, range_of(value), flows)


def join(left: Value, right: Value) -> Value:
    """The least value that covers both."""
    if left is right or left == right or right is NOTHING:
        return left
    if left is NOTHING:
        return right
    if isinstance(left, Num) and isinstance(right, Num):
        return _join_numbers(left, right)
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
    ranged = left.range.join(right.range) if left.range and right.range else None
    return Num(
        left.kind if left.kind is right.kind else Kind.TENSOR,
        ranged,
        join_flows(left.flows, right.flows),
        left.unknown or right.unknown,
        left.origins or right.origins,
        left.assumed or right.assumed,
    )


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
    joined: Value = NOTHING
    for value in values:
        joined = join(joined, value)
    return joined


def sequence(items: Iterable[Value], made: Where | None = None) -> Seq:
    """A sequence of exactly these items."""
    exact = tuple(items)
    return Seq(join_all(exact), exact, None, made)


def truth(value: Value) -> bool | None:
    """Whether the value is true; None where it depends, and for assumed defaults, which somebody may replace."""
    if isinstance(value, Const):
        return None if value.assumed else bool(value.value)
    if isinstance(value, Fn | Cls | Mod | Ext | Method | RecordType | Partial):
        return True
    if isinstance(value, Seq) and value.items is not None:
        return bool(value.items)
    if isinstance(value, Either) and value.options:
        truths = {truth(option) for option in value.options}
        return truths.pop() if len(truths) == 1 else None
    return None
