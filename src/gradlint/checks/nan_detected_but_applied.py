"""GL405 nan-detected-but-applied."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import FiniteCheck, Noted, TrainingModel, Update, Where
from gradlint.rule import Match, rule


@rule("GL405", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def nan_detected_but_applied(model: TrainingModel) -> Iterator[Match]:
    """A check finds NaN and says so, and the update is made all the same."""
    told: dict[Where, tuple[FiniteCheck, Update]] = {}
    for update in model.updates:
        for check in update.reported_checks:
            told.setdefault(check.where, (check, update))
    for check, update in told.values():
        yield Match(
            check.where,
            f"NaN in the {check.subject} is reported here, and then {update.method} puts it into the weights",
            "stop, or skip the update: raise an error, or `continue`, before the gradients are applied",
            update.confidence,
            (Noted(update.where, "here the gradients reach the weights all the same"),),
        )
