"""GL302 std-without-epsilon."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule

_DIVISORS = {"std": "standard deviation", "variance": "variance"}
_TRAINED_ON = ("rewards", "returns", "advantages")


@rule("GL302", severity=Severity.ERROR, predicts=Symptom.NON_FINITE)
def std_without_epsilon(model: TrainingModel) -> Iterator[Match]:
    """Something is divided by a standard deviation that can be zero."""
    for division in model.divisions:
        if division.kind not in _DIVISORS or not division.attains_zero:
            continue
        if division.columns and division.of not in _TRAINED_ON:
            continue  # feature-std-zero
        what = division.of if division.of in _TRAINED_ON else "values"
        yield Match(
            division.where,
            f"this divides by a {_DIVISORS[division.kind]}, which is 0 when all {what} are equal or there is only one:"
            " the result is NaN or Inf",
            "add a small constant to the divisor: ... / (std + 1e-8)",
            division.confidence,
            division.divisor_origin,
            None if division.of in _TRAINED_ON else Severity.WARNING,
        )
