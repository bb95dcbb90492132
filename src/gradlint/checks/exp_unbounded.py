"""GL508 exp-unbounded."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL508", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def exp_unbounded(model: TrainingModel) -> Iterator[Match]:
    """The exponential of what a layer without bounds puts out overflows."""
    for hazard in model.hazards:
        if hazard.operation == "exp" and hazard.form == "plain":
            yield Match(
                hazard.where,
                f"{hazard.reason}, and exp overflows float32 above 88.7: the loss becomes Inf or NaN",
                "bound the argument: tf.exp(tf.clip_by_value(x, -20.0, 2.0)), or use tf.nn.softplus",
                hazard.confidence,
                hazard.origin,
            )
