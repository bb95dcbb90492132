"""Names that a team adds to the vocabulary: what its own functions and classes do, where their bodies cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OwnOptimizer:
    """A class, or a function that makes an optimizer."""

    like: str = ""
    """The Keras optimizer whose arguments it takes; empty for a wrapper."""
    clips: bool = False
    """It clips by itself, whatever its arguments are."""


RETURNS_GRADIENTS, RETURNS_PAIR = "gradients", "pair"
RAISES, RETURNS_BOOLEAN, IS_CALLBACK = "raises", "boolean", "callback"


@dataclass(frozen=True, slots=True)
class OwnNames:
    """Dotted names as written in the configuration, with what they stand for."""

    clips: Mapping[str, str] = field(default_factory=dict)
    """Clipping function -> what it returns: `gradients` as they were given, or the `pair` of them and the norm."""
    optimizers: Mapping[str, OwnOptimizer] = field(default_factory=dict)
    rewards: frozenset[str] = frozenset()
    """Functions, classes and wrappers of environments that bound rewards."""
    checks: Mapping[str, str] = field(default_factory=dict)
    """Check for NaN -> how it tells: it `raises`, returns a `boolean`, or is a `callback`."""

    def __bool__(self) -> bool:
        return bool(self.clips or self.optimizers or self.rewards or self.checks)

    def __contains__(self, name: str) -> bool:
        return name in self.clips or name in self.optimizers or name in self.rewards or name in self.checks

    def find(self, dotted: str) -> str | None:
        """The name of these that a definition of the project has, going by the end of its dotted path.

        >>> OwnNames(rewards=frozenset({"agents.utils.squash"})).find("src.agents.utils.squash")
        'agents.utils.squash'
        """
        while "." in dotted:
            if dotted in self:
                return dotted
            dotted = dotted.partition(".")[2]
        return None


NOTHING_OWN = OwnNames()


@dataclass(frozen=True, slots=True)
class Told:
    """What the configuration tells the reader about a file."""

    vocabulary: OwnNames = NOTHING_OWN
    max_learning_rate: Mapping[str, float] = field(default_factory=dict)
    """Normalised optimizer name -> the highest rate that is not reported."""
    tensorflow: str | None = None
    keras: str | None = None


NOTHING_TOLD = Told()


def nothing_told(path: str) -> Told:
    """Of a file without configuration."""
    return NOTHING_TOLD
