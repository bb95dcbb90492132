"""GL903 set-floatx-float16."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, doubted, rule

LEAST = 2.0**-12
"""Half a step below 1 in float16: 1 minus a smaller epsilon is 1."""


@rule("GL903", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def set_floatx_float16(model: TrainingModel) -> Iterator[Match]:
    """All numbers of Keras become float16, and its epsilon stays too small for them."""
    for setting in model.precision.floatx:
        epsilon = setting.epsilon
        if setting.epsilon_unknown or (epsilon is not None and epsilon.high > LEAST):
            continue
        text = "1e-07, the default" if epsilon is None else epsilon.text
        yield Match(
            setting.where,
            f"all numbers of Keras are float16 from here on, and its epsilon is {text}: 1 minus that is 1, so that losses and"
            " normalisations meet the very 0 that it is to keep away",
            'use the policy "mixed_float16", or call set_epsilon(1e-3), too',
            doubted(Confidence.HIGH, epsilon.assumed if epsilon is not None else 0),
            epsilon.origins if epsilon is not None else (),
        )
