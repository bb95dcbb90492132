"""Evaluating expressions over abstract values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradlint.model import Noted, Where
from gradlint.reader import arithmetic, attributes, calls, containers, statements
from gradlint.reader.ir import (
    Attr,
    Binary,
    Call,
    Choice,
    Comp,
    Compare,
    Display,
    Expr,
    Format,
    Item,
    Lambda,
    Logic,
    Mapping,
    Name,
    Slice,
    Starred,
    Unary,
    Walrus,
    Yield,
)
from gradlint.reader.ir import (
    Const as Literal,
)
from gradlint.reader.state import MOST_STEPS, Budget, Frame, Run
from gradlint.reader.tensors import Site
from gradlint.reader.trace import Guard
from gradlint.values import (
    ANY,
    MOST_ITEMS,
    MOST_TEXT,
    NO_FLOWS,
    NONE,
    NOTHING,
    Const,
    Ext,
    Fn,
    Kind,
    Mod,
    Num,
    Ref,
    Seq,
    Value,
    clamped,
    join,
    join_all,
    join_flows,
    sequence,
    truth,
    unknown,
)


def evaluate(run: Run, node: Expr, frame: Frame) -> Value:
    """The value of an expression.

    Raises:
        Budget: when the program has used up its evaluations.
    """
    run.steps += 1
    if run.steps > MOST_STEPS:
        raise Budget
    return _EVALUATE[type(node)](run, node, frame)


def where(frame: Frame, node: Any) -> Where:
    """The place of a node."""
    return frame.module.place(node.loc)


def lookup(run: Run, name: str, frame: Frame) -> Value:
    """The value of a name: own scope, enclosing functions, module, star imports, builtins."""
    if name in frame.vars and name not in frame.globals:
        return frame.vars[name]
    scope = frame.outer
    while scope is not None:
        if name in scope.vars:
            value = scope.vars[name]
            run.now.scopes[(scope, name)] = value
            return value
        scope = scope.outer
    module = frame.module
    override = run.globals.get((module.ir.path, name))
    if override is not None:
        return override
    if name in module.frame.vars:
        return module.frame.vars[name]
    if name in containers.BUILTINS:
        return Ext(f"builtins.{name}", f"builtins.{name}")
    for raw in module.stars:
        found = attributes.star_member(raw, name)
        if found is not None:
            return found
    return unknown(f"name {name} is not defined in the files that were read")


def _name(run: Run, node: Name, frame: Frame) -> Value:
    name = node.id
    if frame.narrowed and name in frame.narrowed:
        return frame.narrowed[name]
    value = frame.vars.get(name)
    return value if value is not None and not frame.globals else lookup(run, name, frame)


def _literal(run: Run, node: Literal, frame: Frame) -> Value:
    made = frame.module.literals.get(id(node))
    if made is None:
        made = frame.module.literals[id(node)] = _constant(node, frame)
    return made


def _constant(node: Literal, frame: Frame) -> Value:
    value = node.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Const(clamped(value), (Noted(where(frame, node), "written here"),))
    if value is Ellipsis:
        return ANY
    return Const(value)


def _format(run: Run, node: Format, frame: Frame) -> Value:
    parts = [evaluate(run, part, frame) for part in node.parts]
    text = node.text
    for part in parts:
        if not isinstance(part, Const) or part.assumed:
            return ANY
        if isinstance(part.value, str) and len(part.value) + len(text) > MOST_TEXT:
            return ANY
        text = text.replace("\0", str(part.value), 1)
    return Const(text) if "\0" not in text else ANY


def _attr(run: Run, node: Attr, frame: Frame) -> Value:
    if frame.narrowed:
        holder = node.obj
        dotted = f"{holder.id}.{node.name}" if type(holder) is Name else dotted_name(node)
        if dotted in frame.narrowed:
            return frame.narrowed[dotted]
    return attributes.get(run, evaluate(run, node.obj, frame), node.name, where(frame, node))


def dotted_name(node: Expr) -> str:
    """`a.b.c` as text, "" for anything else."""
    parts: list[str] = []
    while isinstance(node, Attr):
        parts.append(node.name)
        node = node.obj
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, Name) else ""


def _item(run: Run, node: Item, frame: Frame) -> Value:
    if frame.narrowed and dotted_name(node.obj) in frame.narrowed:
        return containers.index(run, frame.narrowed[dotted_name(node.obj)], ANY, node, frame)
    holder = evaluate(run, node.obj, frame)
    key = evaluate(run, node.index, frame)
    return containers.index(run, holder, key, node, frame)


def _slice(run: Run, node: Slice, frame: Frame) -> Value:
    parts = [evaluate(run, part, frame) if part is not None else NONE for part in (node.low, node.high, node.step)]
    return Seq(ANY, tuple(parts), None, where(frame, node))


def _call(run: Run, node: Call, frame: Frame) -> Value:
    return calls.call_node(run, node, frame)


def _binary(run: Run, node: Binary, frame: Frame) -> Value:
    chain: list[Binary] = []
    left: Expr = node
    while isinstance(left, Binary):
        chain.append(left)
        left = left.left
    value = evaluate(run, left, frame)
    for step in reversed(chain):
        right = evaluate(run, step.right, frame)
        value = arithmetic.binary(run, step, value, right, frame)
    return value


def _unary(run: Run, node: Unary, frame: Frame) -> Value:
    return arithmetic.unary(run, node.op, evaluate(run, node.operand, frame), Site(where(frame, node), frame.context))


def _logic(run: Run, node: Logic, frame: Frame) -> Value:
    left = evaluate(run, node.left, frame)
    known = truth(left)
    if known is not None:
        keep_left = known == (node.op == "or")
        return left if keep_left else evaluate(run, node.right, frame)
    flows = run.heap.flows(left)
    run.guards.append(Guard(node, node.op == "and", flows))
    right = evaluate(run, node.right, frame)
    run.guards.pop()
    if node.op == "or":
        left = statements.without_falsy(run, left)
    if isinstance(left, Num) and isinstance(right, Num) and Kind.BOOLEAN in (left.kind, right.kind):
        return Num(Kind.BOOLEAN, None, join_flows(left.flows, right.flows))
    return join(left, right)


def _compare(run: Run, node: Compare, frame: Frame) -> Value:
    values = [evaluate(run, node.left, frame), *(evaluate(run, right, frame) for right in node.rights)]
    return arithmetic.compare(run, node, values, frame)


def _choice(run: Run, node: Choice, frame: Frame) -> Value:
    test = evaluate(run, node.test, frame)
    known = truth(test)
    if known is not None:
        return evaluate(run, node.body if known else node.orelse, frame)
    flows, term = run.heap.flows(test), test.term if isinstance(test, Num) else None
    found: Value = NOTHING
    for arm, branch in ((True, node.body), (False, node.orelse)):
        saved = frame.narrowed
        frame.narrowed = {**saved, **statements.narrowing(run, node.test, arm, frame)}
        run.guards.append(Guard(node, arm, flows, term))
        found = join(found, evaluate(run, branch, frame))
        run.guards.pop()
        frame.narrowed = saved
    return found


def _display(run: Run, node: Display, frame: Frame) -> Value:
    items: list[Value] = []
    exact = True
    for item in node.items:
        if isinstance(item, Starred):
            spread = evaluate(run, item.value, frame)
            inner = containers.iterate_items(run, spread)
            if inner is None:
                exact = False
                items.append(containers.element(run, spread))
            else:
                items += inner
        else:
            items.append(evaluate(run, item, frame))
            run.use(items[-1])
    if node.kind == "tuple":
        return sequence(items) if exact else Seq(join_all(items))
    exact = exact and len(items) <= MOST_ITEMS
    ref = run.heap.allocate((id(node), frame.context), "list", where(frame, node), context=frame.context)
    obj = run.heap.edit(ref)
    if obj.items is None and obj.elem is NOTHING:
        if exact:
            obj.items = tuple(items)
        else:
            obj.elem = join_all(items)
    elif obj.items is not None and exact and len(obj.items) == len(items):
        obj.items = tuple(map(join, obj.items, items))
    else:
        for value in items:
            run.add_content(ref, value)
    return ref


def _mapping(run: Run, node: Mapping, frame: Frame) -> Value:
    ref = run.heap.allocate((id(node), frame.context), "dict", where(frame, node), context=frame.context)
    for key_node, value_node in node.items:
        value = evaluate(run, value_node, frame)
        if key_node is None:
            containers.update_mapping(run, ref, value)
            continue
        key = evaluate(run, key_node, frame)
        run.use(value)
        containers.store_key(run, ref, key, value)
    return ref


def _comp(run: Run, node: Comp, frame: Frame) -> Value:
    inner = Frame(
        frame.module,
        dict(frame.vars),
        frame.outer,
        frame.definition,
        frame.receiver,
        frame.owner,
        frame.context,
        frame.globals,
        frame.nonlocals,
    )
    inner.narrowed = dict(frame.narrowed)
    depth = len(run.guards)
    exact: tuple[Value, ...] | None = None
    for number, clause in enumerate(node.clauses):
        source = evaluate(run, clause.iter, inner)
        if number == 0 and len(node.clauses) == 1 and not clause.conditions:
            exact = containers.iterate_items(run, source)
            if exact is not None and not 0 < len(exact) <= 8:
                exact = None
        if exact is None:
            statements.assign(run, clause.target, containers.element(run, source), inner)
        run.loops.append(node)
        for condition in clause.conditions:
            test = evaluate(run, condition, inner)
            inner.narrowed.update(statements.narrowing(run, condition, True, inner))
            run.guards.append(Guard(condition, True, run.heap.flows(test)))
    result: Value
    if exact is not None and node.kind != "dict":
        items = []
        for each in exact:
            statements.assign(run, node.clauses[0].target, each, inner)
            items.append(evaluate(run, node.element, inner))
        run.several |= {item.id for item in items if isinstance(item, Ref)}
        result = sequence(items, where(frame, node))
    elif node.kind == "dict" and node.value is not None:
        if exact is not None:
            statements.assign(run, node.clauses[0].target, join_all(exact), inner)
        key = evaluate(run, node.element, inner)
        value = evaluate(run, node.value, inner)
        ref = run.heap.allocate((id(node), frame.context), "dict", where(frame, node), context=frame.context)
        containers.store_key(run, ref, key, value)
        run.several |= {value.id} if isinstance(value, Ref) else set()
        result = ref
    else:
        element = evaluate(run, node.element, inner)
        run.several |= {element.id} if isinstance(element, Ref) else set()
        result = Seq(element, None, None, where(frame, node))
    del run.guards[depth:]
    del run.loops[len(run.loops) - len(node.clauses) :]
    for name, value in inner.vars.items():
        if isinstance(node.element, Walrus) or any(isinstance(c, Walrus) for cl in node.clauses for c in cl.conditions):
            frame.vars.setdefault(name, value)
    return result


def _lambda(run: Run, node: Lambda, frame: Frame) -> Value:
    return Fn(node, frame, None, frame.owner)


def _starred(run: Run, node: Starred, frame: Frame) -> Value:
    return evaluate(run, node.value, frame)


def _yield(run: Run, node: Yield, frame: Frame) -> Value:
    value = evaluate(run, node.value, frame) if node.value is not None else NONE
    frame.yielded = join(frame.yielded, containers.element(run, value) if node.whole else value)
    return ANY


def _walrus(run: Run, node: Walrus, frame: Frame) -> Value:
    value = evaluate(run, node.value, frame)
    statements.assign(run, node.target, value, frame)
    return value


_EVALUATE: dict[type, Callable[[Run, Any, Frame], Value]] = {
    Name: _name,
    Literal: _literal,
    Format: _format,
    Attr: _attr,
    Item: _item,
    Slice: _slice,
    Call: _call,
    Binary: _binary,
    Unary: _unary,
    Logic: _logic,
    Compare: _compare,
    Choice: _choice,
    Display: _display,
    Mapping: _mapping,
    Comp: _comp,
    Lambda: _lambda,
    Starred: _starred,
    Yield: _yield,
    Walrus: _walrus,
}

__all__ = ["NO_FLOWS", "Mod", "dotted_name", "evaluate", "lookup", "where"]
