"""Operations that have no finite value or derivative at numbers that do occur: noted where they stand, judged later.

The result carries a source of its own, so that the model builder sees which losses it reaches and what happens to it
on the way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from gradlint import intervals
from gradlint.model import Where
from gradlint.ranges import Range
from gradlint.reader import by_hand
from gradlint.reader.events import HazardEvent, ShieldEvent
from gradlint.reader.state import Run
from gradlint.reader.tensors import Site, rounded, term_of
from gradlint.terms import Operand, Term, is_op
from gradlint.values import NO_MARKS, Flows, Kind, Mark, Num, Source, Value, join_flows, number_of, options, range_of
from gradlint.vocabulary import operations as ops
from gradlint.vocabulary import tensors as known

SMALL_EPSILON = 1e-3
"""Constants up to this that are added are there to keep something away from zero."""
_UNSAFE_ROOTS = frozenset({"sqrt", "rsqrt"})
_ELEMENTWISE = frozenset({"+", "-", "*", "/", "**", "neg", "square", "abs", "exp", "log", "maximum", "minimum", "clip"})
_UNSAFE_BELOW = {"log": "log", "log2": "log", "log10": "log", "log1p": "log", "sqrt": "sqrt", "rsqrt": "division"}
CONDITIONS = frozenset({"<", "<=", ">", ">=", "==", "!=", "not", "sequence_mask"})


def function(run: Run, name: str, operands: list[Value], site: Site, place: Where) -> Flows:
    """Note the hazard of a named function, if its operand is such; gives what to add to the flows of the result."""
    subject = operands[0]
    own = range_of(subject)
    if own is None or not isinstance(subject, Num) or (subject.kind is Kind.STD and name not in _UNSAFE_ROOTS):
        return {}
    operation = _operation(name, own, operands)
    if operation is None or _guarded(run, subject):
        return {}
    return note(run, operation, subject, site, place, operands[1] if len(operands) > 1 else None)


def _operation(name: str, own: Range, operands: list[Value]) -> str | None:
    """Which hazard a function of a number in this range has; None if it has none."""
    if name == "log" and folds(term_of(operands[0]), own):
        return "log"
    if name in _UNSAFE_BELOW:
        pole = -1.0 if name == "log1p" else 0.0
        return _UNSAFE_BELOW[name] if own.low <= pole and own.low_attained else None
    if name in ("exp", "expm1"):
        return "exp" if own.high > intervals.EXP_OVERFLOW and own.high_attained else None
    if name in known.NORMS:
        return "norm" if own.has_zero and not own.saturates else None
    if name in known.MEANS:
        return "mean" if _selected(term_of(operands[0])) else None
    if name == "reciprocal":
        return "division" if own.attains_zero else None
    if name in known.ROOTS and _reaches_one(own):
        return "atanh" if "tan" in name else "arc"
    if name in ("pow", "power") and len(operands) > 1:
        return _power(own, number_of(operands[1]))
    return None


def folds(term: Operand, own: Range) -> bool:
    """`1 - p + 1e-8`, where p gets to 1: graphs are optimised, and `(1 + 1e-8) - p` is computed in its place."""
    if not is_op(term, "+") or not isinstance(term, Term) or not own.low_attained:
        return False
    epsilon = next((arg for arg in term.args if isinstance(arg, float)), None)
    complement = next((arg for arg in term.args if is_op(arg, "-")), None)
    if epsilon is None or not isinstance(complement, Term) or complement.operand(0) != 1.0:
        return False
    return epsilon > 0 and rounded(1.0 + epsilon) == 1.0 and own.low == rounded(epsilon)


def _selected(term: Operand) -> bool:
    """Each number comes from one element of a selection."""
    while isinstance(term, Term) and term.op != "selection":
        term = next((arg for arg in term.args if isinstance(arg, Term)), None) if term.op in _ELEMENTWISE else None
    return term is not None


def _reaches_one(own: Range) -> bool:
    return (own.low <= -1 and own.low_attained) or (own.high >= 1 and own.high_attained)


def _power(own: Range, exponent: float | None) -> str | None:
    """A root has no finite derivative at zero; fractional powers of negative numbers are NaN; negative ones divide."""
    if exponent is None or (exponent >= 1 and exponent.is_integer()):
        return None
    if own.low < 0 and own.low_attained and not exponent.is_integer():
        return "power"
    if exponent < 0:
        return "division" if own.attains_zero else None
    return "sqrt" if exponent < 1 and own.low == 0 and own.low_attained else None


def power(run: Run, base: Value, exponent: Value, site: Site, place: Where) -> Flows:
    """Note the hazard of `base ** exponent`."""
    return function(run, "pow", [base, exponent], site, place)


def division(run: Run, numerator: Value, divisor: Value, site: Site, place: Where) -> Flows:
    """Note a division by a number that is zero at times. (Deviations have rules of their own.)"""
    found: Flows = {}
    by_hand.quotient(run, numerator, divisor, site.where)
    _divided_by_guarded(run, divisor, site.where)
    for option in options(divisor):
        own = range_of(option)
        if not isinstance(option, Num) or own is None or not own.attains_zero or option.kind is Kind.STD:
            continue
        if number_of(numerator) == 0 or _guarded(run, option):
            continue
        found = join_flows(found, note(run, "division", option, site, place, numerator))
    return found


def _divided_by_guarded(run: Run, divisor: Value, where: Where) -> None:
    """`x / (norm(x) + 1e-8)`: no gradient comes into the root where x is 0, unless the compiler makes one."""
    term = term_of(divisor)
    if not is_op(term, "+") or not isinstance(term, Term) or not isinstance(divisor, Num):
        return
    roots = {arg.where for arg in term.args if isinstance(arg, Term) and is_op(arg, "sqrt", "norm")}
    for source in divisor.flows:
        if source.kind == "hazard" and source.where in roots:
            run.emit(ShieldEvent(where, "divisor", source))


def foreign(run: Run, path: str) -> bool:
    """The file computes with another framework's tensors."""
    module = run.project.module(path)
    return module is not None and bool(module.names & ops.OTHER_FRAMEWORKS) and not module.names & ops.OUR_FRAMEWORKS


