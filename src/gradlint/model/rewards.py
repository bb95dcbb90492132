"""Where rewards go, and what they are divided by."""

from __future__ import annotations

from dataclasses import dataclass

from gradlint.finding import Confidence
from gradlint.model.places import Certainty, Noted, Number, Where


@dataclass(frozen=True, slots=True)
class RewardPath:
    """Rewards that reach a loss or a training target."""

    source: Where
    """Where the reward comes out of the environment."""
    sink: Where
    sink_kind: str
    """loss, training target, feed ..."""
    bounded: Certainty
    """Clipped, scaled or normalised on the way."""
    steps: tuple[Noted, ...]
    evidence: str
    """Why it is a reward."""
    small: str | None
    """Why the reward is known to be small (`CartPole pays 1 a step`), None if it is not."""
    terminal: float | None
    """A large literal reward of the project's own environment, if there is one."""
    confidence: Confidence
    squared: bool = False
    """What the sink is given is squared, or is the target of a squared error."""


@dataclass(frozen=True, slots=True)
class Return:
    """One place where a reward and what comes after it, times a discount, are added up."""

    where: Where
    discount: Number | None
    """None if it could not be followed."""
    discount_where: Where
    """Where the discount is written, else where it is used."""
    bootstraps: bool
    """What comes after the reward is an estimate by a network."""
    differentiated: tuple[Noted, ...] = ()
    """Where gradients are computed through that estimate, for the weights of the network that makes it."""


@dataclass(frozen=True, slots=True)
class Division:
    """One division whose divisor can be zero at a value that does occur."""

    where: Where
    divisor: Where
    kind: str
    """Kind of the divisor: std, count, norm ..."""
    divisor_origin: tuple[Noted, ...]
    attains_zero: bool
    of: str
    """What is divided: rewards, returns, advantages, data, unknown."""
    confidence: Confidence
    sample: bool = False
    """The deviation is that of a sample (ddof=1), which one number does not have."""
    columns: bool = False
    """There is one deviation for each column (axis=0)."""
