"""GL511 pow-domain."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL511", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def pow_domain(model: TrainingModel) -> Iterator[Match]:
    """A fractional power of a number that can be negative is taken."""
    for hazard in model.hazards:
        if hazard.operation == "power" and hazard.form == "plain":
            yield Match(
                hazard.where,
                f"a fractional power of a negative number is NaN ({hazard.reason})",
                "take the power of tf.abs(x) or tf.maximum(x, 1e-7)",
                hazard.confidence,
                hazard.origin,
            )
