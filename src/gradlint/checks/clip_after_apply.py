"""GL104 clip-after-apply."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import Certainty, Noted, TrainingModel
from gradlint.rule import Match, rule


@rule("GL104", severity=Severity.ERROR, predicts=Symptom.EXPLODING)
def clip_after_apply(model: TrainingModel) -> Iterator[Match]:
    """Gradients are clipped only after the update has used them."""
    for clip in model.clips:
        if not clip.too_late or clip.result_used is not Certainty.NEVER:
            continue
        function = clip.function.rpartition(".")[2]
        method = clip.bypassed_by[0].method
        yield Match(
            clip.where,
            f"{function} clips gradients that {method} has used already: the weights have got the unclipped ones",
            f"move {function} before {method}, and give its result to {method}",
            min(update.confidence for update in clip.bypassed_by),
            (
                *clip.gradients,
                *(Noted(each.where, "the gradients reach the weights here") for each in clip.bypassed_by),
            ),
        )
