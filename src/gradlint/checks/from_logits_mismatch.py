"""GL601 from-logits-mismatch."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import LossUse, Noted, TrainingModel
from gradlint.rule import Match, doubted, rule
from gradlint.vocabulary.layers import LINEAR, PROBABILITIES


@rule("GL601", severity=Severity.ERROR, predicts=Symptom.EXPLODING)
def from_logits_mismatch(model: TrainingModel) -> Iterator[Match]:
    """A loss that takes probabilities is given logits, or the other way round."""
    for use in model.losses:
        found = _logits(use) if not use.takes_logits else _probabilities(use)
        if not use.optional or found is None:
            continue
        severity, message, fix = found
        note = f"the output comes out of {use.output.layer} here"
        doubts = use.doubts
        related = (Noted(use.output.where, note), *_used(use))
        yield Match(use.where, message, fix, doubted(Confidence.HIGH, doubts), related, severity)


def _logits(use: LossUse) -> tuple[Severity, str, str] | None:
    if use.output.name != LINEAR:
        return None
    return (
        Severity.ERROR,
        f"{use.loss} takes probabilities here, but the output is any number: what is not between 0 and 1 is cut off, and"
        " its gradient is 0",
        f'from_logits=True in the loss, or activation="{use.applies}" in the last layer',
    )


def _probabilities(use: LossUse) -> tuple[Severity, str, str] | None:
    if use.output.name not in PROBABILITIES:
        return None
    return (
        Severity.WARNING,
        f"{use.loss} applies {use.applies} itself with from_logits=True, but the output has been through {use.output.name}"
        " already: between 0 and 1 the second one is nearly flat",
        "drop from_logits=True, or the activation of the last layer",
    )


def _used(use: LossUse) -> tuple[Noted, ...]:
    return (Noted(use.used, "the loss is used here"),) if use.used != use.where else ()
