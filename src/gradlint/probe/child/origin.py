"""Where the first non-finite number of a step was born, found backwards from the loss or gradient that it spoilt.

Forward order alone would accuse innocent operations: attention masks hold -inf on purpose, and `tf.where` throws infinities
away. So the search starts at the spoilt result and follows non-finite inputs only.
"""

from __future__ import annotations

import os
from typing import Any

from . import tensors
from .frames import Place, site
from .graph_origin import Graph
from .recording import Op, Recording
from .state import Probe
from .updates import Update

READS = ("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableV2", "VarHandleOp", "Variable")
PASS_ON = (
    "Identity",
    "Cast",
    "Reshape",
    "ExpandDims",
    "Squeeze",
    "StridedSlice",
    "BroadcastTo",
    "Transpose",
    "StopGradient",
)


class Eager:
    """The operations of a recording."""

    def __init__(self, recording: Recording, update: Update) -> None:
        self.ops = recording.ops
        self.backward_from = recording.backward_from
        self._producers = recording.producers()
        self._names = {id(each.handle): name for each, name in handles(update)}

    def producer(self, tensor: Any) -> Op | None:
        """The operation that made a tensor, None for one that came from outside."""
        index = self._producers.get(id(tensor))
        return None if index is None else self.ops[index]

    def order(self, op: Op) -> int:
        """When it ran."""
        return self._producers[id(op.outputs[0])]

    def value(self, tensor: Any) -> Any:
        """Its numbers; None where it has none of interest."""
        return tensors.array(tensor) if tensors.is_float(tensor) else None

    def variable(self, op: Op) -> str:
        """Name of the variable that it reads."""
        return self._names.get(id(op.inputs[0]), "") if op.inputs else ""

    def is_backward(self, op: Op) -> bool:
        """It belongs to the gradient."""
        return self.backward_from is not None and self.order(op) >= self.backward_from

    def forward(self, op: Op) -> tuple[str | None, Place | None]:
        """Of a backward operation: the forward operation that is differentiated, and its line."""
        if op.forward is None:
            return None, None
        kind, inputs, outputs = op.forward
        known = {id(each) for each in (*inputs, *outputs) if each is not None}
        for each in self.ops[: self.backward_from]:
            if each.kind == kind and known & {id(tensor) for tensor in (*each.inputs, *each.outputs)}:
                return kind, each.place
        return kind, None


def handles(update: Update) -> Any:
    """(TensorFlow variable, name) of every variable that the step's tapes were asked about."""
    for tape in update.tapes_of_all_replicas():
        for variable in tape.variables.values():
            inside = tensors.underlying(variable)
            if hasattr(inside, "handle"):
                yield inside, tensors.name(variable)


def non_finite_origin(probe: Probe, update: Update, step: dict[str, Any]) -> None:
    """Tell the birth of an optimizer's first non-finite number."""
    if step["finite"] or any(each["optimizer"] == update.entry.index for each in probe.non_finite):
        return
    found = _in_recordings(update) if update.graph_values is None else _in_graph(probe, update)
    if found is None:
        clipped = any(not tensors.finite(each) for each in update.clipped)
        found = told("clipped" if clipped and _raw_finite(update) else "update", None, update.place)
    after = update.after or update.weights
    spoilt = [
        tensors.name(variable)
        for variable, raw, weights in zip(update.variables, update.raw, after)
        if not tensors.finite(weights) or (raw is not None and not tensors.finite(raw))
    ]
    probe.non_finite.append({"optimizer": update.entry.index, "step": step["index"], "variables": spoilt, **found})


def _raw_finite(update: Update) -> bool:
    return all(each is None or tensors.finite(each) for each in update.raw)


def _in_recordings(update: Update) -> dict[str, Any] | None:
    for tape in update.tapes_of_all_replicas():
        if tape.recording is None:
            continue
        view = Eager(tape.recording, update)
        gradients = [getattr(each, "values", each) for each in tape.gradients_taken.values() if each is not None]
        for results in (tape.targets, gradients):
            spoilt = [each for each in results if bad(view, each)]
            if spoilt:
                return born(view, spoilt)
    return None


