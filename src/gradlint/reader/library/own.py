"""Functions and classes that the project's configuration has named: what they do is told, so they are not read."""

from __future__ import annotations

from dataclasses import replace

from gradlint.reader.arguments import Args
from gradlint.reader.ir import Def
from gradlint.reader.library import finite, gradients, optimizers
from gradlint.reader.state import ClassInfo, Frame, Run
from gradlint.values import (
    ANY,
    NO_MARKS,
    Cls,
    Const,
    Ext,
    Fn,
    Kind,
    Mark,
    Num,
    Ref,
    Value,
    join_flows,
    mark_flows,
    options,
    with_flows,
)
from gradlint.vocabulary import own
from gradlint.vocabulary.clipping import By, ClipSpec, Returns
from gradlint.vocabulary.optimizers import find_optimizer
from gradlint.vocabulary.own import OwnNames, OwnOptimizer

_CLIPS = {
    own.RETURNS_GRADIENTS: ClipSpec(Returns.PAIRS, ("", 0), ("", -1), By.NORM),
    own.RETURNS_PAIR: ClipSpec(Returns.PAIR, ("", 0), ("", -1), By.NORM),
}
_FINDS = frozenset({"nan", "inf"})
"""A check that a team has named is believed to look for all that is not finite."""
_BOUNDS = "bounds rewards"
"""Entry of objects that bound the rewards that their methods are given."""


def call(run: Run, function: Value, args: Args) -> Value | None:
    """What a call gives by the project's own vocabulary, None if it says nothing of the function."""
    names = run.vocabulary(args.where.path)
    if not names:
        return None
    name = _name(names, function)
    if name is None:
        return None
    _reached(run, function)
    if name in names.clips:
        return _clip(run, name, names.clips[name], args)
    if name in names.optimizers:
        return _optimizer(run, name, names.optimizers[name], args)
    if name in names.checks:
        return _check(run, name, names.checks[name], args)
    return _rewards(run, name, args, made=isinstance(function, Cls))


def _name(names: OwnNames, function: Value) -> str | None:
    if isinstance(function, Ext):
        return next((name for name in (function.raw, function.name) if name in names), None)
    if isinstance(function, Fn) and isinstance(function.definition, Def) and isinstance(function.frame, Frame):
        owner = f"{function.owner.name}." if isinstance(function.owner, ClassInfo) else ""
        return names.find(f"{_module(function.frame.path)}.{owner}{function.definition.name}")
    if isinstance(function, Cls) and isinstance(function.info, ClassInfo):
        return names.find(f"{_module(function.info.module.ir.path)}.{function.info.name}")
    return None


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").strip("/").replace("/", ".")


def _reached(run: Run, function: Value) -> None:
    """What is named is not read on its own either."""
    if isinstance(function, Fn):
        run.reached.add(id(function.definition))
    elif isinstance(function, Cls) and isinstance(function.info, ClassInfo):
        run.reached.update(id(part) for part in function.info.definition.body if isinstance(part, Def))


def _carrying(run: Run, args: Args, kind: str) -> Value:
    """The argument that something of this kind flows through, or the first one."""
    given = args.all()
    found = (value for value in given if any(source.kind == kind for source in run.heap.flows(value)))
    return next(found, given[0] if given else ANY)


def _clip(run: Run, name: str, returns: str, args: Args) -> Value:
    only = replace(args, positional=[_carrying(run, args, "gradient")], keywords={})
    return gradients.clip(run, name, _CLIPS[returns], only)


def _optimizer(run: Run, name: str, told: OwnOptimizer, args: Args) -> Value:
    if told.like:
        spec = find_optimizer(f"keras.optimizers.{told.like}")
        assert spec is not None, "the configuration was checked"
        made = optimizers.construct(run, Ext(name, name), spec, args)
    else:
        made = optimizers.wrapped(run, Ext(name, name), _inner(run, args), args)
    if told.clips:
        run.write_attr(made, "@clips", Const(True))
    return made


def _inner(run: Run, args: Args) -> Value:
    for value in args.all():
        if any(isinstance(each, Ref) and run.heap.get(each).kind == "optimizer" for each in options(value)):
            return value
    return next(iter(args.all()), ANY)


def _check(run: Run, name: str, returns: str, args: Args) -> Value:
    if returns == own.IS_CALLBACK:
        finite.record(run, args.where, name, "callback", {}, _FINDS)
        return run.heap.allocate((args.where, name), "nan callback", args.where, name=name)
    flows = args.flows(run.heap)
    if returns == own.RETURNS_BOOLEAN:
        check = finite.record(run, args.where, name, "element", flows, _FINDS)
        return Num(Kind.BOOLEAN, None, join_flows(flows, {check: NO_MARKS}))
    check = finite.record(run, args.where, name, "assert", flows, _FINDS)
    given = next(iter(args.all()), ANY)
    return with_flows(given, join_flows(run.heap.flows(given), {check: NO_MARKS})) if isinstance(given, Num) else given


# -- rewards --------------------------------------------------------------------------------------------------------------


def _rewards(run: Run, name: str, args: Args, *, made: bool) -> Value:
    carries = any(source.kind == "reward" for source in args.flows(run.heap))
    if carries or not (made or name.rpartition(".")[2][:1].isupper()):
        return _bounded(run, args)
    context = args.frame.context if args.frame is not None else 0
    ref = run.heap.allocate((args.where, name, context), "env", args.where, name=name, raw=name, context=context)
    inner = args.get(0, "env", "venv", "environment")
    if inner is not None and not isinstance(inner, Const):
        run.write_attr(ref, "env", inner)
    run.write_attr(ref, "@bounds", Const(True))
    run.heap.edit(ref).entries[_BOUNDS] = Const(True)
    return ref


def _bounded(run: Run, args: Args) -> Num:
    flows = run.heap.flows(_carrying(run, args, "reward"))
    return Num(Kind.TENSOR, None, mark_flows(flows, Mark.BOUNDED))


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """A method of a scaler of rewards."""
    if name.removeprefix("base.") in ("step", "step_wait", "reset") or not args.all():
        return None
    bounds = any(isinstance(each, Ref) and _BOUNDS in run.heap.get(each).entries for each in options(receiver))
    return _bounded(run, args) if bounds else None


def call_object(run: Run, ref: Ref, args: Args) -> Value | None:
    """A call of a scaler of rewards."""
    return _bounded(run, args) if _BOUNDS in run.heap.get(ref).entries and args.all() else None
