"""Operators: constants fold as bounded floats, ranges shift, flows meet and are marked."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace

from gradlint.model import Noted, Where
from gradlint.reader import by_hand, hazards, returns, tensors
from gradlint.reader.events import DivisionEvent, MaskEvent
from gradlint.reader.ir import Binary, Compare, Expr
from gradlint.reader.library import precision
from gradlint.reader.state import Frame, Run
from gradlint.reader.tensors import Site
from gradlint.reader.text import words
from gradlint.values import (
    MOST_TEXT,
    NO_FLOWS,
    Const,
    Either,
    Ext,
    Flows,
    Kind,
    Mark,
    Marks,
    Num,
    Range,
    Ref,
    Seq,
    Value,
    join_all,
    join_flows,
    mark_flows,
    maybe_flows,
    mix_flows,
    number_of,
    options,
    range_of,
    sequence,
    truth,
    without,
)

_FOLD: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": math.pow,
}

SMALL_FACTOR = 0.2
"""A reward times a constant up to this is scaled; larger constants may be discounts (gamma, lambda)."""


def fold(op: str, left: float, right: float) -> float | None:
    """The constant result, as a float or exact small integer; None where Python would raise."""
    function = _FOLD.get(op)
    if function is None:
        return None
    try:
        result = function(left, right)
    except (ZeroDivisionError, ValueError):
        return None
    except OverflowError:
        return math.inf
    return result


def binary(run: Run, node: Binary, left: Value, right: Value, frame: Frame) -> Value:
    """`left op right` for values already evaluated."""
    here = frame.module.place(node.loc)
    if isinstance(left, Either) or isinstance(right, Either):
        pairs = [(a, b) for a in options(left) for b in options(right) if a != Const(None) and b != Const(None)]
        if pairs and len(pairs) <= 6 and all(number_of(a) is not None and number_of(b) is not None for a, b in pairs):
            return join_all(combine(run, node.op, a, b, Site(here, frame.context)) for a, b in pairs)
    if node.op in ("/", "//"):
        note_division(run, left, right, here, Where(frame.path, node.right.loc), node.left, frame)
    site = Site(here, frame.context)
    result = operate(
        run, node.op, left, right, site, Where(frame.path, (node.left if node.op == "**" else node.right).loc)
    )
    if node.op == "+":
        return returns.with_sources(result, returns.note_sum(run, node, left, right, frame))
    return result


_INFINITIES = {"np.inf": math.inf, "math.inf": math.inf, "np.Inf": math.inf, "np.infty": math.inf, "np.NINF": -math.inf}


def constant(value: Value) -> Value:
    """The number that a name of a library stands for."""
    return Const(_INFINITIES[value.name]) if isinstance(value, Ext) and value.name in _INFINITIES else value


def operate(run: Run, op: str, left: Value, right: Value, site: Site, place: Where) -> Value:
    """The result of an operator. Noted are operands that it has no finite value for; `place` is the one in question."""
    found: Flows = NO_FLOWS
    left, right = constant(left), constant(right)
    if op == "/":
        found = hazards.division(run, left, right, site, place)
    elif op == "**":
        found = hazards.power(run, left, right, site, place)
    elif op == "+":
        hazards.added(run, left, right, site.where)
    elif op == "*":
        hazards.multiplied(run, left, right, site.where)
        found = hazards.infinite(run, left, right, site)
    return returns.with_sources(combine(run, op, left, right, site), found)


def combine(run: Run, op: str, left: Value, right: Value, site: Site) -> Value:
    """The result of an operator, without looking for hazards."""
    here = site.where
    a, b = number_of(left), number_of(right)
    if run.half:
        precision.note_operand(run, op, left, right, here)
    if a is not None and b is not None:
        result = fold(op, a, b)
        if result is None:
            return Num(Kind.PLAIN)
        if isinstance(left, Const) and isinstance(right, Const):
            both_int = isinstance(left.value, int) and isinstance(right.value, int) and op not in ("/", "**")
            exact = int(result) if both_int and abs(result) < 2**53 else result
            origins = (*left.origins, *right.origins)[:3]
            folded = Noted(here, f"computed here: {result:g}")
            return Const(exact, (*origins, folded), left.assumed or right.assumed)
    if isinstance(left, Const) and isinstance(right, Const):
        return _strings(op, left, right)
    if op == "+" and (isinstance(left, Seq | Ref) or isinstance(right, Seq | Ref)):
        joined = _concatenate(run, left, right)
        if joined is not None:
            return joined
    if op == "*" and isinstance(left, Ref) and run.heap.get(left).kind == "list":
        return Seq(run.heap.content(left))
    flows = _flows(run, op, left, right)
    kind = _kind(op, left, right)
    unknown = next((side.unknown for side in (left, right) if isinstance(side, Num) and side.unknown), None)
    made = tensors.binary(op, left, right, site)
    return Num(kind, made.range, flows, unknown, (), _assumed(left, right), made.term)


def _assumed(*values: Value) -> bool:
    return any(getattr(value, "assumed", False) for value in values)


def _strings(op: str, left: Const, right: Const) -> Value:
    if (
        op == "+"
        and isinstance(left.value, str)
        and isinstance(right.value, str)
        and len(left.value) + len(right.value) <= MOST_TEXT
    ):
        return Const(left.value + right.value, (), left.assumed or right.assumed)
    return Num(Kind.PLAIN)


def _concatenate(run: Run, left: Value, right: Value) -> Value | None:
    """List and tuple addition; None where a side is no sequence (arrays add elementwise)."""
    sides: list[Seq] = []
    for side in (left, right):
        if isinstance(side, Seq):
            sides.append(side)
        elif isinstance(side, Ref) and run.heap.get(side).kind == "list":
            obj = run.heap.get(side)
            sides.append(Seq(run.read_content(side), obj.items))
        else:
            return None
    if all(side.items is not None for side in sides):
        return sequence([*(sides[0].items or ()), *(sides[1].items or ())])
    return Seq(join_all(side.elem for side in sides))


def _flows(run: Run, op: str, left: Value, right: Value) -> Flows:
    """Sources of both sides, with what the operator does to them."""
    mine, other = run.heap.flows(left), run.heap.flows(right)
    if op in ("/", "//"):
        mine = without(divided(mine, other, right), Mark.SUMMED)  # by their count it is a mean
        other = {source: marks for source, marks in other.items() if not marks.may & Mark.STATISTIC}
    elif op == "*":
        factor_left, factor_right = number_of(left), number_of(right)
        if _is_loss(left) or _is_loss(right):
            pass
        elif factor_right is not None and 0 < abs(factor_right) <= SMALL_FACTOR:
            mine = bounded(mine)
        elif factor_left is not None and 0 < abs(factor_left) <= SMALL_FACTOR:
            other = bounded(other)
        mine, other = _rescaled(mine, other), _rescaled(other, mine)
    elif op == "**" and number_of(right) == 2:
        mine = mark_flows(mine, Mark.SQUARED)
    elif op == "-" and mine:
        other = {s: m for s, m in other.items() if not (m.may & Mark.STATISTIC and s in mine)}
    if op in ("*", "/"):
        mine, other = _unscaled(mine), _unscaled(other)
    return mix_flows(mine, other)


def _unscaled(flows: Flows) -> Flows:
    """Gradients of a scaled loss times or over something, which may well be the loss scale."""
    if not any(marks.may & Mark.SCALED and source.kind == "gradient" for source, marks in flows.items()):
        return flows
    return without(flows, Mark.SCALED)


def bounded(flows: Flows) -> Flows:
    """Rewards (and what they became) are of known size from here on."""
    return {source: marks.add(Mark.BOUNDED) for source, marks in flows.items()}


def divided(flows: Flows, by: Flows, divisor: Value) -> Flows:
    """A flow over its own statistic is normalised; over a large constant scaled; over something else, perhaps."""
    if not flows:
        return flows
    number = number_of(divisor)
    result: dict[object, Marks] = {}
    for source, marks in flows.items():
        statistic = by.get(source)
        if statistic is not None and source.kind == "gradient":
            marks = marks.add(Mark.CLIPPED | Mark.BOUNDED)
        elif statistic is not None:
            marks = marks.add(Mark.BOUNDED)
        elif number is not None:
            marks = marks.add(Mark.BOUNDED) if abs(number) >= 1 / SMALL_FACTOR else marks
        elif isinstance(divisor, Num) and divisor.kind is Kind.STD:
            marks = marks.add(Mark.BOUNDED)
        elif source.kind != "gradient":
            marks = marks.maybe(Mark.BOUNDED)
        result[source] = marks
    return result  # type: ignore[return-value]


def _rescaled(flows: Flows, factor: Flows) -> Flows:
    """A gradient times a factor made of its own norm is clipped."""
    if not flows or not factor:
        return flows
    return {
        source: marks.add(Mark.CLIPPED)
        if source.kind == "gradient" and source in factor and factor[source].may & Mark.STATISTIC
        else marks
        for source, marks in flows.items()
    }


def _is_loss(value: Value) -> bool:
    return isinstance(value, Num) and value.kind is Kind.LOSS


def _kind(op: str, left: Value, right: Value) -> Kind:
    kinds = [value.kind for value in (left, right) if isinstance(value, Num)]
    if Kind.GRADIENT in kinds and op in "*/+-":
        return Kind.GRADIENT
    if Kind.LOSS in kinds and op in "*/+-":
        return Kind.LOSS
    if Kind.STD in kinds and op in "+*-" and len([k for k in kinds if k is Kind.STD]) == len(kinds):
        return Kind.STD
    if op == "**" and kinds[:1] == [Kind.STD]:
        return Kind.STD
    return Kind.TENSOR if kinds else Kind.PLAIN


def note_division(
    run: Run, left: Value, right: Value, here: Where, divisor: Where, numerator: Expr | None, frame: Frame
) -> None:
    """Record a division by a standard deviation, with whether a condition already excludes zero."""
    for value in options(right):
        if (
            isinstance(value, Num)
            and value.kind is Kind.STD
            and value.range is not None
            and (
                not value.range.excludes_zero
                or any(source.kind == "std" and "sample" in source.detail.split() for source in value.flows)
            )
        ):
            own = {source for source in value.flows if source.kind == "std"}
            guarded = any(own & set(guard.flows) for guard in run.guards)
            names = words(numerator) if numerator is not None else frozenset()
            run.emit(DivisionEvent(here, value, divisor, run.heap.flows(left), names, guarded))


def extreme(run: Run, name: str, left: Value, right: Value, flows: Flows, site: Site) -> Value:
    """max(x, eps) floors, min(x, bound) caps; both together with a constant bound one side."""
    made = tensors.function(name, (left, right), site)
    by_hand.surrogate(run, left, right, site.where)
    for value, other in ((left, right), (right, left)):
        bound = number_of(other)
        if bound is None and isinstance(value, Num) and value.kind is Kind.STD and name == "maximum":
            low = range_of(other)
            if low is None or low.low > 0 or not low.low_attained:
                return replace(value, range=Range(0.0, math.inf, False, False))
        if bound is None or not isinstance(value, Num):
            continue
        kept = hazards.capped(value) if name == "minimum" else value
        marked = kept.flows if value.range is not None else maybe_flows(kept.flows, Mark.BOUNDED)
        return replace(value, range=made.range, flows=marked, term=made.term)
    kind = left.kind if isinstance(left, Num) and left.kind in (Kind.GRADIENT, Kind.LOSS) else Kind.TENSOR
    return Num(kind, made.range, flows, term=made.term)


def note_mask(run: Run, condition: Num, here: Where) -> None:
    """Record that a condition on a deviation decides which entries stand."""
    deviations = frozenset(source for source in condition.flows if source.kind == "std")
    if deviations:
        run.emit(MaskEvent(here, deviations))


def unary(run: Run, op: str, value: Value, site: Site) -> Value:
    """`-x`, `+x`, `~x`, `not x`."""
    value = constant(value)
    if op == "not":
        known = truth(value)
        return Const(not known) if known is not None else Num(Kind.BOOLEAN, None, run.heap.flows(value))
    number = number_of(value)
    if number is not None and isinstance(value, Const) and op in "+-":
        exact = value.value if op == "+" else -value.value  # type: ignore[operator]
        return replace(value, value=exact)
    if isinstance(value, Either):
        return join_all(unary(run, op, option, site) for option in value.options)
    if isinstance(value, Num):
        if op == "-":
            made = tensors.negative(value, site)
            return replace(value, range=made.range, term=made.term)
        return replace(value, range=None, term=tensors.negated(value, site) if op == "~" else value.term)
    return Num(Kind.TENSOR, None, run.heap.flows(value))


def compare(run: Run, node: Compare, values: list[Value], frame: Frame) -> Value:
    """A comparison: known for constants and for None, else a condition that depends on both sides."""
    from gradlint.reader.library import finite

    here = frame.module.place(node.loc)
    if any(map(finite.is_nan, values)):
        sides = list(zip((node.left, *node.rights), values, strict=True))
        for number, sign in enumerate(node.ops):
            finite.note_comparison(run, here, sign, sides[number], sides[number + 1])
    if len(values) == 2:
        known = _decide(run, node.ops[0], values[0], values[1])
        if known is not None:
            return Const(known)
    flows: Flows = NO_FLOWS
    for value in values:
        flows = join_flows(flows, hazards.left_behind(run.heap.flows(value)))
    if len(values) == 2 and node.ops[0] == "!=" and words(node.left) and words(node.left) == words(node.rights[0]):
        return finite.self_comparison(run, here, values[0])
    term = tensors.comparison(node.ops[0], values, Site(here, frame.context)) if len(values) == 2 else None
    return Num(Kind.BOOLEAN, None, flows, term=term)


def _decide(run: Run, op: str, left: Value, right: Value) -> bool | None:
    if op in ("is", "is not", "==", "!=") and Const(None) in (left, right):
        other = right if left == Const(None) else left
        if isinstance(other, Const) and other.assumed:
            return None
        if isinstance(other, Num | Either):
            return None
        same = other == Const(None)
        return same if op in ("is", "==") else not same
    if not (isinstance(left, Const) and isinstance(right, Const)) or left.assumed or right.assumed:
        return None
    try:
        if op in ("==", "is"):
            return bool(left.value == right.value)
        if op in ("!=", "is not"):
            return bool(left.value != right.value)
        functions = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
        return bool(functions[op](left.value, right.value)) if op in functions else None  # type: ignore[arg-type]
    except TypeError:
        return None


__all__ = [
    "binary",
    "bounded",
    "combine",
    "compare",
    "divided",
    "fold",
    "maybe_flows",
    "note_division",
    "operate",
    "unary",
]
