"""Executing statements: simple ones, branches and blocks; loops, binding and narrowing have their own modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradlint.model import Where
from gradlint.reader import arithmetic, binding, calls, classes, containers, expressions, imports, loops
from gradlint.reader import narrowing as conditions
from gradlint.reader.events import BranchEvent
from gradlint.reader.ir import (
    AnnAssign,
    Assert,
    Assign,
    AugAssign,
    Binary,
    Call,
    Class,
    Def,
    Delete,
    Expr,
    ExprStmt,
    For,
    If,
    Import,
    ImportFrom,
    Jump,
    Match,
    Raise,
    Return,
    Scope,
    Stmt,
    Try,
    While,
    With,
)
from gradlint.reader.ir import (
    Const as Literal,
)
from gradlint.reader.state import Frame, Run
from gradlint.reader.trace import Guard
from gradlint.reader.walk import walk
from gradlint.values import (
    ANY,
    NONE,
    Flows,
    Num,
    Ref,
    Value,
    join,
    truth,
)


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


# -- what other modules reach through this one -------------------------------------------------------------------------


def assign(run: Run, target: Expr, value: Value, frame: Frame) -> None:
    """`target = value`."""
    binding.assign(run, target, value, frame)


def narrowing(run: Run, test: Expr, arm: bool, frame: Frame) -> dict[str, Value]:
    """Names whose values a condition narrows in the given arm."""
    return conditions.narrowing(run, test, arm, frame)


def without_falsy(run: Run, value: Value) -> Value:
    """What is left of a value that is true."""
    return conditions.without_falsy(run, value)


# -- simple statements -------------------------------------------------------------------------------------------------


def _assign(run: Run, node: Assign, frame: Frame) -> bool:
    value = expressions.evaluate(run, node.value, frame)
    for target in node.targets:
        binding.assign(run, target, value, frame)
    return True


def _aug_assign(run: Run, node: AugAssign, frame: Frame) -> bool:
    old = expressions.evaluate(run, node.target, frame)
    right = expressions.evaluate(run, node.value, frame)
    if isinstance(old, Ref) and run.heap.get(old).kind in ("list", "set") and node.op in ("+", "|"):
        run.add_content(old, containers.element(run, right))
        return True
    step = Binary(node.loc, node.op, node.target, node.value)
    binding.assign(run, node.target, arithmetic.binary(run, step, old, right, frame), frame)
    return True


def _ann_assign(run: Run, node: AnnAssign, frame: Frame) -> bool:
    if node.value is not None:
        binding.assign(run, node.target, expressions.evaluate(run, node.value, frame), frame)
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
    """Nothing is learnt from how an error is worded, and projects that word theirs with care pay dearly for reading it."""
    return False


def _jump(run: Run, node: Jump, frame: Frame) -> bool:
    return False


def _delete(run: Run, node: Delete, frame: Frame) -> bool:
    return True


def _assert(run: Run, node: Assert, frame: Frame) -> bool:
    test = expressions.evaluate(run, node.test, frame)
    flows = run.heap.flows(test)
    note_branch(run, Where(frame.path, node.loc), flows, True)
    run.guards.append(Guard(node, True, flows))
    conditions.narrow(run, node.test, True, frame)
    conditions.refine_deviations(flows, frame)
    return True


def _scope(run: Run, node: Scope, frame: Frame) -> bool:
    (frame.globals if node.kind == "global" else frame.nonlocals).update(node.names)
    return True


# -- branches and loops -------------------------------------------------------------------------------------------------


def note_branch(run: Run, where: Where, flows: Flows, stops: bool) -> None:
    """A branch depends on the outcome of a check."""
    if _carries_check(flows):
        run.emit(BranchEvent(where, flows, stops))


def _carries_check(flows: Flows) -> bool:
    return "check" in [source.kind for source in flows]


def _if(run: Run, node: If, frame: Frame) -> bool:
    test = expressions.evaluate(run, node.test, frame)
    known = truth(test)
    if known is not None:
        return block(run, node.body if known else node.orelse, frame)
    flows, term = run.heap.flows(test), test.term if isinstance(test, Num) else None
    before, narrowed = frame.vars, frame.narrowed
    ends: list[tuple[bool, dict[str, Value]]] = []
    for arm, body in ((True, node.body), (False, node.orelse)):
        frame.vars, frame.narrowed = dict(before), dict(narrowed)
        conditions.narrow(run, node.test, arm, frame)
        run.guards.append(Guard(node, arm, flows, term))
        alive = block(run, body, frame)
        run.guards.pop()
        ends.append((alive, frame.vars))
    frame.narrowed = narrowed
    (then_alive, then_vars), (else_alive, else_vars) = ends
    if _carries_check(flows):
        restores = _restores(node)
        stops = restores or not (then_alive and else_alive)
        run.emit(BranchEvent(frame.module.place(node.loc), flows, stops, restores, _reports(node)))
    if then_alive and else_alive:
        frame.vars = binding.join_vars(then_vars, else_vars)
        frame.narrowed = {k: v for k, v in narrowed.items() if then_vars.get(k) is else_vars.get(k)}
        return True
    if not then_alive and not else_alive:
        frame.vars = binding.join_vars(then_vars, else_vars)
        return False
    survivor = then_alive
    frame.vars = then_vars if survivor else else_vars
    run.guards.append(Guard(node, survivor, flows))
    conditions.narrow(run, node.test, survivor, frame)
    conditions.refine_deviations(flows, frame)
    return True


_RESTORING = ("restore", "load_weights", "set_weights", "load_model", "rollback", "reload")


def _restores(node: If) -> bool:
    """An arm brings weights back: a remedy, not a mere message."""
    return any(
        isinstance(each, Call) and expressions.dotted_name(each.func).rpartition(".")[2].startswith(_RESTORING)
        for statement in (*node.body, *node.orelse)
        for each in walk(statement)
    )


_SAYING = frozenset({"print", "warning", "warn", "error", "info", "debug", "critical", "exception", "log", "write"})


def _reports(node: If) -> bool:
    """Nothing but messages, whatever the outcome."""
    return all(
        isinstance(each, ExprStmt)
        and isinstance(each.value, Call)
        and expressions.dotted_name(each.value.func).rpartition(".")[2] in _SAYING
        for each in (*node.body, *node.orelse)
    )


def _with(run: Run, node: With, frame: Frame) -> bool:
    before = run.tapes
    for context, target in node.items:
        value = calls.enter(run, expressions.evaluate(run, context, frame), frame)
        run.tapes += isinstance(value, Ref) and run.heap.get(value).kind == "tape"
        if target is not None:
            binding.assign(run, target, value, frame)
    alive = block(run, node.body, frame)
    run.tapes = before
    return alive


def _try(run: Run, node: Try, frame: Frame) -> bool:
    before = dict(frame.vars)
    alive = block(run, node.body, frame)
    if alive:
        alive = block(run, node.orelse, frame)
    body_vars = frame.vars
    ends = [(alive, body_vars)]
    for handler in node.handlers:
        frame.vars = binding.join_vars(before, body_vars)
        if handler.name:
            frame.vars[handler.name] = ANY
        run.guards.append(Guard(handler, True, {}))
        ends.append((block(run, handler.body, frame), frame.vars))
        run.guards.pop()
    survivors = [each for ok, each in ends if ok]
    joined = survivors[0] if survivors else body_vars
    for each in survivors[1:]:
        joined = binding.join_vars(joined, each)
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
        joined = binding.join_vars(joined, each)
    frame.vars = joined
    return True


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
    While: lambda run, node, frame: loops.run_while(run, node, frame),
    For: lambda run, node, frame: loops.run_for(run, node, frame),
    With: _with,
    Try: _try,
    Match: _match,
    Def: lambda run, node, frame: classes.define_function(run, node, frame),
    Class: lambda run, node, frame: classes.define_class(run, node, frame),
}

__all__ = ["assign", "block", "narrowing", "without_falsy"]
