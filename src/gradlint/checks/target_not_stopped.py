"""GL306 target-not-stopped."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL306", severity=Severity.WARNING, predicts=Symptom.WRONG_UPDATE)
def target_not_stopped(model: TrainingModel) -> Iterator[Match]:
    """Gradients flow through a bootstrapped target into the network that made it."""
    for each in model.returns:
        if each.differentiated:
            yield Match(
                each.where,
                "this target is an estimate of the very network that is trained on it, and gradients flow through it:"
                " the network learns to move the target, too",
                "wrap the target in tf.stop_gradient, or compute it before the tape records",
                Confidence.MEDIUM,
                each.differentiated[:2],
            )
