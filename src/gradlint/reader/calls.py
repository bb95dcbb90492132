"""Calls: evaluating arguments, binding parameters, evaluating functions once per context of abstract arguments."""

from __future__ import annotations

from gradlint.model import Where
from gradlint.reader import attributes, classes, containers, expressions, functions
from gradlint.reader.arguments import Args
from gradlint.reader.events import MadeEvent
from gradlint.reader.ir import Attr, Call, Expr, Name
from gradlint.reader.library import dispatch, environments, layers, own
from gradlint.reader.sites import METHODS
from gradlint.reader.state import ClassInfo, Frame, Run
from gradlint.values import (
    ANY,
    NONE,
    Cls,
    Either,
    Fn,
    Method,
    Partial,
    Record,
    RecordType,
    Ref,
    Seq,
    Value,
    join_all,
    options,
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
    nodes: list[Expr | None] = []
    keyword_nodes: dict[str, Expr] = {}
    is_open = False
    for argument in node.args:
        written = argument.value
        value = expressions.evaluate(run, written, frame)
        run.use(value)
        if argument.stars == 0:
            if argument.name is None:
                positional.append(value)
                nodes.append(written)
            else:
                keywords[argument.name] = value
                keyword_nodes[argument.name] = written
        elif argument.stars == 1:
            items = containers.iterate_items(run, value)
            if items is None:
                is_open = True
            for item in items or ():
                positional.append(item)
                nodes.append(written)
        else:
            entries = containers.entries(run, value)
            if entries is None:
                is_open = True
            for name, item in (entries or {}).items():
                keywords.setdefault(name, item)
                keyword_nodes.setdefault(name, written)
    here = expressions.where(frame, node)
    return Args(node, here, positional, keywords, is_open, tuple(nodes), keyword_nodes, frame)


def call(run: Run, function: Value, args: Args) -> Value:
    """Call a value."""
    if isinstance(function, Either):
        results = [call(run, option, args) for option in function.options if option != NONE]
        return layers.remember(run, join_all(results), layers.common(run, results)) if results else ANY
    told = own.call(run, function, args)
    if told is not None:
        return told
    if isinstance(function, Fn):
        return environments.stepped(run, function, args, functions.call_function(run, function, args))
    if isinstance(function, Cls):
        return instantiate(run, function, args)
    if isinstance(function, Partial):
        merged = Args(
            args.node,
            args.where,
            [*function.args, *args.positional],
            {**dict(function.kwargs), **args.keywords},
            args.open,
            (None,) * len(function.args) + args.nodes,
            args.keyword_nodes,
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
    return call(run, function, Args(None, where, positional, keywords, False, frame=frame))


def _record(kind: RecordType, args: Args) -> Value:
    values: list[Value] = []
    for position, field in enumerate(kind.fields):
        value = args.get(position, field)
        if value is None and position < len(kind.defaults):
            value = kind.defaults[position]
        values.append(value if value is not None else ANY)
    return Record(kind.name, kind.fields, tuple(values))


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
    if kind in ("model", "optimizer"):
        run.emit(MadeEvent(args.where, ref))
    found = classes.find(info, "__init__")
    init = found[1] if found is not None else None
    if found is not None and isinstance(init, Fn):
        owner = found[0]
        functions.call_function(run, Fn(init.definition, init.frame, ref, owner), args)
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
        functions.call_function(
            run, Fn(post[1].definition, post[1].frame, ref, post[0]), Args(None, args.where, [], {})
        )


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
                return functions.call_function(
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


__all__ = ["attributes", "call", "call_value"]
