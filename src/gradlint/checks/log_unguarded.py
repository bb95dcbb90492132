"""GL501 log-unguarded."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL501", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def log_unguarded(model: TrainingModel) -> Iterator[Match]:
    """The logarithm of a value that can be 0 is part of a loss."""
    for hazard in model.hazards:
        if hazard.operation == "log" and hazard.form == "plain":
            yield Match(
                hazard.where,
                f"{hazard.reason}, and log(0) is -inf: the loss or its gradient stops being finite",
                "keep the argument above 0: tf.math.log(tf.maximum(x, 1e-7))",
                hazard.confidence,
                hazard.origin,
            )
