"""GL603 mse-on-raw-returns."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import Certainty, Noted, TrainingModel
from gradlint.rule import Match, of_absence, rule


@rule("GL603", severity=Severity.INFO, predicts=Symptom.EXPLODING)
def mse_on_raw_returns(model: TrainingModel) -> Iterator[Match]:
    """The error of a value estimate is squared while the rewards in it are as the environment pays them."""
    for path in model.rewards:
        if not path.squared or path.bounded is not Certainty.NEVER or path.small is not None:
            continue
        yield Match(
            path.sink,
            f"this {path.sink_kind} squares the distance to returns that nothing has scaled:"
            " the gradient is as large as the largest error",
            "use a Huber loss, e.g. tf.keras.losses.Huber(), or clip or scale the rewards where they enter",
            of_absence(model, path.confidence),
            (Noted(path.source, path.evidence),),
            _severity(model),
        )


def _severity(model: TrainingModel) -> Severity | None:
    """Plain gradient descent takes a step as long as the gradient; Adam and clipping bound it."""
    descends = any(each.name == "SGD" and not model.may_be_clipped(each) for each in model.optimizers)
    return Severity.WARNING if descends else None
