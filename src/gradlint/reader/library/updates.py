"""Gradients reaching weights: every way of applying them."""

from __future__ import annotations

from gradlint.model import Where
from gradlint.reader import calls, containers
from gradlint.reader.arguments import Args
from gradlint.reader.events import PairingEvent, UpdateEvent
from gradlint.reader.library import gradients as computing
from gradlint.reader.state import Run
from gradlint.values import (
    ANY,
    NO_MARKS,
    NONE,
    Const,
    Either,
    Ext,
    Fn,
    Kind,
    Method,
    Num,
    Record,
    Ref,
    Seq,
    Source,
    Value,
    join_all,
    join_flows,
    options,
)

ASSIGNMENTS = frozenset({"assign", "assign_sub", "assign_add"})


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """Methods that apply gradients, whatever their receiver turns out to be."""
    name = name.removeprefix("base.")
    if name == "apply_gradients":
        return apply_pairs(run, receiver, args)
    if name == "apply":
        return _apply(run, receiver, args)
    if name == "minimize":
        return _minimize(run, receiver, args)
    if name == "get_updates":
        return _get_updates(run, receiver, args)
    if name in ASSIGNMENTS:
        return _assign(run, receiver, name, args)
    return None


def operation(where: Where, context: int) -> Num:
    """The operation that an update returns; in graph mode a session runs it."""
    return Num(Kind.OPERATION, None, {Source("update", where, context): NO_MARKS})


def emit(
    run: Run,
    where: Where,
    name: str,
    optimizer: Value,
    grads: Value,
    variables: Value,
    args: Args,
    loss: Value | None = None,
    pairing: Where | None = None,
) -> Num:
    """Record an update and return its operation."""
    context = args.frame.context if args.frame is not None else 0
    run.emit(UpdateEvent(where, name, optimizer, grads, variables, loss, pairing))
    run.calls_seen[where] = name
    return operation(where, context)


def apply_pairs(run: Run, receiver: Value, args: Args) -> Value:
    """`optimizer.apply_gradients(pairs)`."""
    pairs = args.get(0, "grads_and_vars", "gradients_and_variables", "grads_and_variables") or ANY
    grads, variables, pairing = split(run, pairs)
    if isinstance(grads, Seq) and grads.pair_of is not None:
        run.emit(PairingEvent(grads.pair_of, grads, variables, "clip-pair"))
    return emit(run, args.where, "apply_gradients", receiver, grads, variables, args, pairing=pairing)


def split(run: Run, pairs: Value) -> tuple[Value, Value, Where | None]:
    """Gradients and variables of a sequence of pairs, whichever it may be, and where they were paired."""
    choices = [option for option in options(pairs) if option not in (ANY, NONE)] or [pairs]
    found = [_split_one(run, choice) for choice in choices]
    if len(found) == 1:
        return found[0]
    places = {made for _, _, made in found}
    made = places.pop() if len(places) == 1 else None
    return join_all(grads for grads, _, _ in found), join_all(variables for _, variables, _ in found), made


def _split_one(run: Run, pairs: Value) -> tuple[Value, Value, Where | None]:
    if isinstance(pairs, Seq) and pairs.parts is not None and len(pairs.parts) == 2:
        return pairs.parts[0], pairs.parts[1], pairs.made
    element = containers.element(run, pairs)
    items = containers.iterate_items(run, element)
    if items is not None and len(items) == 2:
        made = pairs.made if isinstance(pairs, Seq) else None
        return items[0], items[1], made
    if isinstance(element, Record) and len(element.values) == 2:
        return element.values[0], element.values[1], None
    if isinstance(element, Either):
        tuples = [containers.iterate_items(run, option) for option in element.options]
        pairs_only = [each for each in tuples if each is not None and len(each) == 2]
        if pairs_only:
            return Either(tuple(p[0] for p in pairs_only)), Either(tuple(p[1] for p in pairs_only)), None
    return element, ANY, None


def _apply(run: Run, receiver: Value, args: Args) -> Value | None:
    """`optimizer.apply(gradients, variables)` of Keras 3 and Sonnet; other things have an `apply` too."""
    grads = args.get(0, "grads", "updates", "gradients")
    if grads is None:
        return None
    is_optimizer = any(isinstance(o, Ref) and run.heap.get(o).kind == "optimizer" for o in options(receiver))
    has_gradients = any(source.kind == "gradient" for source in run.heap.flows(grads))
    if not is_optimizer and not has_gradients:
        return None
    variables = args.get(1, "trainable_variables", "parameters") or ANY
    if isinstance(grads, Seq) and grads.pair_of is not None:
        run.emit(PairingEvent(grads.pair_of, grads, variables, "clip-pair"))
    return emit(run, args.where, "apply", receiver, grads, variables, args, pairing=args.where)


def _minimize(run: Run, receiver: Value, args: Args) -> Value | None:
    loss = args.get(0, "loss") or ANY
    if isinstance(receiver, Ext):
        return None
    if isinstance(loss, Fn):
        loss = calls.call_value(run, loss, [], {}, args.where, args.frame)
    variables = args.get(1, "var_list")
    if len(args.positional) > 2 and (args.positional[2] != NONE) and "var_list" not in args.keywords:
        variables = args.positional[2]
    if variables is None or variables == NONE:
        variables = Num(Kind.PARAMETERS, None, {})
    if isinstance(variables, Fn):
        variables = calls.call_value(run, variables, [], {}, args.where, args.frame)
    context = args.frame.context if args.frame is not None else 0
    grads = computing.one(run, args.where, context, loss, variables)
    return emit(run, args.where, "minimize", receiver, grads, variables, args, loss)


def _get_updates(run: Run, receiver: Value, args: Args) -> Value | None:
    """Keras 2: `optimizer.get_updates(params=, loss=)`, or in older versions (params, constraints, loss)."""
    third = args.get(2)
    loss = args.get(None, "loss")
    if loss is None:
        loss = third if third is not None else args.get(0)
    variables = args.get(None, "params")
    if variables is None:
        variables = args.get(0) if third is not None else args.get(1)
    context = args.frame.context if args.frame is not None else 0
    grads = computing.one(run, args.where, context, loss or ANY, variables or ANY)
    return emit(run, args.where, "get_updates", receiver, grads, variables or ANY, args, loss)


def _assign(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """`variable.assign_sub(rate * gradient)`, accumulators, and variables that merely hold a value."""
    value = args.get(0, "value", "delta") or ANY
    flows = run.heap.flows(value)
    run.calls_seen[args.where] = name
    for option in options(receiver):
        if isinstance(option, Num):
            for source in option.flows:
                if source.kind == "variable":
                    run.link(source, value)
        if isinstance(option, Method) and option.name in ("learning_rate", "lr"):
            return NONE
    descends = name == "assign_sub" or (name == "assign" and _subtracts(args))
    if descends and any(source.kind == "gradient" for source in flows):
        grads = Num(Kind.GRADIENT, None, {s: m for s, m in flows.items() if s.kind == "gradient"})
        emit(run, args.where, name, Const("none"), grads, receiver, args)
    return (
        receiver if isinstance(receiver, Num) else Num(Kind.TENSOR, None, join_flows(flows, run.heap.flows(receiver)))
    )


def _subtracts(args: Args) -> bool:
    from gradlint.reader.ir import Binary

    return bool(
        args.node is not None
        and args.node.args
        and isinstance(args.node.args[0].value, Binary)
        and args.node.args[0].value.op == "-"
    )
