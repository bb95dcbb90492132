"""Lists, dicts, tuples and arrays: indexing, storing, iterating, and the methods of Python's own containers."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from gradlint.model import Where
from gradlint.reader import arithmetic, attributes, calls, expressions, statements, tensors
from gradlint.reader.ir import Attr, Item, Name
from gradlint.reader.state import ClassInfo, Frame, Run
from gradlint.values import (
    ANY,
    NONE,
    NOTHING,
    Const,
    Either,
    Fn,
    Kind,
    Mark,
    Method,
    Num,
    Record,
    Ref,
    Seq,
    Step,
    Value,
    join,
    join_all,
    maybe_flows,
    mix_flows,
    sequence,
    unknown,
)

BUILTINS = frozenset(
    """
    abs all any bool bytes callable chr dict dir divmod enumerate eval exec filter float format frozenset
    getattr hasattr hash id input int isinstance issubclass iter len list map max min next object open ord pow
    print property range repr reversed round set setattr slice sorted staticmethod classmethod str sum super
    tuple type vars zip __import__ globals locals exit quit Exception ValueError RuntimeError KeyError TypeError
    NotImplementedError StopIteration KeyboardInterrupt AssertionError IndexError AttributeError
    FloatingPointError ArithmeticError ImportError OSError FileNotFoundError NotImplemented Ellipsis __name__
    __file__ __doc__ complex bytearray memoryview breakpoint BaseException ZeroDivisionError OverflowError
    Warning UserWarning DeprecationWarning xrange unicode raw_input
    """.split()
)
_CONTAINERS = ("list", "dict", "set")


def element(run: Run, value: Value) -> Value:
    """What iterating over a value gives."""
    if isinstance(value, Seq):
        return value.elem if value.items is None else join_all(value.items)
    if isinstance(value, Ref):
        obj = run.heap.get(value)
        if obj.kind == "dict":
            return join_all(Const(key) for key in list(obj.entries)[:6]) if obj.entries else ANY
        if obj.kind in _CONTAINERS:
            return run.read_content(value)
        return _iterate_object(run, value)
    if isinstance(value, Either):
        found = [element(run, option) for option in value.options if option != NONE]
        return join_all(found) if found else ANY
    if isinstance(value, Record):
        return join_all(value.values)
    if isinstance(value, Num):
        return replace(value, range=value.range if value.kind is not Kind.STD else value.range)
    if isinstance(value, Step):
        return ANY
    return ANY


def _iterate_object(run: Run, ref: Ref) -> Value:
    info = run.heap.get(ref).cls
    if isinstance(info, ClassInfo):
        for name in ("__iter__", "__getitem__"):
            method = attributes.of_object(run, ref, name, run.heap.get(ref).where)
            if isinstance(method, Fn):
                given: list[Value] = [ANY] if name == "__getitem__" else []
                result = calls.call_value(run, method, given, {}, run.heap.get(ref).where, None)
                return result if name == "__getitem__" else element(run, result) if result != ref else ANY
    obj = run.heap.get(ref)
    return obj.elem if obj.elem is not NOTHING else ANY


def iterate_items(run: Run, value: Value) -> tuple[Value, ...] | None:
    """The exact items of a value, None if their number is not known."""
    if isinstance(value, Seq):
        return value.items
    if isinstance(value, Record):
        return value.values
    if isinstance(value, Step):
        return value.parts
    if isinstance(value, Ref):
        obj = run.heap.get(value)
        run.read_content(value)
        return obj.items if obj.kind == "list" else None
    if isinstance(value, Either):
        options = [iterate_items(run, option) for option in value.options if option != NONE]
        if options and all(o is not None and len(o) == len(options[0] or ()) for o in options):
            return tuple(join_all(column) for column in zip(*(o or () for o in options), strict=True))
    return None


def entries(run: Run, value: Value) -> dict[str, Value] | None:
    """The entries of a dict that are known by name, None if there may be others."""
    if isinstance(value, Ref) and run.heap.get(value).kind == "dict":
        obj = run.heap.get(value)
        named = {key: entry for key, entry in obj.entries.items() if isinstance(key, str)}
        return named if obj.elem is NOTHING else {**named} if named else None
    if isinstance(value, Either):
        merged: dict[str, Value] = {}
        for option in value.options:
            known = entries(run, option)
            if known is None:
                return None
            for key, entry in known.items():
                merged[key] = join(merged.get(key, NOTHING), entry)
        return merged
    return None


def index(run: Run, holder: Value, key: Value, node: Item | None, frame: Frame) -> Value:
    """`holder[key]`."""
    if isinstance(holder, Either):
        found = [index(run, option, key, node, frame) for option in holder.options if option != NONE]
        return join_all(found) if found else ANY
    if isinstance(holder, Step):
        from gradlint.reader.library import environments

        return environments.item(run, holder, key)
    position = _position(key)
    if isinstance(holder, Seq):
        return _index_sequence(run, holder, key, position)
    if isinstance(holder, Record):
        return (
            holder.values[position]
            if position is not None and -len(holder.values) <= position < len(holder.values)
            else join_all(holder.values)
        )
    if isinstance(holder, Ref):
        return _index_object(run, holder, key, position, frame)
    if isinstance(holder, Num):
        if holder.unknown is not None and isinstance(key, Const) and isinstance(key.value, str):
            from gradlint.reader.library import memories

            known = memories.remembered(run, holder, key.value)
            if known is not None:
                return known
        sliced = _is_slice(key) and holder.kind in (Kind.GRADIENT, Kind.PARAMETERS)
        if sliced:
            return replace(holder, flows=maybe_flows(holder.flows, Mark.PART))
        return tensors.part(
            holder, position, frame.module.place(node.loc) if node is not None else Where("", 0), frame.context
        )
    if isinstance(holder, Method):
        return unknown("an element of something that was not followed", run.heap.flows(holder))
    return ANY


def _position(key: Value) -> int | None:
    return (
        key.value if isinstance(key, Const) and isinstance(key.value, int) and not isinstance(key.value, bool) else None
    )


def _column(key: Value) -> int | None:
    """The constant column of `[:, i]`."""
    if isinstance(key, Seq) and key.items is not None and len(key.items) == 2:
        first, second = key.items
        if isinstance(first, Seq):
            return _position(second)
    return None


def _is_slice(key: Value) -> bool:
    return isinstance(key, Seq) and key.items is not None and len(key.items) == 3 and key.made is not None


def _index_sequence(run: Run, holder: Seq, key: Value, position: int | None) -> Value:
    if position is not None and holder.items is not None and -len(holder.items) <= position < len(holder.items):
        return holder.items[position]
    column = _column(key)
    inner = element(run, holder)
    if column is not None:
        items = iterate_items(run, inner)
        if items is not None and -len(items) <= column < len(items):
            return Seq(items[column])
        return Seq(inner)
    if _is_slice(key):
        return _sliced(holder, key)
    return inner


def _sliced(holder: Seq, key: Value) -> Value:
    assert isinstance(key, Seq) and key.items is not None
    bounds = [part.value if isinstance(part, Const) else "?" for part in key.items]
    if holder.items is not None and all(b is None or isinstance(b, int) for b in bounds) and bounds[2] != 0:
        return sequence(holder.items[slice(*bounds)])  # type: ignore[arg-type]
    return Seq(holder.elem if holder.items is None else join_all(holder.items))


def _index_object(run: Run, ref: Ref, key: Value, position: int | None, frame: Frame) -> Value:
    obj = run.heap.get(ref)
    if obj.kind == "dict":
        return _index_mapping(run, ref, key)
    if obj.kind == "list":
        content = run.read_content(ref)
        if position is not None and obj.items is not None and -len(obj.items) <= position < len(obj.items):
            return obj.items[position]
        if _is_slice(key) or _column(key) is not None:
            return _index_sequence(run, Seq(content, obj.items), key, None)
        return content
    if isinstance(obj.cls, ClassInfo):
        method = attributes.of_object(run, ref, "__getitem__", obj.where)
        if isinstance(method, Fn):
            return calls.call_value(run, method, [key], {}, obj.where, frame)
    return obj.elem if obj.elem is not NOTHING else ANY


def _index_mapping(run: Run, ref: Ref, key: Value) -> Value:
    obj = run.heap.get(ref)
    run.read_content(ref)
    if isinstance(key, Const) and isinstance(key.value, Hashable) and not key.assumed:
        if key.value in obj.entries:
            found = obj.entries[key.value]
            run.read_content(ref)
            return found
        return obj.elem if obj.elem is not NOTHING else ANY
    joined = obj.elem
    for value in obj.entries.values():
        joined = join(joined, value)
    return joined if joined is not NOTHING else ANY


def store(run: Run, target: Item, value: Value, frame: Frame) -> None:
    """`holder[key] = value`: into the object, or by joining into the variable that holds an array."""
    holder = expressions.evaluate(run, target.obj, frame)
    key = expressions.evaluate(run, target.index, frame)
    if isinstance(key, Num):
        arithmetic.note_mask(run, key, expressions.where(frame, target))
    for option in holder.options if isinstance(holder, Either) else (holder,):
        if isinstance(option, Ref):
            _store_object(run, option, key, value, frame)
            continue
        if isinstance(option, Num | Seq):
            if isinstance(target.obj, Name | Attr | Item):
                statements.assign(run, target.obj, absorb(run, option, key, value), frame)


def absorb(run: Run, holder: Num | Seq, key: Value, value: Value) -> Value:
    """An array or immutable sequence after a store into it."""
    if isinstance(holder, Seq):
        return Seq(join(element(run, holder), value), None, None, holder.made)
    arrays = [source for source, marks in holder.flows.items() if source.kind == "array" and not marks.may]
    if len(arrays) == 1:  # the array itself, rather than something computed from arrays
        run.link(arrays[0], Num(Kind.TENSOR, None, run.heap.flows(value)))
    own = {source for source in holder.flows if source.kind == "std"}
    if holder.kind is Kind.STD and own & set(run.heap.flows(key)) and holder.range is not None:
        return replace(holder, range=replace(holder.range, low_attained=False))
    stored = value if isinstance(value, Num) else Num(Kind.TENSOR, None, run.heap.flows(value))
    if holder.flows or not stored.flows:
        joined = join(replace(holder, range=None), replace(stored, range=None))
        both = mix_flows(holder.flows, stored.flows)  # the array holds both
        return replace(joined, flows=both) if isinstance(joined, Num) else joined
    return Num(stored.kind if holder.kind is Kind.PLAIN else holder.kind, None, stored.flows, stored.unknown)


def _store_object(run: Run, ref: Ref, key: Value, value: Value, frame: Frame) -> None:
    obj = run.heap.get(ref)
    if obj.kind == "dict":
        store_key(run, ref, key, value)
    elif obj.kind == "list":
        position = _position(key)
        items = obj.items
        if items is not None and position is not None and -len(items) <= position < len(items):
            changed = list(items)
            changed[position] = join(changed[position], value)
            own = run.heap.edit(ref)
            if own.items != tuple(changed):
                own.items = tuple(changed)
                run.note_change(ref, "*")
        else:
            run.add_content(ref, element(run, value) if _is_slice(key) else value)
    elif isinstance(obj.cls, ClassInfo):
        method = attributes.of_object(run, ref, "__setitem__", obj.where)
        if isinstance(method, Fn):
            calls.call_value(run, method, [key, value], {}, obj.where, frame)
    else:
        run.add_content(ref, value)


def store_key(run: Run, ref: Ref, key: Value, value: Value) -> None:
    """`mapping[key] = value`."""
    if isinstance(key, Const) and isinstance(key.value, Hashable) and not key.assumed:
        obj = run.heap.edit(ref)
        known = obj.entries.get(key.value)
        merged = value if known is None else join(known, value)
        if known is None or merged != known:
            obj.entries[key.value] = merged
            run.note_change(ref, "*")
    else:
        if isinstance(key, Num):
            run.pair(ref, key, value)
        run.add_content(ref, value)


def update_mapping(run: Run, ref: Ref, other: Value) -> None:
    """`mapping.update(other)`."""
    if isinstance(other, Ref) and run.heap.get(other).kind == "dict":
        source = run.heap.get(other)
        for key, value in list(source.entries.items()):
            store_key(run, ref, Const(key), value)
        if source.elem is not NOTHING:
            run.add_content(ref, source.elem)
    else:
        run.add_content(ref, ANY)


def new_list(run: Run, key: Hashable, where: Where, frame: Frame | None, content: Value) -> Ref:
    """A fresh list-like object (list(), deque() ...) with this content."""
    context = frame.context if frame is not None else 0
    ref = run.heap.allocate((key, context), "list", where, context=context)
    obj = run.heap.edit(ref)
    if content is NOTHING and obj.items is None and obj.elem is NOTHING:
        obj.items = ()
    elif content is not NOTHING:
        run.add_content(ref, content)
    return ref
