"""GL305 discount-of-one-or-more."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, Return, TrainingModel, Where
from gradlint.rule import Match, rule


@rule("GL305", severity=Severity.WARNING, predicts=Symptom.UNSCALED_TARGET)
def discount_of_one_or_more(model: TrainingModel) -> Iterator[Match]:
    """Returns are discounted by 1 or more, so that nothing bounds them."""
    found: dict[Where, Return] = {}
    for each in model.returns:
        # at 1, a sum of rewards that were paid is as long as the episode; only estimates feed on themselves
        if each.discount is not None and (each.discount.low > 1 or (each.discount.low == 1 and each.bootstraps)):
            found.setdefault(each.discount_where, each)
    for where, each in found.items():
        assert each.discount is not None
        grows = each.discount.low > 1
        why = "what is far away weighs most, and returns grow exponentially" if grows else _FEEDS
        yield Match(
            where,
            f"the discount is {each.discount.text}: {why}",
            "use a discount below 1, such as 0.99",
            Confidence.LOW if each.discount.assumed else Confidence.HIGH if grows else Confidence.MEDIUM,
            (Noted(each.where, "it enters the return here"),),
            Severity.ERROR if grows else None,
        )


_FEEDS = "estimates that are made of estimates are never shrunk, and may grow without bound"
