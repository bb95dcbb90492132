"""Learning-rate schedules: which argument holds the rate that the run starts with or climbs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class RateArgument:
    """One argument that holds a learning rate, or a list of them."""

    keyword: str
    position: int
    many: bool = False
    """The argument is a list; every entry is in force at some time."""


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """Where a schedule's highest rates are written."""

    rates: tuple[RateArgument, ...]
    inner: RateArgument | None = None
    """The schedule that a warm-up hands over to, whose rates count too."""


NAMESPACES = re.compile(
    r"keras(\.\w+)*\.(optimi[sz]er\w*|experimental)(\.\w+)*|tf\.(optimizers\.schedules|train|training)(\.\w+)*"
    r"|contrib\.training(\.\w+)*|tfa\.optimizers(\.\w+)*|official(\.\w+)*|transformers(\.\w+)*"
)

_INITIAL = RateArgument("initial_learning_rate", 0)
_TF1 = ScheduleSpec((RateArgument("learning_rate", 0),))
_KERAS = ScheduleSpec((_INITIAL,))
_CYCLIC = ScheduleSpec((_INITIAL, RateArgument("maximal_learning_rate", 1)))

SCHEDULES: dict[str, ScheduleSpec] = {
    "CosineDecay": ScheduleSpec((_INITIAL, RateArgument("warmup_target", 4))),
    "CosineDecayRestarts": _KERAS,
    "ExponentialDecay": _KERAS,
    "InverseTimeDecay": _KERAS,
    "PolynomialDecay": _KERAS,
    "PiecewiseConstantDecay": ScheduleSpec((RateArgument("values", 1, many=True),)),
    "LinearCosineDecay": _KERAS,
    "NoisyLinearCosineDecay": _KERAS,
    **dict.fromkeys(
        (
            "exponential_decay",
            "polynomial_decay",
            "natural_exp_decay",
            "inverse_time_decay",
            "cosine_decay",
            "cosine_decay_restarts",
            "linear_cosine_decay",
            "noisy_linear_cosine_decay",
        ),
        _TF1,
    ),
    **dict.fromkeys(
        ("piecewise_constant", "piecewise_constant_decay"), ScheduleSpec((RateArgument("values", 2, many=True),))
    ),
    **dict.fromkeys(
        (
            "CyclicalLearningRate",
            "TriangularCyclicalLearningRate",
            "Triangular2CyclicalLearningRate",
            "ExponentialCyclicalLearningRate",
        ),
        _CYCLIC,
    ),
    "LinearWarmup": ScheduleSpec((RateArgument("warmup_learning_rate", 2),), RateArgument("after_warmup_lr_sched", 0)),
    "PolynomialWarmUp": ScheduleSpec((), RateArgument("after_warmup_lr_sched", 0)),
    "DirectPowerDecay": _KERAS,
    "PowerAndLinearDecay": _KERAS,
    "PowerDecayWithOffset": ScheduleSpec((_INITIAL, RateArgument("pre_offset_learning_rate", 3))),
    "StepCosineDecayWithOffset": ScheduleSpec((RateArgument("values", 1, many=True),)),
    # BERT's and transformers' warm-up: its peak is the rate that it hands over with
    "WarmUp": ScheduleSpec((_INITIAL,), RateArgument("decay_schedule_fn", 1)),
}
"""Last component of the name -> its rates. `tf.train.cosine_decay` and `tf.keras.experimental.CosineDecay` included."""


@cache
@cache
def find_schedule(canonical: str) -> ScheduleSpec | None:
    """The schedule behind a canonical dotted name."""
    namespace, _, name = canonical.rpartition(".")
    return SCHEDULES.get(name) if NAMESPACES.fullmatch(namespace) else None
