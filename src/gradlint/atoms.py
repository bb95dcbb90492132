"""Abstract values without parts: constants, numbers, and references to what is kept elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from gradlint.flows import NO_FLOWS, Flows
from gradlint.model import Noted
from gradlint.ranges import Range
from gradlint.terms import Term


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
    term: Term | None = field(default=None, compare=False)
    """Which operations made it. Two numbers are the same value for the reader whatever their terms."""

    def __post_init__(self) -> None:
        if not self.flows:
            object.__setattr__(self, "flows", NO_FLOWS)

    def __hash__(self) -> int:
        return hash((self.kind, self.range, frozenset(self.flows), self.unknown))


@dataclass(frozen=True, slots=True)
class Ref:
    """An object on the heap."""

    weight: ClassVar[int] = 1
    id: int


@dataclass(frozen=True, slots=True)
class Cls:
    """A class of the project (`info` is the reader's record of it)."""

    weight: ClassVar[int] = 1
    info: object


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
