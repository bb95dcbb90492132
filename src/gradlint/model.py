"""What the reader understood of one program: the only thing that rules see. Plain frozen data, no libcst.

A *program* is a root (a script, a module's training code, a function or class that nothing calls) and everything that
it reaches. A place is a `Where`; it becomes lines and columns only if a finding shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from gradlint.finding import Confidence


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
    schedule: str | None = None
    """Name of the schedule that it is the initial, peak or highest value of."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """One constructed optimizer (or a string given to compile)."""

    where: Where
    name: str
    """Class name without suffixes: Adam, SGD, RMSprop ..."""
    constructor: str
    """Canonical dotted name, e.g. `keras.optimizers.Adam`."""
    flavour: str
    """keras3, keras2, keras2-legacy, keras-standalone, tf1, tfa, contrib, sonnet, project ..."""
    learning_rate: Number | None
    """None if it could not be followed."""
    learning_rate_where: Where
    default_rate: bool
    """True where no learning rate was written."""
    momentum: float
    clips: Certainty
    """Whether the optimizer clips by itself (clipnorm, clipvalue, global_clipnorm, a clipping wrapper)."""
    lr_keyword: Where | None
    """Where the keyword `lr=` is written, if it is."""
    purpose: frozenset[str] = frozenset()
    """Reasons why an unusual learning rate is deliberate: "lr-finder", "callback-schedule", "toy-variables" ..."""
    updates: int = 0
    """How many update sites use it."""
    from_string: bool = False
    """It is made from a string given to compile."""
    caller_may_clip: bool = False
    """Whether it clips is up to arguments that a caller who was not seen may pass on to it."""
    highest_rate: float | None = None
    """The highest learning rate that the project's configuration allows, if it tells."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One call that clips (or rescales) gradients."""

    where: Where
    function: str
    result_used: Certainty
    """Whether its result goes anywhere at all."""
    reaches_update: bool
    bypassed_by: tuple[Update, ...] = ()
    """Updates that got the same gradients without this clip although its result went nowhere."""


@dataclass(frozen=True, slots=True)
class FiniteCheck:
    """One place that looks for NaN or Inf."""

    where: Where
    function: str
    subject: str
    """loss, gradients, weights, data or unknown."""
    stops: bool
    """It raises, stops, skips or restores when it finds something."""
    restores: bool = False
    """It brings weights back from a checkpoint or a copy, so that it may well run after the update."""


@dataclass(frozen=True, slots=True)
class Update:
    """One place where gradients reach weights."""

    where: Where
    method: str
    """apply_gradients, apply, minimize, fit, train_on_batch, assign_sub ..."""
    optimizers: tuple[Optimizer, ...]
    optimizer_unknown: str | None
    """Why the optimizer could not be followed, None if it was."""
    gradients: tuple[Noted, ...]
    """Where the gradients were computed."""
    gradients_unknown: str | None
    clipping: Certainty
    """Clipping on the gradients' path and in the optimizer together."""
    finite_check: Certainty
    """A check that stops or skips and stands before this update on every path, on some, or on none."""
    late_checks: tuple[FiniteCheck, ...]
    """Checks of this update's loss or gradients that run only after it, in the same pass of the loop."""
    custom_loop: bool
    """The project's own code applies the gradients; False for compile and fit."""
    in_loop: bool
    confidence: Confidence
    runner_seen: bool = True
    """What runs the training was seen: the call of fit, or the session. False where an unseen caller does it."""
    caller_may_clip: bool = False
    """Nothing that was read clips, but the optimizer (or some of its arguments) comes from a caller who was not seen."""
    made_here: bool = False
    """Its optimizer is made in the very expression, as in `AdamOptimizer().minimize(loss)`."""
    context: Context | None = None
    """Why exploding gradients are to be expected of this very update; None where the whole program's evidence counts."""


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


@dataclass(frozen=True, slots=True)
class Pairing:
    """One pairing of gradients with variables that does not fit."""

    where: Where
    problem: str
    """swapped, other-variables or clip-pair."""
    gradients: tuple[Noted, ...]
    variables: tuple[Noted, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Context:
    """Why a program counts as recurrent or as reinforcement learning; empty where it does not."""

    recurrent: tuple[Noted, ...] = ()
    reinforcement: tuple[Noted, ...] = ()

    @property
    def explosive(self) -> tuple[Noted, ...]:
        """The evidence that exploding gradients are to be expected."""
        return self.recurrent + self.reinforcement


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """Something that the reader could not follow."""

    where: Where
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class TrainingModel:
    """Everything that rules may ask about one program."""

    root: str
    """What the program starts from, for people: `train.py`, `agent.py: class Agent`."""
    path: str
    optimizers: tuple[Optimizer, ...] = ()
    updates: tuple[Update, ...] = ()
    clips: tuple[Clip, ...] = ()
    checks: tuple[FiniteCheck, ...] = ()
    rewards: tuple[RewardPath, ...] = ()
    divisions: tuple[Division, ...] = ()
    pairings: tuple[Pairing, ...] = ()
    context: Context = field(default_factory=Context)
    unfollowed: tuple[Unfollowed, ...] = ()
    assumes_parameters: bool = False
    """The root is a function or class whose callers were not seen."""
    lr_keyword: str = "rejected"
    """What the meant Keras does with `lr=`: rejected, ignored or accepted."""
    target: str = ""
    """The meant Keras and TensorFlow and how they were inferred, for people."""
    target_assumed: bool = False
    """Nothing told which Keras is meant, so the current one is."""
