"""Calls that clip gradients: what they are given, how far they clip, and whether it has an effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gradlint.model import Bound, Certainty, Clip, Noted, Update, Where
from gradlint.reader.build import finite, numbers
from gradlint.reader.build.resolve import Evidence, all_of, certainty
from gradlint.reader.events import ClipEvent, UpdateEvent
from gradlint.reader.heap import Obj
from gradlint.reader.state import Run
from gradlint.reader.trace import Occurrence
from gradlint.values import Const, Flows, Kind, Mark, Marks, Num, Source, Value, join_all, number_of, options
from gradlint.vocabulary.clipping import KEYWORDS, By, find_clip

_GRADIENTS = frozenset({"gradient", "call", "check", "drawn"})
"""Sources of gradients as they were computed, or with noise; with others it may be an image or a weight that moved by
its gradient."""


def find(run: Run, evidence: Evidence, updates: tuple[Update, ...]) -> Iterator[Clip]:
    """Every clip, with the updates that got the same gradients without it."""
    applied = [(event, seen, evidence.flows(event.gradients)) for event, seen in evidence.of(UpdateEvent)]
    by_where = {update.where: update for update in updates}
    places: dict[Where, list[tuple[ClipEvent, Occurrence]]] = {}
    for event, seen in evidence.of(ClipEvent):
        places.setdefault(event.where, []).append((event, seen))
    for where, events in places.items():
        first, seen = events[0]
        marks = _gradients(event for event, _ in events)
        plain = [event for event, _ in events if all(source.kind in _GRADIENTS for source in event.flows)]
        alone = _gradients(plain)
        reached = any(where in each.clips for _, _, flows in applied for each in flows.values())
        bypassed = {
            update.where: order
            for update, order, flows in applied
            if update.where in by_where
            and _bypasses(flows, set(marks))
            and by_where[update.where].clipping is Certainty.NEVER
            and not reached
        }
        used = Certainty.SOMETIMES if _escapes(evidence, where) else Certainty.NEVER
        yield Clip(
            where,
            first.function,
            Certainty.ALWAYS if reached else used,
            reached,
            tuple(by_where[update] for update in bypassed),
            too_late=bool(bypassed) and all(finite.follows(evidence, seen, order) for order in bypassed.values()),
            bound=_bound(run, plain) if alone else None,
            gradients=tuple(Noted(w, "the gradients are computed here") for w in sorted({s.where for s in marks})),
            of_sum=any(of_sum(evidence, source) for source in alone),
            loss_scaled=all_of(_scaled(each) for each in alone.values()),
            may_get_none=_may_get_none(run, evidence, first.function, alone, reached or bool(bypassed)),
        )


def _gradients(events: Iterable[ClipEvent]) -> dict[Source, Marks]:
    """The gradients (not their norms) that a place clips, in all contexts together, as they come in."""
    found: dict[Source, Marks] = {}
    for event in events:
        for source, marks in event.flows.items():
            if source.kind == "gradient" and not marks.may & Mark.STATISTIC:
                found[source] = found[source].join(marks) if source in found else marks
    return found


def _bypasses(flows: Flows, sources: set[Source]) -> bool:
    return any(source in sources and not marks.may & Mark.CLIPPED for source, marks in flows.items())


def _escapes(evidence: Evidence, clip: Where) -> bool:
    """The clipped value went into another gradient computation, a link or an object rather than nowhere."""
    for value in evidence.run.links.values():
        if any(clip in marks.clips for marks in evidence.run.heap.flows(value).values()):
            return True
    return False


def of_sum(evidence: Evidence, gradient: Source) -> bool:
    """The loss of a gradient is added up rather than averaged, or may be."""
    computed = evidence.gradient_sources.get(gradient)
    flows = evidence.flows(computed.loss) if computed is not None else {}
    return any(marks.may & Mark.SUMMED for marks in flows.values())


def by_global_norm(evidence: Evidence, marks: Iterable[Marks]) -> Iterator[Noted]:
    """The calls on the way of gradients that clip by one norm over all of them."""
    passed = {where for each in marks for where in each.clips}
    for event, seen in evidence.of(ClipEvent):
        spec = find_clip(event.function)
        if depends_on(seen, event.flows):
            passed.discard(event.where)
        elif event.where in passed and spec is not None and spec.by is By.GLOBAL_NORM:
            passed.discard(event.where)
            yield Noted(event.where, event.function)


def depends_on(seen: Occurrence, gradients: Flows) -> bool:
    """It happens on a condition on the gradients, such as `norm < 1000`, which does not hold for NaN."""
    return any(source.kind == "gradient" and source in guard.flows for guard in seen.guards for source in gradients)


def _scaled(marks: Marks) -> Certainty:
    """Whether a gradient has the loss scale still; code that was not read may have divided by it."""
    return Certainty.UNKNOWN if marks.may & Mark.OPAQUE else certainty(marks, Mark.SCALED)


def _may_get_none(run: Run, evidence: Evidence, function: str, gradients: dict[Source, Marks], applied: bool) -> bool:
    """The function raises on None, and gradients of a model's weights reach it that nothing has looked at."""
    spec = find_clip(function)
    if spec is None or spec.takes_none:
        return False
    return any(
        not marks.may & (Mark.PRESENT | Mark.OPAQUE | Mark.PART) and _of_weights(run, evidence, source, applied)
        for source, marks in gradients.items()
    )


def _of_weights(run: Run, evidence: Evidence, gradient: Source, applied: bool) -> bool:
    """Gradients with respect to a model's weights, or to a list that was not followed, if they are applied to it."""
    computed = evidence.gradient_sources.get(gradient)
    if computed is None:
        return False
    parameters, flows = computed.parameters, run.heap.flows(computed.parameters)
    all_there_are = isinstance(parameters, Num) and parameters.kind is Kind.PARAMETERS
    if all(source.kind == "parameters" for source in flows):
        return all_there_are or bool(flows) or applied
    return applied and not any(source.kind == "variable" for source in flows)


# -- bounds -----------------------------------------------------------------------------------------------------------------


def _bound(run: Run, events: list[ClipEvent]) -> Bound | None:
    """The bound that a place gives, in all contexts together."""
    spec = find_clip(events[0].function)
    where = events[0].bound_where
    if spec is None or where is None:
        return None
    high = join_all(event.bound for event in events if event.bound is not None)
    low = join_all(event.low for event in events if event.low is not None)
    known = all(event.bound is not None for event in events)
    return Bound(where, spec.by.value, "", numbers.limit(run, high) if known else None, numbers.limit(run, low))


def of_optimizer(run: Run, obj: Obj, flavour: str) -> Iterator[Bound]:
    """The clip keywords that an optimizer (or a wrapper) was given and that are not None for certain."""
    for keyword, by in KEYWORDS.items():
        value = obj.attrs.get(f"@{keyword}")
        if value is None or all(_is_none(option) for option in options(value)):
            continue
        yield Bound(
            numbers.place(obj, f"{keyword}_where"),
            (By.GLOBAL_NORM if flavour == "keras-standalone" and by is By.NORM else by).value,
            keyword,
            numbers.limit(run, value),
            optional=not all(_is_number(option) for option in options(value)),
            unpacked=f"{keyword}_unpacked" in obj.entries,
        )


def _is_number(option: Value) -> bool:
    """A number, whether or not it is known which."""
    return number_of(option) is not None or (isinstance(option, Num) and option.unknown is None)


def _is_none(option: Value) -> bool:
    return isinstance(option, Const) and option.value is None
