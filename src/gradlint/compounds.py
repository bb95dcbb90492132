"""Abstract values with parts, and `Value`, which is any of them. How much one value may hold is limited here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from gradlint.atoms import Cls, Const, Ext, Kind, Mod, Num, Ref
from gradlint.flows import NO_FLOWS, Flows, Mark, Source, join_flows, mark_flows
from gradlint.model import Where

MOST_WEIGHT = 1000
"""Parts of one value, counted as a tree: what a program nests deeper or doubles further keeps its flows only."""
MOST_ITEMS = 64
"""Longer sequences keep what an element looks like."""
MOST_TEXT = 1000
"""Characters of computed texts that are kept."""
_TENSOR = Num(Kind.TENSOR)


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
    observation: Value = _TENSOR
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._weight() > MOST_WEIGHT:
            object.__setattr__(self, "reward", _light(self.reward))
            object.__setattr__(self, "observation", _light(self.observation))
            object.__setattr__(self, "parts", None)
        object.__setattr__(self, "weight", self._weight())

    def _weight(self) -> int:
        return 1 + self.reward.weight + self.observation.weight + weight_of(self.parts or ())


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


def unknown(reason: str, flows: Flows = NO_FLOWS) -> Num:
    """A value that could not be followed; its flows are opaque from here on."""
    return Num(Kind.PLAIN, None, mark_flows(flows, Mark.OPAQUE), reason)


def options(value: Value) -> tuple[Value, ...]:
    """The values that it may be: itself, unless it is one of several."""
    return value.options if isinstance(value, Either) else (value,)


def parts_of(value: Value) -> tuple[Value, ...]:
    """The values within a value that numbers can be taken out of: elements, fields, options, the reward of a step."""
    if isinstance(value, Seq):
        return value.items if value.items is not None else (value.elem,)
    if isinstance(value, Either):
        return value.options
    if isinstance(value, Record):
        return value.values
    if isinstance(value, Step):
        return (value.reward, value.observation)
    return ()


def flows_of(value: Value, depth: int = 3) -> Flows:
    """All flows in a value, also those of its elements. (Objects on the heap: see `Heap.flows`.)"""
    if isinstance(value, Num):
        return value.flows
    if depth == 0 or isinstance(value, Const):
        return NO_FLOWS
    flows = NO_FLOWS
    for each in parts_of(value):
        flows = join_flows(flows, flows_of(each, depth - 1))
    return flows
