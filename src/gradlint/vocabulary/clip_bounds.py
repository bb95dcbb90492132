"""What clipping does with bounds that are no bounds, and with several bounds at once.

Run on TensorFlow 2.21 with Keras 3.15 and tf_keras 2.21, and on TensorFlow 2.15; standalone Keras 2.3.1 was read.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from math import inf, isinf, isnan


class Effect(Enum):
    """What becomes of the gradients."""

    OFF = "nothing is clipped"
    ZERO = "every gradient becomes 0"
    ZERO_OR_NAN = "every gradient becomes 0, or NaN where it is 0 already"
    NAN = "every gradient becomes NaN"
    CONSTANT = "every element becomes the same number, whatever its gradient is"
    TURNED = "gradients become 0 or turn around, depending on the version of TensorFlow"
    RAISES = "Keras raises ValueError before training starts"


LARGE = 100.0
"""Bounds written in reference code: 0.25 once, 0.5 24 times, 1 9 times, 10 7 times; above this they hardly act."""
HUGE = 1000.0
"""1000 times the most common default of 1.0, and more than what the norms of healthy steps grow to."""

RAISES = "Keras raises ValueError"
_NEW = ("keras3", "keras2")


def effect_of_bound(by: str, bound: float) -> Effect | None:
    """What a clipping function does with a bound on a norm; None if it clips.

    >>> effect_of_bound("global norm", -1.0)
    <Effect.OFF: 'nothing is clipped'>
    """
    if isnan(bound) or bound == inf:
        return Effect.NAN
    if bound == 0:
        return Effect.ZERO_OR_NAN if by == "norm" else Effect.ZERO
    if bound < 0:
        return Effect.OFF if by == "global norm" else Effect.TURNED
    return None


def effect_of_bounds(low: float, high: float) -> Effect | None:
    """What clipping by value does between two bounds; None if it clips."""
    if isnan(low) or isnan(high):
        return Effect.NAN
    if low >= high:
        return Effect.CONSTANT
    return Effect.OFF if isinf(low) and isinf(high) else None


def effect_of_keyword(flavour: str, by: str, bound: float) -> Effect | None:
    """What an optimizer of Keras does with the value of a clip keyword; None if it clips, or if that is not known."""
    if flavour in _NEW or flavour == "keras-standalone":
        if isnan(bound) or bound <= 0:
            return Effect.OFF
        if bound == inf:
            return Effect.OFF if by == "value" or flavour not in _NEW else Effect.NAN
        return None
    if flavour != "keras2-legacy":
        return None
    if bound < 0:
        return Effect.RAISES
    if bound == inf and by == "value":
        return Effect.OFF
    return effect_of_bound(by, bound)


def effect_of_several(flavour: str, keywords: Collection[str]) -> str | None:
    """What an optimizer of Keras does with several clip keywords; None if it applies all of them.

    >>> effect_of_several("keras2", ["clipvalue", "clipnorm"])
    'this Keras applies clipnorm only'
    """
    if len(keywords) < 2 or flavour not in (*_NEW, "keras2-legacy"):
        return None
    if flavour == "keras3" or {"clipnorm", "global_clipnorm"} <= set(keywords):
        return RAISES
    if flavour == "keras2-legacy":
        return None
    return f"this Keras applies {next(each for each in keywords if each != 'clipvalue')} only"
