"""Returns of a program: their discounts, and which estimates in them are differentiated."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.model import Noted, Number, Return, Where
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.events import GradientEvent, ReturnEvent
from gradlint.reader.state import Run
from gradlint.values import Const, Mark, Value, number_of


def find(run: Run, evidence: Evidence) -> Iterator[Return]:
    """Every return, once per place."""
    differentiated = _differentiated(run, evidence)
    found: dict[Where, list[ReturnEvent]] = {}
    for event, _ in evidence.of(ReturnEvent):
        found.setdefault(event.where, []).append(event)
    for where in sorted(found):
        events = found[where]
        numbers = [_number(event.discount) for event in events]
        known = [number for number in numbers if number is not None]
        number = max(known, key=lambda each: each.low) if len(known) == len(numbers) else None
        written = number.origins[0].where if number is not None and number.origins else events[0].factor
        bootstraps = any(event.bootstraps for event in events)
        yield Return(where, number, written, bootstraps, tuple(differentiated.get(where, ())))


def _number(value: Value) -> Number | None:
    """The discount, if it is one number; of several that it may be, none is claimed."""
    number = number_of(value)
    if number is None or not isinstance(value, Const):
        return None
    return Number(number, number, f"{number:g}", value.origins, value.assumed)


def _differentiated(run: Run, evidence: Evidence) -> dict[Where, list[Noted]]:
    """Estimates through which gradients reach the very network that made them."""
    found: dict[Where, list[Noted]] = {}
    for event, _ in evidence.of(GradientEvent):
        owners = {source.detail for source in run.heap.flows(event.parameters) if source.kind == "parameters"}
        for source, marks in evidence.flows(event.loss).items():
            one = not any(source.detail.endswith(f":{number}") for number in run.several)
            if source.kind == "bootstrap" and source.detail in owners and one and not marks.may & Mark.STOPPED:
                noted = Noted(event.where, "gradients are computed here, also through the target")
                if noted not in found.setdefault(source.where, []):
                    found[source.where].append(noted)
    return found
