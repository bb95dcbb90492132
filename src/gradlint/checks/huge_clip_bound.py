"""GL106 huge-clip-bound."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Bound, TrainingModel
from gradlint.rule import Match, doubted, rule
from gradlint.vocabulary.clip_bounds import HUGE, LARGE


@rule("GL106", severity=Severity.WARNING, predicts=Symptom.EXPLODING)
def huge_clip_bound(model: TrainingModel) -> Iterator[Match]:
    """The bound of clipping is so large that it hardly ever clips."""
    for clip in model.clips:
        if clip.bound is not None and not clip.of_sum:
            yield from _match(clip.function, clip.bound)
    for optimizer in model.optimizers:
        if not any(update.of_sum for update in model.updates_by(optimizer)):
            for bound in optimizer.bounds:
                yield from _match(f"{bound.keyword} of {optimizer.name}", bound)


def _match(what: str, bound: Bound) -> Iterator[Match]:
    high = bound.high
    # an infinite bound is GL105's, and so are bounds in the wrong order
    if high is None or not LARGE < high.low <= high.high < float("inf"):
        return
    if bound.by == "value" and not bound.keyword and (bound.low is None or -bound.low.high <= LARGE):
        return
    yield Match(
        bound.where,
        f"{what} clips at {high.text} only, {high.low:g} times the bound in common use: an explosion passes",
        "clip at 1.0, or somewhat above the norms of healthy steps (0.5 to 10 in reference code)",
        doubted(Confidence.HIGH, high.assumed or bound.optional),
        high.origins,
        None if high.low >= HUGE else Severity.INFO,
    )
