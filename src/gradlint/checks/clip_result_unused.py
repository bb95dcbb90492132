"""GL102 clip-result-unused."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Certainty, Noted, TrainingModel
from gradlint.rule import Match, rule


@rule("GL102", severity=Severity.ERROR, predicts=Symptom.EXPLODING)
def clip_result_unused(model: TrainingModel) -> Iterator[Match]:
    """The result of clipping goes nowhere, and the unclipped gradients are applied."""
    for clip in model.clips:
        if not clip.bypassed_by or clip.reaches_update or clip.result_used is not Certainty.NEVER:
            continue
        if clip.too_late:  # GL104 says it better
            continue
        function = clip.function.rpartition(".")[2]
        yield Match(
            clip.where,
            f"{function} returns the clipped gradients, but nothing uses them:"
            f" {clip.bypassed_by[0].method} applies the unclipped ones",
            f"give the result of {function} to {clip.bypassed_by[0].method} instead of the gradients that went into it",
            min((update.confidence for update in clip.bypassed_by), default=Confidence.HIGH),
            tuple(
                noted
                for update in clip.bypassed_by
                for noted in (*update.gradients, Noted(update.where, "the unclipped gradients reach the weights here"))
            ),
        )
