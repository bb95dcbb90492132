"""GL210 optimizer-made-in-loop."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule

_GRAPHS = frozenset({"tf1", "contrib"})
"""Their loops build a graph: what is made in a pass is run many times."""


@rule("GL210", severity=Severity.WARNING, predicts=Symptom.WRONG_UPDATE)
def optimizer_made_in_loop(model: TrainingModel) -> Iterator[Match]:
    """An optimizer is made anew for every update, so that its averages never get beyond their first step."""
    for optimizer in model.optimizers:
        plain = optimizer.name == "SGD" and not optimizer.momentum and optimizer.schedule is None
        if optimizer.remade is None or optimizer.flavour in _GRAPHS or plain:
            continue
        yield Match(
            optimizer.where,
            f"{optimizer.name} is made anew for every update: what it keeps of earlier gradients is thrown away each time",
            "make the optimizer once, before the loop",
            Confidence.HIGH,
            (optimizer.remade,),
        )
