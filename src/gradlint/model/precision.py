"""Half and mixed precision: what float16 does to losses, constants and outputs."""

from __future__ import annotations

from dataclasses import dataclass

from gradlint.finding import Confidence
from gradlint.model.places import Noted, Number, Where


@dataclass(frozen=True, slots=True)
class UnscaledLoss:
    """Gradients that are computed in float16 from a loss that nothing scales."""

    where: Where
    method: str
    """apply_gradients, minimize ..., or compile."""
    policy: Noted
    optimizer: Where | None
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class LostConstant:
    """A constant that float16 rounds to 0 or to infinity."""

    where: Where
    text: str
    becomes: str
    """0, inf or -inf."""
    half: Noted
    selects: bool
    """It only stands in for other numbers (`tf.where`, a sum): no factor that could be 0."""


@dataclass(frozen=True, slots=True)
class HalfFloatx:
    """`set_floatx("float16")` with the epsilon that Keras has afterwards."""

    where: Where
    epsilon: Number | None
    """None where it is the default."""
    epsilon_unknown: bool = False


@dataclass(frozen=True, slots=True)
class ScaleMisuse:
    """Loss scaling that does not work."""

    where: Where
    problem: str
    """removed: Keras 3 has no such method; unused: the wrapper divides by a scale that the loss was never given."""
    method: str
    wrapper: Noted
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class HalfOutput:
    """A network whose last layer returns float16 in mixed precision."""

    where: Where
    layer: str
    policy: Noted
    keras3: bool
    """The losses of Keras 3 are computed in float32 all the same."""


@dataclass(frozen=True, slots=True)
class Precision:
    """Everything about float16 in one program."""

    unscaled: tuple[UnscaledLoss, ...] = ()
    constants: tuple[LostConstant, ...] = ()
    floatx: tuple[HalfFloatx, ...] = ()
    misuses: tuple[ScaleMisuse, ...] = ()
    outputs: tuple[HalfOutput, ...] = ()
