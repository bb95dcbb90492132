"""GL208 growing-schedule."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Argument, Noted, Schedule, TrainingModel
from gradlint.rule import Match, rule
from gradlint.vocabulary.schedules import RANGE_TEST_UP_TO, growth


@rule("GL208", severity=Severity.WARNING, predicts=Symptom.EXPLODING)
def growing_schedule(model: TrainingModel) -> Iterator[Match]:
    """A learning-rate schedule that should bring the rate down makes it grow."""
    for optimizer in model.optimizers:
        for schedule in optimizer.schedule.chain if optimizer.schedule else ():
            for argument, effect in (*_by_shape(schedule), *_by_end(schedule)):
                number = argument.value
                assumed = number is not None and number.assumed
                yield Match(
                    argument.where,
                    f"the learning rate of {optimizer.name} grows: {schedule.name} {effect}",
                    "a rate that grows ends in divergence; let it fall to a tenth of its first value or less",
                    Confidence.MEDIUM if assumed or not optimizer.updates else Confidence.HIGH,
                    (*(number.origins if number else ()), Noted(optimizer.where, "the optimizer is created here")),
                )


def _by_shape(schedule: Schedule) -> Iterator[tuple[Argument, str]]:
    """Factors and exponents that make the rate grow."""
    highest = schedule.highest
    if highest is not None and highest.value is not None and highest.value.high <= RANGE_TEST_UP_TO:
        return  # it starts where nothing is learned: a test of rates, which should grow
    for argument in schedule.shape:
        number = argument.value
        # a range with both sides of the bound is a choice of the user
        how = growth(schedule.name, argument.keyword, number.low) if number else None
        if number is not None and how is not None and growth(schedule.name, argument.keyword, number.high):
            yield argument, f"{how.effect} ({argument.keyword} is {number.text})"


def _by_end(schedule: Schedule) -> Iterator[tuple[Argument, str]]:
    """An end that is not written and lies above the start."""
    first, end = next(iter(schedule.rates), None), schedule.default_end
    if first is not None and first.value is not None and end is not None and 0 < first.value.high < end:
        yield first, f"goes from {first.value.text} to its default end_learning_rate {end:g}"
