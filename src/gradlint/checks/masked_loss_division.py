"""GL707 masked-loss-division."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL707", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def masked_loss_division(model: TrainingModel) -> Iterator[Match]:
    """A masked loss is divided by the sum of its mask, which can be 0."""
    for hazard in model.hazards:
        if hazard.operation == "division" and hazard.form == "masked":
            yield Match(
                hazard.where,
                "the sum of the mask is 0 where nothing is selected: the loss is 0 / 0 = NaN",
                "use tf.math.divide_no_nan(tf.reduce_sum(loss * mask), tf.reduce_sum(mask))",
                hazard.confidence,
                hazard.origin,
            )
