"""Computing gradients and clipping them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gradlint.model import Where
from gradlint.ranges import UNBOUNDED
from gradlint.reader import containers, hazards, tensors
from gradlint.reader.arguments import Args
from gradlint.reader.events import ClipEvent, GradientEvent
from gradlint.reader.library import loss_scale, optimizers, precision
from gradlint.reader.state import Run
from gradlint.reader.tensors import Site
from gradlint.values import (
    ANY,
    NONE,
    Const,
    Ext,
    Flows,
    Fn,
    Kind,
    Mark,
    Method,
    Num,
    Record,
    Ref,
    Seq,
    Source,
    Step,
    Value,
    join_all,
    mark_flows,
    options,
    sequence,
    truth,
)
from gradlint.vocabulary.clipping import CLIP_FUNCTIONS, ClipSpec, Returns, find_clip

_TAPES = ("tf.GradientTape", "tf.autodiff.GradientTape", "tf.backprop.GradientTape", "tf.eager.backprop.GradientTape")
_COMPUTE = frozenset({"tf.gradients", "keras.backend.gradients", "tf.gradients_impl.gradients"})
_RESCALES = frozenset({"tf.nn.l2_normalize", "tf.normalize", "tf.sign", "np.sign", "tf.l2_normalize"})


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Tapes, `tf.gradients` and the clipping functions."""
    if name.name in _TAPES or name.name.endswith(".GradientTape"):
        return run.heap.allocate(
            (args.where, args.frame.context if args.frame else 0), "tape", args.where, name=name.name
        )
    if name.name.endswith("DistributedGradientTape"):
        return args.get(0, "gradtape") or ANY
    if name.name in _COMPUTE:
        given = args.get(2, "grad_ys", "output_gradients")
        found = compute(
            run, args.where, args, args.get(0, "ys", "loss") or ANY, args.get(1, "xs", "variables") or ANY, given
        )
        return _connected(run, found, args.get(None, "unconnected_gradients"))
    spec = find_clip(name.name)
    if spec is not None:
        return clip(run, name.name, spec, args)
    if name.name in _RESCALES and any(s.kind == "gradient" for s in args.flows(run.heap)):
        return clip(run, name.name, CLIP_FUNCTIONS["tf.clip_by_value"], args)
    return None


def compute(run: Run, where: Where, args: Args, loss: Value, parameters: Value, given: Value | None = None) -> Value:
    """Gradients of a loss: one value for all, or one for each of several lists of parameters."""
    context = args.frame.context if args.frame is not None else 0
    items = containers.iterate_items(run, parameters)
    grouped = (
        items is not None
        and 1 < len(items) <= 6
        and all(isinstance(i, Num) and i.kind is Kind.PARAMETERS for i in items)
    )
    if grouped and items is not None:
        return sequence(one(run, where, context * 16 + i + 1, loss, item, given) for i, item in enumerate(items))
    return one(run, where, context, loss, parameters, given)


def _connected(run: Run, gradients: Value, unconnected: Value | None) -> Value:
    """Gradients of which none is None where zeros (or something that was not followed) were asked for instead."""
    nothing = unconnected is None or (isinstance(unconnected, Ext) and unconnected.name.endswith(".NONE"))
    if nothing or unconnected == Const("none"):
        return gradients
    return _changed(run, gradients, lambda flows: mark_flows(flows, Mark.PRESENT))


def one(run: Run, where: Where, context: int, loss: Value, parameters: Value, given: Value | None = None) -> Num:
    """The gradients of one loss with respect to one set of parameters."""
    owner = ""
    source = Source("gradient", where, context, owner)
    if given is not None and given != NONE:
        loss = Num(Kind.LOSS, None, {**run.heap.flows(loss), **run.heap.flows(given)})
    run.emit(GradientEvent(where, source, loss, parameters))
    run.facts[source] = (loss, parameters)
    upstream = run.heap.flows(given) if given is not None and given != NONE else {}
    marks = loss_scale.of_loss(run.heap.flows(loss))
    if upstream and all(marks.must & Mark.CLIPPED for marks in upstream.values()):
        marks = marks.add(Mark.CLIPPED)
    term = tensors.source("gradient", Site(where, context, True))
    return Num(Kind.GRADIENT, UNBOUNDED, {source: marks}, term=term)


def clip(run: Run, name: str, spec: ClipSpec, args: Args) -> Value:
    """A clipping function: everything that passes is bounded from here on."""
    keyword, position = spec.gradients
    given = args.get(position, keyword, "grads", "gradients", "x", "a", "t") if position >= 0 else None
    if spec.returns is Returns.TRANSFORMER:
        return Method(Const("clip"), "transform")
    given = given if given is not None else ANY
    flows = run.heap.flows(given)
    if any(source.kind == "gradient" for source in flows):
        run.emit(_event(name, spec, args, flows))
    clipped = _mark(run, given, args.where)
    if spec.returns is Returns.PAIR:
        norm = Num(Kind.TENSOR, None, mark_flows(flows, Mark.STATISTIC))
        return Seq(join_all((clipped, norm)), (clipped, norm), None, args.where, args.where)
    if spec.returns is Returns.PAIRS:
        return clipped
    return _ranged(given, clipped, args, name) if "value" in name or name.endswith("clip") else clipped


