"""What operations make of numbers: the range of the result, and the term that remembers how it was made."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gradlint import intervals
from gradlint.model import Where
from gradlint.ranges import DATA, FLAGS, NON_NEGATIVE, UNBOUNDED, Range
from gradlint.reader import correlated
from gradlint.terms import Operand, Term, is_op
from gradlint.values import Kind, Num, Value, number_of, range_of
from gradlint.vocabulary import tensors as known


@dataclass(frozen=True, slots=True)
class Made:
    """What is known of a result."""

    range: Range | None = None
    term: Term | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """Where an operation stands. `single`: TensorFlow or Keras computes it."""

    where: Where
    context: int = 0
    single: bool = False


def term_of(value: Value) -> Operand:
    """How a value was made, as an operand of another operation."""
    return value.term if isinstance(value, Num) else number_of(value)


def _single(value: Value) -> bool:
    return isinstance(value, Num) and value.term is not None and value.term.single


def rounded(number: float) -> float:
    """The number as float32."""
    try:
        return float(struct.unpack("f", struct.pack("f", number))[0])
    except OverflowError:
        return math.copysign(math.inf, number)


def _ranges(operands: Sequence[Value], site: Site) -> list[Range | None]:
    """The ranges of operands; constants beside tensors become float32."""
    single = site.single or any(map(_single, operands))
    found = []
    for value in operands:
        number = number_of(value)
        if number is None or math.isnan(number):
            found.append(range_of(value))
        else:
            exact = rounded(number) if single else number
            found.append(Range(exact, exact))
    return found


def _term(op: str, operands: Sequence[Value], site: Site) -> Term | None:
    """The term of a result; None where nothing is known of any operand."""
    terms = tuple(map(term_of, operands))
    if not any(isinstance(each, Term) for each in terms):
        return None
    return Term(op, terms, site.where, site.context, site.single or any(map(_single, operands)))


def source(op: str, site: Site) -> Term:
    """The term of something that no operation made."""
    return Term(op, (), site.where, site.context, site.single)


def layer_output(activation: str, site: Site, position: int = 0) -> Term:
    """The term of what a layer or model puts out at one call of it."""
    made = Term("layer", (), site.where, site.context, site.single)
    return Term(activation, (made, float(position)), site.where, site.context, site.single)


# -- operators ----------------------------------------------------------------------------------------------------------------


def binary(op: str, left: Value, right: Value, site: Site) -> Made:
    """The result of `left op right`."""
    term = _term(op, (left, right), site)
    a, b = _ranges((left, right), site)
    if a is None or b is None:
        return Made(_half_known(op, left, right, a or b, a), term)
    made = _OPERATORS[op](a, b, term_of(left), term_of(right)) if op in _OPERATORS else None
    numbers = a.is_point and b.is_point
    return Made(_sane(made), term) if numbers else _made(made, term, op, site)


def _half_known(op: str, left: Value, right: Value, known: Range | None, numerator: Range | None) -> Range | None:
    """What is known of a result where the range of an operand is not."""
    if op == "-":
        # what a network gives is compared with something: both may be equal
        if any(log_probability(term_of(each)) for each in (left, right)):
            return UNBOUNDED
        compared = known is not None and not known.is_point and number_of(left) is None and number_of(right) is None
        return correlated.difference(term_of(left), term_of(right)) or (DATA if compared else None)
    if op == "/":
        return correlated.quotient(term_of(left), term_of(right), numerator)
    return None


def log_probability(term: Operand) -> bool:
    """The logarithm of a probability: of an unlikely action it is as far below zero as one likes."""
    while isinstance(term, Term) and term.op in ("neg", "sum", "mean", "rearranged", "part", "*"):
        term = next((arg for arg in term.args if isinstance(arg, Term) and arg.op != "one_hot"), None)
    return is_op(term, "log_prob", "log_softmax", "cross_entropy")


def _sane(own: Range | None) -> Range | None:
    return None if own is None or math.isnan(own.low) or math.isnan(own.high) else own


def _sum(a: Range, b: Range, left: Operand, right: Operand) -> Range:
    exact = correlated.complements(left, right)
    apart = not (isinstance(left, Term) and isinstance(right, Term) and left.shares(right))
    return exact or intervals.add(a, b, independent=apart)


def _difference(a: Range, b: Range, left: Operand, right: Operand) -> Range:
    return correlated.difference(left, right) or intervals.subtract(a, b)


def _product(a: Range, b: Range, left: Operand, right: Operand) -> Range:
    if isinstance(left, Term) and left == right:
        return intervals.power(a, 2.0) or intervals.multiply(a, b)
    return correlated.product(left, right) or intervals.multiply(a, b)


def _quotient(a: Range, b: Range, left: Operand, right: Operand) -> Range | None:
    return correlated.quotient(left, right, a) or intervals.divide(a, b)


def _power(a: Range, b: Range, left: Operand, right: Operand) -> Range | None:
    return intervals.power(a, b.low) if b.is_point else None


_OPERATORS: dict[str, Callable[[Range, Range, Operand, Operand], Range | None]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _quotient,
    "**": _power,
}


def negative(value: Num, site: Site) -> Made:
    """The result of `-value`."""
    return Made(intervals.negate(value.range) if value.range is not None else None, _term("neg", (value,), site))


def comparison(op: str, values: Sequence[Value], site: Site) -> Term:
    """The term of a condition."""
    return _term(op, values, site) or source(op, site)


def selected(operands: Sequence[Value], site: Site) -> Term | None:
    """The term of what a condition selects."""
    return _term("selected", operands, site)


def negated(condition: Num, site: Site) -> Term | None:
    """The term of `not condition`."""
    return _term("not", (condition,), site)


def named(value: Num, name: str, where: Where, context: int) -> Num:
    """A number of which nothing is known but that it goes by the name of a mask."""
    if value.kind is Kind.BOOLEAN or not known.is_mask(name):
        return value
    return replace(value, range=FLAGS, assumed=True, term=value.term or Term("mask", (), where, context))


def part(value: Num, position: float | None, where: Where, context: int) -> Num:
    """Some elements of an array: those at different positions are different numbers of the same range."""
    if value.term is None:
        return value
    args = (value.term, position) if position is not None else (value.term, None)
    return replace(value, term=Term("part", args, where, context, value.term.single))


# -- functions ----------------------------------------------------------------------------------------------------------------


def function(name: str, operands: Sequence[Value], site: Site) -> Made:
    """The result of a named function of these operands; nothing is known of functions that are not in the vocabulary."""
    if name in known.SAME:
        return _same(operands[0])
    if name in known.OUTPUTS:  # also where nothing is known of what goes in
        op = name.removeprefix("reduce_")
        if name == "count_nonzero" and correlated.occupied(term_of(operands[0])):
            return Made(Range(1.0, math.inf, True, False), _term(op, operands[:1], site))
        return Made(known.OUTPUTS[name], _term(op, operands[:1], site) or source(op, site))
    if name == "gather" and len(operands) > 1 and _indexes(term_of(operands[1])):
        return Made(range_of(operands[0]) or DATA, Term("selection", tuple(map(term_of, operands[:2])), site.where))
    if name == "boolean_mask" and len(operands) > 1 and correlated.occupied(term_of(operands[1])):
        return Made(range_of(operands[0]) or DATA, source("part", site))
    if name in known.EXTREMES and len(operands) > 1:
        return _extreme(name, operands, site)
    if name in known.PRODUCTS and len(operands) > 1:
        return _products(operands, site)
    if name == "squared_difference" and len(operands) > 1:
        apart = binary("-", operands[0], operands[1], site)
        return function("square", (Num(Kind.TENSOR, apart.range, term=apart.term),), site)
    op, transfer = _FUNCTIONS.get(name, ("", None))
    if transfer is None:
        return Made()
    (own,) = _ranges(operands[:1], site)
    term = _term(op, operands[:1], site)
    return _made(transfer(own, term), term, op, site)


def _made(own: Range | None, term: Term | None, op: str, site: Site) -> Made:
    """A result; what has a range has a term as well, so that conditions on it are recognised."""
    sane = _sane(own)
    return Made(sane, term or (source(op, site) if sane is not None else None))


def _same(value: Value) -> Made:
    if isinstance(value, Num) and value.kind is Kind.BOOLEAN:
        return Made(FLAGS, value.term)
    return Made(range_of(value), value.term if isinstance(value, Num) else None)


def _indexes(term: Operand) -> bool:
    """Where a condition holds: possibly nowhere."""
    return is_op(term, "indices") or (is_op(term, "part") and isinstance(term, Term) and _indexes(term.operand(0)))


def _extreme(name: str, operands: Sequence[Value], site: Site) -> Made:
    a, b = _ranges(operands[:2], site)
    term = _term(name, operands[:2], site)
    if a is not None and b is not None:
        return _made(intervals.maximum(a, b) if name == "maximum" else intervals.minimum(a, b), term, name, site)
    one = a or b
    if one is None or not one.is_point:
        return Made(None, term)
    lower = Range(one.low, math.inf, True, False)
    return _made(lower if name == "maximum" else Range(-math.inf, one.high, False, True), term, name, site)


def _products(operands: Sequence[Value], site: Site) -> Made:
    left, right = operands[:2]
    a, b = range_of(left), range_of(right)
    term = _term("product", (left, right), site)
    unit = correlated.scalar_products(term_of(left), term_of(right))
    if unit is not None:
        return Made(unit, term)
    if a is not None and b is not None and a.low >= 0 and b.low >= 0:
        return Made(intervals.total(intervals.multiply(a, b)), term)
    # what is never negative may as well be weighed by something that is not, as in a kernel of distances
    signed = any(each is not None and each.low < 0 < each.high for each in (a, b))
    return Made(UNBOUNDED if signed else None, term or (source("product", site) if signed else None))


Transfer = Callable[[Range | None, Term | None], Range | None]


def _lifted(function: Callable[[Range], Range | None]) -> Transfer:
    return lambda own, term: function(own) if own is not None else None


def _total(own: Range | None, term: Term | None) -> Range | None:
    exact = correlated.total(term.operand(0), own) if term is not None else None
    return exact or (intervals.total(own) if own is not None else None)


def _square(own: Range | None, term: Term | None) -> Range | None:
    return intervals.power(own, 2.0) if own is not None else Range(0.0, math.inf, False, False)


def _length(own: Range | None, term: Term | None) -> Range | None:
    return Range(0.0, math.inf, own.has_zero and not own.saturates, own.high_attained) if own is not None else None


def _log1p(own: Range) -> Range:
    return intervals.logarithm(intervals.add(own, Range(1.0, 1.0)))


def _root_reciprocal(own: Range) -> Range | None:
    return intervals.divide(Range(1.0, 1.0), intervals.root(own))


def _rearranged(own: Range) -> Range:
    return own


def _expm1(own: Range) -> Range:
    return intervals.subtract(intervals.exponential(own), Range(1.0, 1.0))


_FUNCTIONS: dict[str, tuple[str, Transfer | None]] = {
    **dict.fromkeys(known.SUMS, ("sum", _total)),
    **{name: ("mean", _lifted(intervals.mean)) for name in known.MEANS},
    **{name: ("max", _lifted(intervals.mean)) for name in known.LARGEST},
    **{name: ("min", _lifted(intervals.mean)) for name in known.SMALLEST},
    **dict.fromkeys(known.NORMS, ("norm", _length)),
    **{name: ("rearranged", _lifted(_rearranged)) for name in known.REARRANGED},
    **dict.fromkeys(("size", "shape", "len"), ("size", lambda own, term: Range(0.0, math.inf, False, False))),
    **dict.fromkeys(("band_part", "triu", "tril"), ("band", _lifted(lambda own: own.join(Range(0.0, 0.0))))),
    "boolean_mask": ("selection", lambda own, term: own or DATA),
    "exp": ("exp", _lifted(intervals.exponential)),
    "expm1": ("expm1", _lifted(_expm1)),
    "log": ("log", _lifted(intervals.logarithm)),
    "log10": ("log", _lifted(intervals.logarithm)),
    "log2": ("log", _lifted(intervals.logarithm)),
    "log1p": ("log1p", _lifted(_log1p)),
    "sqrt": ("sqrt", _lifted(intervals.root)),
    "rsqrt": ("rsqrt", _lifted(_root_reciprocal)),
    "square": ("square", _square),
    "abs": ("abs", _lifted(intervals.absolute)),
    "absolute": ("abs", _lifted(intervals.absolute)),
    "fabs": ("abs", _lifted(intervals.absolute)),
    "negative": ("neg", _lifted(intervals.negate)),
    "neg": ("neg", _lifted(intervals.negate)),
    "reciprocal": ("reciprocal", _lifted(lambda own: intervals.divide(Range(1.0, 1.0), own))),
}
"""The operation's name in terms, and what it makes of the range of its first operand."""


