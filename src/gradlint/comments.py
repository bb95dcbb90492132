"""Which findings the comments of the checked files silence, and which comments silence nothing (GL001)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from gradlint.config import matching
from gradlint.finding import Confidence, Finding
from gradlint.places import Places
from gradlint.rule import ABOUT_COMMENTS, OBSERVED
from gradlint.suppression import Scope, Silencer

_USELESS = ABOUT_COMMENTS[0]
_UNSEEN = frozenset(rule.code for rule in OBSERVED)
"""Rules that only a run shows: that they are silent here means nothing."""


@dataclass
class Comments:
    """The comments of a run. Those that were of use are remembered."""

    places: Places
    selected: Callable[[str], frozenset[str]]
    """The rules that are selected for a file."""
    known: dict[str, str]
    """Code to name of every rule."""
    _used: set[tuple[str, Silencer]] = field(default_factory=set)

    def silence(self, finding: Finding) -> bool:
        """Whether a comment silences the finding."""
        found = self.places.silencers(finding, self.known)
        self._used.update((finding.span.path, each) for each in found)
        return bool(found)

    def useless(
        self, paths: Iterable[str], complete: Callable[[Collection[str]], Collection[str]]
    ) -> Iterator[Finding]:
        """Comments that silence nothing, once all findings were held against them.

        Args:
            paths: the files that may hold comments.
            complete: of some files those in which all that could be found was found.
        """
        idle: dict[str, list[Silencer]] = {}
        for path in paths:
            selected = self.selected(path)
            if _USELESS.code not in selected:
                continue
            comments = self.places.comments(path, self.known)
            for mistake in comments.mistakes:
                remedy = "correct or remove it"
                yield self._finding(path, mistake.line, mistake.start, mistake.end, mistake.message, remedy)
            found = [each for each in comments.silencers if self._idle(path, each, selected)]
            if found:
                idle[path] = found
        for path in complete(idle):
            for each in idle[path]:
                end = each.start + len(each.selector)
                message = f"this comment silences nothing: nothing here is a case of {each.selector}"
                yield self._finding(path, each.line, each.start, end, message, "remove it")

    def _idle(self, path: str, silencer: Silencer, selected: frozenset[str]) -> bool:
        codes = matching(silencer.selector, self.known)
        if (path, silencer) in self._used or not codes <= selected or codes <= _UNSEEN | {_USELESS.code}:
            return False
        # a code in a noqa may be another linter's, unless it is exactly one of ours
        return silencer.scope is not Scope.WITHIN or silencer.selector.upper() in self.known

    def _finding(self, path: str, line: int, start: int, end: int, message: str, remedy: str) -> Finding:
        span = self.places.in_comment(path, line, start, end)
        rule = _USELESS
        return Finding(rule.code, rule.name, rule.severity, Confidence.HIGH, message, span, rule.predicts, remedy)
