"""Hooks of tf.GradientTape: what was differentiated, with respect to which variables, and what came out."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import backprop

from . import tensors
from .frames import Place
from .recording import Recording, follow_differentiation
from .state import Probe

MOST_PENDING = 64
MOST_RECORDINGS = 4
"""Gradients that nobody applied are kept for a while (accumulation by hand), their recordings for a shorter one."""


class Gradient:
    """The outcome of one `tape.gradient` that nobody has applied so far."""

    def __init__(self, target: Any, place: Place | None, recording: Recording | None) -> None:
        self.targets = [each for each in tensors.flatten(target) if tensors.is_float(each)]
        self.place = place
        self.recording = recording
        self.scale = 1.0
        """What the loss was multiplied with (loss scaling)."""
        self.variables: dict[str, Any] = {}
        self.gradients: dict[str, Any] = {}
        """By key of the variable; None where the loss does not depend on it. Those that were applied are taken out."""
        self.gradients_taken: dict[str, Any] = {}
        """All of them."""

    def loss(self) -> float:
        """The sum that the tape differentiated, without its scale."""
        with np.errstate(all="ignore"):
            total = sum(float(tensors.array(each).astype(np.float64).sum()) for each in self.targets)
        return total / self.scale


class Tapes:
    """The tapes of all threads."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.scaled: list[tuple[Any, float]] = []
        """Losses that were scaled, with the scale: the last few, to be recognised when they are differentiated."""
        self.before_tape: list[Any] = []
        """Called when a tape opens or a gradient is taken: an update by hand is then over."""

    @property
    def pending(self) -> list[Gradient]:
        """Gradients of this thread that were not applied so far."""
        if not hasattr(self.probe.local, "pending"):
            self.probe.local.pending = []
        return self.probe.local.pending  # type: ignore[no-any-return]

    def recording(self) -> Recording | None:
        """The recording that runs in this thread."""
        return getattr(self.probe.local, "recording", None)

    def install(self) -> None:
        """Patch the class, so that every tape is seen however the script came by it."""
        self._patch_enter()
        self._patch_exit()
        self._patch_gradient()
        follow_differentiation(self.recording)
        self.probe.hooks.append("tf.GradientTape")

    def _watching(self) -> bool:
        return self.probe.active and tf.executing_eagerly()

    def _patch_enter(self) -> None:
        original = backprop.GradientTape.__enter__

        def enter(tape: Any) -> Any:
            if self._watching():
                with self.probe.measuring("recording"):
                    self.over()
                    running = self.recording()
                    if running is None:
                        running = self._resumed(tape) or Recording(self.probe.frames)
                        running.owner = tape
                        self.probe.local.recording = running
                        running.start()
                    tape._gradlint_recording = running
            return original(tape)

        backprop.GradientTape.__enter__ = enter

    @staticmethod
    def _resumed(tape: Any) -> Recording | None:
        """A tape that is opened once more before its gradient is taken (legacy optimizers do) goes on recording."""
        recording = getattr(tape, "_gradlint_recording", None)
        return recording if recording is not None and recording.backward_from is None else None

    def _patch_exit(self) -> None:
        original = backprop.GradientTape.__exit__

        def leave(tape: Any, *error: Any) -> Any:
            recording = self.recording()
            if recording is not None and recording.owner is tape:
                recording.stop()
                self.probe.local.recording = None
            return original(tape, *error)

        backprop.GradientTape.__exit__ = leave

    def _patch_gradient(self) -> None:
        original = backprop.GradientTape.gradient

        def gradient(tape: Any, target: Any, sources: Any, *args: Any, **kwargs: Any) -> Any:
            if not self._watching():
                return original(tape, target, sources, *args, **kwargs)
            self.probe.counts["gradient_calls"] += 1
            self.over()
            recording = getattr(tape, "_gradlint_recording", None)
            extended, unpack = sources, None
            with self.probe.measuring("gradients through time"):
                extended, unpack = with_states(recording, sources)
            result = self._differentiate(original, tape, recording, (target, extended, *args), kwargs)
            if unpack is not None:
                result, states = result
                unpack(states)
            with self.probe.measuring("gradient"):
                self._keep(target, sources, result, recording)
            return result

        backprop.GradientTape.gradient = gradient

    def _differentiate(
        self, original: Any, tape: Any, recording: Recording | None, args: Any, kwargs: dict[str, Any]
    ) -> Any:
        """Take the gradient, recording the backward pass behind the forward one."""
        if recording is None or recording.running or self.recording() is not None:
            return original(tape, *args, **kwargs)  # inside another tape, which records this as its forward pass
        if recording.backward_from is None:
            recording.backward_from = len(recording.ops)
        self.probe.local.recording = recording
        recording.start()
        try:
            return original(tape, *args, **kwargs)
        finally:
            recording.stop()
            self.probe.local.recording = None

    def _keep(self, target: Any, sources: Any, result: Any, recording: Recording | None) -> None:
        variables = tensors.flatten(sources)
        gradients = tensors.flatten(result)
        if not any(tensors.is_variable(each) for each in variables) or len(variables) != len(gradients):
            return  # a derivative with respect to inputs: nobody can apply it
        kept = Gradient(target, self.probe.frames.place(), recording)
        kept.scale = self._scale_of(kept.targets)
        for variable, gradient in zip(variables, gradients):
            if tensors.is_variable(variable):
                kept.variables[tensors.key(variable)] = variable
                kept.gradients[tensors.key(variable)] = gradient
        kept.gradients_taken = dict(kept.gradients)
        self.pending.append(kept)
        del self.pending[:-MOST_PENDING]
        for old in self.pending[:-MOST_RECORDINGS]:
            old.recording = None

    def _scale_of(self, targets: list[Any]) -> float:
        for loss, scale in reversed(self.scaled):
            if any(loss is target for target in targets):
                return float(scale)
        return 1.0

    def scaled_loss(self, loss: Any, scaled: Any) -> None:
        """Remember a loss that was multiplied for the sake of float16."""
        before, after = float(tensors.array(loss).sum()), float(tensors.array(scaled).sum())
        if before:
            self.scaled.append((scaled, after / before))
            del self.scaled[:-8]

    def over(self) -> None:
        """Something new begins: an update by hand is complete."""
        for call in self.before_tape:
            call()


def with_states(recording: Recording | None, sources: Any) -> tuple[Any, Any]:
    """The sources, and after them the states of the recurrent layers below this tape: one backward pass for both."""
    layers = recording.recurrent if recording is not None else []
    if not layers:
        return sources, None
    states = [layer.states for layer in layers]

    def unpack(gradients: Any) -> None:
        for layer, found in zip(layers, gradients):
            layer.gradients = found

    return [sources, states], unpack
