"""Learning-rate schedules: which arguments hold rates, and which decide whether the rate falls or grows."""

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
    shape: tuple[RateArgument, ...] = ()
    """Factors and exponents, of which `GROWTH` tells when they make the rate grow."""
    end: RateArgument | None = None
    """The rate that it ends at."""
    default_end: float | None = None
    """The rate that it ends at if none is written."""


NAMESPACES = re.compile(
    r"keras(\.\w+)*\.(optimi[sz]er\w*|experimental)(\.\w+)*|tf\.(optimizers\.schedules|train|training)(\.\w+)*"
    r"|contrib\.training(\.\w+)*|tfa\.optimizers(\.\w+)*|official(\.\w+)*|transformers(\.\w+)*"
)

_INITIAL = RateArgument("initial_learning_rate", 0)
_TF1_INITIAL = RateArgument("learning_rate", 0)
_TF1 = ScheduleSpec((_TF1_INITIAL,))
_TF1_RATE = ScheduleSpec((_TF1_INITIAL,), shape=(RateArgument("decay_rate", 3),))
_KERAS = ScheduleSpec((_INITIAL,))
_KERAS_RATE = ScheduleSpec((_INITIAL,), shape=(RateArgument("decay_rate", 2),))
_CYCLIC = ScheduleSpec((_INITIAL, RateArgument("maximal_learning_rate", 1)))

SCHEDULES: dict[str, ScheduleSpec] = {
    "CosineDecay": ScheduleSpec((_INITIAL, RateArgument("warmup_target", 4)), shape=(RateArgument("alpha", 2),)),
    "CosineDecayRestarts": ScheduleSpec((_INITIAL,), shape=(RateArgument("m_mul", 3), RateArgument("alpha", 4))),
    "ExponentialDecay": _KERAS_RATE,
    "InverseTimeDecay": _KERAS_RATE,
    "PolynomialDecay": ScheduleSpec(
        (_INITIAL,),
        shape=(RateArgument("power", 3),),
        end=RateArgument("end_learning_rate", 2),
        default_end=0.0001,
    ),
    "PiecewiseConstantDecay": ScheduleSpec((RateArgument("values", 1, many=True),)),
    "LinearCosineDecay": _KERAS,
    "NoisyLinearCosineDecay": _KERAS,
    **dict.fromkeys(("exponential_decay", "natural_exp_decay", "inverse_time_decay"), _TF1_RATE),
    **dict.fromkeys(("linear_cosine_decay", "noisy_linear_cosine_decay"), _TF1),
    "polynomial_decay": ScheduleSpec(
        (_TF1_INITIAL,),
        shape=(RateArgument("power", 4),),
        end=RateArgument("end_learning_rate", 3),
        default_end=0.0001,
    ),
    "cosine_decay": ScheduleSpec((_TF1_INITIAL,), shape=(RateArgument("alpha", 3),)),
    "cosine_decay_restarts": ScheduleSpec((_TF1_INITIAL,), shape=(RateArgument("m_mul", 4), RateArgument("alpha", 5))),
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

RESTARTING = frozenset({"CosineDecayRestarts", "cosine_decay_restarts"})
"""Warm restarts return to a high rate on purpose."""


@dataclass(frozen=True, slots=True)
class Growth:
    """When an argument of a schedule makes the learning rate grow."""

    bound: float
    """At this value the rate stays what it is."""
    above: bool
    """It grows for values above the bound; otherwise for values below."""
    effect: str
    """What the schedule does then, for people."""


RANGE_TEST_UP_TO = 1e-6
"""Rates that a run does not train with: a schedule that starts there is a range test, which should grow."""

_FACTOR = Growth(1.0, True, "multiplies it by more than 1 every decay_steps steps")
_ALPHA = Growth(1.0, True, "ends at alpha times the first rate")
_RESTARTS = Growth(1.0, True, "multiplies it by more than 1 at every restart")
_INVERSE = Growth(0.0, False, "divides it by 1 + decay_rate * step / decay_steps, which falls to 0 and below")
_POWER = Growth(0.0, False, "divides by 0 when decay_steps are over: from then on it is infinite")
_NATURAL = Growth(0.0, False, "multiplies it by exp(-decay_rate * step / decay_steps), more and more")

GROWTH: dict[tuple[str, str], Growth] = {
    ("ExponentialDecay", "decay_rate"): _FACTOR,
    ("exponential_decay", "decay_rate"): _FACTOR,
    ("natural_exp_decay", "decay_rate"): _NATURAL,
    ("InverseTimeDecay", "decay_rate"): _INVERSE,
    ("inverse_time_decay", "decay_rate"): _INVERSE,
    ("PolynomialDecay", "power"): _POWER,
    ("polynomial_decay", "power"): _POWER,
    ("CosineDecay", "alpha"): _ALPHA,
    ("cosine_decay", "alpha"): _ALPHA,
    ("CosineDecayRestarts", "alpha"): _ALPHA,
    ("cosine_decay_restarts", "alpha"): _ALPHA,
    ("CosineDecayRestarts", "m_mul"): _RESTARTS,
    ("cosine_decay_restarts", "m_mul"): _RESTARTS,
}
"""Schedule and argument -> when it grows. Each is run on TensorFlow by `tests/test_page_claims_rates.py`."""


def growth(schedule: str, keyword: str, value: float) -> Growth | None:
    """How the rate grows with this value of this argument, None if it does not.

    >>> growth("ExponentialDecay", "decay_rate", 0.96) is None
    True
    """
    known = GROWTH.get((schedule, keyword))
    if known is None:
        return None
    return known if (value > known.bound if known.above else value < known.bound) else None


@cache
@cache
def find_schedule(canonical: str) -> ScheduleSpec | None:
    """The schedule behind a canonical dotted name."""
    namespace, _, name = canonical.rpartition(".")
    return SCHEDULES.get(name) if NAMESPACES.fullmatch(namespace) else None
