"""GL705 mask-value-nan."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL705", severity=Severity.ERROR, predicts=Symptom.NON_FINITE)
def mask_value_nan(model: TrainingModel) -> Iterator[Match]:
    """A layer is to mask NaN, which is equal to nothing, so that it masks nothing."""
    for where in model.nan_masks:
        yield Match(
            where,
            "Masking compares with this value, and NaN is equal to nothing: no time step is masked, and the NaN go on",
            "replace NaN in the data by a number that does not occur, and mask that: np.nan_to_num(x, nan=-1.0)",
            Confidence.HIGH,
        )
