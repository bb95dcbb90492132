"""GL107 conflicting-clip-arguments."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, doubted, rule
from gradlint.vocabulary.clip_bounds import RAISES, effect_of_several


@rule("GL107", severity=Severity.ERROR, predicts=Symptom.WRONG_UPDATE)
def conflicting_clip_arguments(model: TrainingModel) -> Iterator[Match]:
    """An optimizer gets several clip keywords, of which Keras takes only one."""
    for optimizer in model.optimizers:
        given = [bound for bound in optimizer.bounds if not bound.optional and not bound.unpacked]
        effect = effect_of_several(optimizer.flavour, [bound.keyword for bound in given])
        if effect is None:
            continue
        assumed = any(bound.high.assumed for bound in given if bound.high is not None)
        doubts = assumed + (model.target_assumed and optimizer.flavour == "keras3")
        both = " and ".join(bound.keyword for bound in given)
        version = (Noted(optimizer.where, model.target),) if model.target else ()
        yield Match(
            max(bound.where for bound in given),
            f"{optimizer.name} gets {both}: {effect}",
            "keep one of them, for instance global_clipnorm",
            doubted(Confidence.HIGH, doubts),
            (*(Noted(bound.where, f"{bound.keyword} is given here") for bound in given), *version),
            None if effect == RAISES else Severity.WARNING,
        )
