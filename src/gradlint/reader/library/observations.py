"""Observations: which environments show large numbers, and which wrappers scale them."""

from __future__ import annotations

from gradlint.model import Where
from gradlint.reader import calls, classes, containers
from gradlint.reader.arguments import Args
from gradlint.reader.state import ClassInfo, Run
from gradlint.values import (
    ANY,
    NO_MARKS,
    Const,
    Ext,
    Fn,
    Kind,
    Num,
    Ref,
    Source,
    Value,
    join_flows,
    options,
    range_of,
    truth,
)
from gradlint.vocabulary import observations as names


def space(run: Run, name: Ext, args: Args) -> Value | None:
    """`spaces.Box(low, high)`: what a project's own environment says of its observations."""
    if names.SPACE.fullmatch(name.name) is None:
        return None
    ref = run.heap.allocate((args.where, "space", args.context), "space", args.where, name=name.name, raw=name.raw)
    for position, bound in enumerate(("low", "high")):
        run.write_attr(ref, f"@{bound}", args.get(position, bound) or ANY)
    return ref


def keeps(name: Ext, args: Args) -> bool:
    """Whether observations are as large behind a library's wrapper as before it."""
    last = name.name.rpartition(".")[2]
    spec = names.SCALING_ARGUMENTS.get(last)
    if spec is None:
        return last in names.KEEPING
    given = args.get(spec.position, spec.argument)
    return (spec.default if given is None else truth(given)) is False


def of_environment(run: Run, env: Value, args: Args) -> Value:
    """What `step` and `reset` of an environment show, through its wrappers."""
    return _through(run, env, args, frozenset())


def _through(run: Run, env: Value, args: Args, passed: frozenset[Ref]) -> Value:
    for option in options(env):
        # a wrapper that a loop puts around itself is one object, and what it wraps
        if isinstance(option, Ref) and option not in passed and run.heap.get(option).kind == "env":
            return _of_one(run, option, args, passed | {option})
    return Num(Kind.TENSOR)


def _of_one(run: Run, ref: Ref, args: Args, passed: frozenset[Ref]) -> Value:
    obj = run.heap.get(ref)
    inner = run.read_attr(ref, "env")
    if inner is None:
        name = run.read_attr(ref, "@id")
        known = names.large_observation(name.value) if isinstance(name, Const) and isinstance(name.value, str) else None
        return _large(run, Num(Kind.TENSOR), obj.where, known) if known else Num(Kind.TENSOR)
    if isinstance(obj.cls, ClassInfo):
        changed = classes.find(obj.cls, "observation")
        seen = _through(run, inner, args, passed)
        if changed is None or not isinstance(changed[1], Fn):
            return seen
        method = Fn(changed[1].definition, changed[1].frame, ref, changed[0])
        return calls.call_value(run, method, [seen], {}, args.where, args.frame)
    return _through(run, inner, args, passed) if run.read_attr(ref, "@keeps") is not None else Num(Kind.TENSOR)


def of_project(run: Run, value: Value, ref: Ref) -> Value:
    """What a project's own `step` shows; large if its `observation_space` says so."""
    declared = run.read_attr(ref, "observation_space")
    boxes = [option for option in options(declared or ANY) if isinstance(option, Ref)]
    ends = [run.read_attr(box, end) for box in boxes for end in ("@low", "@high")]
    largest = max((_size(run, end) for end in ends if end is not None), default=0.0)
    if not names.LARGE <= largest < names.UNLIMITED:
        return value
    where = run.heap.get(boxes[0]).where
    return _large(run, value, where, f"{run.heap.get(ref).name} declares observations up to {largest:,.0f}")


def _size(run: Run, bound: Value) -> float:
    """The largest absolute value of a bound: a number, or an array of one for each component."""
    found = 0.0
    for option in options(bound):
        for each in containers.iterate_items(run, option) or (option,):
            known = range_of(each)
            found = max(found, abs(known.low), abs(known.high)) if known is not None else found
    return found


def _large(run: Run, value: Value, where: Where, why: str) -> Num:
    source = Source("observation", where, 0, why)
    return Num(Kind.TENSOR, None, join_flows({source: NO_MARKS}, run.heap.flows(value)))


__all__ = ["keeps", "of_environment", "of_project", "space"]
