"""Hazards of operations that reach a loss: what each is an instance of, and how its operand gets there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradlint.finding import Confidence
from gradlint.model import Noted, Where
from gradlint.model.numerics import Hazard
from gradlint.reader.build import causes
from gradlint.reader.build.nans import graph_around
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.events import (
    EagerEvent,
    FitEvent,
    GradientEvent,
    HazardEvent,
    LossEvent,
    RunEvent,
    ShieldEvent,
    UpdateEvent,
)
from gradlint.reader.hazards import CONDITIONS
from gradlint.reader.state import Run
from gradlint.reader.tensors import log_probability, rounded
from gradlint.reader.trace import Occurrence
from gradlint.rule import doubted
from gradlint.terms import Operand, Term, is_op
from gradlint.values import Flows, Mark, Marks, Num, Source

_BACKWARD = frozenset({"sqrt", "norm", "arc"})
"""Finite operations whose derivatives are not."""
_FIRST = ("where", "divisor", "epsilon", "entropy", "mask", "by hand", "surrogate")
_THERE = ("where", "by hand", "mask")
"""Shields at whose place a hazard is reported."""
"""Shields by how much they tell of a hazard."""


@dataclass(frozen=True, slots=True)
class _Reach:
    """A loss or update that a hazard's result gets to, and what happened on the way."""

    where: Where
    marks: Marks
    differentiated: bool
    doubts: int
    compiled: bool = False
    """It is the loss of a model that was compiled, and fit runs it as a graph."""


def find(run: Run, evidence: Evidence) -> Iterator[Hazard]:
    """The hazards that reach a loss, a training target or an update, once per place and operation."""
    reached = _reached(evidence)
    shields: dict[Source, dict[str, Where]] = {}
    for shield, _ in evidence.of(ShieldEvent):
        shields.setdefault(shield.source, {})[shield.how] = shield.where
    found: dict[tuple[Where, str], Hazard] = {}
    factors: dict[Where, list[Where]] = {}
    session = bool(evidence.of(RunEvent))
    for event, seen in evidence.of(HazardEvent):
        if _needs_graph(event) and not session and not _in_graph(run, seen, reached.get(event.source, [])):
            continue
        hazard = _hazard(event, shields.get(event.source, {}), reached.get(event.source, []))
        if hazard is None:
            continue
        known = found.get((hazard.where, hazard.operation))
        factors.setdefault(hazard.where, []).extend(_factors(event))
        if known is None or known.confidence < hazard.confidence:
            found[(hazard.where, hazard.operation)] = hazard
    causes_of = {
        place
        for hazard in found.values()
        if hazard.operation == "division"
        for place in (hazard.operand_made, *factors[hazard.where])
    }
    for key in sorted(found):
        if found[key].where not in causes_of:  # `x / norm(x)` is one mistake
            yield found[key]


def _factors(event: HazardEvent) -> list[Where]:
    """Where the lengths are taken in `x / (norm(a) * norm(b))`."""
    term = event.operand.term if isinstance(event.operand, Num) else None
    return [arg.where for arg in term.args if isinstance(arg, Term)] if is_op(term, "*") and term is not None else []


def _needs_graph(event: HazardEvent) -> bool:
    """Its operand is fine as it is written, and only wrong as a graph computes it."""
    return (
        event.operation == "log"
        and isinstance(event.operand, Num)
        and is_op(event.operand.term, "+")
        and (event.operand.range is not None and event.operand.range.low > 0)
    )


def _in_graph(run: Run, seen: Occurrence, reached: list[_Reach]) -> bool:
    """A function that TensorFlow makes a graph of is around it, or Keras' fit calls it as a loss."""
    return graph_around(run, seen) is not None or any(each.compiled and not each.doubts for each in reached)


def _reached(evidence: Evidence) -> dict[Source, list[_Reach]]:
    found: dict[Source, list[_Reach]] = {}

    def add(where: Where, flows: Flows, differentiated: bool, doubts: int = 0, compiled: bool = False) -> None:
        for source, marks in flows.items():
            if source.kind == "hazard":
                opaque = bool(marks.may & Mark.OPAQUE)
                found.setdefault(source, []).append(_Reach(where, marks, differentiated, doubts + opaque, compiled))

    applied = {source for update, _ in evidence.of(UpdateEvent) for source in evidence.flows(update.gradients)}
    for gradient, _ in evidence.of(GradientEvent):
        add(gradient.where, evidence.flows(gradient.loss), True, int(gradient.source not in applied))
    for loss, _ in evidence.of(LossEvent):
        add(loss.where, evidence.flows(loss.loss), True, loss.doubts, not evidence.of(EagerEvent))
    for fit, _ in evidence.of(FitEvent):
        add(fit.where, evidence.flows(fit.targets), False)
    for update, _ in evidence.of(UpdateEvent):
        add(update.where, evidence.flows(update.gradients), False)
    return found


