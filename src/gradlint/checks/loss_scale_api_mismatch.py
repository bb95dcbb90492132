"""GL904 loss-scale-api-mismatch."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL904", severity=Severity.ERROR, predicts=Symptom.WRONG_UPDATE)
def loss_scale_api_mismatch(model: TrainingModel) -> Iterator[Match]:
    """Loss scaling is called by methods that this Keras lacks, or undone without having been done."""
    for misuse in model.precision.misuses:
        if misuse.problem == "removed":
            says = f"Keras 3 has no {misuse.method}: this is an AttributeError"
            helps = "loss = optimizer.scale_loss(loss); apply divides the gradients again"
        else:
            says = f"{misuse.method} of a loss-scaling optimizer divides gradients whose loss was never multiplied by the scale"
            helps = (
                "compute the gradients of optimizer.scale_loss(loss) (Keras 2: get_scaled_loss, get_unscaled_gradients)"
            )
        yield Match(misuse.where, says, helps, misuse.confidence, (misuse.wrapper,))
