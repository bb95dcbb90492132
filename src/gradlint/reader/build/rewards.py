"""Rewards on their way into losses and targets, and divisions by deviations."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.finding import Confidence
from gradlint.model import Certainty, Division, Noted, RewardPath, Where
from gradlint.reader.build.resolve import Evidence, all_of, certainty
from gradlint.reader.events import (
    CompileEvent,
    DivisionEvent,
    FitEvent,
    GradientEvent,
    HandoverEvent,
    MaskEvent,
    UpdateEvent,
)
from gradlint.reader.ir import While
from gradlint.reader.programs import Program
from gradlint.reader.state import Run
from gradlint.reader.trace import Occurrence
from gradlint.values import Const, Ext, Flows, Fn, Mark, Marks, Num, Ref, Source, Value, mark_flows, options
from gradlint.vocabulary.losses import is_squared_error
from gradlint.vocabulary.rewards import kind_of_name, small_reward

SMALL = 10.0
LARGE = 100.0
MEMORY = "replay memory or learner"
_ROBUST = ("huber", "logcosh", "log_cosh")


def find(run: Run, evidence: Evidence, program: Program) -> Iterator[RewardPath]:
    """One path for each reward and sink; a reward that is bounded on the way to any sink counts as handled."""
    sinks = list(_sinks(run, evidence))
    reached = {source for _, _, flows, _ in sinks for source in flows}
    # what a memory or learner that was not read does with them is unknown, so it counts only where nothing else does
    sinks += [(where, MEMORY, flows, False) for where, flows in _handed_over(evidence, reached)]
    found: dict[Source, list[tuple[Where, str, Marks]]] = {}
    for where, kind, flows, bounded in sinks:
        for source, marks in flows.items():
            if _is_reward(source):
                kept = marks.maybe(Mark.BOUNDED) if bounded else marks
                found.setdefault(source, []).append((where, kind, kept))
    for source in sorted(found, key=lambda s: (s.where, s.detail)):
        paths = found[source]
        # a sink behind something unread says nothing about the sinks that can be seen
        certain = [certainty(marks, Mark.BOUNDED) for _, _, marks in paths]
        overall = all_of([each for each in certain if each is not Certainty.UNKNOWN] or certain)
        open_way = overall is Certainty.UNKNOWN and any(
            not marks.must & Mark.OPAQUE and not marks.may & Mark.BOUNDED for _, _, marks in paths
        )  # `if self.processor is not None: reward = self.processor(reward)`: by default nothing happens to it
        if open_way:
            overall = Certainty.NEVER
        small, terminal = _size(source)
        squared = {where for where, _, marks in paths if marks.may & Mark.SQUARED and not marks.may & Mark.BOUNDED}
        for where, kind, _ in dict.fromkeys((w, k, None) for w, k, _ in paths):
            yield RewardPath(
                source=source.where,
                sink=where,
                sink_kind=kind,
                bounded=overall,
                steps=(),
                evidence=_evidence(source),
                small=small,
                terminal=terminal,
                confidence=Confidence.LOW
                if source.kind == "parameter" or kind == MEMORY or open_way
                else Confidence.HIGH,
                squared=where in squared,
            )


def _is_reward(source: Source) -> bool:
    return source.kind == "reward" or (source.kind == "parameter" and kind_of_name(source.detail) == "rewards")


def _sinks(run: Run, evidence: Evidence) -> Iterator[tuple[Where, str, Flows, bool]]:
    applied: set[Source] = set()
    for update, _ in evidence.of(UpdateEvent):
        applied |= {source for source in evidence.flows(update.gradients) if source.kind == "gradient"}
    for event, _ in evidence.of(GradientEvent):
        if event.source in applied:
            yield event.where, "loss", evidence.flows(event.loss), False
    names = [name for event, _ in evidence.of(CompileEvent) for name in _named(run, event.loss)]
    robust = any(word in name.lower() for name in names for word in _ROBUST)
    squared = bool(names) and all(map(is_squared_error, names))
    for fit, _ in evidence.of(FitEvent):
        flows = evidence.flows(fit.targets)
        yield fit.where, "training target", mark_flows(flows, Mark.SQUARED) if squared else flows, robust


def _handed_over(evidence: Evidence, reached: set[Source]) -> Iterator[tuple[Where, Flows]]:
    for event, _ in evidence.of(HandoverEvent):
        left = {source: marks for source, marks in evidence.follow(event.rewards).items() if source not in reached}
        if left:
            yield event.where, left


def _named(run: Run, loss: Value) -> Iterator[str]:
    """The names of the losses that it may be."""
    for option in options(loss):
        if isinstance(option, Const):
            yield str(option.value)
        elif isinstance(option, Ext):
            yield option.name.rpartition(".")[2]
        elif isinstance(option, Ref):
            yield run.heap.get(option).name.rpartition(".")[2]
        elif isinstance(option, Fn):
            yield getattr(option.definition, "name", "")


def _size(source: Source) -> tuple[str | None, float | None]:
    """Why the reward is known to be small, or a large one that the project's own environment pays."""
    head, _, rest = source.detail.partition(":")
    if source.kind != "reward":
        return None, None
    if head == "id":
        return small_reward(rest), None
    if head == "size":
        low, high, name = rest.split(":", 2)
        largest = max(abs(float(low)), abs(float(high)))
        if largest <= SMALL:
            return f"{name} pays between {low} and {high}", None
        if largest >= LARGE:
            return None, float(low) if abs(float(low)) == largest else float(high)
    return None, None


