"""Executing loops."""

from __future__ import annotations

from collections.abc import Callable

from gradlint.model import Where
from gradlint.reader import binding, containers, expressions, statements
from gradlint.reader.ir import Const as Literal
from gradlint.reader.ir import For, If, Jump, Match, Name, Stmt, Try, While, With
from gradlint.reader.state import Frame, Run
from gradlint.reader.trace import Guard
from gradlint.reader.walk import walk
from gradlint.values import Const, Either, Kind, Num, Range, Ref, Seq, Value, flows_of, options, range_of, truth

LOOP_PASSES = 2


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
        statements.block(run, node.body, frame)
        del run.guards[depth:]
        after = binding.join_vars(before, frame.vars)
        frame.vars = {k: _grown(before.get(k), v) for k, v in after.items()}
        if all(frame.vars[k] == before.get(k) for k in frame.vars):
            break
    run.loops.pop()
    statements.block(run, node.orelse, frame)
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


def run_for(run: Run, node: For, frame: Frame) -> bool:
    """Execute a `for`; False if its end is never reached."""
    source = expressions.evaluate(run, node.iter, frame)
    element = containers.element(run, source)
    exact = containers.iterate_items(run, source)
    if exact == ():
        return statements.block(run, node.orelse, frame)
    if (
        exact is not None
        and (len(exact) <= 4 or _sets_attributes(node))
        and any(isinstance(item, Seq | Ref) for item in exact)
    ):
        run.loops.append(node)
        for item in exact:
            before = dict(frame.vars)
            binding.assign(run, node.target, item, frame)
            if not statements.block(run, node.body, frame):
                frame.vars = binding.join_vars(before, frame.vars)
        run.loops.pop()
        return statements.block(run, node.orelse, frame)
    return _loop(run, node, frame, lambda: binding.assign(run, node.target, element, frame))


def _sets_attributes(node: For) -> bool:
    """`for name, value in settings.items(): setattr(self, name, value)`: worth a pass for each of its settings."""
    return any(isinstance(each, Name) and each.id == "setattr" for statement in node.body for each in walk(statement))


def run_while(run: Run, node: While, frame: Frame) -> bool:
    """Execute a `while`; False if its end is never reached."""

    def enter() -> bool | None:
        test = expressions.evaluate(run, node.test, frame)
        flows = run.heap.flows(test)
        statements.note_branch(run, Where(frame.path, node.loc), flows, True)
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
