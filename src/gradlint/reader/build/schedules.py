"""Schedule objects of the heap as schedules of the model."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.model import Argument, Schedule
from gradlint.reader.build.numbers import number, place
from gradlint.reader.heap import Obj
from gradlint.reader.state import ClassInfo, Run
from gradlint.values import Ref, Value, options
from gradlint.vocabulary.schedules import RateArgument, find_schedule


def schedule(run: Run, value: Value | None, depth: int = 3) -> Schedule | None:
    """The schedule that a learning rate is, None if it is none or the project's own."""
    for option in options(value) if value is not None else ():
        obj = run.heap.get(option) if isinstance(option, Ref) else None
        if obj is None or obj.kind != "schedule" or isinstance(obj.cls, ClassInfo):
            continue
        spec = find_schedule(obj.name)
        if spec is None:
            continue
        inner = schedule(run, obj.attrs.get("@inner"), depth - 1) if depth else None
        written = spec.end is not None and f"@{spec.end.keyword}" in obj.attrs
        return Schedule(
            where=obj.where,
            name=obj.name.rpartition(".")[2],
            rates=tuple(_written(run, obj, spec.rates if spec.end is None else (*spec.rates, spec.end))),
            shape=tuple(_written(run, obj, spec.shape)),
            default_end=None if written or "@open" in obj.attrs else spec.default_end,
            inner=inner,
        )
    return None


def _written(run: Run, obj: Obj, arguments: tuple[RateArgument, ...]) -> Iterator[Argument]:
    for argument in arguments:
        value = obj.attrs.get(f"@{argument.keyword}")
        if value is not None:
            yield Argument(argument.keyword, place(obj, argument.keyword), number(run, value))
