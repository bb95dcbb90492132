"""Abstract values as the numbers of the model: those that do occur, with where they were written."""

from __future__ import annotations

from math import isnan

from gradlint.model import Noted, Number, Where
from gradlint.reader.heap import Obj
from gradlint.reader.state import Run
from gradlint.values import NONE, Const, Num, Ref, Value, number_of, options

_MOST_ORIGINS = 4


def number(run: Run, value: Value | None) -> Number | None:
    """The numbers that a value may be; None if none was followed."""
    found: list[float] = []
    origins: tuple[Noted, ...] = ()
    assumed = False
    unsure = False
    for option in options(value) if value is not None else ():
        if isinstance(option, Num) and option.flows and option.range is None:
            fed = [v for s in option.flows if s in run.links for v in options(run.links[s])]
            numbers = [n for n in (number_of(v) for v in fed) if n is not None]
            found += numbers
            unsure = unsure or len(numbers) < len(fed) or not fed
            continue
        known = number_of(option)
        if known is not None and isinstance(option, Const):
            if not found or not known <= max(found):  # a NaN stands out, too
                origins = option.origins
            found.append(known)
            assumed = assumed or option.assumed
        elif isinstance(option, Num) and option.range is not None and option.origins:
            found += [option.range.low, option.range.high]
            origins = option.origins
        elif isinstance(option, Ref) or option != NONE:
            unsure = True
    if not found:
        return None
    return _number(found, origins, assumed or unsure)


def limit(run: Run, value: Value | None) -> Number | None:
    """A bound that is a number in every case, or None in some; None if any of its values was not followed."""
    given = [option for option in (options(value) if value is not None else ()) if option != NONE]
    known = [(option, number) for option in given if isinstance(option, Const) for number in [number_of(option)]]
    numbers = [number for _, number in known if number is not None]
    if not numbers or len(numbers) < len(given) or (any(map(isnan, numbers)) and not all(map(isnan, numbers))):
        return None
    largest = max(known, key=lambda each: each[1] or 0.0)[0]
    return _number(numbers, largest.origins, any(option.assumed for option, _ in known))


def place(obj: Obj, key: str) -> Where:
    """Where an argument is written; the call that made the object if that was not recorded."""
    written = obj.entries.get(key)
    return written.value if isinstance(written, Const) and isinstance(written.value, Where) else obj.where


def _number(values: list[float], origins: tuple[Noted, ...], assumed: bool) -> Number:
    # no bound holds a NaN: where one occurs, it is what is to be told
    low, high = next(((each, each) for each in values if isnan(each)), (min(values), max(values)))
    text = f"{high:g}" if low == high or isnan(high) else f"{low:g} to {high:g}"
    return Number(low, high, text, _tidy(origins), assumed)


def _tidy(origins: tuple[Noted, ...]) -> tuple[Noted, ...]:
    """One note for each place, first things first."""
    kept: dict[Where, Noted] = {}
    for noted in origins:
        kept.setdefault(noted.where, noted)
    return tuple(kept.values())[:_MOST_ORIGINS]
