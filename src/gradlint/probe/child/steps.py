"""From an update to the step that is reported. Measures only: no threshold and no judgement in here."""

from __future__ import annotations

import math
from typing import Any

from . import tensors
from .frames import site
from .state import Probe
from .updates import Update

Array = Any


def step(update: Update) -> dict[str, Any]:
    """The step as the wire format has it."""
    raw = update.raw if update.raw and all(each is not None for each in update.raw) else None
    norms = tensors.Norms()
    moved = [tensors.difference_norm([new], [old]) for new, old in zip(update.after, update.weights)]
    global_norms = {
        "global_norm_raw": None if raw is None else norms.of_all(raw),
        "global_norm_clipped": norms.of_all(update.clipped) if update.clipped else None,
        "global_norm_applied": None if update.applied is None else norms.of_all(update.applied),
        "weight_norm": norms.of_all(update.weights),
        "update_norm": math.hypot(*moved),
    }
    full = update.level == "full"
    return {
        "index": update.entry.updates + 1,
        "optimizer": update.entry.index,
        "level": update.level,
        "loss": update.loss,
        "learning_rate": update.learning_rate,
        **global_norms,
        "update_ratio": _ratio(global_norms["update_norm"], global_norms["weight_norm"]),
        "secant": secant(update),
        # weights after the update are finite if those before and the difference are
        "finite": all(each is None or math.isfinite(each) for each in (update.loss, *global_norms.values())),
        "sites": {
            "created": site(update.entry.created),
            "gradient": site(update.place_of_gradient),
            "applied": site(update.place),
        },
        "variables": [variable(update, index, moved[index], norms) for index in range(len(moved))] if full else [],
        "tapes": len(update.match.tapes),
        "micro_steps": update.micro_steps,
        "replicas": update.replicas,
        "loss_scale": loss_scale(update),
    }


def variable(update: Update, index: int, update_norm: float, norms: tensors.Norms) -> dict[str, Any]:
    """One variable of the step."""
    raw, weights = update.raw[index], update.weights[index]
    clipped = update.clipped[index] if update.clipped else None
    counts = tensors.tally(raw if raw is not None else clipped)
    weight_norm = norms.of(weights)
    dtype, largest = _as_differentiated(update, index)
    return {
        "name": tensors.name(update.variables[index]),
        "shape": [int(n) for n in weights.shape],
        "dtype": tensors.dtype_of(weights),
        "size": int(weights.size),
        "raw": None if raw is None else norms.of(raw),
        "clipped": None if clipped is None else norms.of(clipped),
        "applied": None if update.applied is None else norms.of(update.applied[index]),
        "max_abs": counts["max_abs"],
        "nan": counts["nan"],
        "inf": counts["inf"],
        "weight_norm": weight_norm,
        "update_norm": update_norm,
        "update_ratio": _ratio(update_norm, weight_norm),
        "zero_initialised": weight_norm == 0,
        "headroom_bits": tensors.headroom_bits(dtype, largest),
    }


def _as_differentiated(update: Update, index: int) -> Any:
    """dtype and largest magnitude of the gradient as the tape made it, still with its loss scale."""
    found = [each.gradients_taken.get(update.keys[index]) for each in update.match.tapes]
    taken = [each for each in found if each is not None]
    values = tensors.array(taken[-1]) if taken else (update.clipped or update.raw)[index]
    return tensors.dtype_of(taken[-1] if taken else values), tensors.tally(values)["max_abs"]


def _ratio(update_norm: float | None, weight_norm: float | None) -> float | None:
    return update_norm / weight_norm if update_norm is not None and weight_norm else None


def secant(update: Update) -> float | None:
    """norm(g2 - g1) / norm(w2 - w1) against this optimizer's update before, over the variables of both.

    Remembers this update for the next one.
    """
    gradients = [raw if raw is not None else update.clipped[index] for index, raw in enumerate(update.raw)]
    now = {key: (each, weights) for key, each, weights in zip(update.keys, gradients, update.weights)}
    before, update.entry.previous = update.entry.previous, now
    common = [key for key in now if before is not None and key in before]
    if not common:
        return None
    moved = tensors.difference_norm([now[key][1] for key in common], [before[key][1] for key in common])
    turned = tensors.difference_norm([now[key][0] for key in common], [before[key][0] for key in common])
    return turned / moved if moved > 0 else None


def loss_scale(update: Update) -> dict[str, Any] | None:
    """Loss scaling around the update; it was skipped when the scale was cut."""
    before = update.scale if update.scale is not None else _scale_of_tapes(update)
    if before is None:
        return None
    after = update.scale_after if update.scale_after is not None else before
    return {"before": before, "after": after, "skipped": after < before}


def _scale_of_tapes(update: Update) -> float | None:
    scales = {each.scale for each in update.match.tapes} - {1.0}
    return scales.pop() if len(scales) == 1 else None


def report(probe: Probe, update: Update) -> dict[str, Any]:
    """Keep the step, and what belongs to it."""
    made = step(update)
    if update.entry.learning_rate is None:
        update.entry.learning_rate = update.learning_rate
    probe.tell_step(made)
    return made
