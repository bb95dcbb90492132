"""What conditions tell about the values of names."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace

from gradlint.reader import expressions
from gradlint.reader.ir import Attr, Compare, Expr, Logic, Name, Unary
from gradlint.reader.ir import Const as Literal
from gradlint.reader.state import Frame, Run
from gradlint.values import (
    ANY,
    NONE,
    Const,
    Either,
    Flows,
    Kind,
    Mark,
    Num,
    Value,
    join_all,
    mark_flows,
    number_of,
    options,
    truth,
)


def narrow(run: Run, test: Expr, arm: bool, frame: Frame) -> None:
    """Go on in the given arm of a condition with the values that it leaves."""
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
        return _compared(run, test.left, op, right, arm, frame)
    return {}


_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _compared(run: Run, left: Expr, op: str, right: Expr, arm: bool, frame: Frame) -> dict[str, Value]:
    """What a comparison with a literal rules out: a default of 0 behind `if clip > 0`, another name behind `== "sgd"`."""
    if isinstance(left, Literal) and not isinstance(right, Literal):
        left, op, right = right, _MIRRORED.get(op, op), left
    if isinstance(right, Literal) and isinstance(right.value, str) and op in ("==", "!="):
        text, equal = right.value, (op == "==") == arm
        return _narrow_one(run, left, frame, lambda _, value: Const(text) if equal else _without(value, text))
    limit = number_of(Const(right.value)) if isinstance(right, Literal) else None
    holds = _HOLDS.get(op)
    if limit is None or holds is None:
        return {}

    def fits(option: Value) -> bool:
        number = number_of(option)
        return number is None or holds(number, limit) == arm

    def change(run: Run, value: Value) -> Value:
        kept = tuple(option for option in options(value) if fits(option))
        if not kept:
            return ANY
        return value if len(kept) == len(options(value)) else kept[0] if len(kept) == 1 else Either(kept)

    return _narrow_one(run, left, frame, change)


def _without(value: Value, text: str) -> Value:
    kept = tuple(option for option in options(value) if not (isinstance(option, Const) and option.value == text))
    return value if len(kept) == len(options(value)) else ANY if not kept else join_all(kept)


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
    kept = tuple(_present(o) for o in options(value) if not (isinstance(o, Const) and o.value is None))
    if not kept:
        return ANY
    return kept[0] if len(kept) == 1 else Either(kept)


def _present(value: Value) -> Value:
    """A gradient is None where the loss does not depend on the variable; this one is not."""
    if isinstance(value, Num) and any(source.kind == "gradient" for source in value.flows):
        return replace(value, flows=mark_flows(value.flows, Mark.PRESENT))
    return value


def _only_none(run: Run, value: Value) -> Value:
    return NONE


def refine_deviations(flows: Flows, frame: Frame) -> None:
    """Deviations that a passed test looked at are not zero from here on."""
    tested = {source for source in flows if source.kind == "std"}
    if tested:
        for name, value in frame.vars.items():
            if isinstance(value, Num) and value.kind is Kind.STD and tested & set(value.flows):
                frame.vars[name] = _non_zero(value)
