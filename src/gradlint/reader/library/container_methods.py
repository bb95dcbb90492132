"""Methods of lists, dicts, sets, deques, named tuples and strings."""

from __future__ import annotations

from gradlint.reader import containers
from gradlint.reader.arguments import Args
from gradlint.reader.state import Run
from gradlint.values import (
    ANY,
    NONE,
    NOTHING,
    Const,
    Either,
    Kind,
    Method,
    Num,
    Record,
    Ref,
    Seq,
    Value,
    join,
    join_all,
    sequence,
)

_ADD = {"append": 0, "appendleft": 0, "add": 0, "insert": 1}
_TAKE = frozenset({"pop", "popleft", "get", "setdefault", "popitem"})


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """Methods of lists, dicts, sets, deques, named tuples and strings."""
    if isinstance(receiver, Either):
        known = [o for o in receiver.options if o != NONE]
        if known and all(isinstance(o, Ref) and run.heap.get(o).kind in ("list", "dict", "set") for o in known):
            return join_all(method(run, option, name, args) or ANY for option in known)
        return None
    if isinstance(receiver, Ref):
        kind = run.heap.get(receiver).kind
        if kind == "list" or kind == "set":
            return _list_method(run, receiver, name, args)
        if kind == "dict":
            return _dict_method(run, receiver, name, args)
        return None
    if isinstance(receiver, Method) and receiver.name == "__dict__" and name == "update":
        return _set_attributes(run, receiver.receiver, args)
    if isinstance(receiver, Record):
        return _record_method(run, receiver, name, args)
    if isinstance(receiver, Seq) and name in ("copy", "tolist"):
        return receiver
    if (
        isinstance(receiver, Seq | Num)
        and name in _ADD
        and args.positional
        and args.node is not None
        and args.frame is not None
    ):
        return _grow(run, receiver, args)
    if isinstance(receiver, Const) and isinstance(receiver.value, str):
        return _string_method(receiver.value, name, args)
    return None


def _set_attributes(run: Run, holder: Value, args: Args) -> Value:
    """`self.__dict__.update(settings)`: each entry becomes an attribute."""
    for value in (*args.positional, ANY):
        known = {**(containers.entries(run, value) or {}), **(args.keywords if value is ANY else {})}
        for key, entry in known.items():
            if isinstance(holder, Ref):
                run.write_attr(holder, key, entry)
    return NONE


def _grow(run: Run, receiver: Seq | Num, args: Args) -> Value | None:
    """Appending to a sequence that is held by a variable: the variable holds the longer one."""
    from gradlint.reader import statements
    from gradlint.reader.ir import Attr, Call, Item, Name

    assert args.node is not None and args.frame is not None
    func = args.node.func
    if isinstance(receiver, Num) and (
        receiver.unknown is not None or receiver.kind is not Kind.PLAIN or not receiver.flows
    ):
        return None
    if (
        isinstance(func, Attr)
        and isinstance(func.obj, Name | Attr | Item)
        and isinstance(args.node, Call)
        and isinstance(receiver, Seq)
    ):
        joined = Seq(join(containers.element(run, receiver), args.positional[-1]), None, None, receiver.made)
        if isinstance(func.obj, Name | Attr):
            statements.assign(run, func.obj, joined, args.frame)
        return NONE
    return None


def _string_method(text: str, name: str, args: Args) -> Value:
    if name in ("lower", "upper", "strip", "title", "capitalize") and not args.positional:
        return Const(getattr(text, name)())
    return ANY


def _list_method(run: Run, ref: Ref, name: str, args: Args) -> Value | None:
    if name in _ADD and len(args.positional) > _ADD[name]:
        run.add_content(ref, args.positional[_ADD[name]])
        return NONE
    if name in ("extend", "extendleft", "update") and args.positional:
        run.add_content(ref, containers.element(run, args.positional[0]))
        return NONE
    if name in _TAKE:
        return run.read_content(ref)
    if name in ("clear", "sort", "reverse", "remove", "rotate", "discard"):
        return NONE
    if name == "copy":
        return Seq(run.read_content(ref), run.heap.get(ref).items)
    if name in ("index", "count", "__len__"):
        return Num(Kind.PLAIN)
    return None


def _dict_method(run: Run, ref: Ref, name: str, args: Args) -> Value | None:
    obj = run.heap.get(ref)
    if name in ("get", "pop", "setdefault") and args.positional:
        found = containers.index(run, ref, args.positional[0], None, args.frame)  # type: ignore[arg-type]
        key = args.positional[0]
        missing = not (isinstance(key, Const) and key.value in obj.entries)
        default = args.positional[1] if len(args.positional) > 1 else NONE
        if name == "setdefault":
            containers.store_key(run, ref, key, default)
        if missing and obj.elem is NOTHING:
            return default
        return join(found, default) if missing else found
    if name == "values":
        return Seq(
            join_all((obj.elem, *obj.entries.values())), tuple(obj.entries.values()) if obj.elem is NOTHING else None
        )
    if name == "items":
        pairs = tuple(sequence((Const(key), value)) for key, value in obj.entries.items())
        if obj.elem is NOTHING:
            return Seq(join_all(pairs), pairs)
        return Seq(sequence((ANY, join_all((obj.elem, *obj.entries.values())))))
    if name == "keys":
        return Seq(join_all(Const(key) for key in list(obj.entries)[:6]))
    if name == "update":
        for value in args.positional:
            containers.update_mapping(run, ref, value)
        for keyword, value in args.keywords.items():
            containers.store_key(run, ref, Const(keyword), value)
        return NONE
    if name in ("add_hparam", "set_hparam") and len(args.positional) == 2:
        containers.store_key(run, ref, *args.positional)
        return NONE
    if name in ("copy", "as_dict", "to_dict"):
        return ref
    return None


def _record_method(run: Run, record: Record, name: str, args: Args) -> Value | None:
    if name == "_replace":
        return Record(
            record.name,
            record.fields,
            tuple(args.keywords.get(f, v) for f, v in zip(record.fields, record.values, strict=True)),
        )
    if name == "_asdict":
        ref = run.heap.allocate((args.where, "dict"), "dict", args.where)
        for field, value in zip(record.fields, record.values, strict=True):
            containers.store_key(run, ref, Const(field), value)
        return ref
    return None
