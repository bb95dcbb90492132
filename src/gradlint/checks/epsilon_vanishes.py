"""GL512 epsilon-vanishes."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule

_WHY = {
    "precision": "1 - eps rounds to 1 in float32, so that it keeps nothing away from the pole at 1",
    "folded": "a graph computes 1 - p + eps as (1 + eps) - p, and 1 + eps rounds to 1 in float32: log(0) is -inf where p is 1",
}
_HOW = {
    "precision": "use a constant that float32 can tell from 1: 1e-7 instead of 1e-8",
    "folded": "put a floor under it that no graph optimisation moves: tf.maximum(1 - p, 1e-7)",
}


@rule("GL512", severity=Severity.ERROR, predicts=Symptom.NON_FINITE)
def epsilon_vanishes(model: TrainingModel) -> Iterator[Match]:
    """An epsilon is smaller than the rounding of the number that it is added to or subtracted from."""
    for hazard in model.hazards:
        if hazard.form in _WHY:
            yield Match(
                hazard.where,
                _WHY[hazard.form],
                _HOW[hazard.form],
                hazard.confidence,
                hazard.origin,
            )
