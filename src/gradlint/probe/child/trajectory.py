"""Steps of the user's optimizer on the recorded batch: as they are, and as they would be if one thing were different."""

from __future__ import annotations

import copy
import math
from typing import Any

import tensorflow as tf

from . import tensors
from .clipping import Clip
from .learning_rates import inner, own_variables
from .program import NotReplayable, Program
from .updates import Update

Array = Any


class Descent:
    """Updates by hand that were plain gradient descent."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def apply_gradients(self, pairs: Any) -> None:
        """w - rate * g."""
        for gradient, variable in pairs:
            variable.assign_sub(tf.cast(self.rate, variable.dtype) * gradient)


def clone(update: Update, variables: list[Any], rate: float | None) -> Any:
    """The user's optimizer with its state at the recorded step, for other variables; perhaps with another rate."""
    optimizer = inner(update.entry.optimizer)
    if update.entry.by_hand:
        if update.learning_rate is None:
            raise NotReplayable("the update by hand is not a multiple of the gradient")
        return Descent(rate or update.learning_rate)
    if isinstance(optimizer, tf.compat.v1.train.Optimizer):
        return _fresh(optimizer, rate)
    if not hasattr(optimizer, "get_config"):
        raise NotReplayable(f"a {type(optimizer).__name__} cannot be copied")
    config = configuration(optimizer)
    if rate is not None:
        config["learning_rate"] = rate
    config.pop("gradient_accumulation_steps", None)
    twin = type(optimizer).from_config(config)
    _restore(twin, variables, update.state)
    return twin


def configuration(optimizer: Any) -> dict[str, Any]:
    """What makes another one like it. Schedules go over as they are: users' own can often not say what they are made of."""
    schedule = getattr(optimizer, "_learning_rate", None)
    if not callable(schedule):
        return dict(optimizer.get_config())
    object.__setattr__(optimizer, "_learning_rate", tf.constant(0.0))
    try:
        return {**optimizer.get_config(), "learning_rate": schedule}
    finally:
        object.__setattr__(optimizer, "_learning_rate", schedule)


def _fresh(optimizer: Any, rate: float | None) -> Any:
    """TensorFlow 1's optimizers have no configuration: a copy without what was gathered for the user's variables."""
    twin = copy.copy(optimizer)
    twin._slots, twin._non_slot_dict = {}, {}
    for name in ("_lr", "_learning_rate"):
        if rate is not None and hasattr(twin, name):
            setattr(twin, name, rate)
    return twin


def _restore(twin: Any, variables: list[Any], state: list[Array] | None) -> None:
    """Momentum and the like. Before the first update there is nothing, and a copy starts with nothing."""
    if hasattr(twin, "build"):
        twin.build(variables)
    elif hasattr(twin, "_create_all_weights"):
        twin._create_all_weights(variables)
    own = own_variables(twin)
    if state and [tuple(each.shape) for each in own] == [tuple(each.shape) for each in state]:
        for variable, values in zip(own, state):
            variable.assign(values)
    elif any(tensors.norm(each) for each in state or ()):
        raise NotReplayable("the optimizer's state could not be copied")


class Path:
    """Where the weights went, and what the loss did on the way."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.norms: list[float] = []
        self.secant: float | None = None
        """norm(g1 - g0) / norm(w1 - w0): the same batch, so no noise of batches in it."""


def walk(program: Program, update: Update, theta: list[Any], steps: int, clip: Clip, rate: float | None) -> Path:
    """Take the steps; ends early at the first loss that is not finite."""
    variables = [tf.Variable(each, name=f"w{index}") for index, each in enumerate(theta)]
    optimizer = clone(update, variables, rate)
    path = Path()
    before: Any = None
    for _ in range(steps):
        weights = [tf.identity(each) for each in variables]
        loss, gradients = program.gradient(weights)
        arrays = [tensors.array(each) for each in gradients]
        path.losses.append(loss)
        path.norms.append(tensors.global_norm(arrays))
        if before is not None and path.secant is None:
            path.secant = _secant(before, ([tensors.array(each) for each in weights], arrays))
        before = before or ([tensors.array(each) for each in weights], arrays)
        if not math.isfinite(loss):
            return path
        optimizer.apply_gradients(list(zip(clip(gradients), variables)))
    path.losses.append(float(program.loss([tf.identity(each) for each in variables])))
    return path


def _secant(first: Any, second: Any) -> float | None:
    moved = tensors.difference_norm(second[0], first[0])
    turned = tensors.difference_norm(second[1], first[1])
    return turned / moved if moved > 0 and math.isfinite(turned) else None
