"""Calls: evaluating arguments, binding parameters, evaluating functions once per context of abstract arguments."""

from __future__ import annotations

from collections.abc import Hashable

from gradlint.model import Noted, Where
from gradlint.reader import attributes, classes, containers, expressions, statements
from gradlint.reader.ir import Attr, Call, Def, Expr, Lambda, Name, Param
from gradlint.reader.library import dispatch, environments
from gradlint.reader.sites import METHODS
from gradlint.reader.state import MOST_DEPTH, Args, ClassInfo, Frame, Memo, Run, noted
from gradlint.reader.trace import Activation
from gradlint.values import (
    ANY,
    NO_MARKS,
    NONE,
    NOTHING,
    Cls,
    Const,
    Either,
    Ext,
    Fn,
    Method,
    Num,
    Partial,
    Record,
    RecordType,
    Ref,
    Seq,
    Source,
    Value,
    join,
    join_all,
    join_flows,
    options,
    truth,
    unknown,
)

MOST_CONTEXTS = 12
"""Contexts of one function that are told apart; later ones share one."""


def call_node(run: Run, node: Call, frame: Frame) -> Value:
    """The value of a call as written."""
    if isinstance(node.func, Name) and node.func.id == "super":
        return _super(run, node, frame)
    function = expressions.evaluate(run, node.func, frame)
    args = evaluate_args(run, node, frame)
    if isinstance(node.func, Attr) and node.func.name in METHODS:
        run.calls_seen.setdefault(args.where, node.func.name)
    return call(run, function, args)


def evaluate_args(run: Run, node: Call, frame: Frame) -> Args:
    """The arguments of a call, with `*` and `**` spread where their contents are known."""
    positional: list[Value] = []
    keywords: dict[str, Value] = {}
    wheres: list[Where] = []
    keyword_wheres: dict[str, Where] = {}
    is_open = False
    for argument in node.args:
        value = expressions.evaluate(run, argument.value, frame)
        place = expressions.where(frame, argument.value)
        run.use(value)
        if argument.stars == 0 and argument.name is None:
            positional.append(value)
            wheres.append(place)
        elif argument.stars == 0 and argument.name is not None:
            keywords[argument.name] = value
            keyword_wheres[argument.name] = place
        elif argument.stars == 1:
            items = containers.iterate_items(run, value)
            if items is None:
                is_open = True
            for item in items or ():
                positional.append(item)
                wheres.append(place)
        else:
            entries = containers.entries(run, value)
            if entries is None:
                is_open = True
            for name, item in (entries or {}).items():
                keywords.setdefault(name, item)
                keyword_wheres.setdefault(name, place)
    here = expressions.where(frame, node)
    return Args(node, here, positional, keywords, is_open, tuple(wheres), keyword_wheres, frame)


def call(run: Run, function: Value, args: Args) -> Value:
    """Call a value."""
    if isinstance(function, Either):
        results = [call(run, option, args) for option in function.options if option != NONE]
        return join_all(results) if results else ANY
    if isinstance(function, Fn):
        return environments.stepped(run, function, args, call_function(run, function, args))
    if isinstance(function, Cls):
        return instantiate(run, function, args)
    if isinstance(function, Partial):
        merged = Args(
            args.node,
            args.where,
            [*function.args, *args.positional],
            {**dict(function.kwargs), **args.keywords},
            args.open,
            (args.where,) * len(function.args) + args.wheres,
            args.keyword_wheres,
            args.frame,
        )
        return call(run, function.func, merged)
    if isinstance(function, RecordType):
        return _record(function, args)
    return dispatch.call_library(run, function, args)


def call_value(
    run: Run, function: Value, positional: list[Value], keywords: dict[str, Value], where: Where, frame: Frame | None
) -> Value:
    """Call a value with arguments that are not written as a call."""
    return call(run, function, Args(None, where, positional, keywords, False, (where,) * len(positional), {}, frame))


