"""Which checks for NaN and Inf stand before an update, which only after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradlint.model import Certainty, FiniteCheck, Where
from gradlint.reader import containers
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.events import BranchEvent, CheckEvent, FitEvent, GradientEvent, UpdateEvent
from gradlint.reader.ir import unpack
from gradlint.reader.state import Run
from gradlint.reader.trace import Guard, Occurrence
from gradlint.values import Flows, Mark, Method, Num, Ref, Source, Value, options

_IDENTIFYING = ("call", "gradient")
"""Sources that tell one loss from another. (Two losses may well come from one network.)"""


def all_checks(evidence: Evidence) -> Iterator[FiniteCheck]:
    """All checks with what they look at and whether they stop anything."""
    losses, gradients = loss_sources(evidence), set(evidence.gradient_sources)
    branches = evidence.of(BranchEvent)
    for event, _ in evidence.of(CheckEvent):
        yield _describe(event, losses, gradients, branches)


def _describe(
    event: CheckEvent, losses: set[Source], gradients: set[Source], branches: Sequence[tuple[BranchEvent, Occurrence]]
) -> FiniteCheck:
    if event.style in ("callback", "switch"):
        subject = "loss"
    elif gradients & set(event.flows):
        subject = "gradients"
    elif losses & set(event.flows):
        subject = "loss"
    elif any(source.kind == "parameters" for source in event.flows):
        subject = "weights"
    elif any(source.kind in ("model", "call") for source in event.flows):
        subject = "unknown"
    else:
        subject = "data"
    deciding = [branch for branch, _ in branches if event.source in branch.flows]
    stops = event.style != "element" or any(branch.stops for branch in deciding)
    restores = any(branch.restores for branch in deciding)
    return FiniteCheck(event.where, event.function, subject, stops, restores, event.finds)


def loss_sources(evidence: Evidence) -> set[Source]:
    """What tells the losses of a program from other numbers."""
    found: set[Source] = set()
    for event, _ in evidence.of(GradientEvent):
        found |= {source for source in evidence.flows(event.loss) if source.kind in _IDENTIFYING}
    return found


@dataclass(frozen=True, slots=True)
class Around:
    """The checks around one update."""

    protected: Certainty
    late: tuple[FiniteCheck, ...] = ()
    """Checks of its numbers that come only after it."""
    reported: tuple[FiniteCheck, ...] = ()
    """Checks of its numbers that come before it, say what they find, and leave it at that."""


def of_none(evidence: Evidence, flows: Flows) -> Iterator[FiniteCheck]:
    """Checks of each gradient that do not leave out None, although the update (of these flows) does."""
    expected = {source for source, marks in flows.items() if source.kind == "gradient" and marks.must & Mark.PRESENT}
    losses, gradients = loss_sources(evidence), set(evidence.gradient_sources)
    for event, _ in evidence.of(CheckEvent):
        met = [event.flows[source] for source in expected if source in event.flows]
        if met and not any(marks.may & (Mark.PRESENT | Mark.STATISTIC | Mark.OPAQUE) for marks in met):
            yield _describe(event, losses, gradients, evidence.of(BranchEvent))


def around(evidence: Evidence, update: UpdateEvent, seen: Occurrence, flows: Flows) -> Around:
    """Whether a check protects the update, and which checks of its numbers do not."""
    mine = {source for source in flows if source.kind == "gradient"}
    subjects = set(mine)
    for source in mine:
        computed = evidence.gradient_sources.get(source)
        if computed is not None:
            subjects |= {s for s in evidence.flows(computed.loss) if s.kind in _IDENTIFYING}
    if any(source.kind == "check" for source in flows) or any(_checks(guard) for guard in seen.guards):
        return Around(Certainty.ALWAYS)
    protected = Certainty.NEVER
    late: list[FiniteCheck] = []
    reported: list[FiniteCheck | None] = []
    losses, branches = loss_sources(evidence), evidence.of(BranchEvent)
    for event, other in evidence.of(CheckEvent):
        if event.style == "switch":
            return Around(Certainty.ALWAYS)
        described = _describe(event, losses, set(evidence.gradient_sources), branches)
        related = bool(subjects & set(event.flows)) or described.subject == "unknown"
        if event.style == "callback" or not related:
            protected = (
                Certainty.SOMETIMES if related or described.subject not in ("data", "loss", "gradients") else protected
            )
            continue
        if _precedes(evidence, other, seen):
            sure = event.style == "assert" and set(other.guards) <= set(seen.guards)
            if sure:
                return Around(Certainty.ALWAYS)
            protected = Certainty.SOMETIMES
            says = subjects & set(event.flows) and _reports(event, branches) and _same_pass(other, seen)
            reported.append(described if says else None)
        elif subjects & set(event.flows) and _same_pass(other, seen) and not _in_session(evidence, update):
            late.append(described)
        else:
            protected = Certainty.SOMETIMES
    told = [] if None in reported else [check for check in reported if check is not None]
    return Around(
        protected,
        tuple(_one_per_branch(late, branches, evidence)),
        tuple(_one_per_branch(told, branches, evidence)),
    )


def _reports(event: CheckEvent, branches: Sequence[tuple[BranchEvent, Occurrence]]) -> bool:
    """All that depends on the outcome are messages."""
    deciding = [branch for branch, _ in branches if event.source in branch.flows]
    return event.style == "element" and bool(deciding) and all(branch.reports for branch in deciding)


def _one_per_branch(
    late: list[FiniteCheck], branches: Sequence[tuple[BranchEvent, Occurrence]], evidence: Evidence
) -> Iterator[FiniteCheck]:
    """`if is_nan(x) or is_inf(x)` is one check."""
    taken: set[Where] = set()
    for check in late:
        deciding = [b.where for b, _ in branches if any(s.kind == "check" and s.where == check.where for s in b.flows)]
        place = deciding[0] if deciding else check.where
        if place not in taken:
            taken |= {place, check.where}
            yield check


def _checks(guard: Guard) -> bool:
    return any(source.kind == "check" for source in guard.flows)


def _precedes(evidence: Evidence, check: Occurrence, update: Occurrence) -> bool:
    """The check comes first: by the text where both stand in one function, else by the order of evaluation."""
    a, b = check.event.where, update.event.where  # type: ignore[union-attr]
    if check.stack[-1].definition is update.stack[-1].definition and a.path == b.path:
        return unpack(a.loc)[0] < unpack(b.loc)[0]
    return evidence.first_order[a] < evidence.first_order[b]


def _same_pass(check: Occurrence, update: Occurrence) -> bool:
    """The check runs in the same pass of the innermost loop around the update."""
    return (
        not update.loops
        or update.loops[0] in check.loops
        or len(check.loops) >= len(update.loops)
        or bool(set(check.loops) & set(update.loops))
    )


def follows(evidence: Evidence, clip: Occurrence, update: Occurrence) -> bool:
    """The clip comes only after the update, in the same pass of the loop."""
    return not _precedes(evidence, clip, update) and _same_pass(clip, update)


def _in_session(evidence: Evidence, update: UpdateEvent) -> bool:
    """A session runs the update: what it fetches can be looked at only afterwards."""
    return any(source.where == update.where for source in evidence.sessions)


def in_callbacks(run: Run, evidence: Evidence, given: Sequence[Value], fits: Sequence[FitEvent]) -> Certainty:
    """Whether training by the framework is watched: by a callback, or by a look at the loss that it returns."""
    if any(event.style == "switch" for event, _ in evidence.of(CheckEvent)):
        return Certainty.ALWAYS
    found = Certainty.NEVER
    for value in given:
        for option in options(value):
            inner = containers.element(run, option) if not isinstance(option, Num) else option
            for each in (*options(inner), option):
                if isinstance(each, Ref) and run.heap.get(each).kind == "nan callback":
                    return Certainty.ALWAYS
                if isinstance(each, Method) or (isinstance(each, Num) and each.unknown is not None):
                    found = Certainty.UNKNOWN
    returned = {fit.where for fit in fits}
    for event, seen in evidence.of(CheckEvent):
        in_hook = any(str(getattr(each.definition, "name", "")).startswith("on_") for each in seen.stack)
        if in_hook or (event.style == "callback" and not given):
            return Certainty.SOMETIMES
        if any(source.kind == "call" and source.where in returned for source in event.flows):
            return Certainty.SOMETIMES
    return found
