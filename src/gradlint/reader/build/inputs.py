"""Images and tables on their way into networks. A path is told of only if all of it was read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradlint.finding import Confidence
from gradlint.model import Noted, Where
from gradlint.model.inputs import Images, Observed, Table
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.containers import iterate_items
from gradlint.reader.events import CheckEvent, CleaningEvent, InputEvent, ReplacementEvent, RescaledInputEvent
from gradlint.reader.ir import Attr, ModuleIR, Name
from gradlint.reader.state import ClassInfo, Run
from gradlint.reader.walk import walk
from gradlint.values import Flows, Mark, Num, Ref, Source, Value, options
from gradlint.vocabulary.datasets import NORMALISES, RESCALES

LARGE = 50.0
"""Inputs above this are unscaled. (Networks are initialised for inputs of size 1: Glorot and Bengio 2010.)"""


def images(run: Run, evidence: Evidence, modules: Sequence[ModuleIR]) -> Iterator[Images]:
    """Pixels that reach a network as large as they were read; none where the network may rescale them itself."""
    events = evidence.of(InputEvent)
    if not events or _mentions(modules, RESCALES) is not None or evidence.of(RescaledInputEvent):
        return
    normalised = _mentions(modules, NORMALISES)
    found: dict[tuple[Where, Where], Images] = {}
    for event, _ in events:
        if not _made_of_library_layers(run, event.model):
            continue
        for value in _leaves(run, event.inputs):
            if value.range is None or not (value.range.high_attained or value.range.low_attained):
                continue
            largest = max(abs(value.range.low), abs(value.range.high))
            for source in _open(value.flows, "pixels", Mark.BOUNDED | Mark.OPAQUE):
                if largest >= LARGE:
                    key = (source.where, event.where)
                    found.setdefault(
                        key,
                        Images(
                            source.where, source.detail, event.where, event.method, largest, normalised, Confidence.HIGH
                        ),
                    )
    yield from (found[key] for key in sorted(found))


def tables(run: Run, evidence: Evidence, modules: Sequence[ModuleIR]) -> Iterator[Table]:
    """Tables that reach a network as inputs or targets, with what happened to them on the way."""
    events = evidence.of(InputEvent)
    if not events:
        return
    checked = _checked(evidence)
    rescales = bool(evidence.of(RescaledInputEvent)) or any(_mentions(modules, each) for each in (RESCALES, NORMALISES))
    found: dict[tuple[Where, Where], Table] = {}
    for event, _ in events:
        inputs = run.heap.flows(event.inputs)
        for flows in (inputs, run.heap.flows(event.targets)):
            for source in _open(flows, "frame", Mark.OPAQUE):
                scaled = rescales or source not in _open(inputs, "frame", Mark.OPAQUE | Mark.BOUNDED)
                made = Table(source.where, source.detail, event.where, event.method, source in checked, scaled)
                found.setdefault((source.where, event.where), made)
    yield from (found[key] for key in sorted(found))


def observations(run: Run, evidence: Evidence, modules: Sequence[ModuleIR]) -> Iterator[Observed]:
    """Large observations that reach a network as an environment shows them; none where the network may rescale them."""
    events = evidence.of(InputEvent)
    if (
        not events
        or evidence.of(RescaledInputEvent)
        or any(_mentions(modules, each) for each in (RESCALES, NORMALISES))
    ):
        return
    found: dict[tuple[Where, Where], Observed] = {}
    for event, _ in events:
        if not _made_of_library_layers(run, event.model):
            continue
        for source in _open(run.heap.flows(event.inputs), "observation", Mark.BOUNDED | Mark.OPAQUE | Mark.STATISTIC):
            made = Observed(source.where, source.detail, event.where, event.method)
            found.setdefault((source.where, event.where), made)
    yield from (found[key] for key in sorted(found))


def _checked(evidence: Evidence) -> set[Source]:
    """Tables in which something looks for missing values, or for numbers that are not finite, anywhere in the program."""
    found: set[Source] = set()
    for cleaned, _ in evidence.of(CleaningEvent):
        found |= set(cleaned.flows)
    for check, _ in evidence.of(CheckEvent):
        found |= set(check.flows)
    for replaced, _ in evidence.of(ReplacementEvent):
        found.add(replaced.source)
    return found


def _open(flows: Flows, kind: str, marks: int) -> list[Source]:
    """The sources of one kind to which none of these things may have happened."""
    return [source for source, seen in flows.items() if source.kind == kind and not seen.may & marks]


def _leaves(run: Run, value: Value) -> Iterator[Num]:
    for option in options(value):
        if isinstance(option, Num):
            yield option
        else:
            for item in iterate_items(run, option) or ():
                if isinstance(item, Num):
                    yield item


def _made_of_library_layers(run: Run, model: Value) -> bool:
    """No option is a network with a `call` of its own, which may rescale, or is unknown."""
    objects = [run.heap.get(option) if isinstance(option, Ref) else None for option in options(model)]
    return all(obj is not None and obj.kind == "model" and not isinstance(obj.cls, ClassInfo) for obj in objects)


def _mentions(modules: Sequence[ModuleIR], pattern: re.Pattern[str]) -> Noted | None:
    """The first place in the program's files that names something which takes the size out of its input."""
    for module in modules:
        if any(pattern.search(name) for name in module.names):
            places = [node.loc for statement in module.body for node in walk(statement) if _named(node, pattern)]
            return Noted(Where(module.path, min(places, default=0)), "this may take the size out of its input")
    return None


def _named(node: object, pattern: re.Pattern[str]) -> bool:
    name = node.id if isinstance(node, Name) else node.name if isinstance(node, Attr) else ""
    return bool(name) and pattern.search(name) is not None


__all__ = ["images", "observations", "tables"]
