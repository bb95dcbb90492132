"""Looking for NaN and Inf."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from gradlint.model import Where
from gradlint.reader.arguments import Args
from gradlint.reader.events import CheckEvent, NanComparisonEvent, PlainLookEvent, ReplacementEvent
from gradlint.reader.ir import Assign, AugAssign, Expr, For, Name, Walrus
from gradlint.reader.state import Run
from gradlint.reader.walk import walk
from gradlint.values import (
    ANY,
    NO_FLOWS,
    NO_MARKS,
    NONE,
    Const,
    Ext,
    Flows,
    Kind,
    Mark,
    Num,
    Source,
    Value,
    join_flows,
    with_flows,
)
from gradlint.vocabulary.finite_checks import COMPARISONS, NAN_CONSTANTS, NUMPY_SWITCH_VALUES, Style, find_check

_STYLES = {Style.ELEMENT: "element", Style.ASSERT: "assert", Style.CALLBACK: "callback", Style.GLOBAL_SWITCH: "switch"}


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Every function and class of the vocabulary that looks for non-finite numbers."""
    if name.name in COMPARISONS and len(args.positional) == 2:
        one, other = args.positional
        note_comparison(run, args.where, COMPARISONS[name.name], (None, one), (None, other))
    spec = find_check(name.name)
    if spec is None:
        return None
    if name.name == "np.seterr" and not any(
        isinstance(v, Const) and v.value in NUMPY_SWITCH_VALUES for v in args.all()
    ):
        return NONE
    subject = args.get(spec.subject, "tensor", "x", "tensors") if spec.subject is not None else None
    flows = run.heap.flows(subject) if subject is not None else NO_FLOWS
    check = record(run, args.where, name.name, _STYLES[spec.style], flows, spec.finds)
    if name.raw.startswith(("numpy.", "math.")) and args.node is not None:
        run.emit(PlainLookEvent(args.where, name.name, flows))
    if spec.style is Style.ELEMENT:
        return Num(Kind.BOOLEAN, None, join_flows(flows, {check: NO_MARKS}))
    if spec.passes_through and subject is not None:
        return with_flows(subject, join_flows(flows, {check: NO_MARKS})) if isinstance(subject, Num) else subject
    if spec.style is Style.CALLBACK:
        return run.heap.allocate((args.where, name.name), "nan callback", args.where, name=name.name)
    return ANY


def record(run: Run, where: Where, function: str, style: str, flows: Flows, finds: frozenset[str]) -> Source:
    """Note a check and return the source that marks what it decides."""
    source = Source("check", where)
    run.emit(CheckEvent(where, function, style, source, flows, finds))
    run.facts[source] = flows
    return source


Side: TypeAlias = tuple[Expr | None, Value]
"""One side of a comparison: as written, and its value."""
_OPERATORS = frozenset({"==", "!=", "is", "is not"})


def note_comparison(run: Run, where: Where, operator: str, left: Side, right: Side) -> None:
    """Note a comparison with NaN. Whether a value `is` NaN is false for sure only where it was computed.

    Two NaN side by side are there to show what they do.
    """
    if operator not in _OPERATORS or is_nan(left[1]) == is_nan(right[1]):
        return
    nan, other = (left, right) if is_nan(left[1]) else (right, left)
    sure = not _changes(run, nan[0]) and (not operator.startswith("is") or _is_computed(other[1]))
    run.emit(NanComparisonEvent(where, operator, sure))


def is_nan(value: Value) -> bool:
    """NaN itself, as a constant or by its name in a library."""
    if isinstance(value, Const):
        return isinstance(value.value, float) and math.isnan(value.value) and not value.assumed
    return isinstance(value, Ext) and value.name in NAN_CONSTANTS


def _changes(run: Run, written: Expr | None) -> bool:
    """A variable that a loop around assigns to: it may be NaN in the first pass only."""
    return isinstance(written, Name) and any(
        isinstance(each, Assign | AugAssign | For | Walrus)
        and any(isinstance(name, Name) and name.id == written.id for target in _targets(each) for name in walk(target))
        for loop in run.loops
        for each in walk(loop)
    )


def _targets(node: Assign | AugAssign | For | Walrus) -> tuple[Expr, ...]:
    return node.targets if isinstance(node, Assign) else (node.target,)


_COMPUTED = frozenset({Kind.TENSOR, Kind.LOSS, Kind.GRADIENT, Kind.STD})


def _is_computed(value: Value) -> bool:
    return isinstance(value, Num) and value.kind in _COMPUTED and value.unknown is None


def note_look(run: Run, where: Where, function: str, flows: Flows) -> None:
    """Note that Python asks for the outcome of a check: `is_nan(x).numpy()`, `any(is_nan(g) for g in gradients)`."""
    if any(source.kind == "check" for source in flows):
        run.emit(PlainLookEvent(where, function, flows))


def reduced(flows: Flows) -> Flows:
    """The flows after the answers for all elements were taken together."""
    if all(source.kind != "check" for source in flows):
        return flows
    return {s: marks.add(Mark.REDUCED) if s.kind == "check" else marks for s, marks in flows.items()}


def note_choice(run: Run, where: Where, condition: Flows, chosen: Sequence[Value]) -> Flows:
    """Note `where(is_nan(x), 0, x)`: each element that is not finite gives way to a number. Returns what to add to the flows.

    `where(all_finite, x, 0)` and `where(is_nan(label), 0, loss)` are something else.
    """
    looked_at = _chosen(run, condition, chosen)
    return note_replacement(run, where, looked_at) if looked_at is not None else NO_FLOWS


def chooses(run: Run, condition: Flows, chosen: Sequence[Value]) -> bool:
    """Whether `where(condition, ...)` leaves out the elements of what it chooses from that are not finite."""
    return _chosen(run, condition, chosen) is not None


def _chosen(run: Run, condition: Flows, chosen: Sequence[Value]) -> Value | None:
    """Which of the values the condition has looked at, element by element."""
    for source, marks in condition.items():
        if source.kind == "check" and not marks.may & Mark.REDUCED:
            looked_at = run.facts.get(source)
            for value in chosen:
                own = {each for each in run.heap.flows(value) if each.kind != "check"}
                if own and isinstance(looked_at, dict) and own <= set(looked_at):
                    return value
    return None


def note_replacement(run: Run, where: Where, value: Value) -> Flows:
    """Note that what is not finite in gradients, or in a loss that networks made, gives way to a number."""
    kinds = {source.kind for source in run.heap.flows(value)}
    subject = "gradients" if "gradient" in kinds else ""
    if isinstance(value, Num) and value.kind is Kind.LOSS and "model" in kinds:
        subject = subject or "loss"
    if not subject:
        return NO_FLOWS
    source = Source("replaced", where, 0, subject)
    run.emit(ReplacementEvent(where, subject, source))
    return {source: NO_MARKS}


def self_comparison(run: Run, where: Where, value: Value) -> Value:
    """`x != x` is true for NaN only."""
    flows = run.heap.flows(value)
    check = record(run, where, "x != x", "element", flows, frozenset({"nan"}))
    return Num(Kind.BOOLEAN, None, join_flows(flows, {check: NO_MARKS}))
