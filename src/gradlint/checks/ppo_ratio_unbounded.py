"""GL604 ppo-ratio-unbounded."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL604", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def ppo_ratio_unbounded(model: TrainingModel) -> Iterator[Match]:
    """The ratio of two policies is the exponential of a difference of log-probabilities that nothing bounds."""
    for hazard in model.hazards:
        if hazard.operation == "exp" and hazard.form in ("ratio", "surrogate"):
            yield Match(
                hazard.where,
                "nothing bounds the difference of the log-probabilities, and exp overflows float32 above 88.7",
                "bound the difference: tf.exp(tf.clip_by_value(new - old, -20.0, 20.0))",
                hazard.confidence,
                hazard.origin,
                Severity.INFO if hazard.form == "surrogate" else None,
            )
