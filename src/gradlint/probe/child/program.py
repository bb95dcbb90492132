"""A recorded step as a pure function of its weights: loss(theta), re-executed operation by operation.

No line of the user's Python runs again, so there are no side effects; what does not depend on the weights (data, dropout
masks, sampled actions, target networks) stays as it was recorded.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import context, execute
from tensorflow.python.framework import op_def_library, op_def_registry

from . import tensors
from .recording import Op, Recording

TRUSTED, SAME_GRADIENT = 1e-4, 1e-3
"""Relative differences between what was observed and what is replayed: of the loss, and of the gradient's norm."""
READ, GATHER, GATHER_ND = "ReadVariableOp", "ResourceGather", "ResourceGatherNd"


class NotReplayable(Exception):
    """The recorded operations do not make up a function of the weights; the message says why."""


class Program:
    """The operations between the weights and the loss."""

    def __init__(self, recording: Recording, targets: list[Any], variables: list[Any], scale: float = 1.0) -> None:
        self.targets = targets
        self.scale = scale
        """What the loss is divided by (loss scaling), or multiplied with where many tapes made up one gradient."""
        self.weights = {id(tensors.underlying(each).handle): index for index, each in enumerate(variables)}
        self._compiled: Any = None
        self.instead: dict[int, Any] = {}
        """Tensors to use in place of recorded ones: a counterfactual."""
        forward = recording.ops[: recording.backward_from]
        self.ops, self._live = self._slice(forward, recording)
        if not any(id(each) in self._live for each in targets):
            raise NotReplayable("the recorded loss does not depend on the weights")

    def _slice(self, ops: list[Op], recording: Recording) -> tuple[list[Op], set[int]]:
        """Backwards from the loss, then forwards from the weights: what is in both."""
        producers = {id(output): index for index, op in enumerate(ops) for output in op.outputs}
        needed: set[int] = set()
        left = [producers[id(each)] for each in self.targets if id(each) in producers]
        if not left:
            raise NotReplayable("the loss was not computed below the tape")
        while left:
            index = left.pop()
            if index not in needed:
                needed.add(index)
                left.extend(producers[id(each)] for each in ops[index].inputs if id(each) in producers)
        chosen: list[Op] = []
        live: set[int] = set()
        for index in sorted(needed):
            op = ops[index]
            depends = [each for each in op.inputs if id(each) in live]
            if self._reads(op) or (depends and self._repeatable(op, depends)):
                chosen.append(op)
                live.update(id(each) for each in op.outputs)
        return chosen, live

    def _reads(self, op: Op) -> bool:
        return op.kind in (READ, GATHER, GATHER_ND) and id(op.inputs[0]) in self.weights

    def _repeatable(self, op: Op, depends: list[Any]) -> bool:
        """False: its result is kept as recorded. A dropout mask stays that mask, sampled actions stay those actions."""
        definition = op_def_registry.get(op.kind)
        if definition is None:
            raise NotReplayable(f"a compiled function ({op.kind}) depends on the weights")
        if any(attribute.type == "func" for attribute in definition.attr):
            raise NotReplayable(f"{op.kind}, which calls a compiled function, depends on the weights")
        if not definition.is_stateful:
            return True
        # a random mask that depends on an integer depends on a shape
        if any(map(tensors.is_float, depends)) and any(map(tensors.is_float, op.outputs)):
            raise NotReplayable(f"{op.kind}, which cannot be repeated, depends on the weights")
        return False

    def loss(self, theta: Sequence[Any]) -> Any:
        """The loss at other weights."""
        found: dict[int, Any] = dict(self.instead)
        for op in self.ops:
            outputs = self._run(op, found, theta)
            found.update((id(old), new) for old, new in zip(op.outputs, outputs))
        values = [tf.reduce_sum(found.get(id(each), each)) for each in self.targets]
        return tf.add_n(values) / tf.cast(self.scale, values[0].dtype)

    def _run(self, op: Op, found: dict[int, Any], theta: Sequence[Any]) -> Sequence[Any]:
        if self._reads(op):
            weights = theta[self.weights[id(op.inputs[0])]]
            if op.kind == READ:
                return [weights]
            gather = tf.gather if op.kind == GATHER else tf.gather_nd
            return [gather(weights, op.inputs[1])]
        inputs = [found.get(id(each), each) for each in op.inputs]
        return executed(op, inputs) if tf.executing_eagerly() else built(op, inputs)

    def gradient(self, theta: Sequence[Any]) -> tuple[float, list[Any]]:
        """Loss and dense gradient at other weights."""
        if self._compiled is not None and not self.instead:
            loss, *taken = self._compiled(*theta)
            return float(loss), taken
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(theta)
            loss = self.loss(theta)
        taken = tape.gradient(loss, theta, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return float(loss), [tf.convert_to_tensor(each) for each in taken]

    def compile(self, theta: Sequence[Any], loss: float, gradients: Sequence[Any]) -> None:
        """From now on the gradient is computed as a graph: some forty are needed, and an LSTM has thousands of operations.

        Raises:
            NotReplayable: if the graph gives another loss, or other gradients, than were found at these weights.
        """

        def both(*weights: Any) -> list[Any]:
            made = self.loss(weights)
            taken = tf.gradients(made, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            return [made, *(tf.convert_to_tensor(each) for each in taken)]

        compiled = tf.compat.v1.wrap_function(both, [tf.TensorSpec(each.shape, each.dtype) for each in theta])
        other, *others = compiled(*theta)
        distance = tensors.difference_norm(*(list(map(tensors.array, each)) for each in (others, gradients)))
        same = distance <= SAME_GRADIENT * tensors.global_norm(map(tensors.array, gradients))
        if not (same and abs(float(other) - loss) <= TRUSTED * max(abs(loss), 1e-12)):
            raise NotReplayable("its graph computes something else")
        self._compiled = compiled

    def constants(self) -> list[Any]:
        """Floating-point tensors that the program uses and that do not depend on the weights."""
        known = {id(each): each for op in self.ops for each in op.inputs if id(each) not in self._live}
        return [each for each in known.values() if tensors.is_float(each)]


def executed(op: Op, inputs: list[Any]) -> list[Any]:
    """Run an operation again, with other inputs."""
    attrs = tuple(part for pair in attributes(op).items() for part in pair)
    outputs = execute.quick_execute(op.kind, len(op.outputs), inputs, attrs, context.context())
    if execute.must_record_gradient():
        execute.record_gradient(op.kind, inputs, attrs, outputs)
    return list(outputs)


def built(op: Op, inputs: list[Any]) -> list[Any]:
    """Put an operation into the graph that is being built, with other inputs."""
    definition = op_def_registry.get(op.kind)
    attrs = attributes(op)
    left = iter(inputs)
    given: dict[str, Any] = {}
    inferred: set[str] = set()
    for each in definition.input_arg:
        inferred |= {each.type_attr, each.number_attr, each.type_list_attr}
        if each.number_attr:
            given[each.name] = list(itertools.islice(left, attrs[each.number_attr]))
        elif each.type_list_attr:
            given[each.name] = list(itertools.islice(left, len(attrs[each.type_list_attr])))
        else:
            given[each.name] = next(left)
    given.update((name, value) for name, value in attrs.items() if name not in inferred)
    return list(op_def_library._apply_op_helper(op.kind, **given)[2].outputs)


def attributes(op: Op) -> dict[str, Any]:
    """Without those that were left to their default."""
    attrs = op.attrs or ()
    return {name: value for name, value in zip(attrs[::2], attrs[1::2]) if value is not None}
