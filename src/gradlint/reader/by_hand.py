"""Softmax, sigmoid, softplus and logsumexp as people write them out, and ratios of probabilities with their clip."""

from __future__ import annotations

from gradlint.model import Where
from gradlint.reader.events import ShieldEvent
from gradlint.reader.state import Run
from gradlint.reader.tensors import term_of
from gradlint.terms import Operand, Term, is_op
from gradlint.values import Num, Value

_LOGARITHMS = frozenset({"log", "log1p"})


def quotient(run: Run, numerator: Value, divisor: Value, where: Where) -> None:
    """`exp(x) / sum(exp(x))` and `1 / (1 + exp(-x))`."""
    above, below = term_of(numerator), term_of(divisor)
    if is_op(above, "exp") and is_op(below, "sum", "+") and isinstance(below, Term) and above in below.args:
        _note(run, divisor, (above, *below.args), where)
        _note(run, numerator, (above,), where)
    elif above == 1.0 and isinstance(below, Term) and is_op(below, "+") and 1.0 in below.args:
        _note(run, divisor, below.args, where)


def logarithm(run: Run, name: str, operand: Value, where: Where) -> None:
    """`log(1 + exp(x))` and `log(sum(exp(x)))`."""
    term = term_of(operand)
    if name in _LOGARITHMS and isinstance(term, Term):
        if is_op(term, "exp") and name == "log1p":
            _note(run, operand, (term,), where)
        elif is_op(term, "sum", "mean") or (is_op(term, "+") and 1.0 in term.args):
            _note(run, operand, term.args, where)


def _note(run: Run, value: Value, terms: tuple[Operand, ...], where: Where) -> None:
    """The exponentials among these terms are part of something that has a safe function of its own."""
    places = {each.where for each in terms if isinstance(each, Term) and each.op == "exp"}
    for source in value.flows if isinstance(value, Num) else ():
        if source.kind == "hazard" and source.where in places:
            run.emit(ShieldEvent(where, "by hand", source))


def surrogate(run: Run, left: Value, right: Value, where: Where) -> None:
    """`minimum(ratio * a, clip(ratio) * a)`: the clipped surrogate of PPO, in which a large ratio counts for little."""
    if not isinstance(left, Num) or not isinstance(right, Num):
        return
    clipped = any(is_op(each, "clip") for side in (left, right) if side.term for each in side.term.walk())
    for source in {**left.flows, **right.flows}:
        beside = source not in left.flows or source not in right.flows
        if source.kind == "hazard" and source.detail == "exp" and (clipped or beside):
            run.emit(ShieldEvent(where, "surrogate", source))
