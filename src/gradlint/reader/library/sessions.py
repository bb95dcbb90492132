"""TensorFlow 1: placeholders, variables, sessions, and what is fed and fetched."""

from __future__ import annotations

from collections.abc import Iterable

from gradlint.reader import containers
from gradlint.reader.arguments import Args
from gradlint.reader.events import RunEvent
from gradlint.reader.library import variables
from gradlint.reader.state import Run
from gradlint.values import (
    ANY,
    NO_FLOWS,
    NONE,
    Const,
    Either,
    Ext,
    Flows,
    Kind,
    Method,
    Num,
    Ref,
    Seq,
    Value,
    join_all,
    join_flows,
    options,
    sequence,
)

_SESSIONS = frozenset(
    {
        "Session",
        "InteractiveSession",
        "MonitoredTrainingSession",
        "MonitoredSession",
        "SingularMonitoredSession",
        "managed_session",
    }
)
_VARIABLES = frozenset(
    {
        "tf.Variable",
        "tf.get_variable",
        "keras.backend.variable",
        "keras.Variable",
        "tf.contrib.framework.model_variable",
    }
)


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Placeholders, variables, sessions, and queries for variables."""
    last = name.name.rpartition(".")[2]
    if name.name in ("tf.placeholder", "tf.placeholder_with_default"):
        holder = variables.placeholder(run, args)
        if last == "placeholder_with_default" and args.positional:
            feed(run, holder, args.positional[0])
        return holder
    if name.name in _VARIABLES:
        initial = (
            args.get(0, "initial_value", "value", "initializer")
            if last != "get_variable"
            else args.get(None, "initializer")
        )
        return variables.variable(run, args, initial)
    if last in _SESSIONS and name.name.startswith(("tf.", "keras.", "contrib.")):
        return run.heap.allocate((args.where, "session"), "session", args.where, name=name.name)
    if last in ("get_session", "get_default_session"):
        return run.heap.allocate((args.where, "session"), "session", args.where, name=name.name)
    if last in ("trainable_variables", "global_variables", "get_collection", "local_variables"):
        return Num(Kind.PARAMETERS, None, {})
    if last in ("group", "tuple", "with_dependencies") and name.name.startswith(("tf.", "contrib.")):
        return Num(Kind.OPERATION, None, args.flows(run.heap))
    return None


def feed(run: Run, holder: Value, value: Value) -> None:
    """A value is fed to a placeholder."""
    for option in options(holder):
        if isinstance(option, Num):
            for source in option.flows:
                if source.kind == "placeholder":
                    run.link(
                        source,
                        value if isinstance(value, Num | Const) else Num(Kind.TENSOR, None, run.heap.flows(value)),
                    )


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """`session.run(fetches, feed_dict)`, `tensor.eval(feed_dict)`, `operation.run(feed_dict)`."""
    if (
        name == "run"
        and not _is_session(run, receiver)
        and "feed_dict" not in args.keywords
        and not _is_operation(receiver)
    ):
        if not (isinstance(receiver, Num | Method | Ref) and args.positional and _fetchable(run, args.positional[0])):
            return None
    elif name not in ("run", "eval") or (name == "eval" and not isinstance(receiver, Num)):
        return None
    fetches = receiver if name == "eval" or _is_operation(receiver) else args.get(0, "fetches") or ANY
    feeds = args.get(1 if fetches is not receiver else 0, "feed_dict")
    if feeds is not None:
        _feed_all(run, feeds)
    note_run(run, args, [fetches])
    return _fetched(run, fetches)


def note_run(run: Run, args: Args, fetches: Iterable[Value]) -> None:
    """A session, or a function that `K.function` has made, runs these operations here."""
    flows: Flows = NO_FLOWS
    for value in fetches:
        flows = join_flows(flows, run.heap.flows(value))
    updates = [source for source in flows if source.kind == "update"]
    if updates:
        run.used_updates.update(updates)
        run.now.activation.matters = True
    run.emit(RunEvent(args.where, flows))


def _is_session(run: Run, value: Value) -> bool:
    return any(isinstance(o, Ref) and run.heap.get(o).kind == "session" for o in options(value))


def _is_operation(value: Value) -> bool:
    return isinstance(value, Num) and value.kind is Kind.OPERATION


def _fetchable(run: Run, value: Value) -> bool:
    return any(source.kind in ("update", "placeholder", "gradient") for source in run.heap.flows(value))


def _feed_all(run: Run, feeds: Value) -> None:
    """Feeds are dicts keyed by placeholders: remembered as (placeholder, value) pairs when the dict was made."""
    for option in options(feeds):
        if isinstance(option, Ref):
            obj = run.heap.get(option)
            for holder, value in _pairs(run, obj.id):
                feed(run, holder, value)


def _pairs(run: Run, number: int) -> list[tuple[Value, Value]]:
    pairs = run.facts_by_object.get(number, ())
    return list(pairs)


def _fetched(run: Run, fetches: Value) -> Value:
    """What running gives: the same structure, operations become None."""
    if isinstance(fetches, Num):
        return NONE if fetches.kind is Kind.OPERATION else fetches
    items = containers.iterate_items(run, fetches)
    if items is not None:
        return sequence(_fetched(run, item) for item in items)
    if isinstance(fetches, Ref) and run.heap.get(fetches).kind == "dict":
        return fetches
    if isinstance(fetches, Seq):
        return Seq(_fetched(run, fetches.elem))
    if isinstance(fetches, Either):
        return join_all(_fetched(run, option) for option in fetches.options)
    return ANY
