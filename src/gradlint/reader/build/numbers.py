"""Values that were followed to numbers, with where they were written."""

from __future__ import annotations

from math import isnan

from gradlint.model import Noted, Number, Where
from gradlint.reader.state import ClassInfo, Run
from gradlint.values import NONE, Const, Num, Ref, Value, number_of, options


def rate(run: Run, value: Value | None, schedule: str | None = None) -> Number | None:
    """The learning rate as numbers that do occur; None if none was followed."""
    lows: list[float] = []
    origins: tuple[Noted, ...] = ()
    assumed = False
    unsure = False
    for option in options(value) if value is not None else ():
        if isinstance(option, Ref):
            obj = run.heap.get(option)
            if obj.kind == "schedule" and schedule is None and not isinstance(obj.cls, ClassInfo):
                return rate(run, obj.elem, obj.name.rpartition(".")[2])
            unsure = True
            continue
        if isinstance(option, Num) and option.flows and option.range is None:
            fed = [v for s in option.flows if s in run.links for v in options(run.links[s])]
            numbers = [n for n in (number_of(v) for v in fed) if n is not None]
            lows += numbers
            unsure = unsure or not numbers
            continue
        number = number_of(option)
        if number is not None and isinstance(option, Const):
            if not lows or number > max(lows):
                origins = option.origins
            lows.append(number)
            assumed = assumed or option.assumed
        elif isinstance(option, Num) and option.range is not None and option.origins:
            lows += [option.range.low, option.range.high]
            origins = option.origins
        elif option != NONE:
            unsure = True
    if not lows:
        return None
    return _number(lows, origins, assumed or unsure, schedule)


def limit(run: Run, value: Value | None) -> Number | None:
    """A bound that is a number in every case, or None in some; None if any of its values was not followed."""
    given = [option for option in (options(value) if value is not None else ()) if option != NONE]
    known = [(option, number) for option in given if isinstance(option, Const) for number in [number_of(option)]]
    numbers = [number for _, number in known if number is not None]
    if not numbers or len(numbers) < len(given) or (any(map(isnan, numbers)) and not all(map(isnan, numbers))):
        return None
    largest = max(known, key=lambda each: each[1] or 0.0)[0]
    return _number(numbers, largest.origins, any(option.assumed for option, _ in known), None)


def _number(values: list[float], origins: tuple[Noted, ...], assumed: bool, schedule: str | None) -> Number:
    low, high = min(values), max(values)
    text = f"{high:g}" if low == high or isnan(high) else f"{low:g} to {high:g}"
    return Number(low, high, text, _tidy(origins), assumed, schedule)


def _tidy(origins: tuple[Noted, ...]) -> tuple[Noted, ...]:
    """One note for each place, first things first."""
    kept: dict[Where, Noted] = {}
    for noted in origins:
        kept.setdefault(noted.where, noted)
    return tuple(kept.values())[:4]
