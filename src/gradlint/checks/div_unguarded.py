"""GL504 div-unguarded."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL504", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def div_unguarded(model: TrainingModel) -> Iterator[Match]:
    """A tensor is divided by a sum, norm or difference that can be 0."""
    for hazard in model.hazards:
        if hazard.operation == "division" and hazard.form == "plain":
            yield Match(
                hazard.where,
                f"the divisor can be 0 ({hazard.reason}): the result is Inf or NaN",
                "use tf.math.divide_no_nan(a, b), or keep the divisor above 0: a / tf.maximum(b, 1e-7)",
                hazard.confidence,
                hazard.origin,
            )
