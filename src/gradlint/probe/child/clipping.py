"""What the user's own clipping does between tape and optimizer, told from what went in and what came out."""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np
import tensorflow as tf

from . import tensors

Array = Any
Clip = Callable[[list[Any]], list[Any]]
SAME = 1e-4
"""Relative distance up to which two gradients count as equal."""


def nothing(gradients: list[Any]) -> list[Any]:
    """No clipping."""
    return gradients


def by_global_norm(limit: float) -> Clip:
    """tf.clip_by_global_norm."""
    return lambda gradients: list(tf.clip_by_global_norm(gradients, limit)[0])


def by_value(limit: float) -> Clip:
    """tf.clip_by_value, the same limit on both sides."""
    return lambda gradients: [tf.clip_by_value(each, -limit, limit) for each in gradients]


def by_norms(limits: list[float]) -> Clip:
    """tf.clip_by_norm, a limit for each variable; with the limit inf it would give NaN, so such a one is left alone."""
    return lambda gradients: [
        tf.clip_by_norm(each, limit) if math.isfinite(limit) else each for each, limit in zip(gradients, limits)
    ]


def inferred(raw: list[Array], clipped: list[Array]) -> tuple[Clip, bool, str]:
    """(what to do to a gradient, whether that is exactly what was seen, in words)."""
    if _same(raw, clipped):
        return nothing, True, ""
    before, after = tensors.global_norm(raw), tensors.global_norm(clipped)
    if before > 0 and _same([each.astype(np.float64) * (after / before) for each in raw], clipped) and after < before:
        return by_global_norm(after), True, f"clipped to the global norm {after:.4g}, as observed"
    limit = max((tensors.tally(each)["max_abs"] or 0.0) for each in clipped)
    if _same([np.clip(each.astype(np.float64), -limit, limit) for each in raw], clipped):
        return by_value(limit), True, f"clipped to +-{limit:.4g}, as observed"
    norms = [(tensors.norm(one), tensors.norm(other)) for one, other in zip(raw, clipped)]
    scaled = [each.astype(np.float64) * (new / old if old else 1.0) for each, (old, new) in zip(raw, norms)]
    if _same(scaled, clipped) and all(new <= old * (1 + SAME) for old, new in norms):
        limits = [new if new < old * (1 - SAME) else float("inf") for old, new in norms]
        return by_norms(limits), True, "each variable clipped to the norm observed"
    words = f"what happens between tape and optimizer is approximated by the global norm {after:.4g} it let pass"
    return by_global_norm(after), False, words


def _same(one: list[Array], other: list[Array]) -> bool:
    distance, size = tensors.difference_norm(one, other), tensors.global_norm(other)
    return bool(np.isfinite(distance)) and distance <= SAME * size
