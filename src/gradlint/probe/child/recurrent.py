"""Gradients through time: the states of recurrent layers are noted as they are computed, and differentiated with the rest."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import tensorflow as tf

from . import tensors
from .loader import Finder
from .state import Probe
from .updates import Update

LAYERS = ("SimpleRNN", "LSTM", "GRU")


class Layer:
    """One run of a recurrent layer below a tape."""

    def __init__(self, name: str, cell: str, time_steps: int | None) -> None:
        self.name = name
        self.cell = cell
        self.time_steps = time_steps
        self.states: list[list[Any]] = []
        """Per time step in the order of computation: the floating-point tensors of the state."""
        self.gradients: list[list[Any]] = []


class Recurrent:
    """Hook of the one function through which Keras's recurrent layers go over time."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe

    def install(self, finder: Finder) -> None:
        """`backend.rnn` of Keras 3, Keras 2 and tf_keras."""
        for module in ("keras.src.backend", "tf_keras.src.backend", "keras.backend", "tf_keras.backend"):
            finder.when_imported(module, self._patch)

    def _patch(self, module: Any) -> None:
        original = getattr(module, "rnn", None)
        if original is None or getattr(original, "_gradlint", False):
            return

        def rnn(step_function: Any, inputs: Any, initial_states: Any, *args: Any, **kwargs: Any) -> Any:
            recording = getattr(self.probe.local, "recording", None)
            if recording is None or not self.probe.active or not tf.executing_eagerly():
                return original(step_function, inputs, initial_states, *args, **kwargs)
            owner = _owner(sys._getframe(1))
            cell = type(getattr(owner, "cell", owner)).__name__
            name = str(getattr(owner, "path", None) or getattr(owner, "name", None) or cell)
            layer = Layer(name, cell, _time_steps(inputs, args, kwargs))
            recording.recurrent.append(layer)

            def step(x: Any, states: Any) -> Any:
                output, new = step_function(x, states)
                layer.states.append([each for each in tensors.flatten(new) if tensors.is_float(each)])
                return output, new

            return original(step, inputs, initial_states, *args, **kwargs)

        rnn._gradlint = True  # type: ignore[attr-defined]
        module.rnn = rnn
        name = module.__name__.split(".")[0] + " recurrent layers"
        if name not in self.probe.hooks:
            self.probe.hooks.append(name)


def _owner(frame: Any) -> Any:
    """The layer in whose `call` we are."""
    while frame is not None:
        owner = frame.f_locals.get("self")
        if owner is not None and (hasattr(owner, "cell") or type(owner).__name__ in LAYERS):
            return owner
        frame = frame.f_back
    return None


def _time_steps(inputs: Any, args: Any, kwargs: dict[str, Any]) -> int | None:
    axis = 0 if kwargs.get("time_major") else 1
    try:
        return int(tensors.flatten(inputs)[0].shape[axis])
    except (TypeError, IndexError, ValueError):
        return None


def gradients_through_time(probe: Probe, update: Update, step: dict[str, Any]) -> None:
    """norm(dL/dh_t) for every time step of every recurrent layer, in a fully instrumented step."""
    if update.level != "full":
        return
    seen = set()
    for tape in update.match.tapes:
        for layer in tape.recording.recurrent if tape.recording is not None else ():
            if id(layer) not in seen and layer.gradients:
                seen.add(id(layer))
                told = _told(layer)
                if told is not None:
                    probe.recurrent.append({"optimizer": update.entry.index, "step": step["index"], **told})


def _told(layer: Layer) -> dict[str, Any] | None:
    gradients = layer.gradients
    if layer.time_steps is not None and len(gradients) == layer.time_steps + 1:
        gradients = gradients[1:]  # Keras runs the first time step once more to learn the shape of its output
    known = [[each for each in states if each is not None] for states in gradients]
    norms = [tensors.global_norm([tensors.array(each) for each in states]) for states in known if states]
    if not norms:
        return None
    return {
        "layer": layer.name,
        "cell": layer.cell,
        "time_steps": len(norms),
        "norms": norms,
        "growth": growth(norms),
        "total": norms[0] / norms[-1] if norms[-1] > 0 else None,
        "states": max(len(states) for states in known),
    }


def growth(norms: list[float]) -> float | None:
    """Factor per step backwards in time: exp(-slope) of a line through log norm over t (Pascanu et al. 2013, section 2)."""
    points = [(t, math.log(norm)) for t, norm in enumerate(norms) if norm > 0 and math.isfinite(norm)]
    if len(points) < 3:
        return None
    slope = np.polyfit([t for t, _ in points], [log for _, log in points], 1)[0]
    return math.exp(min(-float(slope), 700.0))
