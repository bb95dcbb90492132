"""Flows: from which sources (a reward, a gradient, a placeholder ...) a number comes and what happened on the way.

What happened is kept as two bit sets: `must` (on every path) and `may` (on at least one). An absence may be claimed only
where a mark is not even in `may`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from gradlint.model import Where


class Mark:
    """What can happen to a flow on its way: bits of a plain integer, because they are joined in the innermost loop."""

    NONE = 0
    CLIPPED = 1
    """A gradient was clipped or rescaled by its own norm."""
    BOUNDED = 2
    """Clipped, squashed, scaled or normalised to a known size."""
    OPAQUE = 4
    """It went through something that was not read: nothing may be claimed to be absent."""
    STATISTIC = 8
    """A norm, deviation, maximum or sum of the flow rather than the flow itself."""
    SQUARED = 16
    """It was squared, by itself or within a difference: its gradient grows with its size."""
    PART = 32
    """Only some elements were taken (a slice): pairs no longer line up."""
    PRESENT = 64
    """A gradient that is not None: something looked, or zeros were asked for in its place."""
    SCALED = 128
    """A loss times the loss scale of mixed precision, or a gradient of such a loss that was not divided by it again."""
    SUMMED = 256
    """All numbers were added up, so that their count is a factor of the result."""
    REDUCED = 512
    """The answers of a check for each element became one answer."""
    LAYERED = 2048
    """It went through a layer or model."""
    CAPPED = 4096
    """What was infinite is finite again: `minimum(x, 1)`."""
    STOPPED = 1024
    """No gradient flows back through it: `stop_gradient`, NumPy, `predict`."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where a flow starts. `context` tells evaluations of the same place apart; `detail` is the owner's identity, if any."""

    kind: str
    where: Where
    context: int = 0
    detail: str = ""
    key: int = field(init=False, repr=False)
    """The hash, computed once: sources are looked up far more often than they are made."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", hash((self.kind, self.where.path, self.where.loc, self.context, self.detail)))

    def __hash__(self) -> int:
        return self.key

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Source)
            and self.key == other.key
            and self.where == other.where
            and (self.kind, self.context, self.detail) == (other.kind, other.context, other.detail)
        )


@dataclass(frozen=True, slots=True)
class Marks:
    """What happened to a flow; `clips` are the clip calls it passed."""

    must: int = Mark.NONE
    may: int = Mark.NONE
    clips: frozenset[Where] = frozenset()

    def add(self, mark: int, clip: Where | None = None) -> Marks:
        """After something that happens to the flow on every path."""
        clips = self.clips if clip is None else self.clips | {clip}
        return Marks(self.must | mark, self.may | mark, clips)

    def maybe(self, mark: int) -> Marks:
        """After something that may happen to the flow."""
        return Marks(self.must, self.may | mark, self.clips)

    def join(self, other: Marks) -> Marks:
        """What holds if either is how the flow came here."""
        if self is other:
            return self
        if self.must == other.must and self.may == other.may and self.clips == other.clips:
            return self
        return Marks(self.must & other.must, self.may | other.may, self.clips | other.clips)

    def mix(self, other: Marks) -> Marks:
        """What holds if both contribute: something unread beside it does not make the readable part unread."""
        joined = self.join(other)
        opaque = self.may & other.may & Mark.OPAQUE
        if joined.may & Mark.OPAQUE and not opaque:
            return Marks(joined.must & ~Mark.OPAQUE, joined.may & ~Mark.OPAQUE, joined.clips)
        return joined


Flows: TypeAlias = Mapping[Source, Marks]
NO_FLOWS: Flows = {}
NO_MARKS = Marks()
MOST_FLOWS = 20
"""A value keeps no more sources than this; those that matter least (plain calls) go first."""

_MINOR = {"call": 1, "check": 1, "model": 2, "array": 2, "drawn": 2}


def join_flows(left: Flows, right: Flows) -> Flows:
    """Sources of both; marks of a shared source are joined. Gives back `left` itself where nothing is added."""
    if not right or left is right:
        return left
    if not left:
        return right
    return _merge(left, right, Marks.join)


def mix_flows(left: Flows, right: Flows) -> Flows:
    """Flows of a result that both sides contribute to, as in a sum: what comes in readable stays readable."""
    if not right or left is right:
        return left
    if not left:
        return right
    return _merge(left, right, Marks.mix)


def _merge(left: Flows, right: Flows, combine: Callable[[Marks, Marks], Marks]) -> Flows:
    joined: dict[Source, Marks] | None = None
    for source, marks in right.items():
        mine = left.get(source)
        if mine is marks:
            continue
        merged = marks if mine is None else combine(mine, marks)
        if merged is not mine:
            if joined is None:
                joined = dict(left)
            joined[source] = merged
    if joined is None:
        return left
    if len(joined) > MOST_FLOWS:
        keep = sorted(joined, key=_importance)[:MOST_FLOWS]
        return {source: joined[source] for source in keep}
    return joined


def _importance(source: Source) -> tuple[int, str, int, int]:
    return _MINOR.get(source.kind, 0), source.where.path, source.where.loc, source.context


def mark_flows(flows: Flows, mark: int, clip: Where | None = None) -> Flows:
    """The flows after something that happens to all of them on every path."""
    return {source: marks.add(mark, clip) for source, marks in flows.items()} if flows else flows


def without(flows: Flows, mark: int) -> Flows:
    """The flows after something that undoes what a mark stands for."""
    if not any(marks.may & mark for marks in flows.values()):
        return flows
    return {source: Marks(marks.must & ~mark, marks.may & ~mark, marks.clips) for source, marks in flows.items()}


def maybe_flows(flows: Flows, mark: int) -> Flows:
    """The flows after something that may happen to all of them."""
    return {source: marks.maybe(mark) for source, marks in flows.items()} if flows else flows
