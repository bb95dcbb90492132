"""GL411 nan-replaced."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import NanReplacement, Noted, TrainingModel, Where
from gradlint.rule import Match, rule

_WHY = {
    "gradients": "the step is made with what is left, and the cause of the NaN stays",
    "loss": "the cause stays, and its gradient may be NaN all the same: what flows back is 0 * NaN",
}


@rule("GL411", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def nan_replaced(model: TrainingModel) -> Iterator[Match]:
    """NaN in the gradients or in the loss is replaced by a number."""
    by_end: dict[tuple[Where, str], list[NanReplacement]] = {}
    for replacement in model.nan_replacements:
        by_end.setdefault((replacement.reaches, replacement.subject), []).append(replacement)
    for (reaches, subject), (first, *others) in by_end.items():
        of_loss = subject == "loss"
        yield Match(
            first.where,
            f"NaN in the {subject} gives way to a number here: {_WHY[subject]}",
            "skip the step if anything is not finite, and find where the NaN is made: tf.debugging.check_numerics",
            Confidence.MEDIUM if of_loss else Confidence.HIGH,
            (
                *(Noted(other.where, "and here") for other in others),
                Noted(reaches, "its gradient is computed here" if of_loss else "here it reaches the weights"),
            ),
        )
