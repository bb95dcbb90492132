"""GL410 nan-check-of-none-gradient."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import FiniteCheck, Noted, TrainingModel, Update, Where
from gradlint.rule import Match, rule


@rule("GL410", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def nan_check_of_none_gradient(model: TrainingModel) -> Iterator[Match]:
    """Gradients are checked for NaN one by one, also those that are None."""
    found: dict[Where, tuple[FiniteCheck, Update]] = {}
    for update in model.updates:
        for check in update.none_checks:
            found.setdefault(check.where, (check, update))
    for check, update in found.values():
        yield Match(
            check.where,
            f"this check also meets gradients that are None, which are left out before {update.method}:"
            " it raises an error for them",
            "leave them out here as well: ... for gradient in gradients if gradient is not None",
            Confidence.MEDIUM,
            (*update.gradients, Noted(update.where, "gradients that are None are left out here")),
        )
