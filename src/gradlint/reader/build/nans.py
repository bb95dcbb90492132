"""NaN looked for in ways that do not work."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.model import NanComparison, Where
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.trace import NanComparisonEvent


def comparisons(evidence: Evidence) -> Iterator[NanComparison]:
    """Comparisons with NaN, once per place: one side was NaN every time that the place was evaluated."""
    found: dict[Where, list[NanComparisonEvent]] = {}
    for event, _ in evidence.of(NanComparisonEvent):
        found.setdefault(event.where, []).append(event)
    for where in sorted(found):
        if all(event.sure for event in found[where]):
            operator = found[where][0].operator
            yield NanComparison(where, operator, operator in ("!=", "is not"))
