"""From a called library function or method to what it means. Unknown callees give unknown values, never a guess."""

from __future__ import annotations

from collections.abc import Callable

from gradlint.reader import classes, functions
from gradlint.reader.arguments import Args
from gradlint.reader.library import (
    arrays,
    builtin,
    callables,
    configuration,
    datasets,
    environments,
    finite,
    gradients,
    layers,
    losses,
    models,
    optimizers,
    own,
    precision,
    recurrent,
    sessions,
    tables,
    updates,
)
from gradlint.reader.state import ClassInfo, Run
from gradlint.values import (
    ANY,
    NO_FLOWS,
    Const,
    Ext,
    Fn,
    Kind,
    Method,
    Num,
    Ref,
    Seq,
    Source,
    Value,
    flows_of,
    join_flows,
    unknown,
)

Function = Callable[[Run, Ext, Args], Value | None]
MethodHandler = Callable[[Run, Value, str, Args], Value | None]

_FUNCTIONS: tuple[Function, ...] = (
    builtin.function,
    optimizers.function,
    precision.function,
    gradients.function,
    finite.function,
    callables.function,
    configuration.function,
    datasets.function,
    tables.function,
    environments.function,
    models.function,
    sessions.function,
    arrays.function,
)
"""Asked in this order; the first that knows the name answers."""

_METHODS: tuple[MethodHandler, ...] = (
    own.method,
    datasets.method,
    tables.method,
    builtin.method,
    optimizers.method,
    gradients.method,
    updates.method,
    sessions.method,
    environments.method,
    models.method,
    callables.method,
    configuration.method,
    arrays.method,
)


def call_library(run: Run, function: Value, args: Args) -> Value:
    """The value of calling anything that the project does not define."""
    if isinstance(function, Ext):
        if run.half:
            precision.note_call(run, function, args)
        for handler in _FUNCTIONS:
            result = handler(run, function, args)
            if result is not None:
                return _noted(run, function, args, result)
        return _noted(run, function, args, opaque(run, f"{function.raw} is not in the vocabulary", args))
    if isinstance(function, Method):
        return _call_method(run, function, args)
    if isinstance(function, Ref):
        return _call_object(run, function, args)
    reason = function.unknown if isinstance(function, Num) and function.unknown else "an unknown function"
    return opaque(run, reason, args, flows_of(function))


def _noted(run: Run, name: Ext, args: Args, result: Value) -> Value:
    """The result of a library function, with what layers and losses are to know of it."""
    losses.note_function(run, name, args)
    return recurrent.note_initializer(run, name, args, layers.note_function(run, name, args, result))


def _call_method(run: Run, function: Method, args: Args) -> Value:
    for handler in _METHODS:
        result = handler(run, function.receiver, function.name, args)
        if result is not None:
            return result
    return opaque(
        run,
        f"method {function.name.removeprefix('base.')} of something unknown",
        args,
        run.heap.flows(function.receiver),
    )


def _call_object(run: Run, ref: Ref, args: Args) -> Value:
    info = run.heap.get(ref).cls
    if isinstance(info, ClassInfo):
        for name in ("__call__", "call"):
            found = classes.find(info, name)
            if found is not None and isinstance(found[1], Fn):
                function = Fn(found[1].definition, found[1].frame, ref, found[0])
                given = precision.autocast(run, ref, args) if name == "call" else args
                return models.output(run, ref, args, functions.call_function(run, function, given))
    result = own.call_object(run, ref, args)
    if result is None:
        result = models.call_object(run, ref, args)
    return result if result is not None else opaque(run, "a call of an object", args)


def opaque(run: Run, reason: str, args: Args, flows: object = NO_FLOWS) -> Num:
    """An unknown result: what went in may come out changed in any way; inner functions are read on their own."""
    merged = join_flows(args.flows(run.heap), flows)  # type: ignore[arg-type]
    context = args.frame.context if args.frame is not None else 0
    result = unknown(reason, merged)
    own = {Source("call", args.where, context): arrays.NO_MARKS}
    return Num(Kind.PLAIN, None, join_flows(result.flows, own), reason)


def construct_base(run: Run, ref: Ref, info: ClassInfo, args: Args) -> None:
    """An object of a project class without `__init__`: its library base takes the arguments."""
    obj = run.heap.edit(ref)
    if obj.kind == "optimizer":
        optimizers.construct_subclass(run, ref, info, args)
    elif obj.kind == "env":
        environments.construct_subclass(run, ref, args)
    elif obj.kind == "list" and args.positional:
        run.add_content(ref, ANY if not isinstance(args.positional[0], Seq) else args.positional[0].elem)
    for name, value in args.keywords.items():
        run.write_attr(ref, name, value)


__all__ = ["ANY", "Const", "call_library", "construct_base", "opaque"]
