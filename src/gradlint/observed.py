"""What a run has shown, judged: the probe writes it, `verdict.py` holds it against what the rules have predicted."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from gradlint.finding import Evidence, Span


class Sign(Enum):
    """A symptom as a run shows it; the value is the name of its rule page."""

    NON_FINITE = "non-finite-step"
    BLOW_UP = "loss-blow-up"
    OVERSIZED = "oversized-update"
    RECURRENT = "growing-recurrent-gradient"


class Settled(Enum):
    """The verdict on a whole run."""

    CONFIRMED = "confirmed"
    NOT_OBSERVED = "not-observed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Spot:
    """A line of the user's code, with the path as findings have it."""

    path: str
    line: int
    cell: int | None = None

    def within(self, span: Span) -> bool:
        """Whether it is one of the lines of a span."""
        return self.path == span.path and self.cell == span.cell and span.line <= self.line <= span.end_line


@dataclass(frozen=True, slots=True)
class Observation:
    """One symptom that was seen."""

    sign: Sign
    message: str
    evidence: Evidence
    spot: Spot | None
    """Where it shows, or where it comes from if that is known."""
    help: str


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """What happens on the same batch if one thing is different; measured, not guessed."""

    name: str
    """`clip-1`, `lr/10`, `lr=1/secant`, `normalised-rewards`."""
    stable: bool
    message: str


@dataclass(frozen=True, slots=True)
class Updater:
    """An optimizer and what its updates have shown."""

    name: str
    created: Spot | None
    spots: frozenset[Spot]
    """Every line where it was created, where its gradients were computed, and where they were applied."""
    steps: int
    observations: tuple[Observation, ...]
    calm: str
    """What was measured, in words, for findings that it does not confirm."""
    learning_rate: float | None = None
    """At the first update."""
    raw: float | None = None
    """Largest global norm of the gradients as computed."""
    handed: float | None = None
    """Largest global norm of what the optimizer was handed."""
    stepped: bool = False
    """Weights had been updated before the first number that is not finite: long steps may be the cause of it."""
    mismatched: tuple[str, ...] = ()
    """Variables that were given a gradient which was not computed for them."""
    paired: bool = False
    """Every variable was seen to get the gradient that was computed for it."""
    counterfactuals: tuple[Counterfactual, ...] = ()
    recurrent_layers: int = 0
    """How many layers' gradients were measured time step by time step."""
    skipped: int = 0
    """Updates that a loss scale has left out, for their gradients were not finite."""

    def shows(self, sign: Sign) -> Observation | None:
        """The observation of this kind."""
        return next((each for each in self.observations if each.sign is sign), None)

    @property
    def consequence(self) -> bool:
        """The number that is not finite comes of steps that were too long before it: no symptom of its own."""
        long = self.shows(Sign.BLOW_UP) or self.shows(Sign.OVERSIZED)
        return self.stepped and self.shows(Sign.NON_FINITE) is not None and long is not None

    @property
    def headline(self) -> str:
        """What its updates have shown, in one sentence; empty if they were calm."""
        order = (Sign.NON_FINITE, Sign.BLOW_UP, Sign.OVERSIZED, Sign.RECURRENT)
        seen = [each for each in map(self.shows, order) if each is not None]
        if self.consequence:
            return f"{seen[1].message}; {seen[0].evidence.message}"
        return seen[0].message if seen else ""

    def tried(self, name: str) -> Counterfactual | None:
        """The counterfactual of this name."""
        return next((each for each in self.counterfactuals if each.name == name), None)


@dataclass(frozen=True, slots=True)
class OperandSeen:
    """What a measured expression held."""

    role: str
    calls: int
    symbolic: int
    low: float | None
    high: float | None
    smallest: float | None
    zeros: int
    nan: int
    inf: int
    dtype: str | None = None
    """Of the latest value."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The script's own exception."""

    type: str
    message: str
    spot: Spot | None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program."""

    program: str
    """As the user named it."""
    updaters: tuple[Updater, ...]
    missing: str
    """Why less was seen than was asked for; empty if all was seen."""
    operands: Mapping[Span, tuple[OperandSeen, ...]] = field(default_factory=dict)
    """By the span of the finding that they were measured for."""
    failure: Failure | None = None


def number(value: float | None) -> str:
    """A measured number for people: three digits, and `NaN` and `inf` as such."""
    if value is None:
        return "?"
    if math.isnan(value):
        return "NaN"
    return f"{value:.3g}"


def steps(count: int) -> str:
    """`1 step`, `5 steps`."""
    return "1 step" if count == 1 else f"{count} steps"


_NODE = re.compile(r"\{\{[^{}]*\}\}\s*")


def first_line(message: str) -> str:
    """The first line of an exception's message, without the names of nodes that TensorFlow puts before it."""
    return _NODE.sub("", message).strip().partition("\n")[0]
