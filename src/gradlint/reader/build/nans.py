"""NaN looked for in ways that do not work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gradlint.model import GraphCheck, NanComparison, NanReplacement, Noted, Where
from gradlint.reader import containers
from gradlint.reader.build.finite import loss_sources
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.events import (
    CheckEvent,
    EagerEvent,
    FitEvent,
    NanComparisonEvent,
    PlainLookEvent,
    ReplacementEvent,
    UpdateEvent,
)
from gradlint.reader.ir import Def
from gradlint.reader.state import Run
from gradlint.reader.trace import Occurrence
from gradlint.values import Ref, Source


def comparisons(evidence: Evidence) -> Iterator[NanComparison]:
    """Comparisons with NaN, once per place: one side was NaN every time that the place was evaluated."""
    found: dict[Where, list[NanComparisonEvent]] = {}
    for event, _ in evidence.of(NanComparisonEvent):
        found.setdefault(event.where, []).append(event)
    for where in sorted(found):
        if all(event.sure for event in found[where]):
            operator = found[where][0].operator
            yield NanComparison(where, operator, operator in ("!=", "is not"))


def in_graphs(run: Run, evidence: Evidence) -> Iterator[GraphCheck]:
    """Looks at numbers where a graph is being built, once per place; none where functions may well run eagerly."""
    if evidence.of(EagerEvent):
        return
    tensors = loss_sources(evidence) | set(evidence.gradient_sources)
    plain = {event.where for event, _ in evidence.of(PlainLookEvent) if event.function[0] in "nm"}
    by_tensorflow = {e.source for e, _ in evidence.of(CheckEvent) if e.where not in plain and e.style == "element"}
    found: dict[Where, GraphCheck] = {}
    for event, seen in evidence.of(PlainLookEvent):
        graph = graph_around(run, seen)
        looks_itself = event.where in plain
        told_apart = any(source.kind == "eager" for guard in seen.guards for source in guard.flows)
        if graph is None or told_apart or not tensors & set(event.flows):
            continue
        if looks_itself or any(source in by_tensorflow for source in event.flows):
            found.setdefault(event.where, GraphCheck(event.where, event.function, graph.name))
    yield from (found[where] for where in sorted(found))


def graph_around(run: Run, seen: Occurrence) -> Def | None:
    """The innermost function around an event that TensorFlow turns into a graph; None if Python just runs it."""
    for activation in reversed(seen.stack):
        if id(activation.definition) in run.outside_graphs:
            return None
        if id(activation.definition) in run.graphs and isinstance(activation.definition, Def):
            return activation.definition
    return None


def checkpoints(run: Run, fits: Iterable[FitEvent]) -> Iterator[Noted]:
    """Callbacks that write every epoch's weights to one file."""
    for fit in fits:
        for callback in containers.iterate_items(run, fit.callbacks) or (fit.callbacks,):
            if isinstance(callback, Ref) and "overwrites" in run.heap.get(callback).entries:
                where = run.heap.get(callback).where
                yield Noted(where, "every epoch writes its weights over those of the last")


def replacements(evidence: Evidence) -> Iterator[NanReplacement]:
    """What is replaced in gradients that are applied, and in losses whose gradients are; once per place."""
    reached: dict[Source, Where] = {}
    for update, _ in evidence.of(UpdateEvent):
        flows = evidence.flows(update.gradients)
        computed = [evidence.gradient_sources[source] for source in flows if source in evidence.gradient_sources]
        for event in computed:
            reached |= {source: event.where for source in evidence.flows(event.loss) if source.detail == "loss"}
        reached |= {source: update.where for source in flows if source.detail == "gradients"}
    found: dict[Where, NanReplacement] = {}
    for replaced, _ in evidence.of(ReplacementEvent):
        if replaced.source in reached:
            found[replaced.where] = NanReplacement(replaced.where, replaced.subject, reached[replaced.source])
    yield from (found[where] for where in sorted(found))
