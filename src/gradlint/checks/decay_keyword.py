"""GL203 decay-keyword."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, doubted, rule

_OUTCOMES = {
    "keras2": (Severity.ERROR, "raises ValueError before training starts"),
    "keras3": (Severity.WARNING, "ignores it with no more than a warning: the learning rate never falls"),
}
"""What a Keras does with `decay=`; legacy, standalone, TensorFlow 1 and Addons optimizers do take it."""


@rule("GL203", severity=Severity.WARNING, predicts=Symptom.WRONG_UPDATE)
def decay_keyword(model: TrainingModel) -> Iterator[Match]:
    """The decay of the learning rate is passed as `decay=`, which Keras 3 ignores and Keras 2 rejects from TF 2.11 on."""
    for optimizer in model.optimizers:
        decay, outcome = optimizer.decay, _OUTCOMES.get(optimizer.flavour)
        if decay is None or outcome is None:
            continue
        severity, effect = outcome
        if severity is Severity.WARNING and decay.value is not None and decay.value.high == 0:
            continue  # to ignore no decay changes nothing
        name, start = optimizer.constructor.rpartition(".")[2], optimizer.learning_rate
        doubts = model.target_assumed + (severity is Severity.WARNING and (decay.value is None or decay.value.low == 0))
        rate, factor = (start.text if start else "learning_rate"), (decay.value.text if decay.value else "decay")
        yield Match(
            decay.where,
            f"{name} of {'Keras 3' if optimizer.flavour == 'keras3' else 'Keras 2 from TF 2.11 on'} has no decay=: it {effect}",
            f"pass learning_rate=keras.optimizers.schedules.InverseTimeDecay({rate}, 1, {factor})",
            doubted(Confidence.HIGH, doubts),
            (*(decay.value.origins if decay.value else ()), Noted(optimizer.where, model.target or "the optimizer")),
            severity,
        )