def _record(kind: RecordType, args: Args) -> Value:
    values: list[Value] = []
    for position, field in enumerate(kind.fields):
        value = args.get(position, field)
        if value is None and position < len(kind.defaults):
            value = kind.defaults[position]
        values.append(value if value is not None else ANY)
    return Record(kind.name, kind.fields, tuple(values))


# -- functions ------------------------------------------------------------------------------------------------------------


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
    return value


def default_of(run: Run, owner: object, param: Param, frame: Frame, *, assumed: bool) -> Value:
    """The default of a parameter; `assumed` where callers that were not seen may pass something else."""
    configured = run.flags.get(f"gin:{param.name}") or run.click.get((id(owner), param.name))
    if param.default is None:
        if configured is not None:
            return configured
        where = Where(frame.path, param.loc)
        reason = f"parameter {param.name} has no caller in the project"
        return Num(unknown=reason, flows={Source("parameter", where, 0, param.name): NO_MARKS})
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


def _evaluate(run: Run, function: Fn, definition: Def | Lambda, bound: dict[str, Value], where: Where) -> Value:
    frame = function.frame
    assert isinstance(frame, Frame)
    key: Hashable = (id(definition), frame, tuple(bound.values()))
    known = run.memo.get(key)
    if known is not None and known.allocates:
        # each call makes objects of its own: two networks from one builder are two networks
        key = (*key, where)  # type: ignore[misc]
        known = run.memo.get(key)
    if known is not None and (not known.activation.done or _still_valid(run, known)):
        if not known.activation.done:
            return unknown("recursive call")
        _enter_trace(run, known.activation)
        run.reads.update(known.reads)
        run.note_called(known.activation)
        return known.result
    if known is None:
        count = run.per_definition.get(id(definition), 0)
        if count >= MOST_CONTEXTS:
            key = (id(definition), "widened")
            again = run.memo.get(key)
            if again is not None:
                _enter_trace(run, again.activation)
                return again.result if again.activation.done else unknown("recursive call")
        run.per_definition[id(definition)] = count + 1
    if run.depth >= MOST_DEPTH:
        return unknown("calls nested too deep")
    context = run.context_of(key)
    memo = Memo(Activation(definition, frame.path, context), NOTHING, {}, context)
    run.memo[key] = memo
    _perform(run, function, definition, bound, memo)
    _enter_trace(run, memo.activation)
    return memo.result


def _perform(run: Run, function: Fn, definition: Def | Lambda, bound: dict[str, Value], memo: Memo) -> None:
    """Evaluate the body with a trace, guards and reads of its own."""
    outer = function.frame
    assert isinstance(outer, Frame)
    owner = function.owner if isinstance(function.owner, ClassInfo) else None
    inner = Frame(
        outer.module,
        bound,
        outer if not _is_module(outer) and not _is_class(outer) else None,
        definition if isinstance(definition, Def) else None,
        function.receiver,
        owner,
        memo.context,
    )
    saved = (run.activation, run.guards, run.loops, run.reads)
    run.activation, run.guards, run.loops, run.reads = memo.activation, [], [], {}
    allocated = run.heap.allocated
    run.depth += 1
    run.reached.add(id(definition))
    run.called_now.add(id(definition))
    try:
        if isinstance(definition, Lambda):
            inner.returned = expressions.evaluate(run, definition.body, inner)
        elif statements.block(run, definition.body, inner):
            inner.returned = join(inner.returned, NONE)
    finally:
        memo.reads = run.reads
        run.activation, run.guards, run.loops, run.reads = saved
        run.depth -= 1
    memo.activation.done = True
    memo.allocates = run.heap.allocated > allocated
    memo.result = inner.returned
    if isinstance(definition, Def) and definition.generator:
        memo.result = Seq(inner.yielded, None, None, Where(outer.path, definition.loc))
    run.reads.update(memo.reads)


def _is_module(frame: Frame) -> bool:
    return frame is frame.module.frame


