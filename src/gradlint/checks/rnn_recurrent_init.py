"""GL702 rnn-recurrent-init."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule
from gradlint.vocabulary.thresholds import FEW_STEPS, STRETCHES, STRETCHES_GATED


@rule("GL702", severity=Severity.WARNING, predicts=Symptom.EXPLODING)
def rnn_recurrent_init(model: TrainingModel) -> Iterator[Match]:
    """The recurrent weights of a layer start so large that every time step stretches the gradient."""
    for layer in model.recurrent_layers:
        radius = layer.initializer.radius(layer.units) if layer.initializer is not None else None
        limit = STRETCHES if layer.name.startswith(("SimpleRNN", "BasicRNN")) else STRETCHES_GATED
        short = layer.steps is not None and layer.steps <= FEW_STEPS
        if layer.initializer is None or radius is None or radius <= limit or short:
            continue
        yield Match(
            layer.initializer.where,
            f"the recurrent weights of {layer.name} start with a spectral radius of about {radius:.3g} (limit: {limit:g}):"
            " every time step stretches the gradient by up to that factor",
            'leave the default, recurrent_initializer="orthogonal", whose radius is 1',
            Confidence.HIGH,
        )