def _in_graph(probe: Probe, update: Update) -> dict[str, Any] | None:
    training, values = update.graph_values
    view = Graph(values, probe.frames)
    losses = [] if training.taken is None else training.taken.targets
    raw = [] if training.taken is None else [each for each in training.taken.gradients.values() if each is not None]
    for results in (losses, raw, [gradient for gradient, _ in training.pairs]):
        spoilt = [each for each in (getattr(one, "values", one) for one in results) if bad(view, each)]
        if spoilt:
            return born(view, spoilt)
    return None


def bad(view: Any, tensor: Any) -> bool:
    """Holds a NaN, or an infinity that an operation made: one that came from outside may be a mask."""
    values = view.value(tensor)
    if values is None or tensors.finite(values):
        return False
    return view.producer(tensor) is not None or tensors.tally(values)["nan"] > 0


def born(view: Any, spoilt: list[Any]) -> dict[str, Any]:
    """Follow non-finite inputs to the operation that had none, or to what came in."""
    left, seen = list(spoilt), set()
    births: list[Any] = []
    leaves: list[Any] = []
    while left:
        tensor = left.pop()
        op = view.producer(tensor)
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        if op is None or op.kind in READS:
            leaves.append((tensor, op))
            continue
        worse = [each for each in op.inputs if bad(view, each)]
        left.extend(worse)
        if not worse:
            births.append((view.order(op), op))
    if births:
        return _birth(view, min(births, key=lambda each: each[0])[1])
    tensor, op = leaves[0]
    first = op or next((each for each in view.ops if any(tensor is one for one in each.inputs)), None)
    return told("data", first, first.place if first is not None else None, [ranged(view, tensor)])


def _birth(view: Any, op: Any) -> dict[str, Any]:
    inputs = [ranged(view, each) for each in op.inputs if view.value(each) is not None]
    output = next((each for each in op.outputs if bad(view, each)), op.outputs[0])
    comes_in = not inputs or any(each["nan"] or each["inf"] for each in inputs)
    backward = view.is_backward(op)
    phase = "data" if comes_in and not backward else "backward" if backward else "forward"
    found = told(phase, op, op.place, inputs, ranged(view, output))
    if backward:
        found["forward_operation"], place = view.forward(op)
        found["forward_site"] = site(place)
    return found


def told(
    phase: str,
    op: Any,
    place: Place | None,
    inputs: list[dict[str, Any]] | None = None,
    output: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """As the wire format has it."""
    return {
        "phase": phase,
        "operation": None if op is None else op.kind,
        "site": site(place),
        "inputs": inputs or [],
        "output": output,
        "forward_operation": None,
        "forward_site": None,
    }


def ranged(view: Any, tensor: Any) -> dict[str, Any]:
    """What a tensor held, and where it came from."""
    values = view.value(tensor)
    counts = tensors.tally(values)
    return {
        "origin": source(view, tensor),
        "shape": [int(n) for n in values.shape],
        "dtype": tensors.dtype_of(tensor),
        "low": counts["low"],
        "high": counts["high"],
        "zeros": counts["zeros"],
        "nan": counts["nan"],
        "inf": counts["inf"],
    }


def source(view: Any, tensor: Any) -> str:
    """A variable by its name, an operation by its line, or "data"."""
    op = view.producer(tensor)
    while op is not None and op.kind in PASS_ON and op.inputs:
        tensor = op.inputs[0]
        op = view.producer(tensor)
    if op is None or op.kind in ("Const", "Placeholder", "IteratorGetNext"):
        values = view.value(tensor)
        return "constant" if values is not None and values.size == 1 and tensors.finite(values) else "data"
    if op.kind in READS:
        return f"variable {view.variable(op)}".strip()
    if op.place is None:
        return str(op.kind)
    return f"{op.kind} at {os.path.basename(str(op.place[0]))}:{op.place[1]}"