def _event(name: str, spec: ClipSpec, args: Args, flows: Flows) -> ClipEvent:
    """The clip with the bounds that it was given."""
    if find_clip(name) is None:  # it rescales, and has no bound
        return ClipEvent(args.where, name, flows)
    keyword, position = spec.bound
    low = args.get(spec.low[1], spec.low[0]) if spec.low is not None else None
    return ClipEvent(args.where, name, flows, args.get(position, keyword), low, args.place(position, keyword))


def _ranged(given: Value, clipped: Value, args: Args, name: str) -> Value:
    """A clip by value bounds the range."""
    if not isinstance(clipped, Num):
        return clipped
    low = args.get(1, "clip_value_min", "a_min", "x_min", "min_value")
    high = args.get(2, "clip_value_max", "a_max", "x_max", "max_value")
    site = Site(args.where, args.context, not name.startswith("np."))
    made = tensors.clipped(given, None if low == NONE else low, None if high == NONE else high, site)
    return replace(hazards.capped(clipped), range=made.range, term=made.term)


def _mark(run: Run, value: Value, where: Where) -> Value:
    """The value with every flow clipped, structure kept."""
    return _changed(run, value, lambda flows: mark_flows(flows, Mark.CLIPPED | Mark.BOUNDED, where))


def _changed(run: Run, value: Value, change: Callable[[Flows], Flows]) -> Value:
    """The value with every flow changed, structure kept."""
    if isinstance(value, Num):
        return Num(value.kind, value.range, change(value.flows), value.unknown)
    if isinstance(value, Seq):
        items = None if value.items is None else tuple(_changed(run, item, change) for item in value.items)
        return Seq(_changed(run, value.elem, change), items, None, value.made)
    if isinstance(value, Ref) and run.heap.get(value).kind == "list":
        obj = run.heap.get(value)
        if obj.items is not None:
            return sequence(_changed(run, item, change) for item in obj.items)
        return Seq(_changed(run, run.read_content(value), change))
    if isinstance(value, Record | Step | Method):
        return Num(Kind.TENSOR, None, change(run.heap.flows(value)))
    found = [_changed(run, option, change) for option in options(value) if option is not value]
    if found:
        return join_all(found)
    return Num(Kind.TENSOR)


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """`tape.gradient`, `optimizer.compute_gradients` and the like."""
    if name in ("gradient", "jacobian", "batch_jacobian") and _may_be_tape(run, receiver, args):
        found = compute(
            run,
            args.where,
            args,
            args.get(0, "target") or ANY,
            args.get(1, "sources") or ANY,
            args.get(2, "output_gradients"),
        )
        return _connected(run, found, args.get(3, "unconnected_gradients"))
    if name in ("compute_gradients", "_compute_gradients"):
        return _compute_gradients(run, receiver, args)
    if name == "get_gradients":
        return compute(run, args.where, args, args.get(0, "loss") or ANY, args.get(1, "params") or ANY)
    if name in ("get_scaled_loss", "get_unscaled_gradients", "scale_loss"):
        precision.note_scaling(run, receiver, name, args)
    if name in ("get_scaled_loss", "scale_loss"):
        return loss_scale.scaled(run, receiver, name, args.get(0) or ANY, args)
    if name == "get_unscaled_gradients":
        return _changed(run, args.get(0) or ANY, loss_scale.unscaled)
    if name == "reduce_gradients":
        return args.get(0) or ANY
    if name == "watch" or name == "stop_recording" or (name == "reset" and _is_kind(run, receiver, "tape")):
        return NONE
    if name == "transform" and isinstance(receiver, Const) and receiver.value == "clip":
        return _mark(run, args.get(0) or ANY, args.where)
    return None


def _compute_gradients(run: Run, receiver: Value, args: Args) -> Value:
    loss = args.get(0, "loss") or ANY
    if isinstance(loss, Fn):
        from gradlint.reader import calls

        loss = calls.call_value(run, loss, [], {}, args.where, args.frame)
    parameters = args.get(1, "var_list")
    if parameters is None or parameters == NONE:
        parameters = Num(Kind.PARAMETERS, None, {})
    gradients = compute(run, args.where, args, loss, parameters)
    for option in options(receiver):
        if isinstance(option, Ref) and truth(run.heap.get(option).attrs.get("@clips", Const(False))):
            gradients = _mark(run, gradients, option_where(run, option))
    variable = containers.element(run, parameters)
    pair = sequence((gradients, variable))
    return Seq(pair, None, (gradients, parameters), args.where)


def option_where(run: Run, ref: Ref) -> Where:
    """Where an object was made."""
    return run.heap.get(ref).where


def _is_kind(run: Run, value: Value, kind: str) -> bool:
    return any(isinstance(option, Ref) and run.heap.get(option).kind == kind for option in options(value))


def _may_be_tape(run: Run, receiver: Value, args: Args) -> bool:
    if _is_kind(run, receiver, "tape"):
        return True
    unknown = any(isinstance(option, Num | Method) for option in options(receiver))
    count = len(args.positional) + len(args.keywords)
    return unknown and count >= 2 and not isinstance(receiver, Const)


__all__ = ["Ref", "clip", "compute", "function", "method", "optimizers"]
