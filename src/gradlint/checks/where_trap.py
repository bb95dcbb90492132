"""GL507 where-trap."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule

_WORDS = {"sqrt": "square root", "norm": "norm"}


@rule("GL507", severity=Severity.ERROR, predicts=Symptom.NON_FINITE)
def where_trap(model: TrainingModel) -> Iterator[Match]:
    """A tf.where selects against a division, logarithm, exponential or power that is computed all the same."""
    for hazard in model.hazards:
        if hazard.form == "where":
            yield Match(
                hazard.where,
                f"tf.where leaves out the value of the {_WORDS.get(hazard.operation, hazard.operation)}, but its gradient is"
                " 0 * Inf = NaN all the same",
                "make the argument safe first: safe = tf.where(ok, x, 1.0), then tf.where(ok, f(safe), 0.0)",
                hazard.confidence,
                hazard.origin,
                # the root of 0 gives no gradient back where none comes in, unless XLA compiles it
                Severity.WARNING if hazard.operation in _WORDS else None,
            )
