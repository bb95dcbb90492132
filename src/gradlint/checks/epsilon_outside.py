"""GL506 epsilon-outside."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule

_WORDS = {"sqrt": "square root", "norm": "norm"}


@rule("GL506", severity=Severity.ERROR, predicts=Symptom.NON_FINITE)
def epsilon_outside(model: TrainingModel) -> Iterator[Match]:
    """A small number is added to the result of a root or logarithm instead of to its argument."""
    for hazard in model.hazards:
        if hazard.form in ("epsilon", "divisor"):
            yield Match(
                hazard.where,
                f"the constant comes too late: the {_WORDS.get(hazard.operation, hazard.operation)} itself has no finite value"
                f" or gradient at 0, and here {hazard.reason}",
                "add it to the argument: tf.sqrt(x + 1e-12), tf.math.log(x + 1e-7)",
                hazard.confidence,
                hazard.origin,
                # TensorFlow without XLA gives a finite gradient here
                Severity.WARNING if hazard.form == "divisor" else None,
            )
