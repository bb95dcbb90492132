"""GL505 sqrt-at-zero."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule

_WORDS = {"sqrt": "square root", "norm": "norm"}


@rule("GL505", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def sqrt_at_zero(model: TrainingModel) -> Iterator[Match]:
    """A root or norm of something that can be exactly 0 is differentiated."""
    for hazard in model.hazards:
        if hazard.operation in ("sqrt", "norm") and hazard.form == "plain":
            yield Match(
                hazard.where,
                f"the derivative of a {_WORDS[hazard.operation]} at 0 is infinite, and here {hazard.reason}:"
                " its gradient becomes NaN",
                "add a small constant inside: tf.sqrt(x + 1e-12)",
                hazard.confidence,
                hazard.origin,
            )
