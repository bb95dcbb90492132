"""GL513 inf-mask-arithmetic."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL513", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def inf_mask_arithmetic(model: TrainingModel) -> Iterator[Match]:
    """A mask of infinities, or one over values that may be NaN, is used in arithmetic."""
    for hazard in model.hazards:
        if hazard.operation == "infinity" or hazard.form == "mask":
            yield Match(
                hazard.where,
                "a mask of 0 times an infinite number is NaN, not 0",
                "use a large finite number (-1e9) as the mask, or tf.where on the argument before the operation",
                hazard.confidence,
                hazard.origin,
            )
