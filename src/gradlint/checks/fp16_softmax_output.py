"""GL905 fp16-softmax-output."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL905", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def fp16_softmax_output(model: TrainingModel) -> Iterator[Match]:
    """The last layer of a network in mixed precision returns float16."""
    for output in model.precision.outputs:
        harm = (
            "small probabilities are 0 and large numbers infinite before the loss sees them"
            if output.keras3
            else "so is the loss, in which a squared error above 65504 is infinite"
        )
        yield Match(
            output.where,
            f"{output.layer} returns the outputs of the network in float16: {harm}",
            'make them float32: dtype="float32" in the last layer',
            Confidence.HIGH,
            (output.policy,),
            Severity.INFO if output.keras3 else None,
        )
