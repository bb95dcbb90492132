"""Functions of the project: binding parameters, and evaluating a body once per context of abstract arguments."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import partial

from gradlint.model import Noted, Where
from gradlint.ranges import DATA
from gradlint.reader import expressions, statements, tensors
from gradlint.reader.arguments import Args, noted
from gradlint.reader.heap import TRAINING
from gradlint.reader.ir import Class, Def, Lambda, Param
from gradlint.reader.state import MOST_DEPTH, ClassInfo, Frame, Memo, Run
from gradlint.reader.trace import Activation
from gradlint.terms import Term
from gradlint.values import (
    ANY,
    NO_FLOWS,
    NO_MARKS,
    NONE,
    NOTHING,
    Cls,
    Const,
    Either,
    Ext,
    Fn,
    Kind,
    Num,
    Ref,
    Seq,
    Source,
    Value,
    flows_of,
    join,
    join_all,
    join_flows,
    unknown,
)
from gradlint.vocabulary.tensors import LOSS_PARAMETERS

MOST_CONTEXTS = 6
"""Contexts of one function that are told apart; later ones share one."""


def call_function(run: Run, function: Fn, args: Args) -> Value:
    """Evaluate a function of the project in the context of these arguments."""
    definition = function.definition
    assert isinstance(definition, Def | Lambda)
    bound = bind(run, function, args)
    return _evaluate(run, function, definition, bound, args.where)


def bind(run: Run, function: Fn, args: Args) -> dict[str, Value]:
    """Parameters to values. A parameter that no argument reaches has its default, or is unknown."""
    definition = function.definition
    assert isinstance(definition, Def | Lambda)
    frame = function.frame
    assert isinstance(frame, Frame)
    positional = [function.receiver, *args.positional] if function.receiver is not None else list(args.positional)
    left = dict(args.keywords)
    bound: dict[str, Value] = {}
    for param in definition.params:
        if param.kind == "star":
            bound[param.name] = Seq(join_all(positional), tuple(positional)) if not args.open else Seq(ANY)
            positional = []
        elif param.kind == "kwargs":
            bound[param.name] = _keyword_dict(run, param, left, frame, args)
        elif param.kind == "pos" and positional:
            bound[param.name] = _named(positional.pop(0), param, frame)
        elif param.name in left:
            bound[param.name] = _named(left.pop(param.name), param, frame)
        else:
            bound[param.name] = default_of(run, definition, param, frame, assumed=args.open)
    return bound


def _named(value: Value, param: Param, frame: Frame) -> Value:
    if isinstance(value, Const | Either):
        return noted(Noted(frame.module.place(param.loc), f"passed as {param.name}"), value)
    if type(value) is Num and value.range is None:
        return tensors.named(value, param.name, frame.module.place(param.loc), frame.context)
    return value


def default_of(run: Run, owner: object, param: Param, frame: Frame, *, assumed: bool) -> Value:
    """The default of a parameter; `assumed` where callers that were not seen may pass something else."""
    configured = run.flags.get(f"gin:{param.name}") or run.click.get((id(owner), param.name))
    if param.default is None:
        if configured is not None:
            return configured
        where = Where(frame.path, param.loc)
        reason = f"parameter {param.name} has no caller in the project"
        flows = {Source("parameter", where, 0, param.name): NO_MARKS}
        if param.name in LOSS_PARAMETERS:
            return Num(Kind.PLAIN, DATA, flows, reason, term=Term("parameter", (), where))
        return tensors.named(Num(unknown=reason, flows=flows), param.name, where, 0)
    value = expressions.evaluate(run, param.default, frame)
    if isinstance(value, Const):
        return Const(value.value, value.origins, value.assumed or assumed)
    if assumed and isinstance(value, Fn | Cls | Ext):
        return join(value, ANY)
    return value


def _keyword_dict(run: Run, param: Param, left: dict[str, Value], frame: Frame, args: Args) -> Value:
    ref = run.heap.allocate((id(param), args.where), "dict", Where(frame.path, param.loc))
    obj = run.heap.edit(ref)
    for name, value in left.items():
        obj.entries[name] = join(obj.entries.get(name, NOTHING), value)
    if args.open:
        obj.elem = ANY
    return ref


Bound = dict[str, Value]
_TRAINED = frozenset({"reward", "gradient"})
"""Numbers that training is about."""


def _evaluate(run: Run, function: Fn, definition: Def | Lambda, bound: Bound, where: Where) -> Value:
    frame = function.frame
    assert isinstance(frame, Frame)
    key: Hashable = (id(definition), frame, tuple(bound.values()))
    known = run.memo.get(key)
    if known is not None and known.allocates and known.where != where:
        # each call makes objects of its own: two networks from one builder are two networks
        key = (*key, where)  # type: ignore[misc]
        known = run.memo.get(key)
    if known is not None and _still_valid(known):
        return _again(run, known)
    if known is None:
        count = run.contexts_of.get(id(definition), 0)
        if count >= MOST_CONTEXTS:
            key = (id(definition), "widened")
            known = run.memo.get(key)
            if known is not None:
                return _again(run, known)
        if not run.heap.sharing and not run.effort.worthwhile(definition, frame.context, run.steps):
            return _unread(definition, bound)
        run.contexts_of[id(definition)] = count + 1
    if run.depth >= MOST_DEPTH:
        return unknown("calls nested too deep")
    activation = Activation(definition, frame.path, run.context_of(key))
    memo = Memo(activation, partial(_perform, run, function, definition, bound), where)
    run.memo[key] = memo
    run.evaluate(memo)
    if not run.heap.sharing:
        run.effort.note(definition, frame.context, activation.matters)
    run.enter(memo)
    return memo.result


def _again(run: Run, memo: Memo) -> Value:
    run.enter(memo)
    if not memo.activation.done:
        return unknown("recursive call")
    run.now.scopes.update(memo.scopes)
    return memo.result


def _still_valid(memo: Memo) -> bool:
    if not memo.activation.done:
        return True
    return all(frame.vars.get(name, NOTHING) == value for (frame, name), value in memo.scopes.items())


def _unread(definition: Def | Lambda, bound: Bound) -> Value:
    flows = NO_FLOWS
    for value in bound.values():
        flows = join_flows(flows, flows_of(value))
    name = definition.name if isinstance(definition, Def) else "a lambda"
    return unknown(f"{name} was read often enough before", flows)


def _perform(run: Run, function: Fn, definition: Def | Lambda, bound: Bound, memo: Memo) -> Value:
    """Evaluate the body."""
    outer = function.frame
    assert isinstance(outer, Frame)
    inner = Frame(
        outer.module,
        dict(bound),
        _enclosing(outer),
        definition if isinstance(definition, Def) else None,
        function.receiver,
        function.owner if isinstance(function.owner, ClassInfo) else None,
        memo.activation.context,
    )
    allocated, trainers = run.heap.allocated, run.heap.trainers
    run.reached.add(id(definition))
    run.called.add(id(definition))
    if isinstance(definition, Lambda):
        inner.returned = expressions.evaluate(run, definition.body, inner)
    elif statements.block(run, definition.body, inner):
        inner.returned = join(inner.returned, NONE)
    memo.allocates = run.heap.allocated > allocated
    if run.heap.trainers > trainers or any(_trains(run, value) for value in _given(function, definition, bound)):
        memo.activation.matters = True
    for scope in [scope for scope in memo.scopes if scope[0] is inner]:
        del memo.scopes[scope]
    if isinstance(definition, Def) and definition.generator:
        return Seq(inner.yielded, None, None, Where(outer.path, definition.loc))
    return inner.returned


def _enclosing(scope: Frame | None) -> Frame | None:
    """The scope whose names a function sees: the function around it, also if there is a class between them."""
    while scope is not None and isinstance(scope.definition, Class):
        scope = scope.outer
    return None if scope is None or _is_module(scope) else scope


def _given(function: Fn, definition: Def | Lambda, bound: Bound) -> Iterator[Value]:
    """What a call hands over. Other methods of a model are plumbing as often as not."""
    counts = isinstance(definition, Def) and definition.name in ("__init__", "step")
    return (value for value in bound.values() if counts or value != function.receiver)


def _trains(run: Run, value: Value) -> bool:
    if isinstance(value, Ref) and run.heap.get(value).kind in TRAINING:
        return True
    return not _TRAINED.isdisjoint([source.kind for source in run.heap.flows(value)])


def _is_module(frame: Frame) -> bool:
    return frame is frame.module.frame
