"""GL404 nan-only-check."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, rule

_TRAINED = ("loss", "gradients", "weights")


@rule("GL404", severity=Severity.INFO, predicts=Symptom.NON_FINITE)
def nan_only_check(model: TrainingModel) -> Iterator[Match]:
    """The checks look for NaN and let infinity pass, which Adam turns into NaN."""
    if any("inf" in check.finds and check.subject != "data" for check in model.checks):
        return
    checks = [check for check in model.checks if check.subject in _TRAINED]
    for first in checks[:1]:
        yield Match(
            first.where,
            f"this looks for NaN in the {first.subject} and lets infinity pass, which Adam turns into NaN weights",
            "ask whether the numbers are finite: tf.math.is_finite, np.isfinite or math.isfinite",
            Confidence.HIGH,
            tuple(Noted(check.where, f"and so does this in the {check.subject}") for check in checks[1:3]),
        )
