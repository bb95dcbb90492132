"""Ways to foretell a blow-up from one probe: what gradlint itself says, and the simple rules that people use.

Each takes the JSON of a probe and says whether it would have warned.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Probe = dict[str, Any]
BLOW_UP = {"first-non-finite-step", "loss-growth", "replayed-loss-growth", "rate-times-secant"}
"""The quantities of the findings that say that training blows up."""


def number(value: Any) -> float:
    """A number of the JSON, where what is not finite is text; NaN where there is none."""
    return math.nan if value is None else float(value)


def first(probe: Probe, key: str, step: int = 0) -> float:
    """A quantity of one of the first steps."""
    return number(probe["steps"][step][key]) if step < len(probe["steps"]) else math.nan


def confirmed(probe: Probe) -> set[str]:
    """The quantities that confirmed findings rest on."""
    found = (each for each in probe["findings"] if each["verdict"] == "confirmed")
    return {evidence["quantity"] for each in found for evidence in each["evidence"] if "quantity" in evidence}


def losses(probe: Probe) -> list[float]:
    """Of the watched steps."""
    return [number(each["loss"]) for each in probe["steps"]]


def replayed(probe: Probe) -> list[float]:
    """Of the recorded batch, with the user's own optimizer."""
    trusted = (each for each in probe["replay"] if each["trusted"])
    of_all = (way for each in trusted for way in each["trajectories"] if way["name"] == "as-is")
    return next(([number(loss) for loss in way["losses"]] for way in of_all), [])


def grows(values: list[float], times: float) -> bool:
    """Whether a loss exceeds the first by a factor, or is not finite."""
    return any(not math.isfinite(each) or each > times * values[0] for each in values)


def beyond_sharpness(probe: Probe) -> bool:
    """Whether the rate is above 2 / (largest eigenvalue of the Hessian), the limit of gradient descent on a quadratic."""
    known = (each["sharpness"] for each in probe["replay"] if each["trusted"] and each["sharpness"])
    return any(first(probe, "learning_rate") * number(each["largest"]) > 2 for each in known)


CRITERIA: dict[str, Callable[[Probe], bool]] = {
    "gradlint: a blow-up or a number that is not finite": lambda probe: bool(confirmed(probe) & BLOW_UP),
    "gradlint: anything confirmed": lambda probe: probe["verdict"] == "confirmed",
    "loss of 5 steps > 5 x the first": lambda probe: grows(losses(probe), 5),
    "loss of 5 steps > 10 x the first": lambda probe: grows(losses(probe), 10),
    "5 steps on one batch > 10 x the first loss": lambda probe: grows(replayed(probe), 10),
    "loss after 1 update > 10 x the first": lambda probe: grows(losses(probe)[:2], 10),
    "loss after 1 update > the first": lambda probe: grows(losses(probe)[:2], 1),
    "learning rate x secant > 2": lambda probe: first(probe, "learning_rate") * first(probe, "secant", 1) > 2,
    "learning rate x sharpness > 2": beyond_sharpness,
    "update / weights > 0.1": lambda probe: first(probe, "update_ratio") > 0.1,
    "update / weights > 1": lambda probe: first(probe, "update_ratio") > 1,
    "gradient norm > 10": lambda probe: first(probe, "global_norm_raw") > 10,
    "gradient norm > 1000": lambda probe: first(probe, "global_norm_raw") > 1000,
    "learning rate > 0.01": lambda probe: first(probe, "learning_rate") > 0.01,
}
