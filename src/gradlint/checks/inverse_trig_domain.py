"""GL510 inverse-trig-domain."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL510", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def inverse_trig_domain(model: TrainingModel) -> Iterator[Match]:
    """acos or asin of a number that reaches 1 is differentiated."""
    for hazard in model.hazards:
        if hazard.operation == "arc" and hazard.form == "plain":
            yield Match(
                hazard.where,
                f"the derivative is infinite at -1 and 1, and here {hazard.reason}: its gradient becomes NaN",
                "keep the argument inside: tf.clip_by_value(x, -1 + 1e-6, 1 - 1e-6)",
                hazard.confidence,
                hazard.origin,
            )
