"""What an optimizer is set to: the learning rate in effect, momentum, clipping, loss scale."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from . import tensors

SETTINGS = (
    "momentum",
    "nesterov",
    "beta_1",
    "beta_2",
    "rho",
    "epsilon",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "weight_decay",
    "gradient_accumulation_steps",
    "loss_scale_factor",
)


def number(value: Any) -> float | None:
    """As a float, if it is one number."""
    try:
        return float(value.numpy() if hasattr(value, "numpy") else value)
    except (TypeError, ValueError, RuntimeError, AttributeError):
        return None


def inner(optimizer: Any) -> Any:
    """The optimizer that a loss-scaling one wraps, else itself."""
    wrapped = getattr(optimizer, "inner_optimizer", None)
    return optimizer if wrapped is None else wrapped


def own_variables(optimizer: Any) -> list[Any]:
    """Iterations, momentum and the like; neither the learning rate nor what `gradient_accumulation_steps` gathers."""
    variables = getattr(optimizer, "variables", None)
    variables = variables() if callable(variables) else variables
    left_out = ("learning_rate", "gradient_accumulator")
    return [each for each in variables or () if not any(word in tensors.name(each) for word in left_out)]


def learning_rate(optimizer: Any) -> float | None:
    """In effect for the coming update."""
    optimizer = inner(optimizer)
    if isinstance(optimizer, tf.compat.v1.train.Optimizer):
        value = getattr(optimizer, "_lr", getattr(optimizer, "_learning_rate", None))
        return number(value() if callable(value) else value)
    schedule = getattr(optimizer, "_learning_rate", None)
    if callable(schedule) and hasattr(schedule, "get_config"):
        return number(schedule(optimizer.iterations))
    if hasattr(optimizer, "_decayed_lr"):  # legacy
        return number(optimizer._decayed_lr(tf.float32))
    return number(getattr(optimizer, "learning_rate", None))


def settings(optimizer: Any) -> dict[str, Any]:
    """Those of its settings that say how it moves."""
    optimizer = inner(optimizer)
    found: dict[str, Any] = {}
    for name in SETTINGS:
        try:
            value = getattr(optimizer, name, None)
            if value is None:
                value = getattr(optimizer, "_get_hyper", lambda _: None)(name)
        except (AttributeError, KeyError, ValueError):
            value = None
        if isinstance(value, (bool, str)):
            found[name] = value
        elif (value is not None and not callable(value)) or hasattr(value, "numpy"):
            found[name] = number(value)
    return {name: value for name, value in found.items() if value is not None}


def scale(optimizer: Any) -> float | None:
    """What it divides the gradients by that it is given (Keras 3; Keras 2 is given unscaled ones)."""
    if hasattr(optimizer, "dynamic_scale") or (
        hasattr(optimizer, "initial_scale") and hasattr(optimizer, "scale_loss")
    ):
        return number(getattr(optimizer, "dynamic_scale", None)) or number(optimizer.initial_scale)
    return number(getattr(optimizer, "loss_scale_factor", None))


def loss_scale(optimizer: Any) -> float | None:
    """The current scale of a Keras 2 loss-scaling optimizer."""
    return number(getattr(optimizer, "loss_scale", None))
