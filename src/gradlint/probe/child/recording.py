"""Record the eager operations of a step: forward from the opening of a tape, backward during its gradient.

Two things make the record complete. Operation callbacks give type, inputs, attributes and outputs; and TensorFlow's fast
path must be off meanwhile, because it reads variables silently and leaves out default attributes.
"""

from __future__ import annotations

import threading
from typing import Any

from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import backprop, core
from tensorflow.python.framework import op_callbacks

from .frames import Frames, Place


class Op:
    """One executed operation. It holds its tensors: their identity is how producers are found."""

    __slots__ = ("attrs", "forward", "inputs", "kind", "outputs", "place")

    def __init__(
        self, kind: str, inputs: tuple[Any, ...], attrs: Any, outputs: tuple[Any, ...], place: Place | None
    ) -> None:
        self.kind = kind
        self.inputs = inputs
        self.attrs = attrs
        self.outputs = outputs
        self.place = place
        self.forward: tuple[str, tuple[Any, ...], tuple[Any, ...]] | None = None
        """In the backward pass: type, inputs and outputs of the operation whose derivative this belongs to."""


class Recording:
    """The operations below one tape, in the order of execution."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.ops: list[Op] = []
        self.backward_from: int | None = None
        self.recurrent: list[Any] = []
        """Recurrent layers that ran meanwhile (recurrent.py)."""
        self.differentiating: tuple[str, tuple[Any, ...], tuple[Any, ...]] | None = None
        self.owner: Any = None
        """The outermost tape: the recording ends with it."""
        self.paused = False
        """While the probe itself computes."""
        self._thread: int | None = None

    def start(self) -> None:
        """From now on, in this thread."""
        if self._thread is None:
            self._thread = threading.get_ident()
            op_callbacks.add_op_callback(self._note)
            _slow.enter()

    def stop(self) -> None:
        """A tape that another thread opened is left to run out with its thread."""
        if self._thread == threading.get_ident():
            op_callbacks.remove_op_callback(self._note)
            _slow.leave()
            self._thread = None

    @property
    def running(self) -> bool:
        """Between start and stop."""
        return self._thread is not None

    def producers(self) -> dict[int, int]:
        """Identity of a tensor -> index of the operation that made it."""
        return {id(output): index for index, op in enumerate(self.ops) for output in op.outputs}

    def _note(self, kind: Any, inputs: Any, attrs: Any, outputs: Any, op_name: Any = None, graph: Any = None) -> None:
        if graph is not None or self.paused or not isinstance(outputs, (list, tuple)):
            return
        kind = kind.decode() if isinstance(kind, bytes) else str(kind)
        op = Op(kind, tuple(inputs), attrs, tuple(outputs), self.frames.place(2))
        op.forward = self.differentiating
        self.ops.append(op)


class _Slow:
    """Switches TensorFlow's fast path off while anybody records."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._fast = pywrap_tfe.TFE_Py_FastPathExecute

    def enter(self) -> None:
        with self._lock:
            self._users += 1
            pywrap_tfe.TFE_Py_FastPathExecute = _refuse

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                pywrap_tfe.TFE_Py_FastPathExecute = self._fast


def _refuse(*_: Any, **__: Any) -> Any:
    raise core._FallbackException("the probe is recording")


_slow = _Slow()


def follow_differentiation(current: Any) -> None:
    """Tell the recording that `current()` gives which forward operation is being differentiated, for good."""
    original = backprop._gradient_function

    def differentiate(op_name: Any, attrs: Any, num_inputs: Any, inputs: Any, outputs: Any, *rest: Any) -> Any:
        recording = current()
        if recording is None:
            return original(op_name, attrs, num_inputs, inputs, outputs, *rest)
        before = recording.differentiating
        recording.differentiating = (str(op_name), tuple(inputs or ()), tuple(outputs or ()))
        try:
            return original(op_name, attrs, num_inputs, inputs, outputs, *rest)
        finally:
            recording.differentiating = before

    pywrap_tfe.TFE_Py_RegisterGradientFunction(differentiate)
