"""GL403 nan-equality."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL403", severity=Severity.ERROR, predicts=Symptom.NON_FINITE)
def nan_equality(model: TrainingModel) -> Iterator[Match]:
    """A number is compared with NaN, to which nothing is equal, not even NaN itself."""
    for comparison in model.nan_comparisons:
        outcome = "true" if comparison.outcome else "false"
        why = "a computed number is never that very object" if "is" in comparison.operator else "nothing equals NaN"
        yield Match(
            comparison.where,
            f"this comparison (`{comparison.operator}`) with NaN is always {outcome}, because {why}:"
            " no NaN is ever noticed here",
            "ask math.isnan(x), np.isnan(x) or tf.math.is_nan(x); better still, `not isfinite`, which sees infinity too",
            Confidence.MEDIUM if "is" in comparison.operator else Confidence.HIGH,
        )
