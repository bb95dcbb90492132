"""Where gradients reach weights, and what clips and checks them on the way."""

from __future__ import annotations

from dataclasses import dataclass

from gradlint.finding import Confidence
from gradlint.model.optimizers import Bound, Optimizer
from gradlint.model.places import Certainty, Context, Noted, Where


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
class Pairing:
    """One pairing of gradients with variables that does not fit."""

    where: Where
    problem: str
    """swapped, other-variables or clip-pair."""
    gradients: tuple[Noted, ...]
    variables: tuple[Noted, ...]
    confidence: Confidence
