"""Places, numbers, and how certain something is: what all parts of a TrainingModel are made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file: its path and the packed leaf ordinals of a node (see `reader.ir.pack`)."""

    path: str
    loc: int


@dataclass(frozen=True, slots=True)
class Noted:
    """A place with what is to be said about it."""

    where: Where
    note: str


class Certainty(Enum):
    """Whether something happens on the paths that lead to a place."""

    NEVER = "never"
    SOMETIMES = "sometimes"
    ALWAYS = "always"
    UNKNOWN = "unknown"
    """A callee on the way could not be read: no absence may be claimed."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that the reader followed to where it was written.

    `low` and `high` bound the values that do occur (both ends are attained); equal for a constant.
    """

    low: float
    high: float
    text: str
    """As a reader would write it: `0.1`, or `0.01 to 0.1`."""
    origins: tuple[Noted, ...] = ()
    """Where the value was written and through which names it came, first things first."""
    assumed: bool = False
    """True where it is a default that no caller was seen to keep."""

    @property
    def highest(self) -> str:
        """The upper end as text, with the range that it is the end of."""
        return self.text if self.low == self.high else f"{self.high:g} ({self.text})"


@dataclass(frozen=True, slots=True)
class Context:
    """Why a program counts as recurrent or as reinforcement learning; empty where it does not."""

    recurrent: tuple[Noted, ...] = ()
    reinforcement: tuple[Noted, ...] = ()
    elsewhere: tuple[Noted, ...] = ()
    """Such evidence that nothing ties to what is trained: an import, an environment, a recurrent layer of another network."""

    @property
    def explosive(self) -> tuple[Noted, ...]:
        """The evidence that exploding gradients are to be expected."""
        return self.recurrent + self.reinforcement

    @property
    def hints(self) -> tuple[Noted, ...]:
        """All evidence, the weak after the strong."""
        return self.explosive + self.elsewhere

    @property
    def strength(self) -> int:
        """2 for evidence about what is trained, 1 for evidence elsewhere, 0 for none."""
        return 2 if self.explosive else 1 if self.elsewhere else 0


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """Something that the reader could not follow."""

    where: Where
    what: str
    reason: str
