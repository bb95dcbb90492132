"""GL209 unusable-learning-rate."""

from collections.abc import Iterator
from math import isfinite

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Argument, Noted, Number, Optimizer, TrainingModel
from gradlint.rule import Match, doubted, rule


@rule("GL209", severity=Severity.ERROR, predicts=Symptom.WRONG_UPDATE)
def unusable_learning_rate(model: TrainingModel) -> Iterator[Match]:
    """The learning rate is negative, zero, infinite or NaN."""
    for optimizer in model.optimizers:
        trains = any(each.runner_seen for each in model.updates_by(optimizer))
        for rate in _rates(optimizer):
            number = rate.value
            effect = None if number is None else _effect(number)
            if number is None or effect is None:
                continue
            zero = number.high == 0
            if zero and (optimizer.schedule or optimizer.purpose or optimizer.rate_may_change or not trains):
                continue  # a warm-up starts there, a callback sets the rate, or nothing is trained
            doubts = 2 * number.assumed if isfinite(number.high) else 0  # -1 and 0 often stand for "choose one"
            yield Match(
                rate.where,
                f"{optimizer.name} gets the {rate.keyword.replace('_', ' ')} {number.text}: {effect}",
                "give it a finite rate above 0",
                doubted(Confidence.HIGH, doubts + (not trains)),
                (*number.origins, Noted(optimizer.where, "the optimizer is created here")),
            )


def _rates(optimizer: Optimizer) -> tuple[Argument, ...]:
    own = Argument("learning_rate", optimizer.learning_rate_where, optimizer.learning_rate)
    return (own, *(rate for each in (optimizer.schedule.chain if optimizer.schedule else ()) for rate in each.rates))


def _effect(rate: Number) -> str | None:
    if not isfinite(rate.high):
        return "no weight is a finite number after the first update"
    if rate.high < 0:
        return "every update goes up the gradient, so that the loss grows"
    return "no update changes a weight" if rate.low == rate.high == 0 else None
