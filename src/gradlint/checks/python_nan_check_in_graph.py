"""GL406 python-nan-check-in-graph."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL406", severity=Severity.ERROR, predicts=Symptom.NON_FINITE)
def python_nan_check_in_graph(model: TrainingModel) -> Iterator[Match]:
    """NumPy or Python looks for NaN in a tensor of a graph, which has no numbers to look at."""
    for check in model.graph_checks:
        yield Match(
            check.where,
            f"{check.function} asks for the numbers of a tensor while {check.graph} is made into a graph:"
            " there are none yet, and the call raises an error",
            "stay in TensorFlow: tf.reduce_any(tf.math.is_nan(x)), or tf.debugging.check_numerics(x, name)",
            Confidence.MEDIUM if model.assumes_parameters else Confidence.HIGH,
        )
