"""Reading and writing attributes of every kind of value."""

from __future__ import annotations

import math
from dataclasses import replace

from gradlint.model import Where
from gradlint.reader import calls, classes, functions, imports
from gradlint.reader.arguments import Args
from gradlint.reader.library import precision, roots
from gradlint.reader.state import ClassInfo, Frame, Run
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
    Kind,
    Method,
    Mod,
    Num,
    Record,
    RecordType,
    Ref,
    Source,
    Step,
    Value,
    join,
    join_all,
    unknown,
)

_SAME = frozenset({"T", "values", "flat", "real", "data", "result", "iloc", "loc", "at", "value"})
_SIZES = frozenset({"shape", "ndim", "dtype", "size", "name", "device", "rank", "columns", "index"})
_PARAMETERS = frozenset(
    [
        "trainable_variables",
        "trainable_weights",
        "variables",
        "weights",
        "non_trainable_variables",
        "trainable_parameters",
    ]
)
_GIVEN = unknown("parameter with the default None has no caller in the project")
"""What the code uses like an object is not the None of a default: somebody gives it."""
_MODELS = ("model", "layer", "instance", "module", "dist")


def get(run: Run, value: Value, name: str, where: Where) -> Value:
    """`value.name`."""
    if isinstance(value, Ext):
        if value.raw.endswith("FLAGS"):
            return run.flag(where.path, name) or unknown(f"flag {name} is not defined in the files that were read")
        if value.name in ("math", "np") and name in ("pi", "e", "inf", "nan"):
            return Const(getattr(math, name))
        return imports.external(f"{value.raw}.{name}")
    if isinstance(value, Ref):
        return of_object(run, value, name, where)
    if isinstance(value, Mod):
        return _of_module(run, value, name)
    if isinstance(value, Either):
        found = [get(run, option, name, where) for option in value.options if option != NONE]
        return join_all(found) if found else ANY
    if isinstance(value, Num):
        return _of_number(run, value, name, where)
    if isinstance(value, Record):
        if name in value.fields:
            return value.values[value.fields.index(name)]
        return Method(value, name)
    if isinstance(value, Cls) and isinstance(value.info, ClassInfo):
        return _of_class(value, value.info, name)
    if isinstance(value, Step):
        return of_step(value, name)
    if isinstance(value, Method) and value.name.startswith("super:"):
        return calls.call_super(run, value.receiver, value.name, name)
    if isinstance(value, Fn) and name in ("python_function", "__wrapped__"):
        return value
    if isinstance(value, Method):
        if name in _PARAMETERS:
            return parameters(where, value.name)
        return Method(value, name)
    if isinstance(value, Const) and value.value is None and value.assumed:
        return Method(_GIVEN, name)
    return Method(value, name)


def parameters(where: Where, owner: str) -> Num:
    """The variables of a model, identified by their owner."""
    return Num(Kind.PARAMETERS, None, {Source("parameters", Where("", 0), 0, owner): NO_MARKS})


def of_step(value: Step, name: str) -> Value:
    """A field of what `env.step` returned."""
    if name in ("reward", "rewards"):
        return value.reward
    if name in ("observation", "observations"):
        return value.observation
    return ANY if name in ("discount", "step_type", "is_last") else Method(value, name)


def _of_number(run: Run, value: Num, name: str, where: Where) -> Value:
    if name in _SAME:
        return value
    if name in _SIZES:
        return precision.dtype(value) if name == "dtype" else ANY
    if name in _PARAMETERS:
        owner = next(
            (
                f"{s.kind}:{s.where.path}:{s.where.loc}:{s.detail}"
                for s in value.flows
                if s.kind in ("parameter", "model")
            ),
            "",
        )
        return parameters(where, owner) if owner else Num(Kind.PARAMETERS, None, {})
    if value.unknown is not None:
        from gradlint.reader.library import memories

        return memories.remembered_reward(run, value, name) or Method(value, name)
    return Method(value, name)


def _of_module(run: Run, value: Mod, name: str) -> Value:
    state = imports.load(run, value.path)
    if state is None:
        return unknown(f"{value.path} could not be read")
    override = run.globals.get((value.path, name))
    if override is not None:
        return override
    if name in state.frame.vars:
        return state.frame.vars[name]
    inner = run.project.resolve(value.path, 1, name)
    if inner is not None and imports.load(run, inner) is not None:
        return Mod(inner)
    for raw in state.stars:
        return imports.external(f"{raw}.{name}")
    return unknown(f"{name} was not found in {value.path}")


def _of_class(value: Cls, info: ClassInfo, name: str) -> Value:
    if name in ("__init__", "__new__", "__call__") or name not in ("__name__", "__class__"):
        found = classes.find(info, name)
        if found is not None:
            owner, member = found
            if isinstance(member, Fn):
                role = owner.roles.get(name, "")
                return Fn(member.definition, member.frame, value if role == "class" else None, owner)
            return member
    if name == "__name__":
        return Const(info.name)
    return Method(value, name)


def of_object(run: Run, ref: Ref, name: str, where: Where) -> Value:
    """An attribute of an object: its own, its class's, or what its kind of library object has."""
    obj = run.heap.get(ref)
    own = run.read_attr(ref, name)
    if obj.kind == "dict" and name in obj.entries and own is None:
        own = obj.entries[name] if obj.name == "namespace" else None
    info = obj.cls
    if own is not None:
        return own
    if isinstance(info, ClassInfo):
        found = classes.find(info, name)
        if found is not None:
            owner, member = found
            if not isinstance(member, Fn):
                return member
            role = owner.roles.get(name, "")
            if role == "static":
                return Fn(member.definition, member.frame, None, owner)
            receiver: Value = Cls(info) if role == "class" else ref
            function = Fn(member.definition, member.frame, receiver, owner)
            return functions.call_function(run, function, Args(None, where, [], {})) if role == "property" else function
    if name == "__class__" and isinstance(info, ClassInfo):
        return Cls(info)
    special = roots.attribute(run, ref, name, where)
    if special is not None:
        return special
    if name in _PARAMETERS and obj.kind in _MODELS:
        return parameters(where, f"{obj.kind}:{ref.id}")
    return Method(ref, name)


def put(run: Run, holder: Value, name: str, value: Value, frame: Frame) -> None:
    """`holder.name = value`."""
    run.use(value)
    if isinstance(holder, Ref):
        obj = run.heap.get(holder)
        in_constructor = (
            frame.receiver == holder
            and getattr(frame.definition, "name", "") in ("__init__", "build", "setup", "__post_init__")
            and not run.guards
            and not run.loops
        )
        known = obj.attrs.get(name)
        fresh = in_constructor and (known is None or isinstance(known, Const))
        run.write_attr(holder, name, value, replace=fresh and known != value and isinstance(known, Const))
        roots.attribute_set(run, holder, name, value, frame)
    elif isinstance(holder, Mod):
        run.change_global(holder.path, name, join(run.globals.get((holder.path, name), NOTHING), value))
    elif isinstance(holder, Cls) and isinstance(holder.info, ClassInfo):
        attrs = holder.info.attrs
        run.undo.append((attrs, name, attrs.get(name)))
        attrs[name] = join(attrs.get(name, NOTHING), value)
    elif isinstance(holder, Either):
        for option in holder.options:
            put(run, option, name, value, frame)


def star_member(raw: str, name: str) -> Value | None:
    """A name that `from raw import *` may have brought in."""
    if roots.exports(raw, name):
        return imports.external(f"{raw}.{name}")
    return None


__all__ = ["RecordType", "get", "of_object", "parameters", "put", "replace", "star_member"]
