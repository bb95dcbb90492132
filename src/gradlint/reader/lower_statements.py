"""Statements of libcst -> statements of the compact program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import libcst as cst

from gradlint.reader import ir
from gradlint.reader.lower_compounds import parameters
from gradlint.reader.lower_expressions import arguments
from gradlint.reader.lower_patterns import pattern
from gradlint.reader.lower_state import State, expression, optional

Lower: TypeAlias = Callable[[State, Any], ir.Stmt | None]


def suite(state: State, lines: Any) -> tuple[ir.Stmt, ...]:
    """Lower the lines of a block or module. `pass` leaves nothing behind."""
    result = []
    for line in lines:
        if type(line) is cst.SimpleStatementLine:
            for small in line.body:
                statement = _STATEMENTS[type(small)](state, small)
                if statement is not None:
                    result.append(statement)
        else:
            statement = _STATEMENTS[type(line)](state, line)
            if statement is not None:
                result.append(statement)
    return tuple(result)


def _orelse(state: State, node: Any) -> tuple[ir.Stmt, ...]:
    return () if node is None else suite(state, node.body.body)


def _expression(state: State, node: cst.Expr) -> ir.ExprStmt:
    start = state.start()
    value = expression(state, node.value)
    return ir.ExprStmt(start | state.tail, value)


def _assign(state: State, node: cst.Assign) -> ir.Assign:
    start = state.start()
    targets = tuple([expression(state, target.target) for target in node.targets])
    value = expression(state, node.value)
    return ir.Assign(start | state.tail, targets, value)


def _aug_assign(state: State, node: cst.AugAssign) -> ir.AugAssign:
    start = state.start()
    target = expression(state, node.target)
    value = expression(state, node.value)
    return ir.AugAssign(start | state.tail, target, _AUGMENTS[type(node.operator)], value)


def _ann_assign(state: State, node: cst.AnnAssign) -> ir.AnnAssign:
    start = state.start()
    target = expression(state, node.target)
    annotation = expression(state, node.annotation.annotation)
    value = optional(state, node.value)
    return ir.AnnAssign(start | state.tail, target, annotation, value)


def _return(state: State, node: cst.Return) -> ir.Return:
    start = state.start()
    value = optional(state, node.value)
    return ir.Return(start | state.tail, value)


def _raise(state: State, node: cst.Raise) -> ir.Raise:
    start = state.start()
    value = optional(state, node.exc)
    if node.cause is not None:
        expression(state, node.cause.item)
    return ir.Raise(start | state.tail, value)


def _pass(state: State, node: cst.Pass) -> None:
    return None


def _break(state: State, node: cst.Break) -> ir.Jump:
    return ir.Jump(state.start() | state.tail, "break")


def _continue(state: State, node: cst.Continue) -> ir.Jump:
    return ir.Jump(state.start() | state.tail, "continue")


def _delete(state: State, node: cst.Del) -> ir.Delete:
    start = state.start()
    target = expression(state, node.target)
    targets = target.items if type(target) is ir.Display and target.kind == "tuple" else (target,)
    return ir.Delete(start | state.tail, targets)


def _assert(state: State, node: cst.Assert) -> ir.Assert:
    start = state.start()
    test = expression(state, node.test)
    message = optional(state, node.msg)
    return ir.Assert(start | state.tail, test, message)


def _scope(state: State, node: Any) -> ir.Scope:
    start = state.start()
    names = []
    for item in node.names:
        state.leaf()
        names.append(item.name.value)
    return ir.Scope(start | state.tail, "global" if type(node) is cst.Global else "nonlocal", tuple(names))


def _dotted(state: State, node: Any) -> str:
    names = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        state.leaf()
        node = node.value
    names.append(node.value)
    state.leaf()
    return ".".join(reversed(names))


def _aliases(state: State, nodes: Any) -> tuple[tuple[str, str | None], ...]:
    result = []
    for node in nodes:
        name = _dotted(state, node.name)
        alias = None
        if node.asname is not None:
            state.leaf()
            alias = node.asname.name.value
        result.append((name, alias))
    return tuple(result)


def _import(state: State, node: cst.Import) -> ir.Import:
    start = state.start()
    names = _aliases(state, node.names)
    return ir.Import(start | state.tail, names)


def _import_from(state: State, node: cst.ImportFrom) -> ir.ImportFrom:
    start = state.start()
    module = "" if node.module is None else _dotted(state, node.module)
    names = None if isinstance(node.names, cst.ImportStar) else _aliases(state, node.names)
    if isinstance(node.rpar, cst.RightParen):
        state.close(1)
    return ir.ImportFrom(start | state.tail, len(node.relative), module, names)


def _type_alias(state: State, node: Any) -> ir.Assign:
    start = state.start()
    state.leaf()
    name = expression(state, node.name)
    _type_parameters(state, node.type_parameters)
    value = expression(state, node.value)
    return ir.Assign(start | state.tail, (name,), value)


def _type_parameters(state: State, node: Any) -> None:
    if node is None:
        return
    for param in node.params:
        state.leaf()
        optional(state, getattr(param.param, "bound", None))
        optional(state, getattr(param, "default", None))
    state.close(1)


def _if(state: State, node: cst.If) -> ir.If:
    """Lower a whole chain of `elif` in a loop: chains are long, the stack is not."""
    branches = []
    orelse: tuple[ir.Stmt, ...] = ()
    rest: Any = node
    while isinstance(rest, cst.If):
        start = state.start()
        test = expression(state, rest.test)
        loc = start | state.tail
        branches.append((loc, test, suite(state, rest.body.body)))
        rest = rest.orelse
    orelse = _orelse(state, rest)
    for loc, test, body in reversed(branches[1:]):
        orelse = (ir.If(loc, test, body, orelse),)
    loc, test, body = branches[0]
    return ir.If(loc, test, body, orelse)


def _while(state: State, node: cst.While) -> ir.While:
    start = state.start()
    test = expression(state, node.test)
    loc = start | state.tail
    body = suite(state, node.body.body)
    return ir.While(loc, test, body, _orelse(state, node.orelse))


def _for(state: State, node: cst.For) -> ir.For:
    start = state.start()
    target = expression(state, node.target)
    source = expression(state, node.iter)
    loc = start | state.tail
    body = suite(state, node.body.body)
    return ir.For(loc, target, source, body, _orelse(state, node.orelse))


def _with(state: State, node: cst.With) -> ir.With:
    start = state.start()
    items = []
    for item in node.items:
        value = expression(state, item.item)
        items.append((value, None if item.asname is None else expression(state, item.asname.name)))
    if isinstance(node.rpar, cst.RightParen):
        state.close(1)
    loc = start | state.tail
    return ir.With(loc, tuple(items), suite(state, node.body.body))


def _try(state: State, node: Any) -> ir.Try:
    loc = state.start() | state.tail
    body = suite(state, node.body.body)
    handlers = tuple([_handler(state, handler) for handler in node.handlers])
    orelse = _orelse(state, node.orelse)
    return ir.Try(loc, body, handlers, orelse, _orelse(state, node.finalbody))


def _handler(state: State, node: Any) -> ir.Handler:
    start = state.start()
    caught = optional(state, node.type)
    name = None
    if node.name is not None:
        state.leaf()
        name = node.name.name.value
    loc = start | state.tail
    return ir.Handler(loc, caught, name, suite(state, node.body.body))


def _match(state: State, node: cst.Match) -> ir.Match:
    start = state.start()
    state.leaf()
    subject = expression(state, node.subject)
    loc = start | state.tail
    return ir.Match(loc, subject, tuple([_case(state, case) for case in node.cases]))


def _case(state: State, node: cst.MatchCase) -> ir.Case:
    start = state.start()
    state.leaf()
    binds: list[str] = []
    literals = pattern(state, node.pattern, binds)
    guard = optional(state, node.guard)
    loc = start | state.tail
    body = suite(state, node.body.body)
    return ir.Case(loc, tuple(dict.fromkeys(binds)), () if binds or literals is None else literals, guard, body)


def _decorators(state: State, nodes: Any) -> tuple[ir.Expr, ...]:
    return tuple([expression(state, node.decorator) for node in nodes])


def _def(state: State, node: cst.FunctionDef) -> ir.Def:
    decorators = _decorators(state, node.decorators)
    start = state.start()
    state.leaf()
    _type_parameters(state, node.type_parameters)
    params = parameters(state, node.params)
    state.close(1)
    if node.returns is not None:
        expression(state, node.returns.annotation)
    loc = start | state.tail
    outer, state.generator = state.generator, False
    body = suite(state, node.body.body)
    generator, state.generator = state.generator, outer
    return ir.Def(loc, node.name.value, params, body, decorators, generator)


def _class(state: State, node: cst.ClassDef) -> ir.Class:
    decorators = _decorators(state, node.decorators)
    start = state.start()
    state.leaf()
    _type_parameters(state, node.type_parameters)
    bases = arguments(state, (*node.bases, *node.keywords))
    if bases or isinstance(node.rpar, cst.RightParen):
        state.close(1)
    loc = start | state.tail
    outer = state.generator
    body = suite(state, node.body.body)
    state.generator = outer
    return ir.Class(loc, node.name.value, bases, body, decorators)


_AUGMENTS: Mapping[type, str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.PowerAssign: "**",
    cst.MatrixMultiplyAssign: "@",
    cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>",
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
}
_STATEMENTS: Mapping[type, Lower] = {
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AugAssign: _aug_assign,
    cst.AnnAssign: _ann_assign,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Pass: _pass,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.Del: _delete,
    cst.Assert: _assert,
    cst.Global: _scope,
    cst.Nonlocal: _scope,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.TypeAlias: _type_alias,
    cst.If: _if,
    cst.While: _while,
    cst.For: _for,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.Match: _match,
    cst.FunctionDef: _def,
    cst.ClassDef: _class,
}
