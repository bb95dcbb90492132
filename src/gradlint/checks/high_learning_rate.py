"""GL201 high-learning-rate."""

from collections.abc import Iterator
from math import isfinite

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, doubted, rule
from gradlint.vocabulary.thresholds import rate_limit


@rule("GL201", severity=Severity.WARNING, predicts=Symptom.OVERSIZED_UPDATE)
def high_learning_rate(model: TrainingModel) -> Iterator[Match]:
    """The learning rate is far above what is in common use for its optimizer."""
    for optimizer in model.optimizers:
        rate = optimizer.learning_rate
        if rate is None or optimizer.default_rate or optimizer.trains_no_network or not isfinite(rate.high):
            continue
        explosive, clipped = model.is_explosive(optimizer), model.may_be_clipped(optimizer)
        limit = rate_limit(
            optimizer.name, explosive=explosive, clipped=clipped, told=optimizer.highest_rate,
            through_time=model.only_through_time(optimizer),
        )  # fmt: skip
        if limit is None or rate.high <= limit.warn_above:
            continue
        doubts = bool(optimizer.purpose) * 2 + rate.assumed + (rate.low <= limit.warn_above) + (not optimizer.updates)
        times = f"{rate.high / limit.warn_above:.3g} times {limit.meaning} ({limit.warn_above:g})"
        yield Match(
            optimizer.learning_rate_where,
            f"{optimizer.name} is created with learning rate {rate.highest}, {times}: "
            "steps this long overshoot and make the loss grow",
            f"start with {limit.start:g} or less (the limit: {limit.basis})",
            doubted(Confidence.HIGH, doubts),
            (*rate.origins, Noted(optimizer.where, "the optimizer is created here")),
            Severity.ERROR if limit.error_from is not None and rate.low >= limit.error_from else None,
        )
