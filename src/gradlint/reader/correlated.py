"""Operands that depend on each other: `x - max(x)` is at most zero, `x / sum(x)` is at most one, whatever x is."""

from __future__ import annotations

from gradlint.ranges import FLAGS, Range
from gradlint.terms import Operand, Term, is_op

_TOPS = ("max", "logsumexp")
_UNIT = Range(-1.0, 1.0, True, True, True)
_NOT_ABOVE_ZERO = Range(float("-inf"), 0.0, False, True)
_NOT_BELOW_ZERO = Range(0.0, float("inf"), True, False)
_SHARE = Range(0.0, 1.0, False, False)


def difference(left: Operand, right: Operand) -> Range | None:
    """The range of a difference as its terms tell it; None if they tell nothing."""
    if not isinstance(left, Term) or not isinstance(right, Term):
        return None
    if left == right:
        return Range(0.0, 0.0)
    if is_op(right, *_TOPS) and right.arg(0) == left:
        return _NOT_ABOVE_ZERO
    if is_op(right, "min") and right.arg(0) in (left, left.arg(0)):  # also `max(x) - min(x)`
        return _NOT_BELOW_ZERO
    if is_op(left, "logsumexp", "max") and left.arg(0) == right:
        return _NOT_BELOW_ZERO
    return None


def quotient(left: Operand, right: Operand, numerator: Range | None) -> Range | None:
    """The range of a quotient as its terms tell it."""
    if not isinstance(left, Term) or not isinstance(right, Term):
        return None
    if left == right:
        return Range(1.0, 1.0)
    if is_op(right, "*") and all(is_op(arg, "norm") for arg in right.args):
        return _UNIT  # a scalar product over both lengths: a cosine
    if is_op(right, "norm") and right.arg(0) == left:
        return Range(-1.0, 1.0, False, False, True)
    non_negative = numerator is not None and numerator.low >= 0
    if non_negative and (is_op(right, "sum", "max") and right.arg(0) == left):
        return _SHARE
    if non_negative and is_op(right, "+") and left in right.args:
        return _SHARE
    return None


def product(left: Operand, right: Operand) -> Range | None:
    """The range of a product of a number with itself, or with its own complement."""
    if isinstance(left, Term) and isinstance(right, Term) and _complement(left, right):
        return Range(0.0, 0.25, True, False)
    return None


def total(term: Operand, own: Range | None) -> Range | None:
    """The range of a sum of products of unit vectors, which is a cosine, and of what a one-hot row picks out."""
    if is_op(term, "*") and isinstance(term, Term) and any(is_op(arg, "one_hot") for arg in term.args):
        return own
    if is_op(term, "*") and isinstance(term, Term) and all(is_op(arg, "l2_normalize") for arg in term.args):
        return _UNIT
    return None


def occupied(term: Operand) -> bool:
    """Some of it is not 0: one-hot rows, and what of them is left after adding up."""
    while is_op(term, "sum", "rearranged", "max") and isinstance(term, Term):
        term = term.operand(0)
    return is_op(term, "one_hot", "nonzero")


def scalar_products(left: Operand, right: Operand) -> Range | None:
    """The range of scalar products of unit vectors."""
    return _UNIT if is_op(left, "l2_normalize") and is_op(right, "l2_normalize") else None


def _complement(left: Term, right: Term) -> bool:
    return any(is_op(a, "-") and a.args == (1.0, b) for a, b in ((left, right), (right, left)))


def complements(left: Operand, right: Operand) -> Range | None:
    """The range of a sum of a number and what it lacks to one."""
    if isinstance(left, Term) and isinstance(right, Term) and _complement(left, right):
        return Range(1.0, 1.0)
    return None


__all__ = ["FLAGS", "complements", "difference", "occupied", "product", "quotient", "scalar_products", "total"]
