"""Constructing learning-rate schedules."""

from __future__ import annotations

from gradlint.reader.arguments import Args
from gradlint.reader.state import Run
from gradlint.values import NONE, Const, Ext, Ref, Seq, Value
from gradlint.vocabulary.schedules import RateArgument, find_schedule


def construct(run: Run, name: Ext, args: Args) -> Ref | None:
    """A schedule object with what was given to it; None where the name is no schedule's."""
    spec = find_schedule(name.name)
    if spec is None:
        return None
    context = args.frame.context if args.frame is not None else 0
    ref = run.heap.allocate(
        (args.where, name.name, context), "schedule", args.where, name=name.name, raw=name.raw, context=context
    )
    end = () if spec.end is None else (spec.end,)
    for argument in (*spec.rates, *spec.shape, *end):
        _keep(run, ref, argument, args)
    inner = args.get(spec.inner.position, spec.inner.keyword) if spec.inner is not None else None
    if inner is not None:
        run.write_attr(ref, "@inner", inner)
    if args.open:
        run.write_attr(ref, "@open", Const(True))
    return ref


def _keep(run: Run, ref: Ref, argument: RateArgument, args: Args) -> None:
    """Store an argument and where it is written."""
    value = args.get(argument.position, argument.keyword)
    if value is None or value == NONE:
        return
    run.write_attr(ref, f"@{argument.keyword}", _entries(run, value) if argument.many else value)
    run.heap.edit(ref).entries[argument.keyword] = Const(args.place(argument.position, argument.keyword))


def _entries(run: Run, value: Value) -> Value:
    """Any entry of a list."""
    if isinstance(value, Ref):
        return run.heap.content(value)
    return value.elem if isinstance(value, Seq) else value
