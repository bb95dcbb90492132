"""GL502 log-of-softmax."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule

_STABLE = {
    "softmax": "use tf.nn.log_softmax(logits), or a loss with from_logits=True",
    "sigmoid": "use tf.math.log_sigmoid(logits), or a loss with from_logits=True",
}


@rule("GL502", severity=Severity.ERROR, predicts=Symptom.NON_FINITE)
def log_of_softmax(model: TrainingModel) -> Iterator[Match]:
    """The logarithm of a softmax or sigmoid is taken in two steps."""
    for hazard in model.hazards:
        if hazard.operation == "log" and hazard.form in _STABLE:
            yield Match(
                hazard.where,
                f"{hazard.reason}, and log(0) is -inf: the loss and its gradient become Inf or NaN",
                _STABLE[hazard.form],
                hazard.confidence,
                hazard.origin,
            )
