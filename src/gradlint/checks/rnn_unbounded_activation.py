"""GL701 rnn-unbounded-activation."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Certainty, OutputActivation, RecurrentLayer, TrainingModel
from gradlint.rule import Match, doubted, rule
from gradlint.vocabulary.layers import GROWING
from gradlint.vocabulary.thresholds import FEW_STEPS


@rule("GL701", severity=Severity.WARNING, predicts=Symptom.EXPLODING)
def rnn_unbounded_activation(model: TrainingModel) -> Iterator[Match]:
    """A recurrent layer has an activation without an upper bound, so that its state can grow with every time step."""
    for layer in model.recurrent_layers:
        for used, what in ((layer.activation, "its state"), (layer.gate, "its gates")):
            if used is None or used.name not in GROWING or _starts_at_identity(model, layer):
                continue
            yield Match(
                used.where,
                f"{layer.name} with {used.name}: {what} can grow without bound, and what one time step gives is the input"
                " of the next",
                "leave the default (tanh, and sigmoid for the gates), which also allows the fast cuDNN kernels",
                doubted(Confidence.HIGH, used.assumed),
                (),
                _severity(layer, used),
            )


def _severity(layer: RecurrentLayer, used: OutputActivation) -> Severity | None:
    if used.name == "exponential" and not layer.name.startswith("GRU"):
        return Severity.ERROR
    return Severity.INFO if layer.steps is not None and layer.steps <= FEW_STEPS else None


def _starts_at_identity(model: TrainingModel, layer: RecurrentLayer) -> bool:
    """The network of identity matrices and relu that Le, Jaitly and Hinton train with clipped gradients."""
    starts = layer.initializer is not None and layer.initializer.name == "identity"
    clipped = all(update.clipping is not Certainty.NEVER for update in model.updates)
    return starts and clipped and layer.activation is not None and layer.activation.name == "relu"
