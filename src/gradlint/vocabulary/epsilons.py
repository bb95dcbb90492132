"""What a small epsilon does to an optimizer. Each line of it is run on TensorFlow by `tests/test_page_claims_rates.py`."""

from __future__ import annotations

from dataclasses import dataclass

_KERAS = frozenset({"keras2", "keras3"})
_ANY_KERAS = _KERAS | {"keras2-legacy"}
_DIVIDES = frozenset({"Adam", "AdamW", "Nadam", "Adamax", "Adadelta", "RMSprop", "LAMB"})
"""Optimizers whose first step on a gradient of 0 is 0 / epsilon. (Adagrad's denominator starts at 0.1.)"""
_ADAM_OF_OTHERS = frozenset({"tf1", "contrib", "sonnet", "keras-standalone"})
"""Frameworks whose Adam takes an epsilon of 0 for what it is; legacy Keras 2 takes the default of 1e-7 instead."""
_SCALE_FREE = frozenset({"Adam", "AdamW", "Nadam", "Adamax", "LazyAdam", "AMSGrad"})
"""Their step is as long as the learning rate for all gradients above epsilon. RMSprop takes the root of epsilon, and
AdaBelief's default is 1e-14."""

ZERO_IN_FLOAT16 = 2.0**-25
"""Half of the smallest float16 above 0: numbers up to here are rounded to 0."""
LOWEST_IN_USE = 1e-9
"""The epsilon of the Transformer paper (arXiv 1706.03762); the defaults are 1e-7 (Keras) and 1e-8 (TensorFlow 1)."""


@dataclass(frozen=True, slots=True)
class Harm:
    """What an epsilon lets happen."""

    effect: str
    remedy: str
    certain: bool
    """NaN as soon as a gradient is (almost) 0; otherwise a risk."""


_ZERO = Harm(
    "makes the step of a weight whose gradients have all been 0 into 0 / 0, which is NaN",
    "leave the default, 1e-7 in Keras",
    True,
)
_ROUNDED = Harm(
    "is 0 in float16, the type of the weights: the step of a weight with small gradients is not finite",
    "use 1e-4, or keep the weights in float32 (mixed_float16)",
    True,
)
_NOISE = Harm(
    "lets gradients that are rounding errors move weights as far as real ones", "use 1e-8 or 1e-7, the defaults", False
)


def harm(optimizer: str, flavour: str, epsilon: float, *, float16: bool) -> Harm | None:
    """What an epsilon does to an optimizer (by normalised name), None where nothing is known against it.

    >>> harm("Adam", "keras3", 1e-8, float16=False) is None
    True
    >>> harm("Adam", "keras3", 1e-8, float16=True).certain
    True
    """
    if epsilon == 0:
        divides = optimizer in _DIVIDES and flavour in _KERAS
        return _ZERO if divides or (optimizer == "Adam" and flavour in _ADAM_OF_OTHERS) else None
    if float16 and optimizer in _DIVIDES and flavour in _ANY_KERAS and 0 < epsilon <= ZERO_IN_FLOAT16:
        return _ROUNDED
    return _NOISE if optimizer in _SCALE_FREE and 0 < epsilon < LOWEST_IN_USE else None
