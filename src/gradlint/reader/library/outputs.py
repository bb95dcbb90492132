"""The ranges of what layers and models put out."""

from __future__ import annotations

from dataclasses import replace

from gradlint.model.layers import OutputActivation
from gradlint.reader import calls, classes, containers
from gradlint.reader.arguments import Args
from gradlint.reader.state import ClassInfo, Run
from gradlint.reader.tensors import Site, layer_output
from gradlint.values import (
    ANY,
    NO_FLOWS,
    NO_MARKS,
    NOTHING,
    Flows,
    Fn,
    Kind,
    Mark,
    Num,
    Ref,
    Seq,
    Source,
    Value,
    flows_of,
    join,
    join_flows,
    sequence,
)
from gradlint.vocabulary.tensors import OUTPUTS

COMPUTED = "computed"
"""What the function that a layer was given as its activation returns, among the entries of its object."""
FUNCTION = "@function"
"""What a Lambda layer calls, among the attributes of its object."""


def ranged(tensor: Value, activation: OutputActivation | None, args: Args) -> Value:
    """The output of a layer or model at a call of it, with the range of its activation."""
    if activation is None or not isinstance(tensor, Num) or tensor.range is not None:
        return tensor
    own = OUTPUTS.get(activation.name)
    if own is None:
        return tensor
    return replace(tensor, range=own, term=layer_output(activation.name, Site(args.where, args.context, True)))


def linear(layer: str, args: Args) -> Num:
    """What a layer hands to its activation; of the input of a Lambda nothing is known."""
    if layer == "Lambda":
        return ANY
    return Num(Kind.TENSOR, OUTPUTS["linear"], term=layer_output("linear", Site(args.where, args.context, True)))


def of_several(run: Run, ref: Ref, args: Args) -> Value | None:
    """The outputs of a model that was made with several, in their order; None for other models."""
    given = run.heap.get(ref).entries.get("output")
    items = containers.iterate_items(run, given) if isinstance(given, Ref | Seq) else None
    if items is None or len(items) < 2:
        return None
    obj = run.heap.get(ref)
    flows = {Source("model", obj.where, obj.context, f"{obj.kind}:{ref.id}"): NO_MARKS}
    site = Site(args.where, args.context, True)
    made = []
    for position, item in enumerate(items):
        known = item if isinstance(item, Num) else Num()
        term = layer_output(known.term.op, site, position) if known.range is not None and known.term else None
        made.append(Num(Kind.TENSOR, known.range, join_flows(flows, hazards_of(item)), term=term))
    return sequence(made)


def hazards_of(output: Value) -> Flows:
    """The hazards on the way to an output: who calls the model computes them."""
    return {source: marks.add(Mark.LAYERED) for source, marks in flows_of(output).items() if source.kind == "hazard"}


def inside(run: Run, ref: Ref) -> Value:
    """What a model or layer computes, as far as it was seen when it was made."""
    entries = run.heap.get(ref).entries
    return join(entries.get("output", NOTHING), entries.get(COMPUTED, NOTHING))


def like(run: Run, made: Value, model: Value) -> Value:
    """A model that puts out what another one does: its copy."""
    if isinstance(made, Ref) and isinstance(model, Ref):
        known = run.heap.get(model).entries
        run.heap.edit(made).entries.update({name: known[name] for name in ("output", "applied") if name in known})
    return made


def behind(run: Run, layer: Value, tensor: Value) -> Value:
    """The output of a layer for this input: its own class computes it, or the hazards in it and before it are known."""
    info = run.heap.get(layer).cls if isinstance(layer, Ref) else None
    call = classes.find(info, "call") if isinstance(info, ClassInfo) else None
    if isinstance(layer, Ref) and call is not None and isinstance(call[1], Fn):
        function = Fn(call[1].definition, call[1].frame, layer, call[0])
        return calls.call_value(run, function, [tensor], {}, run.heap.get(layer).where, None)
    own = hazards_of(inside(run, layer)) if isinstance(layer, Ref) else NO_FLOWS
    return Num(flows=join_flows(own, hazards_of(tensor)))


def apply(run: Run, ref: Ref, args: Args) -> Value | None:
    """What a Lambda layer gives for its input; None for other layers."""
    function = run.heap.get(ref).attrs.get(FUNCTION)
    return calls.call(run, function, args) if isinstance(function, Fn) else None
