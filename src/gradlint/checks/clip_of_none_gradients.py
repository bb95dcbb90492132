"""GL109 clip-of-none-gradients."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL109", severity=Severity.INFO, predicts=Symptom.WRONG_UPDATE)
def clip_of_none_gradients(model: TrainingModel) -> Iterator[Match]:
    """Gradients are clipped one by one, and nothing leaves out those that are None."""
    for clip in model.clips:
        if clip.may_get_none:
            function = clip.function.rpartition(".")[2]
            yield Match(
                clip.where,
                f"the gradient of a variable that the loss does not depend on is None, and {function} raises on None",
                f"leave such gradients alone: {function}(g, ...) if g is not None else None",
                Confidence.MEDIUM,
                clip.gradients,
            )