def _is_class(frame: Frame) -> bool:
    from gradlint.reader.ir import Class

    return isinstance(frame.definition, Class)


def _enter_trace(run: Run, activation: Activation) -> None:
    if activation.items or not activation.done:
        run.activation.items.append((activation, tuple(run.guards), tuple(run.loops)))


def _still_valid(run: Run, memo: Memo) -> bool:
    return all(run.current(key) == value for key, value in memo.reads.items())


# -- classes --------------------------------------------------------------------------------------------------------------


def instantiate(run: Run, cls: Cls, args: Args) -> Value:
    """Construct an object of a class of the project."""
    info = cls.info
    assert isinstance(info, ClassInfo)
    role = classes.library_root(info)
    context = args.frame.context if args.frame is not None else 0
    kind = role or "instance"
    key = (id(info), args.where, context)
    ref = run.heap.allocate(key, kind, args.where, cls=info, name=info.name, context=context)
    found = classes.find(info, "__init__")
    init = found[1] if found is not None else None
    if found is not None and isinstance(init, Fn):
        owner = found[0]
        call_function(run, Fn(init.definition, init.frame, ref, owner), args)
    elif info.dataclass:
        _fill_fields(run, ref, info, args)
    else:
        dispatch.construct_base(run, ref, info, args)
    return ref


def _fill_fields(run: Run, ref: Ref, info: ClassInfo, args: Args) -> None:
    fields: dict[str, Value | None] = {}
    for each in reversed(classes.linear(info)):
        fields.update(each.fields)
    for position, (name, default) in enumerate(fields.items()):
        value = args.get(position, name)
        run.write_attr(ref, name, value if value is not None else default if default is not None else ANY)
    post = classes.find(info, "__post_init__")
    if post is not None and isinstance(post[1], Fn):
        call_function(run, Fn(post[1].definition, post[1].frame, ref, post[0]), Args(None, args.where, [], {}))


def _super(run: Run, node: Call, frame: Frame) -> Value:
    """`super()`: the receiver seen as its next class."""
    scope: Frame | None = frame
    while scope is not None and scope.receiver is None:
        scope = scope.outer
    if scope is None or scope.receiver is None:
        return unknown("super() outside a method")
    return Method(scope.receiver, "super:" + str(id(scope.owner)))


def call_super(run: Run, receiver: Value, marker: str, name: str) -> Value:
    """The method `name` of the classes behind the one that called `super()`."""
    number = int(marker.partition(":")[2])
    for option in options(receiver):
        if not isinstance(option, Ref):
            continue
        info = run.heap.get(option).cls
        if not isinstance(info, ClassInfo):
            continue
        owner = next((each for each in classes.linear(info) if id(each) == number), None)
        found = classes.find(info, name, after=owner)
        if found is not None and isinstance(found[1], Fn):
            return Fn(found[1].definition, found[1].frame, option, found[0])
        if found is not None:
            return found[1]
    return Method(receiver, "base." + name)


def enter(run: Run, value: Value, frame: Frame) -> Value:
    """What `with value as target` binds."""
    if isinstance(value, Ref):
        info = run.heap.get(value).cls
        if isinstance(info, ClassInfo):
            found = classes.find(info, "__enter__")
            if found is not None and isinstance(found[1], Fn):
                where = run.heap.get(value).where
                return call_function(
                    run, Fn(found[1].definition, found[1].frame, value, found[0]), Args(None, where, [], {})
                )
        return value
    if isinstance(value, Seq):
        return value.elem
    return value


def remember_decorator(run: Run, decorator: Expr, value: Value, frame: Frame) -> None:
    """Command-line decorators (click) give a function's parameters their defaults."""
    if isinstance(decorator, Call) and isinstance(value, Fn):
        from gradlint.reader.library import configuration

        configuration.note_option(run, decorator, value, frame)


__all__ = ["Attr", "attributes", "call", "call_function", "call_value", "join_flows", "truth"]
