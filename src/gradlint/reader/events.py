"""The events of an interpretation: what the training model is built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from gradlint.model import Noted, Where
from gradlint.model.layers import LossUse, RecurrentLayer
from gradlint.values import Flows, Ref, Source, Value


@dataclass(frozen=True, slots=True, eq=False)
class GradientEvent:
    """Gradients were computed: of which loss, with respect to which parameters."""

    where: Where
    source: Source
    loss: Value
    parameters: Value


@dataclass(frozen=True, slots=True, eq=False)
class UpdateEvent:
    """Gradients reached weights."""

    where: Where
    method: str
    optimizer: Value
    gradients: Value
    variables: Value
    loss: Value | None = None
    pairing: Where | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ClipEvent:
    """A call that clips or rescales. The sources are those of its input; there are no bounds where it only rescales."""

    where: Where
    function: str
    flows: Flows
    bound: Value | None = None
    low: Value | None = None
    bound_where: Where | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CheckEvent:
    """A look for NaN or Inf. style: element, assert, callback, switch."""

    where: Where
    function: str
    style: str
    source: Source
    flows: Flows
    finds: frozenset[str]
    """nan, inf, or both."""


@dataclass(frozen=True, slots=True, eq=False)
class BranchEvent:
    """A branch on a condition that carries a check; stops tells whether an arm leaves."""

    where: Where
    flows: Flows
    stops: bool
    restores: bool = False
    """An arm brings back weights from a checkpoint or a copy."""
    reports: bool = False
    """All that it does is to say something."""


@dataclass(frozen=True, slots=True, eq=False)
class PlainLookEvent:
    """NumPy or Python looked at numbers themselves in a check for NaN; a graph that is being built has none yet."""

    where: Where
    function: str
    flows: Flows


@dataclass(frozen=True, slots=True, eq=False)
class EagerEvent:
    """The program has TensorFlow run its functions eagerly: `run_eagerly=True`, `run_functions_eagerly(True)`."""

    where: Where


@dataclass(frozen=True, slots=True, eq=False)
class ReplacementEvent:
    """What is not finite in gradients or in a loss gave way to a number; the source marks the result."""

    where: Where
    subject: str
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class ReturnEvent:
    """A reward and what comes after it, times a discount, were added up."""

    where: Where
    factor: Where
    discount: Value
    bootstraps: bool
    """What comes after it is an estimate by a network."""


@dataclass(frozen=True, slots=True, eq=False)
class NanComparisonEvent:
    """A comparison with NaN."""

    where: Where
    operator: str
    sure: bool
    """That side is NaN whatever happened before."""


@dataclass(frozen=True, slots=True, eq=False)
class DivisionEvent:
    """A division whose divisor may be zero."""

    where: Where
    divisor: Value
    divisor_where: Where
    numerator: Flows
    names: frozenset[str]
    guarded: bool
    rooted: bool = False
    """A square root was taken on the way: of a variance, that is a deviation."""


@dataclass(frozen=True, slots=True, eq=False)
class MaskEvent:
    """Entries were chosen or overwritten by a condition on these deviations: `ratio[std == 0] = 0`."""

    where: Where
    deviations: frozenset[Source]


@dataclass(frozen=True, slots=True, eq=False)
class FitEvent:
    """A framework trains: fit, train_on_batch and their kin."""

    where: Where
    method: str
    model: Value
    targets: Value
    callbacks: Value


@dataclass(frozen=True, slots=True, eq=False)
class CompileEvent:
    """An optimizer was bound to a model."""

    where: Where
    model: Value
    optimizer: Value
    loss: Value
    named: bool
    """An optimizer argument was given."""


@dataclass(frozen=True, slots=True, eq=False)
class PairingEvent:
    """Gradients and variables were paired, or a (list, norm) tuple was taken for the gradients."""

    where: Where
    gradients: Value
    variables: Value
    problem: str


@dataclass(frozen=True, slots=True, eq=False)
class ContextEvent:
    """Evidence that the program is recurrent or reinforcement learning."""

    kind: str
    noted: Noted


@dataclass(frozen=True, slots=True, eq=False)
class MadeEvent:
    """An optimizer or a model was made."""

    where: Where
    made: Ref


@dataclass(frozen=True, slots=True, eq=False)
class PrecisionEvent:
    """The type of all weights that are made from here on was set."""

    where: Where
    half: bool
    """It is float16; False for other types and where it was not followed."""
    policy: str = ""
    """The type or policy by name, "" where it was not followed."""
    setter: str = ""
    """set_floatx, set_global_policy ..."""


@dataclass(frozen=True, slots=True, eq=False)
class HandoverEvent:
    """A reward was given, with the rest of its transition, to a memory or learner that was not read."""

    where: Where
    rewards: Flows


@dataclass(frozen=True, slots=True, eq=False)
class RunEvent:
    """A session ran operations."""

    where: Where
    flows: Flows


@dataclass(frozen=True, slots=True, eq=False)
class HazardEvent:
    """An operation on numbers for which it has no finite value, or no finite derivative, and which do occur."""

    where: Where
    operation: str
    """log, division, sqrt, norm, exp, power, arc, mean."""
    operand: Value
    operand_where: Where
    source: Source
    """Marks the result on its way to a loss."""
    other: Value | None = None
    """The numerator of a division, the exponent of a power."""


@dataclass(frozen=True, slots=True, eq=False)
class ShieldEvent:
    """Something that was meant to help, or that tells more of a hazard: where, epsilon, entropy."""

    where: Where
    how: str
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class LossEvent:
    """Numbers that are a loss: what a loss function returns, what is added to a model's losses."""

    where: Where
    loss: Value
    doubts: int = 0
    """How much of it is assumed: that it is a loss because it is called so, or that this one of several is chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class CrossEntropyEvent:
    """A cross-entropy met something that an activation, or a layer without one, has just given."""

    where: Where
    use: LossUse
    model: Value | None = None
    """The model that was compiled with it."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerEvent:
    """A recurrent layer was made."""

    where: Where
    layer: RecurrentLayer


