"""GL514 tanh-squash-log."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL514", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def tanh_squash_log(model: TrainingModel) -> Iterator[Match]:
    """The log density of a tanh-squashed action has no bound where the tanh saturates."""
    for hazard in model.hazards:
        if (hazard.operation == "atanh" and hazard.form == "plain") or (
            hazard.operation == "log" and hazard.form == "squashed"
        ):
            yield Match(
                hazard.where,
                "tanh(u) rounds to 1 for |u| above 9, and there this is infinite",
                "use 2 * (log(2) - u - tf.nn.softplus(-2 * u)), which is the same and always finite",
                hazard.confidence,
                hazard.origin,
            )
