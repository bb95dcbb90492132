"""GL512 epsilon-vanishes."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL512", severity=Severity.ERROR, predicts=Symptom.NON_FINITE)
def epsilon_vanishes(model: TrainingModel) -> Iterator[Match]:
    """An epsilon is smaller than the rounding of the number that it is added to or subtracted from."""
    for hazard in model.hazards:
        if hazard.operation == "log" and hazard.form == "precision":
            yield Match(
                hazard.where,
                "1 - eps rounds to 1 in float32, so that 1 - p becomes 0 in spite of it, and log(0) is -inf",
                "use a constant that float32 can tell from 1: 1e-7 instead of 1e-8",
                hazard.confidence,
                hazard.origin,
            )
