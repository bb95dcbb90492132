"""What the user asked for, as one frozen value."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from gradlint.finding import Confidence, Severity


class UsageError(Exception):
    """The user asked for something that does not exist: exit code 2, the message says what and names the nearest."""


class Progress(Protocol):
    """What the linter tells while it works."""

    def start(self, total: int, what: str) -> None:
        """A stage of `total` steps begins; `what` names it for people."""

    def advance(self) -> None:
        """One step is done."""


class NoProgress:
    """Progress that nobody watches."""

    def start(self, total: int, what: str) -> None:
        """Say nothing."""

    def advance(self) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a run depends on besides the files: what the command line says."""

    paths: tuple[str, ...] = (".",)
    select: tuple[str, ...] = ()
    """Codes, prefixes or names as given; empty for what the configuration selects, or all rules."""
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    """Patterns instead of the configured or default ones; empty for those."""
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    pedantic: bool = False
    min_confidence: Confidence | None = None
    """None: as configured, or medium, or low with `pedantic`."""
    fail_on: Severity | None = None
    """None: as configured, or warning."""
    jobs: int = 0
    """0 for as many processes as there are processors."""
    target_tensorflow: str | None = None
    target_keras: str | None = None
    config: tuple[str, ...] = ()
    """A file instead of those that are found, or settings as `key = value`."""
    isolated: bool = False
    """No configuration files are read."""
    stdin_filename: str | None = None
    """The name of the program on standard input, which the path `-` stands for."""
    stdin: bytes | None = None
    """That program."""

    @property
    def workers(self) -> int:
        """How many processes to use."""
        if self.jobs:
            return self.jobs
        available = getattr(os, "sched_getaffinity", None)  # Linux only: what this process may use of the machine
        return len(available(0)) if available else os.cpu_count() or 1


_PREFIX = re.compile(r"[A-Z]+[0-9]*\Z")


def matching(selector: str, known: Mapping[str, str]) -> frozenset[str]:
    """The codes of the rules that one selector (`GL101`, `GL1`, `ALL` or `unclipped-gradients`) stands for."""
    upper = selector.upper()
    if upper == "ALL":
        return frozenset(known)
    if _PREFIX.match(upper) and any(code.startswith(upper) for code in known):
        return frozenset(code for code in known if code.startswith(upper))
    return frozenset(code for code, name in known.items() if name == selector.lower())


def nearest(word: str, known: Mapping[str, str]) -> str:
    """`: did you mean GL101 (unclipped-gradients)?`, or nothing if no rule is near."""
    import difflib

    labels = {label: f"{code} ({name})" for code, name in known.items() for label in (code.lower(), name)}
    close = difflib.get_close_matches(word.lower(), labels, n=1, cutoff=0.5)
    return f": did you mean {labels[close[0]]}?" if close else ""


def resolve_selectors(
    select: Iterable[str] | None,
    ignore: Iterable[str],
    known: Mapping[str, str],
    before: frozenset[str] | None = None,
    extend: Iterable[str] = (),
) -> frozenset[str]:
    """The codes of the rules to run; as in ruff the more specific selector wins, and `ignore` a draw.

    Args:
        select: codes, prefixes or names; none for what was chosen before.
        ignore: the same, taken away.
        known: code to name of every rule.
        before: what was chosen so far, by a configuration that is overridden here; None for all rules.
        extend: selectors that are added.

    Raises:
        UsageError: if a selector matches no rule.
    """
    weights = dict.fromkeys(known, 0)
    select = tuple(select or ())
    chosen = {code: not select and (before is None or code in before) for code in known}
    wishes = [("--select", each) for each in select] + [("--extend-select", each) for each in extend]
    for option, selector in [*wishes, *(("--ignore", each) for each in ignore)]:
        codes = matching(selector, known)
        if not codes:
            raise UsageError(f"{option}: no rule is called {selector!r}{nearest(selector, known)}")
        weight = 100 if len(codes) == 1 else len(selector) if selector.upper() != "ALL" else 0
        for code in codes:
            if weight >= weights[code]:
                weights[code], chosen[code] = weight, option != "--ignore"
    return frozenset(code for code, wanted in chosen.items() if wanted)
