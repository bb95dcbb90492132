"""GL111 clip-of-scaled-gradients."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Certainty, Noted, TrainingModel
from gradlint.rule import Match, rule


@rule("GL111", severity=Severity.ERROR, predicts=Symptom.WRONG_UPDATE)
def clip_of_scaled_gradients(model: TrainingModel) -> Iterator[Match]:
    """Gradients of a scaled loss are clipped before they are divided by the scale, or the wrapper is asked to clip."""
    for clip in model.clips:
        if clip.loss_scaled is Certainty.ALWAYS:
            function = clip.function.rpartition(".")[2]
            yield Match(
                clip.where,
                f"{function} gets the gradients of a scaled loss: they are 32768 times as long as those that the bound is"
                " meant for, and after the division by the scale hardly anything is left",
                "divide by the scale first (optimizer.get_unscaled_gradients), or let the inner optimizer clip",
                Confidence.HIGH,
                clip.gradients,
            )
    for optimizer in model.optimizers:
        for bound in optimizer.around:
            yield Match(
                bound.where,
                f"LossScaleOptimizer takes no {bound.keyword} and raises on it",
                f"give it to the optimizer inside: LossScaleOptimizer({optimizer.name}(..., {bound.keyword}=...))",
                Confidence.MEDIUM if bound.high is None or bound.optional else Confidence.HIGH,
                (Noted(optimizer.where, "the optimizer inside is created here"),),
            )
