"""Looking for NaN and Inf."""

from __future__ import annotations

from gradlint.model import Where
from gradlint.reader.arguments import Args
from gradlint.reader.state import Run
from gradlint.reader.trace import CheckEvent
from gradlint.values import (
    ANY,
    NO_FLOWS,
    NO_MARKS,
    NONE,
    Const,
    Ext,
    Flows,
    Kind,
    Num,
    Source,
    Value,
    join_flows,
    with_flows,
)
from gradlint.vocabulary.finite_checks import NUMPY_SWITCH_VALUES, Style, find_check

_STYLES = {Style.ELEMENT: "element", Style.ASSERT: "assert", Style.CALLBACK: "callback", Style.GLOBAL_SWITCH: "switch"}


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Every function and class of the vocabulary that looks for non-finite numbers."""
    spec = find_check(name.name)
    if spec is None:
        return None
    if name.name == "np.seterr" and not any(
        isinstance(v, Const) and v.value in NUMPY_SWITCH_VALUES for v in args.all()
    ):
        return NONE
    subject = args.get(spec.subject, "tensor", "x", "tensors") if spec.subject is not None else None
    flows = run.heap.flows(subject) if subject is not None else NO_FLOWS
    check = record(run, args.where, name.name, _STYLES[spec.style], flows)
    if spec.style is Style.ELEMENT:
        return Num(Kind.BOOLEAN, None, join_flows(flows, {check: NO_MARKS}))
    if spec.passes_through and subject is not None:
        return with_flows(subject, join_flows(flows, {check: NO_MARKS})) if isinstance(subject, Num) else subject
    if spec.style is Style.CALLBACK:
        return run.heap.allocate((args.where, name.name), "nan callback", args.where, name=name.name)
    return ANY


def record(run: Run, where: Where, function: str, style: str, flows: Flows) -> Source:
    """Note a check and return the source that marks what it decides."""
    source = Source("check", where)
    run.emit(CheckEvent(where, function, style, source, flows))
    run.facts[source] = flows
    return source


def self_comparison(run: Run, where: Where, value: Value) -> Value:
    """`x != x` is true for NaN only."""
    flows = run.heap.flows(value)
    check = record(run, where, "x != x", "element", flows)
    return Num(Kind.BOOLEAN, None, join_flows(flows, {check: NO_MARKS}))
