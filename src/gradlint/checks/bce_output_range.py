"""GL606 bce-output-range."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, doubted, rule
from gradlint.vocabulary.layers import LINEAR, RANGES


@rule("GL606", severity=Severity.ERROR, predicts=Symptom.EXPLODING)
def bce_output_range(model: TrainingModel) -> Iterator[Match]:
    """Binary cross-entropy is given the output of an activation that leaves 0 to 1, such as tanh or relu."""
    for use in model.losses:
        low, high, _, _ = RANGES[use.output.name]
        if use.applies != "sigmoid" or use.takes_logits or use.output.name == LINEAR or 0 <= low <= high <= 1:
            continue
        yield Match(
            use.where,
            f"{use.loss} takes numbers between 0 and 1, but {use.output.name} gives {low:g} to {high:g}:"
            " outside, the loss is cut off and its gradient is 0",
            'activation="sigmoid" in the last layer',
            # a GAN's generator is often compiled like its discriminator, and never trained by itself
            doubted(Confidence.HIGH, use.doubts if use.trained else 2),
            (Noted(use.output.where, f"the output comes out of {use.output.layer} here"),),
        )
