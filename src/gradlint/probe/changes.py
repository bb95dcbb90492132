"""The replayed steps: what the loss does on one batch as it is, and if one thing is different."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gradlint.observed import Counterfactual, number, steps
from gradlint.probe import criteria
from gradlint.probe.wire import Replay, Trajectory

AS_IS = "as-is"
CHANGES = {
    "clip-1": "with the gradients clipped to a global norm of 1",
    "lr/10": "with a tenth of the learning rate",
    "lr=1/secant": "with a learning rate of 1 / secant",
    "normalised-rewards": "with normalised rewards",
}


def as_is(replay: Replay | None) -> Trajectory | None:
    """The replayed steps without any change."""
    return next((each for each in replay.trajectories if each.name == AS_IS), None) if replay else None


def counterfactuals(replay: Replay | None) -> Iterator[Counterfactual]:
    """What was tried, and whether the loss stays bounded with it."""
    for each in replay.trajectories if replay is not None else ():
        if each.name in CHANGES:
            rate = f" ({number(each.learning_rate)})" if each.name.startswith("lr") else ""
            yield Counterfactual(each.name, stable(each), f"{CHANGES[each.name]}{rate} {course(each.losses)}")


def stable(trajectory: Trajectory) -> bool:
    """Whether the loss stays finite and does not grow as far as the criterion."""
    losses = trajectory.losses
    grown = criteria.replay_growth(losses)
    finite = bool(losses) and all(map(math.isfinite, losses))
    return finite and (grown is None or grown <= criteria.REPLAY_GROWTH)


def course(losses: Sequence[float]) -> str:
    """What a replayed loss does, in words; only directions, for a loss of other rewards has another level."""
    grown, within = criteria.replay_growth(losses), steps(len(losses) - 1)
    if any(not math.isfinite(loss) for loss in losses):
        return f"the loss stops being finite within {within}"
    if grown is not None and grown > criteria.REPLAY_GROWTH:
        return f"the loss grows {number(grown)} times in {within}"
    return f"the loss {'falls' if losses[-1] < losses[0] else 'does not fall, but stays bounded'} over {within}"
