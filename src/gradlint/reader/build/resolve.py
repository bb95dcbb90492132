"""The events of a program, and flows followed through placeholders and variables."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, TypeVar

from gradlint.model import Certainty, Where
from gradlint.reader.events import ContextEvent, Event, GradientEvent, RunEvent
from gradlint.reader.programs import Program
from gradlint.reader.state import Run
from gradlint.reader.trace import Occurrence, flatten
from gradlint.values import NO_FLOWS, Flows, Mark, Marks, Source, Value, join_flows

E = TypeVar("E", bound=Event)


class Evidence:
    """What happened in one program, in order, with the questions that several parts of the model ask of it."""

    def __init__(self, run: Run, program: Program) -> None:
        self.run = run
        self.program = program
        self.occurrences = tuple(flatten(program.activation))

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The files whose code ran on the way to some event."""
        ran = {each.path for occurrence in self.occurrences for each in occurrence.stack if each.path}
        return tuple(sorted({self.program.path} | ran))

    @cached_property
    def _by_kind(self) -> dict[type, list[tuple[Any, Occurrence]]]:
        found: dict[type, list[tuple[Any, Occurrence]]] = {}
        for each in self.occurrences:
            found.setdefault(type(each.event), []).append((each.event, each))
        return found

    def of(self, kind: type[E]) -> list[tuple[E, Occurrence]]:
        """Events of one kind with their occurrences, in order."""
        return list(self._by_kind.get(kind, ()))

    @cached_property
    def first_order(self) -> dict[Where, int]:
        """When the event of each place happened first. (A loop's body is evaluated more than once.)"""
        first: dict[Where, int] = {}
        for each in self.occurrences:
            if not isinstance(each.event, ContextEvent):
                first.setdefault(each.event.where, each.order)
        return first

    @cached_property
    def gradient_sources(self) -> dict[Source, GradientEvent]:
        """Where gradients were computed, by the source of their flows."""
        return {event.source: event for event, _ in self.of(GradientEvent)}

    @cached_property
    def sessions(self) -> frozenset[Source]:
        """Updates that a session runs."""
        return frozenset(source for event, _ in self.of(RunEvent) for source in event.flows if source.kind == "update")

    def flows(self, value: Value) -> Flows:
        """All flows of a value, through objects, placeholders and variables."""
        return self.follow(self.run.heap.flows(value))

    def follow(self, flows: Flows) -> Flows:
        """Flows with what was fed to placeholders and assigned to variables in their place."""
        found: Flows = NO_FLOWS
        todo = [(source, marks) for source, marks in flows.items()]
        seen: set[Source] = set()
        while todo:
            source, marks = todo.pop()
            found = join_flows(found, {source: marks})
            if source in seen or source not in self.run.links:
                continue
            seen.add(source)
            for inner, before in self.run.heap.flows(self.run.links[source]).items():
                after = Marks(before.must | marks.must, before.may | marks.may, before.clips | marks.clips)
                todo.append((inner, after))
        return found


def certainty(marks: Marks, mark: int) -> Certainty:
    """Whether a mark is on a flow always, sometimes or never; unknown where something on the way was not read."""
    if marks.must & mark:
        return Certainty.ALWAYS
    if marks.may & mark:
        return Certainty.SOMETIMES
    return Certainty.UNKNOWN if marks.may & Mark.OPAQUE else Certainty.NEVER


def all_of(found: Iterable[Certainty]) -> Certainty:
    """What holds of several flows together: always only if of each, never only if of none."""
    seen = set(found)
    if not seen:
        return Certainty.UNKNOWN
    if len(seen) == 1:
        return seen.pop()
    return Certainty.UNKNOWN if seen == {Certainty.NEVER, Certainty.UNKNOWN} else Certainty.SOMETIMES


def either(left: Certainty, right: Certainty) -> Certainty:
    """What holds if one of two things is enough."""
    order = (Certainty.ALWAYS, Certainty.SOMETIMES, Certainty.UNKNOWN, Certainty.NEVER)
    return min(left, right, key=order.index)
