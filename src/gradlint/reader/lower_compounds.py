"""Displays, comprehensions, lambdas and strings with fields of libcst -> expressions of the compact program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import libcst as cst

from gradlint.reader import ir
from gradlint.reader.lower_state import Lower, State, expression
from gradlint.reader.lower_strings import plain
from gradlint.reader.walk import walk


def _elements(state: State, node: Any) -> tuple[ir.Expr, ...]:
    result = []
    for element in node.elements:
        inner = element.value if type(element) is cst.Element else element
        result.append(state.table[type(inner)](state, inner))
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
    state.names.add(node.name.value)
    return ir.Param(start | state.tail, node.name.value, kind, default, annotation)


def _format(state: State, node: Any) -> ir.Expr:
    start = state.start()
    state.leaf()
    loc = start | state.tail
    parts: list[ir.Expr] = []
    inner = State(state.table)
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


_COMPREHENSIONS: Mapping[type, Literal["list", "set", "gen", "dict"]] = {
    cst.ListComp: "list",
    cst.SetComp: "set",
    cst.GeneratorExp: "gen",
    cst.DictComp: "dict",
    **({cst.StarredDictComp: "dict"} if hasattr(cst, "StarredDictComp") else {}),
}
COMPOUNDS: Mapping[type, Lower] = {
    cst.Tuple: _tuple,
    cst.List: _list,
    cst.Set: _list,
    cst.Dict: _dict,
    cst.StarredElement: _starred,
    **dict.fromkeys(_COMPREHENSIONS, _comprehension),
    cst.Lambda: _lambda,
    cst.FormattedString: _format,
    cst.ConcatenatedString: _joined,
    **({cst.TemplatedString: _format} if hasattr(cst, "TemplatedString") else {}),
}