@dataclass(frozen=True, slots=True, eq=False)
class NanMaskEvent:
    """A layer is to mask entries that are equal to NaN."""

    where: Where


@dataclass(frozen=True, slots=True, eq=False)
class InputEvent:
    """Numbers went into a network that is being trained."""

    where: Where
    method: str
    model: Value
    inputs: Value
    targets: Value


@dataclass(frozen=True, slots=True, eq=False)
class CleaningEvent:
    """Missing values were dropped, replaced or looked for in these numbers."""

    where: Where
    flows: Flows


@dataclass(frozen=True, slots=True, eq=False)
class RescaledInputEvent:
    """The input of a functional network was scaled on its way into a layer."""

    where: Where


@dataclass(frozen=True, slots=True, eq=False)
class EpsilonEvent:
    """The epsilon of Keras was set."""

    where: Where
    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class UnscaledCompileEvent:
    """A model was compiled so that its loss is not scaled in mixed precision."""

    where: Where
    optimizer: Value


@dataclass(frozen=True, slots=True, eq=False)
class ScaleEvent:
    """A method of loss scaling was called on an optimizer."""

    where: Where
    method: str
    optimizer: Value


@dataclass(frozen=True, slots=True, eq=False)
class HalfConstantEvent:
    """A constant that float16 cannot hold met a float16 number."""

    where: Where
    number: float
    half: Where
    """Where that number became float16: a cast or a policy."""
    op: str


Event: TypeAlias = (
    GradientEvent
    | UpdateEvent
    | ClipEvent
    | CheckEvent
    | BranchEvent
    | PlainLookEvent
    | ReplacementEvent
    | ReturnEvent
    | EagerEvent
    | NanComparisonEvent
    | DivisionEvent
    | MaskEvent
    | FitEvent
    | CompileEvent
    | PairingEvent
    | ContextEvent
    | MadeEvent
    | PrecisionEvent
    | HandoverEvent
    | RunEvent
    | HazardEvent
    | ShieldEvent
    | LossEvent
    | CrossEntropyEvent
    | LayerEvent
    | NanMaskEvent
    | InputEvent
    | CleaningEvent
    | RescaledInputEvent
    | EpsilonEvent
    | UnscaledCompileEvent
    | ScaleEvent
    | HalfConstantEvent
)
