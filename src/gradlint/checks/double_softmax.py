"""GL602 double-softmax."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, doubted, rule
from gradlint.vocabulary.layers import PROBABILITIES


@rule("GL602", severity=Severity.ERROR, predicts=Symptom.WRONG_UPDATE)
def double_softmax(model: TrainingModel) -> Iterator[Match]:
    """A softmax or sigmoid is applied to the output, and the loss applies one again."""
    for use in model.losses:
        if use.optional or not use.takes_logits or use.output.name not in PROBABILITIES:
            continue
        yield Match(
            use.where,
            f"{use.loss} applies {use.applies} itself, but its logits have been through {use.output.name} already:"
            " they lie between 0 and 1, where the second one is nearly flat",
            "give it what goes into the activation, and keep the activation for predictions",
            doubted(Confidence.HIGH, use.output.assumed),
            (Noted(use.output.where, f"{use.output.layer} gives probabilities"),),
        )