def note(run: Run, operation: str, operand: Value, site: Site, place: Where, other: Value | None = None) -> Flows:
    """Record the hazard."""
    if foreign(run, site.where.path):
        return {}
    source = Source("hazard", site.where, site.context, operation)
    run.emit(HazardEvent(site.where, operation, operand, place, source, other))
    return {source: NO_MARKS}


def _guarded(run: Run, operand: Num) -> bool:
    """A condition around it looks at the same numbers: what it leaves of them is not known well enough."""
    if not run.guards:
        return False
    own = {source for source in operand.flows if source.kind not in ("model", "hazard", "parameters")}
    if own and any(own & set(guard.flows) for guard in run.guards):
        return True
    return operand.term is not None and any(each.term and each.term.shares(operand.term) for each in run.guards)


# -- what happens to the results ------------------------------------------------------------------------------------------------


def direct(value: Value) -> Iterator[Source]:
    """The hazards of the operation that made the value, and of those that it is a plain multiple of."""
    term = value.term if isinstance(value, Num) else None
    places: set[Where] = set()
    while isinstance(term, Term):
        places.add(term.where)
        term = term.arg(0) if is_op(term, "neg", "rearranged", "sum", "mean", "*") else None
    if isinstance(value, Num):
        yield from (source for source in value.flows if source.kind == "hazard" and source.where in places)


def added(run: Run, left: Value, right: Value, where: Where) -> None:
    """`sqrt(x) + 1e-8`: the constant comes too late."""
    for value, other in ((left, right), (right, left)):
        number = number_of(other)
        if number is None or not 0 < number <= SMALL_EPSILON:
            continue
        for source in direct(value):
            if isinstance(value, Num) and value.term is not None and source.where == value.term.where:
                run.emit(ShieldEvent(where, "epsilon", source))


def multiplied(run: Run, left: Value, right: Value, where: Where) -> None:
    """`p * log(p)`, `mask * log(x)`: minus infinity times zero is NaN."""
    for factor, value in ((left, right), (right, left)):
        own, term = term_of(factor), term_of(value)
        if not isinstance(own, Term) or not isinstance(term, Term) or not isinstance(value, Num):
            continue
        for each in term.walk():
            of = each.arg(0)
            if each.op != "log" or of is None:
                continue
            how = "entropy" if of == own else "mask" if own.op in CONDITIONS and own.shares(of) else None
            for source in value.flows:
                if how is not None and source.kind == "hazard" and source.where == each.where:
                    run.emit(ShieldEvent(where, how, source))


def infinite(run: Run, left: Value, right: Value, site: Site) -> Flows:
    """Note `mask * -inf`, and `p * log_p` of logits some of which are -inf: 0 * inf is NaN."""
    for factor, value in ((left, right), (right, left)):
        own, other = range_of(factor), number_of(value)
        if own is None or not own.has_zero or not isinstance(factor, Num):
            continue
        literal = other is not None and math.isinf(other)
        logits = isinstance(value, Num) and is_op(value.term, "log_softmax", "selected")
        if literal or (logits and any(source.kind == "infinite" for source in run.heap.flows(value))):
            return note(run, "infinity", factor, site, site.where, value)
    return {}


def masked(branches: list[Value], site: Site) -> Flows:
    """Where a selection puts infinity in."""
    infinite = any(math.isinf(number_of(each) or 0.0) for each in branches)
    return {Source("infinite", site.where, site.context): NO_MARKS} if infinite else {}


def selected(run: Run, condition: Value, branches: list[Value], where: Where) -> None:
    """`tf.where(x > 0, log(x), 0)`: right forwards, but the derivative of the untaken branch is NaN all the same."""
    test = term_of(condition)
    if not isinstance(test, Term):
        return
    for branch in branches:
        if not isinstance(branch, Num) or not any(source.kind == "hazard" for source in branch.flows):
            continue
        for term in branch.term.walk() if branch.term is not None else ():
            if any(isinstance(arg, Term) and test.shares(arg) for arg in term.args):
                for source in branch.flows:
                    if source.kind == "hazard" and source.where == term.where:
                        run.emit(ShieldEvent(where, "where", source))


def left_behind(flows: Flows) -> Flows:
    """What goes on into a comparison: NaN compares as false, and no gradient comes back."""
    if not any(source.kind == "hazard" for source in flows):
        return flows
    return {source: marks for source, marks in flows.items() if source.kind != "hazard"}


def capped(value: Num) -> Num:
    """After `minimum(x, 1)`: what was infinite is finite again, though its derivative is not."""
    return replace(value, flows=healed(value.flows))


def healed(flows: Flows) -> Flows:
    """What was not finite is finite again, though its derivative is not."""
    if not any(source.kind == "hazard" for source in flows):
        return flows
    return {s: m.add(Mark.CAPPED) if s.kind == "hazard" else m for s, m in flows.items()}


__all__ = ["added", "capped", "direct", "division", "function", "multiplied", "note", "power", "selected"]
