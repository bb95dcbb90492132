"""GL304 single-sample-std."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule

_TRAINED_ON = ("rewards", "returns", "advantages")


@rule("GL304", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def single_sample_std(model: TrainingModel) -> Iterator[Match]:
    """Rewards are divided by a sample's standard deviation, which is NaN when there is only one of them."""
    for division in model.divisions:
        # where it can also be zero, std-without-epsilon speaks of both
        if division.sample and division.of in _TRAINED_ON and not division.attains_zero:
            yield Match(
                division.where,
                f"this divides {division.of} by a standard deviation with ddof=1, which is NaN when there is only one"
                " (an episode of one step, the rest of a batch): no epsilon helps",
                "leave ddof out: np.std(x) of one number is 0, and an epsilon deals with it",
                Confidence.MEDIUM,
                division.divisor_origin,
            )
