"""Numbers that stand in the source text of a finding: the bound of a clip, the rate behind `lr=`."""

from __future__ import annotations

import ast


def bound(text: str) -> float | None:
    """The one plain number among the arguments of a call such as `tf.clip_by_norm(g, 1.0)`; None if there is not one."""
    call = _expression(text)
    if not isinstance(call, ast.Call):
        return None
    arguments = [*call.args[1:], *(each.value for each in call.keywords)]
    found = [value for value in map(_number, arguments) if value is not None]
    return found[0] if len(found) == 1 else None


def rate(text: str) -> float | None:
    """The number of `lr=0.1`, of `0.1`, or of a call with `lr=0.1`."""
    expression = _expression(text if not text.lstrip().startswith("lr") else f"f({text})")
    if isinstance(expression, ast.Call):
        return next((_number(each.value) for each in expression.keywords if each.arg == "lr"), None)
    return _number(expression) if expression is not None else None


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(f"({text})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _number(node: ast.expr) -> float | None:
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    value = node.operand if isinstance(node, ast.UnaryOp) and negative else node
    if isinstance(value, ast.Constant) and isinstance(value.value, int | float) and not isinstance(value.value, bool):
        try:
            return -float(value.value) if negative else float(value.value)
        except OverflowError:
            return None
    return None
