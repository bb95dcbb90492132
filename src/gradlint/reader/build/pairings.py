"""Gradients paired with variables that they do not belong to."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.finding import Confidence
from gradlint.model import Noted, Pairing, Where
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.events import PairingEvent, UpdateEvent
from gradlint.reader.state import Run
from gradlint.values import Flows, Mark, Source


def find(run: Run, evidence: Evidence) -> Iterator[Pairing]:
    """Every pairing that does not fit, once per place."""
    seen: set[Where] = set()
    for event, _ in evidence.of(PairingEvent):
        if event.where not in seen:
            seen.add(event.where)
            sources = [s.where for s in evidence.flows(event.gradients) if s.kind == "gradient"]
            notes = tuple(
                Noted(where, "the gradients are computed here")
                for where in sorted(set(sources))
                if where != event.where
            )
            yield Pairing(event.where, event.problem, notes, (), Confidence.HIGH)
    for update, _ in evidence.of(UpdateEvent):
        if update.pairing is None or update.method not in ("apply_gradients", "apply"):
            continue
        problem = _problem(evidence, update)
        if problem is not None and update.pairing not in seen:
            seen.add(update.pairing)
            yield problem


def _problem(evidence: Evidence, update: UpdateEvent) -> Pairing | None:
    grads, variables = evidence.run.heap.flows(update.gradients), evidence.run.heap.flows(update.variables)
    assert update.pairing is not None
    sources = [source for source in grads if source.kind == "gradient"]
    if not sources:
        if any(s.kind == "gradient" for s in variables) and any(s.kind == "parameters" for s in grads):
            places = sorted({s.where for s in variables if s.kind == "gradient"})
            return Pairing(
                update.pairing,
                "swapped",
                tuple(Noted(w, "the gradients are computed here") for w in places),
                (),
                Confidence.HIGH,
            )
        return None
    if len(sources) > 1 or any(marks.may & Mark.PART for marks in grads.values()):
        return None
    computed_for = evidence.run.facts.get(sources[0])
    if not isinstance(computed_for, tuple):
        return None
    mine, theirs = _owners(evidence.run.heap.flows(computed_for[1])), _owners(variables)
    if not mine or not theirs or mine == theirs:
        return None
    if mine & theirs and not theirs < mine:
        return None
    notes = (Noted(sources[0].where, "the gradients are computed here, for other variables"),)
    return Pairing(
        update.pairing, "other-variables", notes, (), Confidence.MEDIUM if mine & theirs else Confidence.HIGH
    )


def _owners(flows: Flows) -> set[Source]:
    """The models whose variables these are; none if some of them are not known."""
    owners = {source for source in flows if source.kind == "parameters"}
    others = {source for source in flows if source.kind in ("variable", "call", "parameter")}
    opaque = any(marks.may & Mark.OPAQUE or marks.may & Mark.PART for marks in flows.values())
    return set() if others or opaque or any(not source.detail for source in owners) else owners