def _hazard(event: HazardEvent, shields: dict[str, Where], reached: list[_Reach]) -> Hazard | None:
    backward = event.operation in _BACKWARD
    shield = next((how for how in _FIRST if how in shields), None)
    counted = [each for each in reached if _counts(event, each, shield)]
    if not counted or not isinstance(event.operand, Num):
        return None
    best = min(counted, key=lambda each: (each.doubts, each.where))
    healed = backward or shield == "where" or bool(best.marks.must & Mark.CAPPED)
    cause = causes.of(event.operation, event.operand)
    made = _form(event)
    compares = made == "ratio" or is_op(event.operand.term, "-")
    form = made if shield is None or (shield == "surrogate" and not compares) else shield
    if form == "ratio" and best.doubts:
        form = "surrogate"  # whoever does not hand the gradient to an optimizer has a trust region
    if form == "masked" and best.marks.must & Mark.LAYERED:
        form = "plain"  # an average over what is not masked, but no loss
    return Hazard(
        where=_place(event, form, shields),
        operation=event.operation,
        form=form,
        operand=event.operand_where,
        reason=cause.reason,
        origin=(Noted(cause.where, cause.note),) if cause.where not in (event.where, None) else (),
        loss=best.where,
        operand_made=event.operand.term.where if event.operand.term is not None else event.operand_where,
        backward=healed,
        shield=shields[shield] if shield is not None else None,
        confidence=doubted(Confidence.HIGH, best.doubts + cause.doubts),
    )


def _place(event: HazardEvent, form: str, shields: dict[str, Where]) -> Where:
    """Where the mistake is made, which may be elsewhere than where it shows."""
    if form in _THERE:
        return shields[form]
    made = event.operand.term if isinstance(event.operand, Num) else None
    clip = next((each for each in (made, made and made.arg(1)) if is_op(each, "clip")), None)
    return clip.where if form == "precision" and isinstance(clip, Term) else event.where


def _counts(event: HazardEvent, each: _Reach, shield: str | None) -> bool:
    """A value that was capped or left out by a condition is finite; its derivative is as bad as before."""
    if event.operation == "infinity" and each.marks.must & Mark.CAPPED:
        return False  # a mask has no derivative
    backward = event.operation in _BACKWARD
    differentiated = each.differentiated and not each.marks.must & Mark.STOPPED
    finite = backward or shield == "where" or bool(each.marks.must & Mark.CAPPED)
    return differentiated or not finite


def _form(event: HazardEvent) -> str:
    """What a hazard is an instance of, as the term of its operand tells."""
    term = event.operand.term if isinstance(event.operand, Num) else None
    if not isinstance(term, Term):
        return "plain"
    if _lost(term) or (is_op(term, "-") and _lost_one(term.operand(0))):
        return "precision"
    if event.operation == "log":
        if is_op(term, "softmax", "sigmoid") and not is_op(term.arg(0), "layer"):
            return term.op
        if _needs_graph(event):
            return "folded"
        if is_op(term, "-") and term.operand(0) == 1.0:
            return _form_of_complement(term.arg(1))
    if event.operation == "division":
        above = event.other.term if isinstance(event.other, Num) else None
        ratio = above is not None and _probability(above) and _probability(term)
        return "probabilities" if ratio else "masked" if _masked(term, event) else "plain"
    if event.operation == "exp" and is_op(term, "-") and any(map(log_probability, term.args)):
        return "ratio"
    return "plain"


def _lost(term: Operand) -> bool:
    """Something was clipped just inside of 1, or of one minus 1, by less than float32 can tell."""
    if is_op(term, "-") and isinstance(term, Term) and term.operand(0) == 1.0:
        return is_op(term.arg(1), "clip") and _lost(term.arg(1))
    return is_op(term, "clip") and isinstance(term, Term) and any(map(_lost_one, term.args[1:]))


def _lost_one(number: Operand) -> bool:
    """A number that is meant to be other than 1 or -1, and is the same in float32."""
    return isinstance(number, float) and abs(number) != 1.0 and abs(rounded(number)) == 1.0


def _form_of_complement(term: Term | None) -> str:
    """What a logarithm of one minus something is an instance of."""
    if term is not None and is_op(term, "sigmoid") and not is_op(term.arg(0), "layer"):
        return "sigmoid"
    if term is not None and (is_op(term, "square") or is_op(term, "**", "*")) and is_op(term.arg(0), "tanh"):
        return "squashed"
    return "plain"


def _probability(term: Term) -> bool:
    """The probability of an action: of a distribution, or picked out of a softmax."""
    while is_op(term, "sum", "*", "rearranged", "part", "selection"):
        inner = [arg for arg in term.args if isinstance(arg, Term) and not is_op(arg, "one_hot")]
        if not inner:
            return False
        term = inner[0]
    return is_op(term, "prob", "softmax")


def _masked(term: Term, event: HazardEvent) -> bool:
    """The divisor adds up what the numerator was multiplied by."""
    numerator = event.other.term if isinstance(event.other, Num) else None
    while is_op(term, "+", "max", "rearranged"):
        term = term.arg(0) or term
        if not term.args:
            break
    counted = term.arg(0) if is_op(term, "sum", "mean") else None
    if counted is None or numerator is None:
        return False
    factors = [arg for each in numerator.walk() if is_op(each, "*") for arg in each.args]
    return any(arg == counted or _same_unknown(arg, counted) for arg in factors)


def _same_unknown(left: Operand, right: Term) -> bool:
    """Both are the same comparison of something that was not followed: `tokens > 0`, written twice."""
    return isinstance(left, Term) and left.op == right.op in CONDITIONS and not left.args and not right.args
