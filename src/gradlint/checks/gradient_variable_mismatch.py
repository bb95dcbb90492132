"""GL412 gradient-variable-mismatch."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule

_PROBLEMS = {
    "swapped": (
        "variables and gradients are paired in the wrong order: the optimizer takes (gradient, variable)",
        "swap the arguments: zip(gradients, variables)",
    ),
    "other-variables": (
        "the gradients were computed for other variables than the ones that they are applied to:"
        " each weight moves by the gradient of another",
        "use one list of variables for both tape.gradient and the update",
    ),
}


@rule("GL412", severity=Severity.ERROR, predicts=Symptom.WRONG_UPDATE)
def gradient_variable_mismatch(model: TrainingModel) -> Iterator[Match]:
    """Gradients are paired with variables that they do not belong to."""
    for pairing in model.pairings:
        if pairing.problem in _PROBLEMS:
            message, remedy = _PROBLEMS[pairing.problem]
            yield Match(pairing.where, message, remedy, pairing.confidence, pairing.gradients + pairing.variables)
