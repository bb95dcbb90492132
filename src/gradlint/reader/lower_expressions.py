"""Expressions of libcst -> expressions of the compact program.

Every function visits its children in the order of the text and counts what it passes in `State.tail`, whose bits are
those of a `Loc` that starts at leaf 0: so the place of a node is its start or-ed with the tail, and costs no call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import libcst as cst

from gradlint.reader import ir
from gradlint.reader.lower_strings import imaginary, integer, plain, string
from gradlint.reader.walk import walk

_CLOSES = (1 << 12) - 1
_LEAVES = ~_CLOSES
_LEAF = 1 << 12
_START = 26  # from the leaf count in a tail to the first leaf in a Loc
_SINGLETONS: Mapping[str, object] = {"True": True, "False": False, "None": None}


class State:
    """How far the walk has come: the leaves passed and the closing brackets behind the last of them."""

    __slots__ = ("generator", "tail")

    def __init__(self) -> None:
        self.tail = 0
        self.generator = False

    def close(self, count: int) -> None:
        """Pass closing brackets."""
        self.tail += min(count, _CLOSES - (self.tail & _CLOSES))

    def leaf(self) -> None:
        """Pass one leaf."""
        self.tail = (self.tail & _LEAVES) + _LEAF

    def start(self) -> int:
        """Return the upper part of the place of a node that starts here."""
        return (self.tail & _LEAVES) << _START


Lower: TypeAlias = Callable[[State, Any], ir.Expr]


def expression(state: State, node: Any) -> ir.Expr:
    """Lower one expression."""
    return _EXPRESSIONS[type(node)](state, node)


def optional(state: State, node: Any) -> ir.Expr | None:
    """Lower an expression that may be absent."""
    return None if node is None else _EXPRESSIONS[type(node)](state, node)


def _name(state: State, node: cst.Name) -> ir.Expr:
    start = state.tail & _LEAVES
    tail = start + _LEAF
    state.tail = tail + len(node.rpar) if node.rpar else tail
    if node.value in _SINGLETONS:
        return ir.Const(start << _START | tail, _SINGLETONS[node.value])
    return ir.Name(start << _START | tail, node.value)


def _literal(state: State, node: Any, value: object) -> ir.Const:
    start = state.tail & _LEAVES
    tail = start + _LEAF
    state.tail = tail + len(node.rpar)
    return ir.Const(start << _START | tail, value)


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


def _format(state: State, node: Any) -> ir.Expr:
    start = state.start()
    state.leaf()
    loc = start | state.tail
    parts: list[ir.Expr] = []
    inner = State()
    text = _format_text(inner, node.parts, "r" in node.start.lower(), parts)
    state.generator |= inner.generator
    for part in parts:
        for below in walk(part):
            if hasattr(below, "loc"):
                below.loc = loc
    state.close(len(node.rpar))
    return ir.Format(loc, tuple(parts), text)


def _format_text(state: State, pieces: Any, raw: bool, parts: list[ir.Expr]) -> str:
    text = []
    for piece in pieces:
        if hasattr(piece, "value"):
            # NUL stands for a field, so a NUL of the text itself must not look like one.
            literal = piece.value.replace("{{", "{").replace("}}", "}")
            text.append(plain(literal, raw).replace("\0", "\ufffd"))
        else:
            parts.append(expression(state, piece.expression))
            _format_text(state, piece.format_spec or (), raw, parts)
            text.append("\0")
    return "".join(text)


def _joined(state: State, node: cst.ConcatenatedString) -> ir.Expr:
    start = state.start()
    pieces: list[Any] = []
    rest: Any = node
    while type(rest) is cst.ConcatenatedString:
        pieces.append(expression(state, rest.left))
        rest = rest.right
    pieces.append(expression(state, rest))
    loc = start | state.tail
    state.close(len(node.rpar))
    if any(type(piece) is ir.Format for piece in pieces):
        parts = tuple(part for piece in pieces if type(piece) is ir.Format for part in piece.parts)
        return ir.Format(loc, parts, "".join(_piece_text(piece) for piece in pieces))
    values = [piece.value for piece in pieces]
    if all(type(value) is bytes for value in values):
        return ir.Const(loc, b"".join(values))
    return ir.Const(loc, "".join(value for value in values if type(value) is str))


def _piece_text(piece: ir.Const | ir.Format) -> str:
    if type(piece) is ir.Format:
        return piece.text
    return piece.value.replace("\0", "\ufffd") if isinstance(piece, ir.Const) and isinstance(piece.value, str) else ""


def _attribute(state: State, node: cst.Attribute) -> ir.Attr:
    start = (state.tail & _LEAVES) << _START
    value = node.value
    obj = _EXPRESSIONS[type(value)](state, value)
    tail = (state.tail & _LEAVES) + _LEAF
    state.tail = tail + len(node.rpar) if node.rpar else tail
    return ir.Attr(start | tail, obj, node.attr.value)


def arguments(state: State, nodes: Any) -> tuple[ir.Arg, ...]:
    """Lower the arguments of a call or the bases of a class."""
    result = []
    for node in nodes:
        name = None
        if node.keyword is not None:
            name = node.keyword.value
            state.tail = (state.tail & _LEAVES) + _LEAF
        value = node.value
        result.append(ir.Arg(name, len(node.star), _EXPRESSIONS[type(value)](state, value)))
    return tuple(result)


def _call(state: State, node: cst.Call) -> ir.Call:
    start = (state.tail & _LEAVES) << _START
    func = _EXPRESSIONS[type(node.func)](state, node.func)
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


def _elements(state: State, node: Any) -> tuple[ir.Expr, ...]:
    result = []
    for element in node.elements:
        inner = element.value if type(element) is cst.Element else element
        result.append(_EXPRESSIONS[type(inner)](state, inner))
    return tuple(result)


def _tuple(state: State, node: cst.Tuple) -> ir.Display:
    start = state.start()
    items = _elements(state, node)
    loc = _parenthesised(state, node, start)
    return ir.Display(loc, "tuple", items)


def _parenthesised(state: State, node: Any, start: int) -> int:
    """Close a node whose innermost parentheses, where it has any, belong to itself."""
    own = 1 if node.rpar else 0
    state.close(own)
    loc = start | state.tail
    state.close(len(node.rpar) - own)
    return loc


def _list(state: State, node: Any) -> ir.Display:
    start = state.start()
    items = _elements(state, node)
    state.close(1)
    loc = start | state.tail
    state.close(len(node.rpar))
    return ir.Display(loc, "set" if type(node) is cst.Set else "list", items)


def _starred(state: State, node: cst.StarredElement) -> ir.Starred:
    start = state.start()
    value = expression(state, node.value)
    loc = start | state.tail
    state.close(len(node.rpar))
    return ir.Starred(loc, value)


def _dict(state: State, node: cst.Dict) -> ir.Mapping:
    start = state.start()
    items: list[tuple[ir.Expr | None, ir.Expr]] = []
    for element in node.elements:
        key = expression(state, element.key) if isinstance(element, cst.DictElement) else None
        items.append((key, expression(state, element.value)))
    state.close(1)
    loc = start | state.tail
    state.close(len(node.rpar))
    return ir.Mapping(loc, tuple(items))


def _comprehension(state: State, node: Any) -> ir.Comp:
    start = state.start()
    value = None
    kind = _COMPREHENSIONS[type(node)]
    if isinstance(node, cst.DictComp):
        element = expression(state, node.key)
        value = expression(state, node.value)
    elif kind == "dict":  # {**mapping for mapping in mappings}
        inner = expression(state, node.value)
        element = ir.Starred(inner.loc, inner)
    else:
        element = expression(state, node.elt)
    clauses = []
    clause = node.for_in
    while clause is not None:
        target = expression(state, clause.target)
        source = expression(state, clause.iter)
        conditions = tuple([expression(state, condition.test) for condition in clause.ifs])
        clauses.append(ir.Clause(target, source, conditions))
        clause = clause.inner_for_in
    if kind == "gen":
        loc = _parenthesised(state, node, start)
    else:
        state.close(1)
        loc = start | state.tail
        state.close(len(node.rpar))
    return ir.Comp(loc, kind, element, value, tuple(clauses))


def _lambda(state: State, node: cst.Lambda) -> ir.Lambda:
    start = state.start()
    params = parameters(state, node.params)
    outer = state.generator
    body = expression(state, node.body)
    state.generator = outer
    loc = start | state.tail
    state.close(len(node.rpar))
    return ir.Lambda(loc, params, body)


def parameters(state: State, node: cst.Parameters) -> tuple[ir.Param, ...]:
    """Lower the parameters of a function."""
    result = [_parameter(state, param, "pos") for param in node.posonly_params]
    result += [_parameter(state, param, "pos") for param in node.params]
    if isinstance(node.star_arg, cst.Param):
        result.append(_parameter(state, node.star_arg, "star"))
    result += [_parameter(state, param, "kw") for param in node.kwonly_params]
    if node.star_kwarg is not None:
        result.append(_parameter(state, node.star_kwarg, "kwargs"))
    return tuple(result)


def _parameter(state: State, node: cst.Param, kind: Literal["pos", "star", "kw", "kwargs"]) -> ir.Param:
    start = state.start()
    state.leaf()
    annotation = None if node.annotation is None else expression(state, node.annotation.annotation)
    default = None if node.default is None else expression(state, node.default)
    return ir.Param(start | state.tail, node.name.value, kind, default, annotation)


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


_COMPREHENSIONS: Mapping[type, Literal["list", "set", "gen", "dict"]] = {
    cst.ListComp: "list",
    cst.SetComp: "set",
    cst.GeneratorExp: "gen",
    cst.DictComp: "dict",
    **({cst.StarredDictComp: "dict"} if hasattr(cst, "StarredDictComp") else {}),
}
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
_EXPRESSIONS: Mapping[type, Lower] = {
    cst.Name: _name,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.Imaginary: _imaginary,
    cst.SimpleString: _string,
    cst.Ellipsis: _ellipsis,
    cst.FormattedString: _format,
    cst.ConcatenatedString: _joined,
    cst.Attribute: _attribute,
    cst.Call: _call,
    cst.Subscript: _subscript,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.UnaryOperation: _unary,
    cst.Comparison: _comparison,
    cst.IfExp: _choice,
    cst.Tuple: _tuple,
    cst.List: _list,
    cst.Set: _list,
    cst.Dict: _dict,
    cst.StarredElement: _starred,
    **dict.fromkeys(_COMPREHENSIONS, _comprehension),
    cst.Lambda: _lambda,
    cst.Yield: _yield,
    cst.Await: _await,
    cst.NamedExpr: _walrus,
    **({cst.TemplatedString: _format} if hasattr(cst, "TemplatedString") else {}),
}
