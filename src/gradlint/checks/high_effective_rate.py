"""GL204 high-effective-rate."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, rule
from gradlint.vocabulary.thresholds import EFFECTIVE, EFFECTIVE_EXPLOSIVE, effective_rate, rate_limit


@rule("GL204", severity=Severity.WARNING, predicts=Symptom.OVERSIZED_UPDATE)
def high_effective_rate(model: TrainingModel) -> Iterator[Match]:
    """Momentum multiplies the learning rate of gradient descent to 1 or more, and nothing lowers, clips or normalises it."""
    for optimizer in model.optimizers:
        rate = optimizer.learning_rate
        if optimizer.name != "SGD" or rate is None or rate.assumed or optimizer.purpose or optimizer.rate_may_change:
            continue
        if optimizer.schedule or model.normalises or model.may_be_clipped(optimizer):
            continue
        explosive = model.is_explosive(optimizer)
        single = rate_limit(optimizer.name, explosive=explosive, clipped=False, told=optimizer.highest_rate)
        effective, limit = effective_rate(rate.low, optimizer.momentum), EFFECTIVE_EXPLOSIVE if explosive else EFFECTIVE
        if effective is None or effective < limit.warn_from or (single is not None and rate.high > single.warn_above):
            continue  # a rate that is too high without momentum is another finding
        yield Match(
            optimizer.learning_rate_where,
            f"with momentum {optimizer.momentum:g}, SGD at {rate.text} moves as far as SGD at {effective:g} without it, "
            "from the first step on and without clipping",
            f"use {limit.warn_from / 10 * (1 - optimizer.momentum):.1g} with this momentum, a schedule, or clipnorm=1.0",
            Confidence.MEDIUM
            if optimizer.updates
            else Confidence.LOW,  # how much is too much depends on the data's scale
            (*rate.origins, Noted(optimizer.where, "the optimizer is created here")),
            Severity.ERROR if effective >= limit.error_from else None,
        )
