"""GL901 fp16-without-loss-scale."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, rule


@rule("GL901", severity=Severity.ERROR, predicts=Symptom.WRONG_UPDATE)
def fp16_without_loss_scale(model: TrainingModel) -> Iterator[Match]:
    """Gradients are computed in float16 from a loss that nothing scales."""
    for loss in model.precision.unscaled:
        by = "auto_scale_loss=False" if loss.method == "compile" else f"nothing scales the loss before {loss.method}"
        yield Match(
            loss.where,
            f"layers compute in float16, and {by}: gradients below 6e-8 become 0 on their way back",
            "scale the loss: optimizer = keras.mixed_precision.LossScaleOptimizer(optimizer), with its scale_loss"
            " (Keras 3) or get_scaled_loss and get_unscaled_gradients (Keras 2)",
            loss.confidence,
            (loss.policy, *((Noted(loss.optimizer, "the optimizer is created here"),) if loss.optimizer else ())),
        )
