"""Returns: sums of a reward and what comes after it, times a discount."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradlint.reader import expressions
from gradlint.reader.events import ReturnEvent
from gradlint.reader.ir import Attr, Binary, Expr, Name
from gradlint.reader.state import Frame, Run
from gradlint.reader.text import words
from gradlint.values import NO_MARKS, Flows, Mark, Num, Seq, Source, Value, join_flows
from gradlint.vocabulary.rewards import is_discount, kind_of_name

_STOPPABLE = frozenset({"model", "bootstrap", "hazard"})


def note_sum(run: Run, node: Binary, left: Value, right: Value, frame: Frame) -> Flows:
    """Note `reward + gamma * value`, either way round. Returns what to add to the flows of the sum."""
    found: Flows = {}
    for reward, given, later, value in ((node.left, left, node.right, right), (node.right, right, node.left, left)):
        discount = next(_discounts(later), None)
        if discount is None or not _is_reward(run, reward, given):
            continue
        here = frame.module.place(node.loc)
        nets = _networks(run, value)
        number = expressions.evaluate(run, discount, frame)
        run.emit(ReturnEvent(here, frame.module.place(discount.loc), number, bool(nets)))
        if run.tapes and not any("target" in name.lower() for name in words(later)):
            live = {each.detail for each, marks in nets.items() if not marks.may & Mark.STOPPED}
            found = {Source("bootstrap", here, 0, detail): NO_MARKS for detail in live}
    return found


def _discounts(node: Expr) -> Iterator[Expr]:
    """The factors of a product that go by the name of a discount."""
    if isinstance(node, Binary) and node.op == "*":
        for side in (node.left, node.right):
            if isinstance(side, Name | Attr) and is_discount(side.id if isinstance(side, Name) else side.name):
                yield side
            yield from _discounts(side)


def _is_reward(run: Run, node: Expr, value: Value) -> bool:
    named = any(kind_of_name(name) == "rewards" for name in words(node))
    return named or any(source.kind == "reward" for source in run.heap.flows(value))


def _networks(run: Run, value: Value) -> Flows:
    return {source: marks for source, marks in run.heap.flows(value).items() if source.kind == "model"}


def stopped(value: Value) -> Value:
    """The value where no gradient flows back through it."""
    if isinstance(value, Num) and any(source.kind in _STOPPABLE for source in value.flows):
        flows = {s: marks.add(Mark.STOPPED) if s.kind in _STOPPABLE else marks for s, marks in value.flows.items()}
        return replace(value, flows=flows)
    if isinstance(value, Seq):
        items = None if value.items is None else tuple(map(stopped, value.items))
        return Seq(stopped(value.elem), items, value.parts, value.made, value.pair_of)
    return value


def with_sources(value: Value, flows: Flows) -> Value:
    """The value with more sources."""
    return replace(value, flows=join_flows(value.flows, flows)) if flows and isinstance(value, Num) else value
