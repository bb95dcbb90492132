"""GL205 tiny-optimizer-epsilon."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, doubted, rule
from gradlint.vocabulary.epsilons import harm


@rule("GL205", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def tiny_optimizer_epsilon(model: TrainingModel) -> Iterator[Match]:
    """The epsilon of an optimizer is 0, or too small to bound its steps where gradients are small."""
    for optimizer in model.optimizers:
        epsilon = optimizer.epsilon
        number = epsilon.value if epsilon is not None else None
        if epsilon is None or number is None:
            continue
        found = harm(optimizer.name, optimizer.flavour, number.high, float16=model.float16 is not None)
        if found is None:
            continue
        doubts = number.assumed + (number.low != number.high) + (not optimizer.updates) + (not found.certain)
        yield Match(
            epsilon.where,
            f"the epsilon of {optimizer.name}, {number.text}, {found.effect}",
            found.remedy,
            doubted(Confidence.HIGH, doubts),
            (
                *number.origins,
                *((model.float16,) if model.float16 else ()),
                Noted(optimizer.where, "the optimizer is created here"),
            ),
            Severity.ERROR if found.certain else None,
        )
