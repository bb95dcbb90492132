"""Operations that have no finite value, or no finite derivative, at numbers that do occur."""

from __future__ import annotations

from dataclasses import dataclass

from gradlint.finding import Confidence
from gradlint.model.places import Noted, Where


@dataclass(frozen=True, slots=True)
class Hazard:
    """One operation whose operand gets to where it has no finite value or derivative, on the way to a loss."""

    where: Where
    operation: str
    """log, division, sqrt, norm, exp, power, arc, mean."""
    form: str
    """What it is an instance of: plain, softmax, sigmoid, entropy, squashed, epsilon, where, masked, precision, ..."""
    operand: Where
    """Where the operand is written."""
    operand_made: Where
    """Where the operation stands that made it."""
    reason: str
    """How the operand gets there: "a softmax rounds to 0 for large logits"."""
    origin: tuple[Noted, ...]
    """Where that comes from, if it is written elsewhere."""
    loss: Where
    """Where the loss is differentiated that it reaches."""
    backward: bool
    """The derivative is what is not finite; the value itself is."""
    shield: Where | None
    """Where something stands that was meant to help and does not: an epsilon, a `tf.where`."""
    confidence: Confidence
