"""GL805 feature-std-zero."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule

_SCALED_IN_TRAINING = ("rewards", "returns", "advantages")


@rule("GL805", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def feature_std_zero(model: TrainingModel) -> Iterator[Match]:
    """The columns of data are divided by their deviations, and that of a constant column is zero."""
    for division in model.divisions:
        if division.columns and division.attains_zero and division.of not in _SCALED_IN_TRAINING:
            yield Match(
                division.where,
                f"this divides each column by its {'variance' if division.kind == 'variance' else 'standard deviation'},"
                " which is 0 for a column of equal values (a pixel that is always black, a flag that is never set):"
                " the column becomes NaN",
                "add a small constant to the divisor: ... / (std + 1e-8)",
                division.confidence,
                division.divisor_origin,
            )
