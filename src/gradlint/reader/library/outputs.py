"""The ranges of what layers and models put out."""

from __future__ import annotations

from dataclasses import replace

from gradlint.model.layers import OutputActivation
from gradlint.reader import calls, containers
from gradlint.reader.arguments import Args
from gradlint.reader.state import Run
from gradlint.reader.tensors import Site, layer_output
from gradlint.values import NO_MARKS, Flows, Fn, Kind, Num, Ref, Seq, Source, Value, flows_of, join_flows, sequence
from gradlint.vocabulary.tensors import OUTPUTS

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
    return {source: marks for source, marks in flows_of(output).items() if source.kind == "hazard"}


def apply(run: Run, ref: Ref, args: Args) -> Value | None:
    """What a Lambda layer gives for its input; None for other layers."""
    function = run.heap.get(ref).attrs.get(FUNCTION)
    return calls.call(run, function, args) if isinstance(function, Fn) else None
