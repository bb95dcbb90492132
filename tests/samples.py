"""Reports made by hand, for tests of the formats and of the command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gradlint.finding import (
    Confidence,
    Coverage,
    Finding,
    Problem,
    Related,
    Report,
    Severity,
    Span,
    Symptom,
)

TRAIN = """import tensorflow as tf

from config import RATE

model = tf.keras.Sequential([tf.keras.layers.LSTM(32), tf.keras.layers.Dense(1)])
optimizer = tf.keras.optimizers.Adam(learning_rate=RATE)


@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(y - model(x)))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss
"""


@dataclass(frozen=True)
class Library:
    """Source lines by path and cell."""

    files: dict[str, str] = field(default_factory=dict)

    def __call__(self, path: str, cell: int | None) -> Sequence[str]:
        key = path if cell is None else f"{path}#{cell}"
        return self.files[key].split("\n") if key in self.files else ()


LIBRARY = Library(
    {"train.py": TRAIN, "config.py": "RATE = 0.1\n", "nb.ipynb#3": "import keras\nkeras.optimizers.SGD(lr=1)\n"}
)


def finding(
    code: str = "GL201",
    span: Span | None = None,
    *,
    severity: Severity = Severity.WARNING,
    confidence: Confidence = Confidence.HIGH,
    message: str = "Adam starts at a learning rate of 0.1, far above the 0.01 where it begins to diverge",
    related: tuple[Related, ...] = (),
) -> Finding:
    return Finding(
        code=code,
        name={"GL101": "unclipped-gradients", "GL201": "high-learning-rate"}.get(code, "some-rule"),
        severity=severity,
        confidence=confidence,
        message=message,
        span=span or Span("train.py", 6, 38, 6, 56),
        predicts=Symptom.EXPLODING,
        help="start at 1e-3 and raise it only while the loss falls",
        related=related,
    )


RATE = finding(related=(Related(Span("config.py", 1, 8, 1, 11), "the learning rate is written here"),))
UNCLIPPED = finding(
    "GL101",
    Span("train.py", 14, 5, 14, 73),
    confidence=Confidence.MEDIUM,
    message="gradients of a recurrent network reach the weights unclipped",
    related=(
        Related(Span("train.py", 13, 17, 13, 63), "the gradients are computed here"),
        Related(Span("train.py", 5, 30, 5, 54), "the network is recurrent"),
    ),
)
FULL = Report(
    findings=(RATE, UNCLIPPED),
    hidden=(
        finding("GL401", severity=Severity.INFO),
        finding("GL401", severity=Severity.INFO),
        finding("GL110", severity=Severity.INFO),
    ),
    suppressed=(finding("GL302"),),
    problems=(Problem("old.py", 3, "not Python 3: Missing parentheses in call to 'print'"),),
    files=40,
    skipped=12,
    coverage=Coverage(sites=40, understood=38, explained=2, optimizers_expected=33, optimizers_resolved=30),
)
