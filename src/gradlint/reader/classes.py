"""Definitions of functions and classes, and looking up what a class defines or inherits."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.reader import calls, expressions, statements
from gradlint.reader.ir import AnnAssign, Class, Def, Expr, Name
from gradlint.reader.names import canonical
from gradlint.reader.state import ClassInfo, Frame, Run
from gradlint.values import ANY, Cls, Const, Ext, Fn, Num, RecordType, Ref, Value, options

_ROLES = {"staticmethod": "static", "classmethod": "class", "property": "property", "cached_property": "property"}
_TRANSPARENT_ROOTS = (
    "tf.",
    "builtins.",
    "functools.",
    "abc.",
    "contextlib.",
    "typing.",
    "keras.",
    "tf_agents.",
    "gin.",
)


def define_function(run: Run, node: Def, frame: Frame) -> bool:
    """`def`: the function, through its decorators."""
    owner = frame.owner if isinstance(frame.definition, Class) else None
    value: Value = Fn(node, frame, None, owner)
    for decorator in reversed(node.decorators):
        value = _decorated(run, decorator, value, frame)
    frame.vars[node.name] = value
    if isinstance(frame.definition, Def) and isinstance(value, Fn) and value.definition is node:
        run.defined[id(node)] = value
    return True


def _decorated(run: Run, decorator: Expr, value: Value, frame: Frame) -> Value:
    """A decorator of the project is called; one of a library is taken to keep what the function does."""
    name = expressions.dotted_name(decorator)
    if name.rpartition(".")[2] in _ROLES or name.endswith((".setter", ".getter", ".deleter")):
        return value
    wrapper = expressions.evaluate(run, decorator, frame)
    if isinstance(wrapper, Fn):
        wrapped = calls.call_value(run, wrapper, [value], {}, expressions.where(frame, decorator), frame)
        if isinstance(wrapped, Fn):
            return wrapped
    if isinstance(wrapper, Ext) and canonical(wrapper.raw) == "tf.function" and isinstance(value, Fn):
        run.graphs.add(id(value.definition))
    if isinstance(wrapper, Ext | Num | Ref):
        calls.remember_decorator(run, decorator, value, frame)
    return value


def role_of(node: Def) -> str:
    """ "static", "class", "property" or "" from the decorators as written."""
    for decorator in node.decorators:
        name = expressions.dotted_name(decorator).rpartition(".")
        if name[2] in _ROLES:
            return _ROLES[name[2]]
        if name[2] == "setter":
            return "setter"
    return ""


def define_class(run: Run, node: Class, frame: Frame) -> bool:
    """`class`: runs the body and records bases, attributes and dataclass fields."""
    bases: list[Value] = []
    for argument in node.bases:
        value = expressions.evaluate(run, argument.value, frame)
        if argument.name is None:
            bases.append(value)
    info = ClassInfo(node, frame.module, tuple(bases), {}, {})
    body = Frame(
        frame.module, {}, frame if isinstance(frame.definition, Def) else None, node, None, info, frame.context
    )
    for statement in node.body:
        if isinstance(statement, Def):
            role = role_of(statement)
            if role == "setter":
                continue
            info.roles[statement.name] = role
    statements.block(run, tuple(s for s in node.body if not (isinstance(s, Def) and role_of(s) == "setter")), body)
    info.attrs = body.vars
    info.fields = tuple(_fields(node, info))
    decorated = {expressions.dotted_name(getattr(d, "func", d)).rpartition(".")[2] for d in node.decorators}
    info.dataclass = bool(decorated & {"dataclass", "define", "attrs", "s", "frozen"}) or "BaseModel" in {
        base.name.rpartition(".")[2] for base in bases if isinstance(base, Ext)
    }
    if any(isinstance(base, Ext) and base.name.rpartition(".")[2] == "NamedTuple" for base in bases):
        names = tuple(name for name, _ in info.fields)
        frame.vars[node.name] = RecordType(node.name, names, tuple(default for _, default in info.fields))
    else:
        frame.vars[node.name] = Cls(info)
    return True


def _fields(node: Class, info: ClassInfo) -> Iterator[tuple[str, Value | None]]:
    for statement in node.body:
        if isinstance(statement, AnnAssign) and isinstance(statement.target, Name):
            default = info.attrs.get(statement.target.id) if statement.value is not None else None
            if isinstance(default, Ref | Num) and default is not None:
                default = default if isinstance(default, Ref) else ANY
            yield statement.target.id, default


def linear(info: ClassInfo) -> list[ClassInfo]:
    """The class and the project's classes that it inherits from, nearest first."""
    if info.order:
        return info.order
    found = info.order
    todo = [info]
    while todo:
        each = todo.pop(0)
        if each in found or len(found) > 20:
            continue
        found.append(each)
        for base in each.bases:
            todo += [
                option.info
                for option in options(base)
                if isinstance(option, Cls) and isinstance(option.info, ClassInfo)
            ]
    return found


def find(info: ClassInfo, name: str, *, after: ClassInfo | None = None) -> tuple[ClassInfo, Value] | None:
    """The class that defines a name, and the definition; `after` starts behind a class (for super)."""
    order = linear(info)
    if after is not None and after in order:
        order = order[order.index(after) + 1 :]
    for each in order:
        if name in each.attrs:
            return each, each.attrs[name]
    return None


def library_bases(info: ClassInfo) -> list[Ext]:
    """The library classes that a class inherits from, directly or not."""
    return [
        option for each in linear(info) for base in each.bases for option in options(base) if isinstance(option, Ext)
    ]


def library_root(info: ClassInfo) -> str:
    """What the class is in terms of libraries: "model", "layer", "optimizer", "env", "callback" ... or ""."""
    from gradlint.reader.library.roots import role_of_class

    for base in library_bases(info):
        role = role_of_class(base.name)
        if role:
            return role
    return ""


__all__ = ["Const", "define_class", "define_function", "find", "library_bases", "library_root", "linear"]
