"""GL402 nan-check-after-apply."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import Certainty, FiniteCheck, Noted, TrainingModel, Update, Where
from gradlint.rule import Match, rule


@rule("GL402", severity=Severity.ERROR, predicts=Symptom.NON_FINITE)
def nan_check_after_apply(model: TrainingModel) -> Iterator[Match]:
    """The only check for NaN runs after the update has put the NaN into the weights."""
    late: dict[Where, tuple[FiniteCheck, Update]] = {}
    for update in model.updates:
        # train_on_batch and fit hand the loss out only after the update: there is no earlier place to check it
        if update.custom_loop and update.finite_check is Certainty.NEVER:
            for check in update.late_checks:
                if check.subject in ("loss", "gradients") and not check.restores:
                    late.setdefault(check.where, (check, update))
    for check, update in late.values():
        yield Match(
            check.where,
            f"this looks for NaN in the {check.subject} after {update.method} has used the gradients:"
            " what it finds is already in the weights and in the optimizer's state",
            f"check the {check.subject} before {update.method}, and skip the update or stop",
            update.confidence,
            (*update.gradients, Noted(update.where, "here the gradients reach the weights")),
        )
