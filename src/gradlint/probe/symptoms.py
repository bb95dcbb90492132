"""The symptoms that a run can show, each from the numbers of one optimizer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gradlint.finding import Evidence
from gradlint.observed import Observation, Sign, Spot, number, steps
from gradlint.probe import criteria
from gradlint.probe.changes import as_is, counterfactuals
from gradlint.probe.remedies import remedy
from gradlint.probe.wire import Headroom, NonFinite, Optimizer, Phase, Recurrent, Replay, Site, Step

Locate = Callable[[Site | None], Spot | None]
"""From a line of the run to a line as findings have it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that was measured of one optimizer; it has taken at least one step."""

    optimizer: Optimizer
    steps: tuple[Step, ...]
    non_finite: tuple[NonFinite, ...]
    recurrent: tuple[Recurrent, ...]
    replays: tuple[Replay, ...]
    headroom: tuple[Headroom, ...]
    locate: Locate

    @property
    def name(self) -> str:
        """Of its class."""
        return self.optimizer.name

    @property
    def losses(self) -> list[float | None]:
        """Of its steps."""
        return [step.loss for step in self.steps]

    @property
    def replay(self) -> Replay | None:
        """The first one whose self-check held: of an untrusted replay nothing is believed."""
        return next((each for each in self.replays if each.trusted), None)

    @property
    def spot(self) -> Spot | None:
        """The line that stands for its updates."""
        sites = self.steps[0].sites
        return self.locate(sites.applied) or self.locate(sites.gradient) or self.locate(self.optimizer.created)


def observations(seen: Seen) -> tuple[Observation, ...]:
    """All symptoms of an optimizer."""
    bad = _non_finite(seen)
    # What grows out of a number that was not finite from the beginning is that number again.
    of_steps = () if bad is not None and not stepped(seen.steps) else (_blow_up(seen), _oversized(seen))
    found = (bad, *of_steps, *_recurrent(seen))
    return tuple(each for each in found if each is not None)


# --- a number that is not finite ---------------------------------------------------------------------------------


def _non_finite(seen: Seen) -> Observation | None:
    """Where and when a number stopped being finite."""
    step = first_bad(seen.steps)
    if step is None:
        return None
    origin = next((each for each in seen.non_finite if each.step == step.index), None)
    text = f"at step {step.index} of {seen.name} {_what(step)}"
    evidence = Evidence(text, "first-non-finite-step", float(step.index))
    if origin is None:
        return Observation(
            Sign.NON_FINITE, text, evidence, seen.spot, "check the loss before the update, and stop there"
        )
    spot = seen.locate(origin.site) or seen.locate(origin.forward_site)
    told = text + _origin(origin, step, seen.locate)
    return Observation(Sign.NON_FINITE, told, evidence, spot or seen.spot, remedy(origin))


def first_bad(steps: Sequence[Step]) -> Step | None:
    """The first step with a number that is not finite; loss scaling skips such steps on purpose."""
    bad = (step for step in steps if not step.finite and not (step.loss_scale and step.loss_scale.skipped))
    return next(bad, None)


def stepped(steps: Sequence[Step]) -> bool:
    """Whether weights had been updated before the first number that is not finite."""
    step = first_bad(steps)
    return step is not None and (step.index > 1 or _what(step) == _WEIGHT)


_WEIGHT = "a weight is not finite after the update"


def _what(step: Step) -> str:
    if step.loss is not None and not math.isfinite(step.loss):
        return f"the loss is {number(step.loss)}"
    norms = [norm for norm in (step.global_norm_raw, step.global_norm_clipped) if norm is not None]
    if any(not math.isfinite(norm) for norm in norms):
        return "a gradient is not finite"
    return _WEIGHT


def _origin(origin: NonFinite, step: Step, locate: Locate) -> str:
    """Where it was born, and what went in."""
    if origin.phase is Phase.DATA:
        return ": it comes in with the data" + "".join(f" ({each.origin})" for each in origin.inputs[:1])
    if origin.phase is Phase.UPDATE:
        return f", though all gradients are: the learning rate is {number(step.learning_rate)}"
    if origin.operation is None:
        return ", though the gradients were before they were clipped" if origin.phase is Phase.CLIPPED else ""
    spot, forward = locate(origin.site), locate(origin.forward_site)
    text = f": first in {origin.operation}"
    text += f" ({spot.path}:{spot.line})" if spot else ""
    text += f", the derivative of {forward.path}:{forward.line}" if forward and forward != spot else ""
    for each in origin.inputs:
        zeros = f", {each.zeros} of them 0" if each.zeros else ""
        bad = f", {each.nan} NaN, {each.inf} infinite" if each.nan or each.inf else ""
        text += f"; {each.origin or 'an input'} holds {number(each.low)} to {number(each.high)}{zeros}{bad}"
    return text


# --- a loss that grows -------------------------------------------------------------------------------------------


def _blow_up(seen: Seen) -> Observation | None:
    """The loss grows beyond the criterion, in the steps themselves or where they are replayed on one batch."""
    grown = criteria.growth(seen.losses)
    if grown is not None and grown > criteria.LOSS_GROWTH:
        text = f"the loss of {seen.name} grows {number(grown)} times within {steps(len(seen.steps))}"
        told = f"{text}, from {number(seen.losses[0])} to {_worst(seen.losses)}"
        return _grown(seen, told, Evidence(text, "loss-growth", grown, criteria.LOSS_GROWTH))
    replayed = as_is(seen.replay)
    grown = criteria.replay_growth(replayed.losses) if replayed is not None else None
    if replayed is not None and grown is not None and grown > criteria.REPLAY_GROWTH:
        text = f"updates of {seen.name} on the same batch take the loss from {number(replayed.losses[0])}"
        text += f" to {_worst(replayed.losses)} within {steps(len(replayed.losses) - 1)}"
        return _grown(seen, text, Evidence(text, "replayed-loss-growth", grown, criteria.REPLAY_GROWTH))
    # Between two batches the secant is noisy; where the batch could be replayed, that has just said more.
    return _beyond_secant(seen) if replayed is None else None


def _beyond_secant(seen: Seen) -> Observation | None:
    """The slope of the first step is too steep for the learning rate, and the loss has grown in it."""
    if len(seen.steps) < 2:
        return None
    first, second = seen.steps[:2]
    rate, grown = first.learning_rate, criteria.growth([first.loss, second.loss])
    if rate is None or second.secant is None or grown is None:
        return None
    if not (rate * second.secant > criteria.SECANT_STEP and grown > criteria.SECANT_GROWTH):  # false for NaN, too
        return None
    text = (
        f"the first step of {seen.name} takes the loss from {number(first.loss)} to {number(second.loss)}, with a learning"
        f" rate of {number(rate)} where the slope allows {number(criteria.SECANT_STEP / second.secant)}"
    )
    return _grown(seen, text, Evidence(text, "rate-times-secant", rate * second.secant, criteria.SECANT_STEP))


def _worst(losses: Sequence[float | None]) -> str:
    known = [loss for loss in losses if loss is not None]
    return number(next((loss for loss in known if not math.isfinite(loss)), max(known)))


def _grown(seen: Seen, text: str, evidence: Evidence) -> Observation:
    if seen.replay is None:
        advice = "lower the learning rate, clip the gradients, or scale rewards and targets (no replay says which)"
    else:
        helps = [each.message for each in counterfactuals(seen.replay) if each.stable]
        advice = "; ".join(helps) or "none of the changes that were tried on this batch stops it"
    return Observation(Sign.BLOW_UP, text, evidence, seen.spot, advice)


# --- steps and time steps ----------------------------------------------------------------------------------------


def _oversized(seen: Seen) -> Observation | None:
    """The first update is longer than the weights that it changes."""
    moved = [v for v in seen.steps[0].variables if not v.zero_initialised and v.update_norm is not None]
    weights = math.hypot(*(v.weight_norm for v in moved))
    updates = math.hypot(*(v.update_norm or 0.0 for v in moved))
    if not weights or not math.isfinite(updates) or not updates / weights > criteria.UPDATE_RATIO:
        return None
    text = f"the first update of {seen.name} is {number(updates / weights)} times as long as the weights"
    worst = max(moved, key=lambda v: v.update_ratio if v.update_ratio is not None else 0.0)
    evidence = Evidence(text, "update-to-weight", updates / weights, criteria.UPDATE_RATIO)
    told = f"{text} ({number(worst.update_ratio)} times in {worst.name})"
    return Observation(Sign.OVERSIZED, told, evidence, seen.spot, "lower the learning rate, or scale the loss down")


def recurrent_factor(each: Recurrent) -> float:
    """How much the gradient grows from the last time step to the first, by its growth per step."""
    if each.growth is None or not each.growth > 0:
        return 0.0
    return math.exp(min(math.log(each.growth) * each.time_steps, 700.0))  # e to the 700 is still a float


def _recurrent(seen: Seen) -> Iterator[Observation]:
    """Gradients that grow backwards through time, one observation for each layer."""
    told: set[str] = set()
    for each in seen.recurrent:
        factor = recurrent_factor(each)
        if each.layer in told or factor <= criteria.RECURRENT_FACTOR:
            continue
        told.add(each.layer)
        text = (
            f"the gradient of {each.layer} ({each.cell}) grows {number(each.growth)} times with each time step backwards,"
            f" {number(factor)} times over {each.time_steps}"
        )
        advice = "clip by the global norm, start from an orthogonal recurrent matrix, or use a gated cell"
        evidence = Evidence(text, "recurrent-growth", factor, criteria.RECURRENT_FACTOR)
        yield Observation(Sign.RECURRENT, text, evidence, seen.spot, advice)