def _evidence(source: Source) -> str:
    if source.kind == "parameter":
        return f"parameter {source.detail} is taken for a reward by its name"
    return "the environment's step returns the reward here"


# -- divisions ----------------------------------------------------------------------------------------------------------------


def divisions(run: Run, evidence: Evidence) -> Iterator[Division]:
    """Divisions by a deviation that can be zero; guarded in one context, or by a mask afterwards, is guarded."""
    masked = {source for event, _ in evidence.of(MaskEvent) for source in event.deviations}
    found: dict[Where, list[tuple[DivisionEvent, Occurrence]]] = {}
    for event, seen in evidence.of(DivisionEvent):
        found.setdefault(event.where, []).append((event, seen))
    for where in sorted(found):
        events = [event for event, _ in found[where]]
        first = events[0]
        attains = all(
            _attains(event.divisor) and not event.guarded and not _deviations(event) & masked for event in events
        )
        yield Division(
            where=where,
            divisor=first.divisor_where,
            kind=_kind(first),
            divisor_origin=_origin(first),
            attains_zero=attains,
            of=_of(events),
            sample=all(_of_sample(run, event, seen) for event, seen in found[where]),
            confidence=Confidence.LOW if _of_a_table(events) else Confidence.HIGH,
            columns=all(_all_are(event, "columns") for event in events),
        )


def _of_a_table(events: list[DivisionEvent]) -> bool:
    """One deviation of all numbers of a table: hardly ever are they all equal. Its rewards may well be."""
    return _of(events) == "data" and all(_all_are(event, "whole") for event in events)


def _of_sample(run: Run, event: DivisionEvent, seen: Occurrence) -> bool:
    """It divides by n - 1, and no condition around it looks at the same numbers, or at something that is no number.

    That may be how many there are.
    """
    deviations = _deviations(event)
    own = set(event.numerator) | set(event.divisor.flows if isinstance(event.divisor, Num) else ())
    told = any(not guard.flows or own & set(guard.flows) for guard in seen.guards if not isinstance(guard.node, While))
    guarded = event.guarded or told
    return bool(deviations) and not guarded and all("sample" in source.detail.split() for source in deviations)


def _deviations(event: DivisionEvent) -> set[Source]:
    flows = event.divisor.flows if isinstance(event.divisor, Num) else {}
    return {source for source in flows if source.kind == "std"}


def _kind(event: DivisionEvent) -> str:
    return "variance" if _all_are(event, "variance") and not event.rooted else "std"


def _all_are(event: DivisionEvent, word: str) -> bool:
    deviations = _deviations(event)
    return bool(deviations) and all(word in source.detail.split() for source in deviations)


def _attains(value: Value) -> bool:
    return isinstance(value, Num) and value.range is not None and value.range.attains_zero


def _origin(event: DivisionEvent) -> tuple[Noted, ...]:
    places = sorted({source.where for source in _deviations(event)})
    return tuple(
        Noted(where, "the standard deviation is taken here") for where in places if where != event.divisor_where
    )[:2]


def _of(events: list[DivisionEvent]) -> str:
    """What is divided: by its sources, else by its names."""
    kinds = {kind for event in events for name in event.names for kind in [kind_of_name(name)] if kind is not None}
    for kind in ("advantages", "returns", "rewards"):
        if kind in kinds:
            return kind
    if any(source.kind == "reward" for event in events for source in event.numerator):
        return "rewards"
    return "data"


__all__ = ["Certainty", "divisions", "find"]
