"""GL605 probability-ratio-division."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL605", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def probability_ratio_division(model: TrainingModel) -> Iterator[Match]:
    """The ratio of two policies is a quotient of probabilities."""
    for hazard in model.hazards:
        if hazard.operation == "division" and hazard.form == "probabilities":
            yield Match(
                hazard.where,
                "the old policy's probability underflows to 0 for an unlikely action: the ratio is Inf or NaN",
                "take the exponential of the difference of log-probabilities: tf.exp(new.log_prob(a) - old.log_prob(a))",
                hazard.confidence,
                hazard.origin,
            )
