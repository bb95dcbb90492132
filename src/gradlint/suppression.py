"""Comments that silence findings: `# gradlint: ignore[name-or-code] reason` and `# noqa: GL101`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gradlint.config import matching, nearest

_OURS = re.compile(r"#\s*gradlint\s*:", re.IGNORECASE)
_IGNORE = re.compile(r"#\s*gradlint\s*:\s*ignore\s*\[([^\]]*)\]", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa\b(?!-)(?P<colon>\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?)?", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,\s]+")

_ALL = ""
"""The selector of a bare `# noqa`: every code starts with it."""


@dataclass(frozen=True, slots=True)
class Suppressions:
    """The silencing comments of one file."""

    ours: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Line of a `gradlint: ignore` comment to its selectors."""
    noqa: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Line of a `noqa` comment to its codes."""
    alone: frozenset[int] = frozenset()
    """Lines that hold nothing but a comment."""
    malformed: tuple[tuple[int, str], ...] = ()
    """Lines of `gradlint:` comments that silence nothing, and why."""

    def covers(self, code: str, name: str, first_line: int, last_line: int) -> bool:
        """Whether a finding in the statement on these lines is silenced.

        A comment anywhere in the statement counts, and a `gradlint: ignore` in the block of comments right above it.
        """
        return self.line_of(code, name, first_line, last_line) is not None

    def line_of(self, code: str, name: str, first_line: int, last_line: int) -> int | None:
        """The line of the comment that silences the finding, None if none does."""
        above = first_line - 1
        while above in self.alone:
            above -= 1
        for line in sorted({*self.ours, *self.noqa}):
            if first_line <= line <= last_line and _fits(self.noqa.get(line, ()), code, name):
                return line
            if above < line <= last_line and _fits(self.ours.get(line, ()), code, name):
                return line
        return None


def _fits(selectors: tuple[str, ...], code: str, name: str) -> bool:
    known = {code: name}
    return any(selector == _ALL or matching(selector, known) for selector in selectors)


def suppressions(
    comments: Mapping[int, str], lines: Sequence[str], known: Mapping[str, str] | None = None
) -> Suppressions:
    """Parse the comments of one file.

    Args:
        comments: line number to the comment on that line, from `#` on.
        lines: the lines of the file, to see which comments stand alone.
        known: code to name of every rule, to find misspelt ones.
    """
    ours: dict[int, tuple[str, ...]] = {}
    noqa: dict[int, tuple[str, ...]] = {}
    malformed: list[tuple[int, str]] = []
    for line, comment in sorted(comments.items()):
        selectors, problems = _parse_ours(comment, known)
        malformed += [(line, problem) for problem in problems]
        if selectors:
            ours[line] = selectors
        if codes := _parse_noqa(comment):
            noqa[line] = codes
    alone = frozenset(line for line in comments if line <= len(lines) and lines[line - 1].lstrip().startswith("#"))
    return Suppressions(ours, noqa, alone, tuple(malformed))


def _parse_ours(comment: str, known: Mapping[str, str] | None) -> tuple[tuple[str, ...], list[str]]:
    selectors: list[str] = []
    problems: list[str] = []
    for start in _OURS.finditer(comment):
        match = _IGNORE.match(comment, start.start())
        given = [each for each in _SEPARATORS.split(match[1]) if each] if match else []
        if not given:
            problems.append("this comment silences nothing: write `# gradlint: ignore[rule-name] reason`")
        for selector in given:
            if known is None or matching(selector, known):
                selectors.append(selector)
            else:
                problems.append(
                    f"this comment silences nothing: no rule is called {selector!r}{nearest(selector, known)}"
                )
    return tuple(selectors), problems


def _parse_noqa(comment: str) -> tuple[str, ...]:
    found: list[str] = []
    for match in _NOQA.finditer(comment):
        if match["codes"]:
            found += _SEPARATORS.split(match["codes"])
        elif not match["colon"]:  # a colon and no code names no code and silences nothing, as in ruff
            found.append(_ALL)
    return tuple(found)
