"""Executing statements: binding names, branching, looping, and what conditions tell about names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gradlint.model import Noted, Where
from gradlint.reader import arithmetic, attributes, calls, classes, containers, expressions, imports
from gradlint.reader.ir import (
    AnnAssign,
    Assert,
    Assign,
    Attr,
    AugAssign,
    Binary,
    Call,
    Class,
    Compare,
    Def,
    Delete,
    Display,
    Expr,
    ExprStmt,
    For,
    If,
    Import,
    ImportFrom,
    Item,
    Jump,
    Logic,
    Match,
    Name,
    Raise,
    Return,
    Scope,
    Starred,
    Stmt,
    Try,
    Unary,
    While,
    With,
)
from gradlint.reader.ir import (
    Const as Literal,
)
from gradlint.reader.state import Frame, Run, noted
from gradlint.reader.trace import BranchEvent, CheckEvent, Guard
from gradlint.reader.walk import walk
from gradlint.values import (
    ANY,
    NONE,
    NOTHING,
    Const,
    Either,
    Flows,
    Kind,
    Num,
    Range,
    Ref,
    Seq,
    Step,
    Value,
    flows_of,
    join,
    join_all,
    options,
    range_of,
    truth,
)

LOOP_PASSES = 2


def block(run: Run, body: tuple[Stmt, ...], frame: Frame) -> bool:
    """Execute statements in order; False if the end is never reached (return, raise, break, continue)."""
    depth = len(run.guards)
    alive = True
    for statement in body:
        if not _EXECUTE[type(statement)](run, statement, frame):
            alive = False
            break
    del run.guards[depth:]
    return alive


# -- binding ------------------------------------------------------------------------------------------------------------


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
    if target.id in frame.globals:
        home = frame.module.frame
        if run.heap.sharing:
            home.vars[target.id] = join(home.vars.get(target.id, NOTHING), value)
        else:
            key = (frame.path, target.id)
            known = run.globals.get(key, home.vars.get(target.id, NOTHING))
            run.globals[key] = join(known if known != NONE else NOTHING, value)
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
        parts = [*items[:starred], containers.Seq(join_all(middle), tuple(middle)), *items[len(items) - tail :]]
        for item, part in zip(target.items, parts, strict=True):
            assign(run, item, part, frame)
        return
    element = containers.element(run, value)
    for item in target.items:
        assign(run, item, Seq(element) if isinstance(item, Starred) else element, frame)


def _assign(run: Run, node: Assign, frame: Frame) -> bool:
    value = expressions.evaluate(run, node.value, frame)
    for target in node.targets:
        assign(run, target, value, frame)
    return True


def _aug_assign(run: Run, node: AugAssign, frame: Frame) -> bool:
    old = expressions.evaluate(run, node.target, frame)
    right = expressions.evaluate(run, node.value, frame)
    if isinstance(old, Ref) and run.heap.get(old).kind in ("list", "set") and node.op in ("+", "|"):
        run.add_content(old, containers.element(run, right))
        return True
    step = Binary(node.loc, node.op, node.target, node.value)
    assign(run, node.target, arithmetic.binary(run, step, old, right, frame), frame)
    return True


def _ann_assign(run: Run, node: AnnAssign, frame: Frame) -> bool:
    if node.value is not None:
        assign(run, node.target, expressions.evaluate(run, node.value, frame), frame)
    return True


def _expression(run: Run, node: ExprStmt, frame: Frame) -> bool:
    if not isinstance(node.value, Literal):
        expressions.evaluate(run, node.value, frame)
    if isinstance(node.value, Call):
        name = expressions.dotted_name(node.value.func)
        return name not in ("sys.exit", "exit", "quit", "os._exit", "pytest.skip", "self.skipTest")
    return True


def _return(run: Run, node: Return, frame: Frame) -> bool:
    value = expressions.evaluate(run, node.value, frame) if node.value is not None else NONE
    run.use(value)
    frame.returned = join(frame.returned, value)
    return False


def _raise(run: Run, node: Raise, frame: Frame) -> bool:
    if node.value is not None:
        expressions.evaluate(run, node.value, frame)
    return False


def _jump(run: Run, node: Jump, frame: Frame) -> bool:
    return False


def _delete(run: Run, node: Delete, frame: Frame) -> bool:
    return True


def _assert(run: Run, node: Assert, frame: Frame) -> bool:
    test = expressions.evaluate(run, node.test, frame)
    flows = run.heap.flows(test)
    _note_branch(run, Where(frame.path, node.loc), flows, True)
    run.guards.append(Guard(node, True, flows))
    _narrow(run, node.test, True, frame)
    _refine_deviations(flows, frame)
    return True


def _refine_deviations(flows: Flows, frame: Frame) -> None:
    """Deviations that a passed test looked at are not zero from here on."""
    tested = {source for source in flows if source.kind == "std"}
    if tested:
        for name, value in frame.vars.items():
            if isinstance(value, Num) and value.kind is Kind.STD and tested & set(value.flows):
                frame.vars[name] = _non_zero(value)


def _scope(run: Run, node: Scope, frame: Frame) -> bool:
    (frame.globals if node.kind == "global" else frame.nonlocals).update(node.names)
    return True


# -- branches and loops -------------------------------------------------------------------------------------------------


def _note_branch(run: Run, where: Where, flows: Flows, stops: bool, restores: bool = False) -> None:
    if any(source.kind == "check" for source in flows):
        run.emit(BranchEvent(where, flows, stops, restores))


def _if(run: Run, node: If, frame: Frame) -> bool:
    test = expressions.evaluate(run, node.test, frame)
    known = truth(test)
    if known is not None:
        return block(run, node.body if known else node.orelse, frame)
    flows = run.heap.flows(test)
    before, narrowed = frame.vars, frame.narrowed
    ends: list[tuple[bool, dict[str, Value]]] = []
    for arm, body in ((True, node.body), (False, node.orelse)):
        frame.vars, frame.narrowed = dict(before), dict(narrowed)
        _narrow(run, node.test, arm, frame)
        run.guards.append(Guard(node, arm, flows))
        alive = block(run, body, frame)
        run.guards.pop()
        ends.append((alive, frame.vars))
    frame.narrowed = narrowed
    (then_alive, then_vars), (else_alive, else_vars) = ends
    restores = _restores(node)
    stops = restores or not (then_alive and else_alive)
    _note_branch(run, frame.module.place(node.loc), flows, stops, restores)
    if then_alive and else_alive:
        frame.vars = _join_vars(then_vars, else_vars)
        frame.narrowed = {k: v for k, v in narrowed.items() if then_vars.get(k) is else_vars.get(k)}
        return True
    if not then_alive and not else_alive:
        frame.vars = _join_vars(then_vars, else_vars)
        return False
    survivor = then_alive
    frame.vars = then_vars if survivor else else_vars
    run.guards.append(Guard(node, survivor, flows))
    _narrow(run, node.test, survivor, frame)
    _refine_deviations(flows, frame)
    return True


_RESTORING = ("restore", "load_weights", "set_weights", "load_model", "rollback", "reload")


def _restores(node: If) -> bool:
    """An arm brings weights back: a remedy, not a mere message."""
    return any(
        isinstance(each, Call) and expressions.dotted_name(each.func).rpartition(".")[2].startswith(_RESTORING)
        for statement in (*node.body, *node.orelse)
        for each in walk(statement)
    )


def _join_vars(left: dict[str, Value], right: dict[str, Value]) -> dict[str, Value]:
    joined = dict(left)
    for name, value in right.items():
        known = joined.get(name)
        joined[name] = value if known is None else known if known is value else join(known, value)
    return joined


def _loop(run: Run, node: For | While, frame: Frame, enter: Callable[[], bool | None]) -> bool:
    """Run a body until its variables settle, a few passes at most, growing numbers to ranges."""
    run.loops.append(node)
    depth = len(run.guards)
    # a loop inside a loop gets its second pass from the outer one
    for number in range(LOOP_PASSES if len(run.loops) == 1 else 1):
        before = dict(frame.vars)
        entered = enter()
        if entered is False and number == 0 and not isinstance(node, For):
            break
        block(run, node.body, frame)
        del run.guards[depth:]
        after = _join_vars(before, frame.vars)
        frame.vars = {k: _grown(before.get(k), v) for k, v in after.items()}
        if all(frame.vars[k] == before.get(k) for k in frame.vars):
            break
    run.loops.pop()
    block(run, node.orelse, frame)
    return True


def _grown(before: Value | None, after: Value) -> Value:
    """A number that changes in a loop may become anything on that side."""
    if before is None or before == after:
        return after
    old, new = range_of(before), range_of(after)
    if old is None or new is None or not (isinstance(before, Const) and isinstance(after, Either)):
        return after
    if any(isinstance(option, Const) and not isinstance(option.value, int | float) for option in options(after)):
        return after
    infinity = float("inf")
    low = new.low if new.low >= old.low else -infinity
    high = new.high if new.high <= old.high else infinity
    return Num(Kind.PLAIN, Range(low, high, low == new.low, high == new.high), flows_of(after))


def _for(run: Run, node: For, frame: Frame) -> bool:
    source = expressions.evaluate(run, node.iter, frame)
    element = containers.element(run, source)
    exact = containers.iterate_items(run, source)
    if exact == ():
        return block(run, node.orelse, frame)
    if exact is not None and len(exact) <= 4 and any(isinstance(item, Seq | Ref) for item in exact):
        run.loops.append(node)
        for item in exact:
            before = dict(frame.vars)
            assign(run, node.target, item, frame)
            if not block(run, node.body, frame):
                frame.vars = _join_vars(before, frame.vars)
        run.loops.pop()
        return block(run, node.orelse, frame)
    return _loop(run, node, frame, lambda: assign(run, node.target, element, frame))


def _while(run: Run, node: While, frame: Frame) -> bool:
    def enter() -> bool | None:
        test = expressions.evaluate(run, node.test, frame)
        flows = run.heap.flows(test)
        _note_branch(run, Where(frame.path, node.loc), flows, True)
        run.guards.append(Guard(node, True, flows))
        return truth(test)

    endless = isinstance(node.test, Literal) and bool(node.test.value)
    _loop(run, node, frame, enter)
    return not endless or _leaves(node.body)


def _leaves(body: tuple[Stmt, ...]) -> bool:
    """A `break` of this loop is in the body."""
    todo: list[Stmt] = list(body)
    while todo:
        statement = todo.pop()
        if isinstance(statement, Jump) and statement.kind == "break":
            return True
        if isinstance(statement, If):
            todo += (*statement.body, *statement.orelse)
        elif isinstance(statement, With):
            todo += statement.body
        elif isinstance(statement, Try):
            todo += (*statement.body, *statement.orelse, *statement.final)
            for handler in statement.handlers:
                todo += handler.body
        elif isinstance(statement, Match):
            for case in statement.cases:
                todo += case.body
    return False


def _with(run: Run, node: With, frame: Frame) -> bool:
    for context, target in node.items:
        value = calls.enter(run, expressions.evaluate(run, context, frame), frame)
        if target is not None:
            assign(run, target, value, frame)
    return block(run, node.body, frame)


def _try(run: Run, node: Try, frame: Frame) -> bool:
    before = dict(frame.vars)
    alive = block(run, node.body, frame)
    if alive:
        alive = block(run, node.orelse, frame)
    body_vars = frame.vars
    ends = [(alive, body_vars)]
    for handler in node.handlers:
        frame.vars = _join_vars(before, body_vars)
        if handler.name:
            frame.vars[handler.name] = ANY
        run.guards.append(Guard(handler, True, {}))
        ends.append((block(run, handler.body, frame), frame.vars))
        run.guards.pop()
    survivors = [each for ok, each in ends if ok]
    joined = survivors[0] if survivors else body_vars
    for each in survivors[1:]:
        joined = _join_vars(joined, each)
    frame.vars = joined
    return block(run, node.final, frame) and bool(survivors)


def _match(run: Run, node: Match, frame: Frame) -> bool:
    subject = expressions.evaluate(run, node.subject, frame)
    flows = run.heap.flows(subject)
    before = frame.vars
    ends: list[dict[str, Value]] = [before]
    for case in node.cases:
        frame.vars = dict(before)
        for name in case.binds:
            frame.vars[name] = subject
        run.guards.append(Guard(case, True, flows))
        if case.guard is not None:
            expressions.evaluate(run, case.guard, frame)
        if block(run, case.body, frame):
            ends.append(frame.vars)
        run.guards.pop()
    joined = ends[0]
    for each in ends[1:]:
        joined = _join_vars(joined, each)
    frame.vars = joined
    return True


# -- what a condition tells ---------------------------------------------------------------------------------------------


def _narrow(run: Run, test: Expr, arm: bool, frame: Frame) -> None:
    for dotted, value in narrowing(run, test, arm, frame).items():
        if "." in dotted:
            frame.narrowed[dotted] = value
        elif dotted in frame.vars:
            frame.vars[dotted] = value
        else:
            frame.narrowed[dotted] = value


def narrowing(run: Run, test: Expr, arm: bool, frame: Frame) -> dict[str, Value]:
    """Names whose values a condition narrows in the given arm."""
    if isinstance(test, Unary) and test.op == "not":
        return narrowing(run, test.operand, not arm, frame)
    if isinstance(test, Logic):
        if (test.op == "and") == arm:
            return {**narrowing(run, test.left, arm, frame), **narrowing(run, test.right, arm, frame)}
        return {}
    if isinstance(test, Name | Attr):
        return _narrow_one(run, test, frame, (without_falsy if arm else _only_falsy))
    if isinstance(test, Compare) and len(test.ops) == 1:
        op, right = test.ops[0], test.rights[0]
        if isinstance(right, Literal) and right.value is None and op in ("is", "is not", "==", "!="):
            keep_none = (op in ("is", "==")) == arm
            return _narrow_one(run, test.left, frame, (_only_none if keep_none else _without_none))
    return {}


def _narrow_one(run: Run, node: Expr, frame: Frame, change: Callable[[Run, Value], Value]) -> dict[str, Value]:
    dotted = expressions.dotted_name(node)
    if not dotted:
        return {}
    before = expressions.evaluate(run, node, frame)
    after = change(run, before)
    return {} if after is before or after == before else {dotted: after}


def without_falsy(run: Run, value: Value) -> Value:
    """What is left of a value that is true."""
    kept = [option for option in options(value) if not (isinstance(option, Const) and not option.value)]
    narrowed = [_non_zero(option) for option in kept]
    if not narrowed:
        return value if not isinstance(value, Const) else ANY
    return narrowed[0] if len(narrowed) == 1 else Either(tuple(narrowed))


def _non_zero(value: Value) -> Value:
    if isinstance(value, Num) and value.range is not None and value.range.low == 0:
        return replace(value, range=replace(value.range, low_attained=False))
    return value


def _only_falsy(run: Run, value: Value) -> Value:
    kept = tuple(o for o in options(value) if not isinstance(o, Const) or not o.value or o.assumed)
    kept = tuple(o for o in kept if truth(o) is not True)
    return value if not kept or len(kept) == len(options(value)) else kept[0] if len(kept) == 1 else Either(kept)


def _without_none(run: Run, value: Value) -> Value:
    kept = tuple(option for option in options(value) if not (isinstance(option, Const) and option.value is None))
    if not kept:
        return ANY
    return kept[0] if len(kept) == 1 else Either(kept)


def _only_none(run: Run, value: Value) -> Value:
    return NONE


_EXECUTE: dict[type, Callable[[Run, Any, Frame], bool]] = {
    Assign: _assign,
    AugAssign: _aug_assign,
    AnnAssign: _ann_assign,
    ExprStmt: _expression,
    Return: _return,
    Raise: _raise,
    Jump: _jump,
    Delete: _delete,
    Assert: _assert,
    Scope: _scope,
    Import: lambda run, node, frame: imports.import_names(run, node, frame),
    ImportFrom: lambda run, node, frame: imports.import_from(run, node, frame),
    If: _if,
    While: _while,
    For: _for,
    With: _with,
    Try: _try,
    Match: _match,
    Def: lambda run, node, frame: classes.define_function(run, node, frame),
    Class: lambda run, node, frame: classes.define_class(run, node, frame),
}

__all__ = ["CheckEvent", "assign", "block", "narrowing", "without_falsy"]
