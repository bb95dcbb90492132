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
    """Reasons why an unusual learning rate is deliberate: "lr-finder", "callback-schedule", "toy-variables" ..."""
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
    remade: Noted | None = None
    """The loop (or step function) that makes it anew for every update, of variables that are older than the loop's pass."""
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
    too_late: bool = False
    """All of these updates stand before it, in the same pass of the loop."""
    bound: Bound | None = None
    """None where it has none (`l2_normalize`)."""
    gradients: tuple[Noted, ...] = ()
    """Where the gradients were computed."""
    loss_scaled: Certainty = Certainty.NEVER
    """Whether the gradients are those of a scaled loss, not yet divided by the scale."""
    may_get_none: bool = False
    """It raises on None, and gets gradients of weights of which nobody has looked whether they are None."""
    of_sum: bool = False
    """The loss is added up over the batch, or may be, so that its gradients grow with it."""


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
    finds: frozenset[str] = frozenset({"nan", "inf"})
    """What it takes for trouble: nan, inf, or both."""


@dataclass(frozen=True, slots=True)
class GraphCheck:
    """One look for NaN by NumPy or Python at a tensor that has no numbers yet: its function is being made a graph."""

    where: Where
    function: str
    """What looks: np.isnan, math.isnan, .numpy(), any() or all()."""
    graph: str
    """Name of the function that TensorFlow turns into a graph."""


@dataclass(frozen=True, slots=True)
class NanReplacement:
    """One place where what is not finite gives way to a number, on the way to the weights."""

    where: Where
    subject: str
    """gradients or loss."""
    reaches: Where
    """The update that gets them, or where the gradients of that loss are computed."""


@dataclass(frozen=True, slots=True)
class NanComparison:
    """One comparison with NaN, to which nothing is equal."""

    where: Where
    operator: str
    """As written: ==, !=, is, is not; or the name of the function that compares."""
    outcome: bool
    """What it always says."""


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
    by_global_norm: tuple[Noted, ...] = ()
    """What clips its gradients by one norm over all of them: calls, and optimizers with global_clipnorm."""
    of_sum: bool = False
    """The loss is added up over the batch, or may be, so that its gradients grow with it."""
    reported_checks: tuple[FiniteCheck, ...] = ()
    """Checks of this update's loss or gradients that come before it, say what they find, and leave it at that."""
    none_checks: tuple[FiniteCheck, ...] = ()
    """Checks of each gradient that do not leave out None, although this update does."""
    checkpoints: tuple[Noted, ...] = ()
    """Callbacks of its fits that write the weights over those of the epoch before, whatever the loss is."""
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
    graph_checks: tuple[GraphCheck, ...] = ()
    nan_replacements: tuple[NanReplacement, ...] = ()
    nan_comparisons: tuple[NanComparison, ...] = ()
    rewards: tuple[RewardPath, ...] = ()
    returns: tuple[Return, ...] = ()
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
    float16: Noted | None = None
    """Where the program makes float16 the type of all weights (not `mixed_float16`, which keeps them in float32)."""
    normalises: bool = False
    """Some file of the program names a normalisation layer or a network that is made elsewhere and may have some."""

    def updates_by(self, optimizer: Optimizer) -> tuple[Update, ...]:
        """The updates that use an optimizer, found by where it is made."""
        return tuple(u for u in self.updates if any(each.where == optimizer.where for each in u.optimizers))

    def may_be_clipped(self, optimizer: Optimizer) -> bool:
        """Something may clip the gradients of this optimizer, in it or on the way to it."""
        return {optimizer.clips, *(each.clipping for each in self.updates_by(optimizer))} != {Certainty.NEVER}

    def is_explosive(self, optimizer: Optimizer) -> bool:
        """Exploding gradients are to be expected in some update that uses this optimizer."""
        contexts = [each.context or self.context for each in self.updates_by(optimizer)] or [self.context]
        return any(context.explosive for context in contexts)
