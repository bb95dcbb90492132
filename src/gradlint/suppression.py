"""Comments that silence findings.

`# gradlint: ignore[name-or-code] reason` for a statement, `# gradlint: ignore-file[name-or-code] reason` on a line of its own
for the file, and `# noqa: GL101` for a statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from gradlint.config import matching, nearest

_OURS = re.compile(r"#\s*gradlint\s*:", re.IGNORECASE)
_IGNORE = re.compile(r"#\s*gradlint\s*:\s*(?P<what>ignore(?P<file>-file)?)\s*\[(?P<rules>[^\]]*)\]", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa\b(?!-)(?P<colon>\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?)?", re.IGNORECASE)
_SELECTOR = re.compile(r"[^,\s]+")

_ALL = ""
"""The selector of a bare `# noqa`: every code starts with it."""


class Scope(Enum):
    """How far a comment reaches."""

    BELOW = "ignore"
    """The statement that it stands in or right above."""
    WITHIN = "noqa"
    """The statement that it stands in."""
    FILE = "ignore-file"


@dataclass(frozen=True, slots=True)
class Silencer:
    """One rule, or group of rules, that one comment silences."""

    selector: str
    scope: Scope
    line: int
    start: int
    """Where in the comment the selector stands."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A comment, or a part of it, that cannot silence anything."""

    line: int
    start: int
    end: int
    message: str


@dataclass(frozen=True, slots=True)
class Suppressions:
    """The silencing comments of one file."""

    silencers: tuple[Silencer, ...] = ()
    alone: frozenset[int] = frozenset()
    """Lines that hold nothing but a comment."""
    mistakes: tuple[Mistake, ...] = ()

    def covers(self, code: str, name: str, first_line: int, last_line: int) -> bool:
        """Whether a finding in the statement on these lines is silenced.

        A comment anywhere in the statement counts, and a `gradlint: ignore` in the block of comments right above it.
        """
        return bool(self.of(code, name, first_line, last_line))

    def of(self, code: str, name: str, first_line: int, last_line: int) -> tuple[Silencer, ...]:
        """Everything that silences the finding, by line."""
        above = first_line - 1
        while above in self.alone:
            above -= 1
        first = {Scope.BELOW: above + 1, Scope.WITHIN: first_line}
        return tuple(
            each
            for each in self.silencers
            if (each.scope is Scope.FILE or first[each.scope] <= each.line <= last_line) and _fits(each, code, name)
        )


def _fits(silencer: Silencer, code: str, name: str) -> bool:
    return silencer.selector == _ALL or bool(matching(silencer.selector, {code: name}))


def suppressions(
    comments: Mapping[int, str], lines: Sequence[str], known: Mapping[str, str] | None = None
) -> Suppressions:
    """Parse the comments of one file.

    Args:
        comments: line number to the comment on that line, from `#` on.
        lines: the lines of the file, to see which comments stand alone.
        known: code to name of every rule, to find misspelt ones.
    """
    alone = frozenset(line for line in comments if line <= len(lines) and lines[line - 1].lstrip().startswith("#"))
    silencers: list[Silencer] = []
    mistakes: list[Mistake] = []
    for line, comment in sorted(comments.items()):
        for each in (*_ours(line, comment, line in alone, known), *_noqa(line, comment)):
            (mistakes if isinstance(each, Mistake) else silencers).append(each)  # type: ignore[arg-type]
    return Suppressions(tuple(silencers), alone, tuple(mistakes))


def _ours(line: int, comment: str, alone: bool, known: Mapping[str, str] | None) -> Iterator[Silencer | Mistake]:
    for start in _OURS.finditer(comment):
        match = _IGNORE.match(comment, start.start())
        given = list(_SELECTOR.finditer(match["rules"])) if match else []
        if match is None or not given:
            message = "this comment silences nothing: write `# gradlint: ignore[rule-name] reason`"
            yield Mistake(line, start.start(), match.end() if match else len(comment), message)
            continue
        if match["file"] and not alone:
            message = "this comment silences nothing: ignore-file is for the whole file and stands on a line of its own"
            yield Mistake(line, start.start(), match.end(), message)
            continue
        for each in given:
            selector, begin = each[0], match.start("rules") + each.start()
            if known is None or matching(selector, known):
                yield Silencer(selector, Scope.FILE if match["file"] else Scope.BELOW, line, begin)
            else:
                message = f"this comment silences nothing: no rule is called {selector!r}{nearest(selector, known)}"
                yield Mistake(line, begin, begin + len(selector), message)


def _noqa(line: int, comment: str) -> Iterator[Silencer]:
    for match in _NOQA.finditer(comment):
        if match["codes"]:
            for each in _SELECTOR.finditer(match["codes"]):
                yield Silencer(each[0], Scope.WITHIN, line, match.start("codes") + each.start())
        elif not match["colon"]:  # a colon and no code names no code and silences nothing, as in ruff
            yield Silencer(_ALL, Scope.WITHIN, line, match.start())
