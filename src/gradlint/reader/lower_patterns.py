"""The patterns of `match` statements: the names they bind and the literals they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import libcst as cst

from gradlint.reader import ir
from gradlint.reader.lower_state import State, expression

# The literal alternatives of a pattern, or None for a pattern that is more than literals.
Literals: TypeAlias = tuple[ir.Expr, ...] | None


def pattern(state: State, node: Any, binds: list[str]) -> Literals:
    """Pass a pattern, add the names it binds to `binds`, and return its literal alternatives."""
    literals = _PATTERNS[type(node)](state, node, binds)
    if not isinstance(node, cst.MatchValue | cst.MatchSingleton):  # their parentheses are those of their expression
        state.close(len(node.rpar))
    return literals


def _value(state: State, node: Any, binds: list[str]) -> Literals:
    value = expression(state, node.value)
    return None if type(value) in {ir.Attr, ir.Name} else (value,)


def _bind(state: State, name: cst.Name | None, binds: list[str]) -> None:
    """Pass a name that a pattern binds; the wildcard `_` is a leaf that libcst keeps as None."""
    state.leaf()
    if name is not None:
        state.close(len(name.rpar))
        binds.append(name.value)


def _as(state: State, node: cst.MatchAs, binds: list[str]) -> Literals:
    literals = None
    if node.pattern is not None:
        literals = pattern(state, node.pattern, binds)
    _bind(state, node.name, binds)
    return literals


def _or(state: State, node: cst.MatchOr, binds: list[str]) -> Literals:
    alternatives = [pattern(state, element.pattern, binds) for element in node.patterns]
    if any(literals is None for literals in alternatives):
        return None
    return tuple(literal for literals in alternatives for literal in literals or ())


def _sequence(state: State, node: Any, binds: list[str]) -> Literals:
    for element in node.patterns:
        if isinstance(element, cst.MatchStar):
            _bind(state, element.name, binds)
        else:
            pattern(state, element.value, binds)
    if isinstance(node, cst.MatchList) and node.rbracket is not None:
        state.close(1)
    return None


def _mapping(state: State, node: cst.MatchMapping, binds: list[str]) -> Literals:
    for element in node.elements:
        expression(state, element.key)
        pattern(state, element.pattern, binds)
    if node.rest is not None:
        _bind(state, node.rest, binds)
    state.close(1)
    return None


def _class(state: State, node: cst.MatchClass, binds: list[str]) -> Literals:
    expression(state, node.cls)
    for element in node.patterns:
        pattern(state, element.value, binds)
    for keyword in node.kwds:
        state.leaf()
        pattern(state, keyword.pattern, binds)
    state.close(1)
    return None


_PATTERNS: Mapping[type, Callable[[State, Any, list[str]], Literals]] = {
    cst.MatchValue: _value,
    cst.MatchSingleton: _value,
    cst.MatchAs: _as,
    cst.MatchOr: _or,
    cst.MatchList: _sequence,
    cst.MatchTuple: _sequence,
    cst.MatchMapping: _mapping,
    cst.MatchClass: _class,
}