# -- clipping, conditions -----------------------------------------------------------------------------------------------------


def clipped(value: Value, low: Value | None, high: Value | None, site: Site) -> Made:
    """The result of clipping to constant bounds; a bound that is not known leaves that side open."""
    bounds = [each if each is not None else Num() for each in (low, high)]
    own, floor, ceiling = _ranges((value, *bounds), site)
    if own is None:
        own = Range(-math.inf, math.inf, True, True)
    if floor is not None and floor.is_point:
        own = intervals.maximum(own, floor)
    elif low is not None and (floor is None or floor.low <= 0):
        own = replace(own, low_attained=False)
    if ceiling is not None and ceiling.is_point:
        own = intervals.minimum(own, ceiling)
    elif high is not None:
        own = replace(own, high_attained=False)
    limits = tuple(map(number_of, bounds))
    single = site.single or _single(value)
    return Made(own, Term("clip", (term_of(value), *limits), site.where, site.context, single))


def tested(value: Num, condition: Operand, arm: bool) -> Num:
    """The value in one arm of a condition: exact where a comparison is about the value itself, else merely guarded."""
    own = value.range
    if own is None or not isinstance(condition, Term):
        return value
    if condition.op == "not":
        return tested(value, condition.arg(0), not arm)
    limit = condition.operand(1)
    if value.term is not None and condition.arg(0) == value.term and isinstance(limit, float):
        return replace(value, range=_compared(own, condition.op, limit, arm))
    if value.term is None or condition.shares(value.term):
        return replace(value, range=replace(own, low_attained=False, high_attained=False, zero=False))
    return value


def _compared(own: Range, op: str, limit: float, arm: bool) -> Range:
    op = op if arm else {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}.get(op, "")
    if op in (">", ">="):
        return intervals.above(own, limit, included=op == ">=")
    if op in ("<", "<="):
        return intervals.below(own, limit, included=op == "<=")
    if op == "!=" and limit == 0:
        return intervals.without_zero(own)
    return Range(limit, limit) if op == "==" else own


__all__ = ["DATA", "NON_NEGATIVE", "Made", "Site", "binary", "clipped", "function", "is_op", "negative", "tested"]
