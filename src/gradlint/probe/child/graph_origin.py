"""The tensors of a TensorFlow 1 graph that are fetched beside the user's own, and the way through them."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from .frames import Frames, Place

MOST_TENSORS = 4000
MOST_NUMBERS = 1 << 24
"""Beyond these the run would take too much memory; tensors of unknown size count as small."""


def ancestors(ops: Any) -> Any:
    """Every operation that must run for these."""
    left, seen = list(ops), set()
    while left:
        op = left.pop()
        if op not in seen:
            seen.add(op)
            left.extend(op.control_inputs)
            left.extend(each.op for each in op.inputs)
    return seen


def intermediates(gradients: list[Any]) -> dict[str, Any]:
    """Floating-point tensors on the way to the gradients, by name; those inside of loops cannot be fetched."""
    ops = ancestors([each.op for each in tf.nest.flatten(gradients, expand_composites=True)])
    found: dict[str, Any] = {}
    numbers = 0
    for op in sorted(ops, key=lambda each: each._id):
        if op._get_control_flow_context() is not None:
            continue
        for tensor in op.outputs:
            if tensor.dtype.is_floating and not tensor.dtype._is_ref_dtype and tensor.graph.is_fetchable(tensor):
                numbers += tensor.shape.num_elements() or 0
                if len(found) < MOST_TENSORS and numbers < MOST_NUMBERS:
                    found[tensor.name] = tensor
    return found


class GraphOp:
    """An operation of the graph, in the words of a recorded one."""

    def __init__(self, op: Any, frames: Frames) -> None:
        self.kind = op.type
        self.inputs = tuple(op.inputs)
        self.outputs = tuple(op.outputs)
        self.number = op._id
        self.backward = op.name.startswith("gradients") or "/gradients" in op.name
        self.forward: Any = None
        self.name = op.name
        self._op = op
        self._frames = frames

    @property
    def place(self) -> Place | None:
        """Where the user's code built it."""
        for frame in reversed(list(self._op.traceback or ())):
            if self._frames.mine(frame.filename):
                return (frame.filename, frame.lineno, frame.name)
        return None


class Graph:
    """What one run of a session computed."""

    def __init__(self, values: dict[str, Any], frames: Frames) -> None:
        self._values = values
        self._frames = frames
        self.ops: list[GraphOp] = []

    def producer(self, tensor: Any) -> GraphOp | None:
        """Its operation; a placeholder's numbers came from outside."""
        return None if tensor.op.type in ("Placeholder", "PlaceholderWithDefault", "Const") else self._op(tensor.op)

    def _op(self, op: Any) -> GraphOp:
        return GraphOp(op, self._frames)

    def order(self, op: GraphOp) -> int:
        """When it was built."""
        return int(op.number)

    def value(self, tensor: Any) -> Any:
        """Its numbers in the run; None where they were not fetched."""
        return self._values.get(tensor.name)

    def variable(self, op: GraphOp) -> str:
        """Name of the variable that it reads."""
        return str(op.inputs[0].op.name if op.inputs else op.name)

    def is_backward(self, op: GraphOp) -> bool:
        """tf.gradients puts what it builds under a scope of its own."""
        return op.backward

    def forward(self, op: GraphOp) -> tuple[str | None, Place | None]:
        """tf.gradients remembers which operation it differentiated."""
        original = op._op._original_op
        return (None, None) if original is None else (str(original.type), self._op(original).place)
