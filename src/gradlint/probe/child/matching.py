"""Which gradients of which tapes went into an update: by identity, or, after the user's clipping, by direction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import tensors
from .tape import Gradient

Array = Any


class Match:
    """The tapes of an update: their raw gradient per variable, and the loss that it belongs to."""

    def __init__(self, tapes: list[Gradient], raw: dict[str, Array | None], mean: bool = False) -> None:
        self.tapes = tapes
        self.raw = raw
        self.mean = mean
        losses = [each.loss() for each in tapes]
        self.loss = sum(losses) / (len(losses) if mean else 1) if losses else None


def match(pending: list[Gradient], keys: list[str], handed: list[Any]) -> Match:
    """The tapes whose gradients were handed to an optimizer.

    Gradients accumulated by hand come from several tapes: the raw gradient is then their sum, or their mean where that
    is what was handed over.
    """
    wanted = set(keys)
    candidates = [each for each in pending if wanted & set(each.gradients)]
    identical = [each for each in candidates if _identical(each, keys, handed)]
    if identical:
        return Match(identical[-1:], _sum(identical[-1:], keys))
    if len(candidates) < 2:
        return Match(candidates, _sum(candidates, keys))
    arrays = {key: tensors.array(each) for key, each in zip(keys, handed)}
    last, together = _sum(candidates[-1:], keys), _sum(candidates, keys)
    if _cosine(last, arrays) > _cosine(together, arrays) + 1e-6:
        return Match(candidates[-1:], last)  # the others were taken and never applied
    mean = {key: None if each is None else each / len(candidates) for key, each in together.items()}
    if _distance(mean, arrays) < _distance(together, arrays):
        return Match(candidates, mean, mean=True)
    return Match(candidates, together)


def consume(pending: list[Gradient], keys: list[str]) -> None:
    """These variables were updated: gradients that were taken before are of no further use."""
    for each in pending:
        for key in keys:
            each.gradients.pop(key, None)
    pending[:] = [each for each in pending if any(gradient is not None for gradient in each.gradients.values())]


def _identical(gradient: Gradient, keys: list[str], handed: list[Any]) -> bool:
    return any(gradient.gradients.get(key) is each for key, each in zip(keys, handed) if each is not None)


def _sum(gradients: list[Gradient], keys: list[str]) -> dict[str, Array | None]:
    total: dict[str, Array | None] = {}
    for key in keys:
        known = [(each, each.gradients[key]) for each in gradients if each.gradients.get(key) is not None]
        parts = [_unscaled(tensors.array(value), each.scale) for each, value in known]
        total[key] = sum(parts[1:], parts[0]) if parts else None
    return total


def _unscaled(values: Array, scale: float) -> Array:
    return values if scale == 1.0 else values.astype(np.float64) / scale


def _cosine(raw: dict[str, Array | None], handed: dict[str, Array]) -> float:
    product = left = right = 0.0
    with np.errstate(all="ignore"):
        for key, each in raw.items():
            if each is not None:
                for one, other in zip(tensors.chunks(each), tensors.chunks(handed[key])):
                    product += float(np.dot(one, other))
                left += tensors.squares(each)
                right += tensors.squares(handed[key])
    value = product / math.sqrt(left * right) if left > 0 and right > 0 else 0.0
    return value if math.isfinite(value) else 0.0


def _distance(raw: dict[str, Array | None], handed: dict[str, Array]) -> float:
    known = [key for key, each in raw.items() if each is not None]
    return tensors.difference_norm([raw[key] for key in known], [handed[key] for key in known])
