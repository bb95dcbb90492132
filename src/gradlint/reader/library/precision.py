"""The type of numbers: the policy that Keras computes by, casts, and constants that float16 cannot hold."""

from __future__ import annotations

from dataclasses import replace

from gradlint.model import Where
from gradlint.reader import containers
from gradlint.reader.arguments import Args
from gradlint.reader.events import EpsilonEvent, HalfConstantEvent, PrecisionEvent, ScaleEvent, UnscaledCompileEvent
from gradlint.reader.state import ClassInfo, Run
from gradlint.values import (
    ANY,
    NO_MARKS,
    NONE,
    Const,
    Ext,
    Flows,
    Kind,
    Method,
    Num,
    Ref,
    Seq,
    Source,
    Value,
    number_of,
    options,
)
from gradlint.vocabulary import precision as names


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Policies, `set_floatx` and `set_epsilon` of Keras. (The policy "mixed_float16" leaves weights in float32.)"""
    namespace, _, last = name.name.rpartition(".")
    if namespace.partition(".")[0] != "keras":
        return None
    if last in names.POLICIES:
        return args.get(0, "name") or ANY
    if last == "set_epsilon":
        run.emit(EpsilonEvent(args.where, args.get(0, "value", "e") or ANY))
        return NONE
    if last not in names.SETTERS:
        return None
    value = args.get(0, "value", "policy", "dtype")
    policy = value.value if isinstance(value, Const) and isinstance(value.value, str) and not value.assumed else ""
    run.emit(PrecisionEvent(args.where, policy == "float16", policy, last))
    run.half_policy = args.where if policy in names.HALF_POLICIES else None
    run.half = run.half or run.half_policy is not None
    return NONE


def note_compile(run: Run, receiver: Value, optimizer: Value, args: Args) -> None:
    """`compile(auto_scale_loss=False)`: nothing scales the loss in float16."""
    if args.get(None, "auto_scale_loss") == Const(False):
        run.emit(UnscaledCompileEvent(args.where, optimizer))


def note_scaling(run: Run, receiver: Value, name: str, args: Args) -> None:
    """A method of loss scaling was called."""
    run.emit(ScaleEvent(args.where, name, receiver))


# -- which numbers are float16 -----------------------------------------------------------------------------------------------


def autocast(run: Run, ref: Ref, args: Args) -> Args:
    """Under a policy that computes in float16 the `call` of a layer gets its inputs in float16."""
    obj = run.heap.get(ref)
    if run.half_policy is None or obj.kind not in ("layer", "model") or "dtype" in {*obj.attrs, *obj.entries}:
        return args
    own: Flows = {Source("half", run.half_policy): NO_MARKS}
    given = [_with(value, own) for value in args.positional]
    return replace(args, positional=given, keywords={key: _with(value, own) for key, value in args.keywords.items()})


def note_type(run: Run, receiver: Value, args: Args) -> Value:
    """`super().__init__(dtype=...)` of a layer."""
    for option in options(receiver) if "dtype" in args.keywords else ():
        if isinstance(option, Ref):
            run.heap.edit(option).entries["dtype"] = args.keywords["dtype"]
    return NONE


def _with(value: Value, own: Flows) -> Value:
    return replace(value, flows={**value.flows, **own}) if isinstance(value, Num) else value


def output(run: Run, ref: Ref, result: Num) -> Num:
    """What a layer of Keras returns under such a policy, unless it has a type of its own."""
    obj = run.heap.get(ref)
    if run.half_policy is None or obj.kind != "layer" or isinstance(obj.cls, ClassInfo) or "dtype" in obj.entries:
        return result
    return Num(result.kind, result.range, {**result.flows, Source("half", run.half_policy): NO_MARKS}, result.unknown)


def note_outputs(run: Run, model: Ref, value: Value | None) -> None:
    """What a model returns: the last of its layers, or the tensors that it is made of. Only with a policy does it matter."""
    if run.half_policy is None or value is None:
        return
    items = containers.iterate_items(run, value)
    run.write_attr(model, "@outputs", items[-1] if items else value, replace=True)


def dtype(value: Num) -> Value:
    """`x.dtype`, where it is known to be float16."""
    return Const("float16") if is_half(value) else ANY


def is_half(value: Value) -> bool:
    """Whether a number is known to be float16."""
    return isinstance(value, Num) and any(source.kind == "half" for source in value.flows)


def recast(run: Run, name: str, result: Value, args: Args, *, is_function: bool) -> Value:
    """The result of an operation that may change the type: `tf.cast`, `astype`, `tf.constant(..., dtype)`."""
    if name in names.NAMED_TYPES:
        target: Value = Const(name)
    else:
        given = args.get(int(is_function), "dtype")
        if given is None:
            return result
        target = given
    if _is_half_type(run, target):
        run.half = True
        source = Source("half", args.where)
        _note(run, args.place(0), number_of(result), source, "cast")
        flows = run.heap.flows(result)
        if isinstance(result, Num):
            return replace(result, flows={**flows, source: NO_MARKS})
        return result if isinstance(result, Seq) else Num(Kind.TENSOR, None, {**flows, source: NO_MARKS})
    if isinstance(result, Num) and is_half(result):
        return replace(result, flows=widened(result.flows))
    return result


def widened(flows: Flows) -> Flows:
    """The flows of numbers that are float16 no longer."""
    return {source: marks for source, marks in flows.items() if source.kind != "half"}


def _is_half_type(run: Run, target: Value) -> bool:
    for option in options(target):
        if isinstance(option, Method) and option.name in names.COMPUTE_TYPES:
            return run.half_policy is not None
        name = option.name.rpartition(".")[2] if isinstance(option, Ext) else getattr(option, "value", None)
        if name not in names.HALF_TYPES:
            return False
    return True


# -- constants ---------------------------------------------------------------------------------------------------------------


def note_operand(run: Run, op: str, left: Value, right: Value, here: Where) -> None:
    """A constant beside a float16 number becomes float16."""
    for constant, other in ((left, right), (right, left)):
        number = number_of(constant)
        if number is not None and names.lost(number) is not None and isinstance(other, Num):
            source = next((source for source in other.flows if source.kind == "half"), None)
            if source is not None:
                _note(run, here, number, source, op)


def note_call(run: Run, name: Ext, args: Args) -> None:
    """Constants among the arguments of `tf.maximum`, `tf.where` and the like."""
    last = name.name.rpartition(".")[2]
    if last not in names.MIXING:
        return
    values = args.all()
    source = next((s for v in values if isinstance(v, Num) for s in v.flows if s.kind == "half"), None)
    for value in values if source is not None else ():
        _note(run, args.where, number_of(value), source, last)


def _note(run: Run, where: Where, number: float | None, source: Source | None, op: str) -> None:
    if number is not None and source is not None and names.lost(number) is not None:
        run.emit(HalfConstantEvent(where, number, source.where, op))
