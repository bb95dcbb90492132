"""Asking every rule about one program, and turning what it yields into findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gradlint.finding import Confidence, Finding, Problem, Related
from gradlint.model import Noted, TrainingModel, Where
from gradlint.places import Places
from gradlint.reader.entry_points import TEST_CODE
from gradlint.rule import Match, Rule


@dataclass
class Judge:
    """The rules of a run and the files that findings may be about."""

    rules: tuple[Rule, ...]
    places: Places
    checked: frozenset[str]
    problems: list[Problem] = field(default_factory=list)


def judge(judge: Judge, model: TrainingModel) -> Iterator[Finding]:
    """The findings of all rules on one program. A rule that crashes is reported, and the others go on."""
    for rule in judge.rules:
        try:
            for match in rule.check(model):
                if _concerns(judge, match):
                    yield _finding(judge.places, rule, match)
        except Exception as error:
            what = f"rule {rule.code} [{rule.name}]" + (f" of plugin {rule.plugin!r}" if rule.plugin else "")
            message = f"{what} failed on {model.root}: {type(error).__name__}: {error}"
            judge.problems.append(Problem(model.path, 1, message, internal=True))


def _concerns(judge: Judge, match: Match) -> bool:
    """Some location of the finding is in a file that is being checked."""
    return any(where.path in judge.checked for where in (match.where, *(noted.where for noted in match.related)))


def _finding(places: Places, rule: Rule, match: Match) -> Finding:
    # what test code does on purpose is no accident waiting to happen
    confidence = Confidence.LOW if TEST_CODE.search(match.where.path) else match.confidence
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=match.severity or rule.severity,
        confidence=confidence,
        message=match.message,
        span=places.span(match.where),
        predicts=rule.predicts,
        help=match.help,
        related=tuple(_related(places, match.where, match.related)),
    )


def _related(places: Places, where: Where, related: tuple[Noted, ...]) -> Iterator[Related]:
    seen = {where}
    for noted in related:
        if noted.where not in seen:
            seen.add(noted.where)
            yield Related(places.span(noted.where), noted.note)
