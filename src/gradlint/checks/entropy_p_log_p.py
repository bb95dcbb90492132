"""GL503 entropy-p-log-p."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL503", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def entropy_p_log_p(model: TrainingModel) -> Iterator[Match]:
    """An entropy is computed as p * log(p) of probabilities that can be 0."""
    for hazard in model.hazards:
        if hazard.operation == "log" and hazard.form == "entropy":
            yield Match(
                hazard.where,
                f"p * log(p) is 0 * -inf = NaN where p is 0, and here {hazard.reason}",
                "use tf.math.xlogy(p, p), or p * tf.nn.log_softmax(logits)",
                hazard.confidence,
                hazard.origin,
            )
