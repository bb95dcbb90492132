"""GL105 invalid-clip-bound."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Bound, Number, TrainingModel
from gradlint.rule import Match, rule
from gradlint.vocabulary.clip_bounds import Effect, effect_of_bound, effect_of_bounds, effect_of_keyword

_UNBOUNDED = (Effect.OFF, Effect.TURNED)


@rule("GL105", severity=Severity.ERROR, predicts=Symptom.EXPLODING)
def invalid_clip_bound(model: TrainingModel) -> Iterator[Match]:
    """The bound of clipping is 0, negative, infinite, NaN or upside down: it clips nothing or destroys the gradients."""
    for clip in model.clips:
        if clip.bound is not None and clip.bound.high is not None:
            yield from _match(clip.function, clip.bound, clip.bound.high, _of_call(clip.bound, clip.bound.high))
    for optimizer in model.optimizers:
        for bound in optimizer.bounds:
            if bound.high is not None:
                ends = {effect_of_keyword(optimizer.flavour, bound.by, end) for end in _ends(bound.high)}
                yield from _match(f"{bound.keyword} of {optimizer.name}", bound, bound.high, ends)


def _of_call(bound: Bound, high: Number) -> set[Effect | None]:
    if bound.by != "value":
        return {effect_of_bound(bound.by, end) for end in _ends(high)}
    return {effect_of_bounds(low, end) for end in _ends(high) for low in _ends(bound.low)} if bound.low else {None}


def _ends(number: Number) -> tuple[float, float]:
    return number.low, number.high


def _match(what: str, bound: Bound, high: Number, effects: set[Effect | None]) -> Iterator[Match]:
    effect = effects.pop()
    if effect is None or effects or (effect is Effect.OFF and high.assumed):
        return
    # a named 0 is often how people switch clipping off
    named = any(noted.where != bound.where for noted in high.origins)
    bounds = f"{bound.low.text} and {high.text}" if bound.low is not None else high.text
    yield Match(
        bound.where,
        f"{what} gets the bound {bounds}: {effect.value}",
        "give a bound above 0, such as 1.0, or leave the clipping out" if bound.low is None else "lower bound first",
        Confidence.LOW if high.assumed else Confidence.MEDIUM if bound.optional else Confidence.HIGH,
        high.origins,
        (Severity.INFO if named else Severity.WARNING) if effect in _UNBOUNDED else None,
    )
