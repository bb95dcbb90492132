"""Optimizers with what they were given: rates, schedules, bounds of clipping."""

from __future__ import annotations

from dataclasses import dataclass

from gradlint.model.places import Certainty, Noted, Number, Where


@dataclass(frozen=True, slots=True)
class Argument:
    """A number that was given to an optimizer or a schedule."""

    keyword: str
    where: Where
    value: Number | None
    """None if it could not be followed."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A learning-rate schedule of a library; those that a project writes itself are not followed."""

    where: Where
    name: str
    """As the code has it: `ExponentialDecay`, `cosine_decay` ..."""
    rates: tuple[Argument, ...]
    """The rates that it starts with (first, if it is written), climbs to, steps through or ends at."""
    shape: tuple[Argument, ...] = ()
    """What else is written and decides whether the rate falls or grows: `decay_rate`, `power`, `alpha`, `m_mul`."""
    default_end: float | None = None
    """The rate that it ends at because none is written; None where one is, or where the schedule has no such parameter."""
    inner: Schedule | None = None
    """The schedule that it hands over to after a warm-up."""

    @property
    def chain(self) -> tuple[Schedule, ...]:
        """The schedule and those that it hands over to."""
        return (self, *(self.inner.chain if self.inner else ()))

    @property
    def highest(self) -> Argument | None:
        """The highest rate of its own that is known, None if none is."""
        known = [each for each in self.rates if each.value is not None]
        return max(known, key=lambda each: each.value.high if each.value else 0.0, default=None)


@dataclass(frozen=True, slots=True)
class Bound:
    """How far something clips, as it is written: the bound of a clipping call, or a clip keyword of an optimizer."""

    where: Where
    """Where the bound is written."""
    by: str
    """What is compared with it: "global norm", "norm" or "value"."""
    keyword: str = ""
    """clipnorm, clipvalue or global_clipnorm of an optimizer; empty for the bound of a call."""
    high: Number | None = None
    """The bound (the upper one of two); None if some value that it may have was not followed."""
    low: Number | None = None
    """The lower bound of a clip by value, where it has one and it was followed."""
    optional: bool = False
    """It may be None, which is off: some caller gives None, or it was not followed to a number."""
    unpacked: bool = False
    """The keyword comes out of a dictionary of options, in which it may well be on some paths only."""


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
    """None if it could not be followed, or is a schedule."""
    learning_rate_where: Where
    default_rate: bool
    """True where no learning rate was written."""
    momentum: float
    clips: Certainty
    """Whether the optimizer clips by itself (clipnorm, clipvalue, global_clipnorm, a clipping wrapper)."""
    lr_keyword: Where | None
    """Where the keyword `lr=` is written, if it is."""
    purpose: frozenset[str] = frozenset()
    """Reasons why an unusual learning rate is deliberate: "callback-schedule", "toy-variables", "posterior" ..., or that the
    optimizer is bound to a name that nothing mentions again: "unused"."""
    updates: int = 0
    """How many update sites use it."""
    from_string: bool = False
    """It is made from a string given to compile."""
    caller_may_clip: bool = False
    """Whether it clips is up to arguments that a caller who was not seen may pass on to it."""
    bounds: tuple[Bound, ...] = ()
    """The clip keywords that it was given, without those that are None for certain."""
    around: tuple[Bound, ...] = ()
    """Clip keywords that were given to a wrapper which scales the loss (LossScaleOptimizer) rather than to it."""
    schedule: Schedule | None = None
    """The schedule that it was given for a learning rate."""
    rate_may_change: bool = False
    """The program uses its learning rate after it was made, and may well give it another one."""
    decay: Argument | None = None
    """The keyword `decay=` of old optimizers, if it is written (and is no parameter of another meaning)."""
    epsilon: Argument | None = None
    """What is added to the denominator of its step, if it is written."""
    beta_2: Argument | None = None
    """The share of the old average of squared gradients in the new one (Adam and its kin), if it is written."""
    remade: Noted | None = None
    """The loop (or step function) that makes it anew for every update, of variables that are older than the loop's pass."""
    highest_rate: float | None = None
    """The highest learning rate that the project's configuration allows, if it tells."""

    @property
    def trains_no_network(self) -> bool:
        """A range test, or a fit of a few free variables: its rate says nothing of a network's weights."""
        return not self.purpose.isdisjoint({"lr-finder", "toy-variables"})
