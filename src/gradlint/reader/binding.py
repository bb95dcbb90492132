"""Binding values to targets: names, attributes, items and what is unpacked."""

from __future__ import annotations

from gradlint.model import Noted
from gradlint.reader import attributes, containers, expressions, tensors
from gradlint.reader.arguments import noted
from gradlint.reader.ir import Attr, Display, Expr, Item, Name, Starred
from gradlint.reader.state import Frame, Run
from gradlint.values import NONE, NOTHING, Const, Either, Num, Seq, Step, Value, join, join_all


def assign(run: Run, target: Expr, value: Value, frame: Frame) -> None:
    """`target = value`."""
    if isinstance(target, Name):
        _assign_name(run, target, value, frame)
    elif isinstance(target, Attr):
        holder = expressions.evaluate(run, target.obj, frame)
        frame.narrowed.pop(expressions.dotted_name(target), None)
        if isinstance(value, Const | Either):
            value = noted(Noted(frame.module.place(target.loc), f"kept as {target.name}"), value)
        attributes.put(run, holder, target.name, value, frame)
    elif isinstance(target, Item):
        containers.store(run, target, value, frame)
    elif isinstance(target, Display):
        _unpack(run, target, value, frame)
    elif isinstance(target, Starred):
        assign(run, target.value, value, frame)


def _assign_name(run: Run, target: Name, value: Value, frame: Frame) -> None:
    if frame.narrowed:
        frame.narrowed = {
            k: v for k, v in frame.narrowed.items() if k != target.id and not k.startswith(target.id + ".")
        }
    if isinstance(value, Const | Either):
        value = noted(Noted(frame.module.place(target.loc), f"named {target.id}"), value)
    elif type(value) is Num and value.range is None:
        value = tensors.named(value, target.id, frame.module.place(target.loc), frame.context)
    if target.id in frame.globals:
        home = frame.module.frame
        if run.heap.sharing:
            home.vars[target.id] = join(home.vars.get(target.id, NOTHING), value)
        else:
            key = (frame.path, target.id)
            known = run.globals.get(key, home.vars.get(target.id, NOTHING))
            run.change_global(*key, join(known if known != NONE else NOTHING, value))
    elif target.id in frame.nonlocals:
        scope = frame.outer
        while scope is not None and target.id not in scope.vars:
            scope = scope.outer
        if scope is not None:
            scope.vars[target.id] = join(scope.vars[target.id], value)
    else:
        frame.vars[target.id] = value


def _unpack(run: Run, target: Display, value: Value, frame: Frame) -> None:
    count = len(target.items)
    if isinstance(value, Step):
        from gradlint.reader.library import environments

        value = environments.unpack(run, value, target, frame)
    starred = next((i for i, item in enumerate(target.items) if isinstance(item, Starred)), None)
    items = containers.iterate_items(run, value)
    if items is not None and starred is None and len(items) == count:
        for item, part in zip(target.items, items, strict=True):
            assign(run, item, part, frame)
        return
    if items is not None and starred is not None and len(items) >= count - 1:
        tail = count - starred - 1
        middle = items[starred : len(items) - tail]
        parts = [*items[:starred], Seq(join_all(middle), tuple(middle)), *items[len(items) - tail :]]
        for item, part in zip(target.items, parts, strict=True):
            assign(run, item, part, frame)
        return
    element = containers.element(run, value)
    for position, item in enumerate(target.items):
        part = _remembered(run, value, item) or element
        if isinstance(part, Num):
            part = tensors.part(part, float(position), frame.module.place(target.loc), frame.context)
        assign(run, item, Seq(element) if isinstance(item, Starred) else part, frame)


def _remembered(run: Run, value: Value, item: Expr) -> Value | None:
    """`states, actions, rewards = memory.sample()` of a memory that was not read: the names tell what is what."""
    if not (isinstance(value, Num) and value.unknown is not None and isinstance(item, Name)):
        return None
    from gradlint.reader.library import memories

    return memories.remembered(run, value, item.id)


def join_vars(left: dict[str, Value], right: dict[str, Value]) -> dict[str, Value]:
    """Variables where two ways through the code meet."""
    joined = dict(left)
    for name, value in right.items():
        known = joined.get(name)
        joined[name] = value if known is None else known if known is value else join(known, value)
    return joined
