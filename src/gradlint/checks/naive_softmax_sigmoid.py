"""GL509 naive-softmax-sigmoid."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL509", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def naive_softmax_sigmoid(model: TrainingModel) -> Iterator[Match]:
    """A softmax, sigmoid, softplus or log-sum-exp is written by hand and overflows."""
    for hazard in model.hazards:
        if hazard.form == "by hand":
            yield Match(
                hazard.where,
                f"this is written out by hand, and exp overflows float32 above 88.7 ({hazard.reason}): the result is NaN",
                "use tf.nn.softmax, tf.sigmoid, tf.nn.softplus or tf.reduce_logsumexp, which subtract the maximum",
                hazard.confidence,
                hazard.origin,
            )
