"""GL207 high-schedule-rate."""

from collections.abc import Iterator
from math import inf

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, doubted, rule
from gradlint.vocabulary.schedules import RESTARTING
from gradlint.vocabulary.thresholds import rate_limit


@rule("GL207", severity=Severity.WARNING, predicts=Symptom.OVERSIZED_UPDATE)
def high_schedule_rate(model: TrainingModel) -> Iterator[Match]:
    """A learning-rate schedule starts or peaks far above what is in common use for its optimizer."""
    for optimizer in model.optimizers:
        if optimizer.schedule is None or optimizer.trains_no_network:
            continue
        explosive, clipped = model.is_explosive(optimizer), model.may_be_clipped(optimizer)
        limit = rate_limit(
            optimizer.name, explosive=explosive, clipped=clipped, told=optimizer.highest_rate,
            through_time=model.only_through_time(optimizer),
        )  # fmt: skip
        for schedule in optimizer.schedule.chain:
            highest = schedule.highest
            rate = highest.value if highest is not None and schedule.name not in RESTARTING else None
            if highest is None or rate is None or limit is None or not limit.warn_above < rate.high < inf:
                continue
            doubts = bool(optimizer.purpose) * 2 + rate.assumed + (not optimizer.updates)
            times = f"{rate.high / limit.warn_above:.3g} times {limit.meaning} ({limit.warn_above:g})"
            yield Match(
                highest.where,
                f"{optimizer.name} follows {schedule.name}, which reaches {rate.highest}, {times}: steps this long overshoot",
                f"start or peak at {limit.start:g} or less (the limit: {limit.basis})",
                doubted(Confidence.HIGH, doubts),
                (*rate.origins, Noted(optimizer.where, "the optimizer is created here")),
            )
            break
