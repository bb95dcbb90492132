"""Names and numbers of half and mixed precision."""

from __future__ import annotations

import math
import re

from gradlint.vocabulary.epsilons import ZERO_IN_FLOAT16

SETTERS = frozenset({"set_floatx", "set_global_policy", "set_dtype_policy", "set_policy"})
"""Last components under `keras.` of functions whose argument names a type or a policy."""

POLICIES = frozenset({"Policy", "DTypePolicy"})
"""Classes under `keras.` whose first argument is the name of a policy."""

HALF_POLICIES = frozenset({"mixed_float16", "float16"})
"""Policies under which layers compute in float16."""

HALF_TYPES = frozenset({"float16", "half"})
COMPUTE_TYPES = frozenset({"compute_dtype", "_compute_dtype"})
"""Attributes of layers and policies: the type that they compute in."""

NAMED_TYPES = frozenset({"float16", "float32", "float64", "to_float", "to_double", "bfloat16"})
"""Functions that are called like the type that they cast to."""

CASTS = NAMED_TYPES | {"cast", "astype", "constant", "convert_to_tensor", "array", "asarray"}

MIXING = frozenset({"maximum", "minimum", "clip", "clip_by_value", "where", "select", "full_like"})
"""Functions whose constants become the type of their other arguments."""

INFINITE_IN_FLOAT16 = 65520.0
"""Half a step above the largest float16, 65504: numbers from here on are rounded to infinity."""

SCALES_BY_HAND = re.compile(r"(?i)(loss|grad\w*)_?scal|scaled?_?(loss|grad)|^(loss_)?scal(e|er|ing)$|unscale")
"""Names in a program that scales its loss itself."""


def lost(number: float) -> str | None:
    """What a constant becomes in float16, where that is another sort of number; None if it stays what it is.

    >>> lost(1e-8), lost(-1e9), lost(1e-4)
    ('0', '-inf', None)
    """
    if not math.isfinite(number) or number == 0:
        return None
    if abs(number) <= ZERO_IN_FLOAT16:
        return "0"
    if abs(number) < INFINITE_IN_FLOAT16:
        return None
    return "inf" if number > 0 else "-inf"
