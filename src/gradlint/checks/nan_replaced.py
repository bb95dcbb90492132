"""GL411 nan-replaced."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, rule

_WHY = {
    "gradients": "the step is made with what is left, and the cause of the NaN stays",
    "loss": "the cause stays, and its gradient may be NaN all the same: what flows back is 0 * NaN",
}


@rule("GL411", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def nan_replaced(model: TrainingModel) -> Iterator[Match]:
    """NaN in the gradients or in the loss is replaced by a number."""
    for replacement in model.nan_replacements:
        of_loss = replacement.subject == "loss"
        yield Match(
            replacement.where,
            f"NaN in the {replacement.subject} gives way to a number here: {_WHY[replacement.subject]}",
            "skip the step if anything is not finite, and find where the NaN is made: tf.debugging.check_numerics",
            Confidence.MEDIUM if of_loss else Confidence.HIGH,
            (
                Noted(
                    replacement.reaches, "its gradient is computed here" if of_loss else "here it reaches the weights"
                ),
            ),
        )
