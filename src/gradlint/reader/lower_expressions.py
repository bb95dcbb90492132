"""Names, literals, operators and calls of libcst -> expressions of the compact program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import libcst as cst

from gradlint.reader import ir
from gradlint.reader.lower_state import LEAF, LEAVES, START, Lower, State, expression, optional
from gradlint.reader.lower_strings import imaginary, integer, string

_SINGLETONS: Mapping[str, object] = {"True": True, "False": False, "None": None}


def _name(state: State, node: cst.Name) -> ir.Expr:
    start = state.tail & LEAVES
    tail = start + LEAF
    state.tail = tail + len(node.rpar) if node.rpar else tail
    if node.value in _SINGLETONS:
        return ir.Const(start << START | tail, _SINGLETONS[node.value])
    state.names.add(node.value)
    return ir.Name(start << START | tail, node.value)


def _literal(state: State, node: Any, value: object) -> ir.Const:
    start = state.tail & LEAVES
    tail = start + LEAF
    state.tail = tail + len(node.rpar)
    return ir.Const(start << START | tail, value)


def _integer(state: State, node: cst.Integer) -> ir.Const:
    return _literal(state, node, integer(node.value))


def _float(state: State, node: cst.Float) -> ir.Const:
    return _literal(state, node, float(node.value))


def _imaginary(state: State, node: cst.Imaginary) -> ir.Const:
    return _literal(state, node, imaginary(node.value))


def _string(state: State, node: cst.SimpleString) -> ir.Const:
    return _literal(state, node, string(node.value))


def _ellipsis(state: State, node: cst.Ellipsis) -> ir.Const:
    loc = state.start() | state.tail
    state.close(len(node.rpar))
    return ir.Const(loc, ...)


def _attribute(state: State, node: cst.Attribute) -> ir.Attr:
    start = (state.tail & LEAVES) << START
    value = node.value
    obj = state.table[type(value)](state, value)
    tail = (state.tail & LEAVES) + LEAF
    state.tail = tail + len(node.rpar) if node.rpar else tail
    name = node.attr.value
    state.names.add(name)
    return ir.Attr(start | tail, obj, name)


def arguments(state: State, nodes: Any) -> tuple[ir.Arg, ...]:
    """Lower the arguments of a call or the bases of a class."""
    result = []
    for node in nodes:
        name = None
        if node.keyword is not None:
            name = node.keyword.value
            state.tail = (state.tail & LEAVES) + LEAF
        value = node.value
        result.append(ir.Arg(name, len(node.star), state.table[type(value)](state, value)))
    return tuple(result)


def _call(state: State, node: cst.Call) -> ir.Call:
    start = (state.tail & LEAVES) << START
    func = state.table[type(node.func)](state, node.func)
    args = arguments(state, node.args) if node.args else ()
    state.close(1)
    loc = start | state.tail
    if node.rpar:
        state.close(len(node.rpar))
    return ir.Call(loc, func, args)


def _subscript(state: State, node: cst.Subscript) -> ir.Item:
    start = state.start()
    obj = expression(state, node.value)
    inner = state.start()
    indices = [_index(state, element.slice) for element in node.slice]
    index = indices[0]
    if len(indices) > 1 or isinstance(node.slice[0].comma, cst.Comma) or type(index) is ir.Starred:
        index = ir.Display(inner | state.tail, "tuple", tuple(indices))
    state.close(1)
    loc = start | state.tail
    state.close(len(node.rpar))
    return ir.Item(loc, obj, index)


def _index(state: State, node: cst.BaseSlice) -> ir.Expr:
    start = state.start()
    if isinstance(node, cst.Slice):
        low = optional(state, node.lower)
        high = optional(state, node.upper)
        step = optional(state, node.step)
        return ir.Slice(start | state.tail, low, high, step)
    assert isinstance(node, cst.Index)
    value = expression(state, node.value)
    return ir.Starred(start | state.tail, value) if node.star else value


def _binary(state: State, node: cst.BinaryOperation) -> ir.Expr:
    """Lower an operator and, in a loop, the operators down its left side: chains are long, the stack is not."""
    start = state.start()
    spine = [node]
    while isinstance(node.left, cst.BinaryOperation):
        node = node.left
        spine.append(node)
    left = expression(state, node.left)
    for node in reversed(spine):
        right = expression(state, node.right)
        left = ir.Binary(start | state.tail, _OPERATORS[type(node.operator)], left, right)
        if node.rpar:
            state.close(len(node.rpar))
    return left


def _boolean(state: State, node: cst.BooleanOperation) -> ir.Expr:
    start = state.start()
    spine = [node]
    while isinstance(node.left, cst.BooleanOperation):
        node = node.left
        spine.append(node)
    left = expression(state, node.left)
    for node in reversed(spine):
        right = expression(state, node.right)
        left = ir.Logic(start | state.tail, "and" if type(node.operator) is cst.And else "or", left, right)
        if node.rpar:
            state.close(len(node.rpar))
    return left


def _unary(state: State, node: cst.UnaryOperation) -> ir.Unary:
    start = state.start()
    operand = expression(state, node.expression)
    loc = start | state.tail
    state.close(len(node.rpar))
    return ir.Unary(loc, _OPERATORS[type(node.operator)], operand)


def _comparison(state: State, node: cst.Comparison) -> ir.Compare:
    start = state.start()
    left = expression(state, node.left)
    ops = []
    rights = []
    for target in node.comparisons:
        ops.append(_OPERATORS[type(target.operator)])
        rights.append(expression(state, target.comparator))
    loc = start | state.tail
    state.close(len(node.rpar))
    return ir.Compare(loc, left, tuple(ops), tuple(rights))


def _choice(state: State, node: cst.IfExp) -> ir.Choice:
    start = state.start()
    body = expression(state, node.body)
    test = expression(state, node.test)
    orelse = expression(state, node.orelse)
    loc = start | state.tail
    state.close(len(node.rpar))
    return ir.Choice(loc, test, body, orelse)


def _yield(state: State, node: cst.Yield) -> ir.Yield:
    start = state.start()
    state.generator = True
    whole = isinstance(node.value, cst.From)
    value = optional(state, node.value.item if isinstance(node.value, cst.From) else node.value)
    loc = start | state.tail
    state.close(len(node.rpar))
    return ir.Yield(loc, value, whole)


def _await(state: State, node: cst.Await) -> ir.Expr:
    value = expression(state, node.expression)
    state.close(len(node.rpar))
    return value


def _walrus(state: State, node: cst.NamedExpr) -> ir.Walrus:
    start = state.start()
    target = expression(state, node.target)
    assert isinstance(target, ir.Name)
    value = expression(state, node.value)
    loc = start | state.tail
    state.close(len(node.rpar))
    return ir.Walrus(loc, target, value)


_OPERATORS: Mapping[type, str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.Minus: "-",
    cst.Plus: "+",
    cst.BitInvert: "~",
    cst.Not: "not",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.Is: "is",
    cst.IsNot: "is not",
}
EXPRESSIONS: Mapping[type, Lower] = {
    cst.Name: _name,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.Imaginary: _imaginary,
    cst.SimpleString: _string,
    cst.Ellipsis: _ellipsis,
    cst.Attribute: _attribute,
    cst.Call: _call,
    cst.Subscript: _subscript,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.UnaryOperation: _unary,
    cst.Comparison: _comparison,
    cst.IfExp: _choice,
    cst.Yield: _yield,
    cst.Await: _await,
    cst.NamedExpr: _walrus,
}
