"""The highest learning rates in common use, by optimizer. Sources: the page high-learning-rate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """When a learning rate stands out."""

    warn_above: float
    error_from: float | None
    """From here on NaN within a few steps was seen in runs; None where high rates stall or diverge without NaN."""
    basis: str
    """What the limit rests on, for people."""
    meaning: str = "the highest value in common use"
    told: bool = False
    """By the project's configuration."""

    @property
    def start(self) -> float:
        """A rate that is worth a try: a tenth of what is used, but all of what a project has settled on."""
        return self.warn_above if self.told else self.warn_above / 10


_COUNT = "94 % of 179 rates written in reference code are at most 0.01"
_ADAM = Limit(0.01, None, _COUNT)
_RUNS = "gradient descent at 1.0 was NaN after 4 steps on a small network"
_TEN = "10 times the default"

LIMITS: dict[str, Limit] = {
    **dict.fromkeys(
        ("Adam", "AdamW", "Nadam", "RectifiedAdam", "LazyAdam", "AdaBelief", "AdamWeightDecay", "AMSGrad"), _ADAM
    ),
    "RMSprop": _ADAM,
    "Adamax": Limit(0.02, None, "10 times the old Keras default of 0.002"),
    "SGD": Limit(0.5, 1.0, _RUNS),
    "Adagrad": Limit(0.1, 5.0, "10 times the old Keras default of 0.01"),
    "Adadelta": Limit(1.0, None, "the default of its paper"),
    "Lion": Limit(0.001, 0.1, "the Keras default; every weight moves by the learning rate in every step"),
    "Ftrl": Limit(0.5, None, "judgement"),
    "Adafactor": Limit(0.05, None, "judgement"),
    "Muon": Limit(0.05, None, "judgement"),
    "LAMB": Limit(0.02, None, "judgement"),
    "ScheduleFreeAdamW": Limit(0.02, None, "8 times the default"),
    "Yogi": Limit(0.1, None, _TEN),
    "AddSign": Limit(1.0, None, _TEN),
    "PowerSign": Limit(1.0, None, _TEN),
    "Shampoo": Limit(10.0, None, _TEN),
    "KFAC": Limit(2.5, None, "10 times the 0.25 of ACKTR"),
}
"""Normalised optimizer name -> limit outside recurrent and reinforcement-learning programs. LARS has none."""

_CLIPPED_SGD = Limit(1.0, None, "recurrent language models ran at 1.0 with clipping (Zaremba et al., 2014)")
_EXPLOSIVE_SGD = Limit(0.05, 1.0, "gradient descent at 0.1 drove a tanh SimpleRNN to a loss of 4e8")


def rate_limit(
    name: str, *, explosive: bool, clipped: bool, told: float | None = None, through_time: bool = False
) -> Limit | None:
    """The limit for an optimizer, None if there is none to speak of.

    Args:
        name: normalised optimizer name.
        explosive: the program is recurrent or reinforcement learning.
        clipped: something may clip the gradients: then gradient descent takes larger rates and is no certain NaN.
        told: the highest rate that the project's configuration allows.
        through_time: only recurrent networks are trained, without momentum.

    >>> rate_limit("SGD", explosive=True, clipped=False).warn_above
    0.05
    """
    limit = LIMITS.get(name)
    if told is not None:
        error_from = limit.error_from if limit is not None and not clipped else None
        error_from = max(error_from, told) if error_from else None
        return Limit(told, error_from, "max-learning-rate", "what the configuration allows", told=True)
    if limit is None:
        return None
    if name == "SGD" and clipped and through_time:
        limit = _CLIPPED_SGD
    elif name == "SGD" and explosive and not clipped:
        limit = _EXPLOSIVE_SGD
    if clipped:
        return Limit(limit.warn_above, None, limit.basis)
    return limit


@dataclass(frozen=True, slots=True)
class Effective:
    """When the effective rate of gradient descent with momentum, rate / (1 - momentum), stands out."""

    warn_from: float
    error_from: float = 5.0


EFFECTIVE = Effective(1.0)
"""As long as plain gradient descent at 1.0, which was NaN after 4 steps on a small network."""
EFFECTIVE_EXPLOSIVE = Effective(0.5)
"""In recurrent and reinforcement-learning programs."""


def effective_rate(rate: float, momentum: float) -> float | None:
    """How far a constant gradient of 1 moves a weight in the long run; None for momenta that forget nothing.

    >>> effective_rate(0.01, 0.99)
    1.0
    """
    return round(rate / (1 - momentum), 9) if 0 < momentum < 1 else None


FEW_STEPS = 10
"""Time steps over which an unbounded recurrent activation did not make the loss grow (tests/test_page_claims_layers.py)."""

STRETCHES = 1.5
"""Spectral radius of the recurrent weights of a SimpleRNN from which gradients explode.

With 64 units the gradient is 41 after 20 and 507 after 100 steps at 1.6, 1.6e6 and infinite at 8. The usual initializers are
at 1 (orthogonal, glorot) to 1.41 (he), where it stays below 25 (tests/test_page_claims_layers.py).
"""

STRETCHES_GATED = 3.0
"""The same for layers with gates: below 1,000 after 100 steps at 2, above 10,000 at 4 and 1e10 at 8."""
