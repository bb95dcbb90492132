"""Extreme eigenvalues of the loss's Hessian: Lanczos on Hessian-vector products by finite differences of gradients.

Finite differences cost two gradients, less than differentiating twice, and work where an operation has no second
derivative. Gradient descent on a quadratic is unstable iff its rate exceeds 2 / sharpness (Cohen et al. 2021,
arXiv 2103.00065, section 2; momentum and Nesterov: appendix B).
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from . import tensors
from .program import Program
from .updates import Update

ITERATIONS = 10
SECONDS = 5.0
"""After so long no further iteration begins. Ritz values bound the largest eigenvalue from below, and grow little after a few."""
STEP = 1e-3
"""Of the finite difference, relative to the norm of the weights."""


def sharpness(program: Program, theta: list[Any], update: Update) -> dict[str, Any] | None:
    """As the wire format has it; None where the gradient around the weights is not finite."""
    found = lanczos(program, theta)
    if found is None:
        return None
    smallest, largest, iterations = found
    return {
        "largest": largest,
        "smallest": smallest,
        "iterations": iterations,
        "limit": limit(update, largest),
    }


def limit(update: Update, largest: float) -> float | None:
    """The largest stable learning rate, where theory knows one."""
    if largest <= 0 or not (update.entry.by_hand or update.entry.name == "SGD"):
        return None
    beta = float(update.entry.settings.get("momentum") or 0.0)
    if update.entry.settings.get("nesterov"):
        return (2 + 2 * beta) / ((1 + 2 * beta) * largest)
    return (2 + 2 * beta) / largest


def lanczos(program: Program, theta: list[Any]) -> Any:
    """(smallest, largest, iterations) Ritz values, with full reorthogonalisation."""
    shapes = [tuple(each.shape) for each in theta]
    weights = [tensors.array(each).astype(np.float64) for each in theta]
    size = sum(each.size for each in weights)
    step = STEP * max(1.0, tensors.global_norm(weights))
    start = np.random.default_rng(0).normal(size=size)
    basis = [start / np.linalg.norm(start)]
    diagonal: list[float] = []
    beside: list[float] = []
    end = time.monotonic() + SECONDS
    for _ in range(min(ITERATIONS, size)):
        if diagonal and time.monotonic() > end:
            break
        product = hessian_times(program, theta, weights, shapes, basis[-1], step)
        if not np.isfinite(product).all():
            break
        diagonal.append(float(np.dot(product, basis[-1])))
        for _ in range(2):  # once loses orthogonality to rounding
            for known in basis:
                product = product - np.dot(product, known) * known
        length = float(np.linalg.norm(product))
        if length < 1e-10 * max(1.0, abs(diagonal[0])):
            break
        beside.append(length)
        basis.append(product / length)
    if not diagonal:
        return None
    inner = beside[: len(diagonal) - 1]
    values = np.linalg.eigvalsh(np.diag(diagonal) + np.diag(inner, 1) + np.diag(inner, -1))
    return float(values[0]), float(values[-1]), len(diagonal)


def hessian_times(
    program: Program, theta: list[Any], weights: list[Any], shapes: list[Any], vector: Any, step: float
) -> Any:
    """(g(w + step v) - g(w - step v)) / (2 step)."""
    import tensorflow as tf

    parts = np.split(vector, np.cumsum([math.prod(shape) for shape in shapes])[:-1])

    def gradient(sign: float) -> Any:
        moved = [
            tf.constant((each + sign * step * part.reshape(shape)).astype(tensors.array(old).dtype))
            for each, part, shape, old in zip(weights, parts, shapes, theta)
        ]
        return np.concatenate([tensors.array(each).astype(np.float64).ravel() for each in program.gradient(moved)[1]])

    return (gradient(1.0) - gradient(-1.0)) / (2 * step)
