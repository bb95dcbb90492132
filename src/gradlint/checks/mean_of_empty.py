"""GL516 mean-of-empty."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL516", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def mean_of_empty(model: TrainingModel) -> Iterator[Match]:
    """The mean of a selection that can be empty is part of a loss."""
    for hazard in model.hazards:
        if hazard.operation == "mean" and hazard.form == "plain":
            yield Match(
                hazard.where,
                "nothing may be selected, and the mean of nothing is 0 / 0 = NaN",
                "use tf.math.divide_no_nan(tf.reduce_sum(x * mask), tf.reduce_sum(mask))",
                hazard.confidence,
                hazard.origin,
            )
