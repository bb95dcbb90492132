"""What holds for a file: the layers of defaults, its configuration file and the command line put together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

from gradlint.config import resolve_selectors
from gradlint.configuration.options import Options
from gradlint.configuration.patterns import EXCLUDED, Patterns, any_matches
from gradlint.finding import Confidence, Finding, Severity
from gradlint.vocabulary.own import NOTHING_OWN, OwnNames, Told


@dataclass(frozen=True, slots=True)
class Layer:
    """Options with the directory that their patterns are relative to."""

    options: Options
    root: str


@dataclass(frozen=True)
class Policy:
    """What holds for every file that one configuration governs."""

    name: str | None
    """The configuration file as the user sees it; None if there is none."""
    options: Options
    """What all layers say together."""
    codes: frozenset[str]
    """The rules that are selected, before `per-file-ignores`."""
    per_file: tuple[tuple[Patterns, frozenset[str]], ...]
    excluded: tuple[Patterns, ...]

    @property
    def fail_on(self) -> Severity:
        """From here on a finding is reason for exit code 1."""
        return self.options.fail_on or Severity.WARNING

    @property
    def pedantic(self) -> bool:
        """Notes are shown."""
        return bool(self.options.pedantic)

    @property
    def least_confidence(self) -> Confidence:
        """Findings below are not shown."""
        return self.options.min_confidence or (Confidence.LOW if self.pedantic else Confidence.MEDIUM)

    @property
    def least_severity(self) -> Severity:
        """Findings below are not shown; what fails the run is always shown."""
        return Severity.INFO if self.pedantic else min(Severity.WARNING, self.fail_on)

    @cached_property
    def told(self) -> Told:
        """What concerns the reader."""
        options = self.options
        return Told(
            options.vocabulary or NOTHING_OWN,
            options.max_learning_rate or {},
            options.target_tensorflow,
            options.target_keras,
        )

    def shows(self, finding: Finding) -> bool:
        """Whether the finding belongs to `Report.findings` rather than to `Report.hidden`."""
        return finding.severity >= self.least_severity and finding.confidence >= self.least_confidence

    def codes_of(self, path: str) -> frozenset[str]:
        """The rules that are selected for a file."""
        found = self.codes
        if self.per_file:
            absolute = os.path.abspath(path)
            for patterns, codes in self.per_file:
                if patterns.covers(absolute):
                    found -= codes
        return found

    def excludes(self, path: str, *, directory: bool) -> bool:
        """Whether a search leaves out the entry (an absolute path)."""
        return any_matches(self.excluded, path, directory=directory)

    def excludes_named(self, path: str) -> bool:
        """Whether a file (an absolute path) is left out though the user has named it."""
        return bool(self.options.force_exclude) and any(each.covers(path) for each in self.excluded)


def policy(name: str | None, layers: Sequence[Layer], known: Mapping[str, str]) -> Policy:
    """The policy of several layers, the last of which wins."""
    codes: frozenset[str] | None = None
    excluded = Patterns("", EXCLUDED)
    extended: list[Patterns] = []
    per_file: tuple[tuple[Patterns, frozenset[str]], ...] = ()
    merged = Options()
    for layer in layers:
        options = layer.options
        before = codes if options.select is None else frozenset()
        codes = resolve_selectors(options.select, options.ignore or (), known, before, options.extend_select or ())
        if options.exclude is not None:
            excluded = Patterns(layer.root, options.exclude)
        if options.extend_exclude:
            extended.append(Patterns(layer.root, options.extend_exclude))
        if options.per_file_ignores is not None:
            ignores = options.per_file_ignores.items()
            per_file = tuple(
                (Patterns(layer.root, (pattern,)), resolve_selectors(rules, (), known, frozenset()))
                for pattern, rules in ignores
            )
        merged = _over(merged, options)
    return Policy(name, merged, frozenset(known) if codes is None else codes, per_file, (excluded, *extended))


def _over(lower: Options, upper: Options) -> Options:
    """Both layers as one; the selectors are kept for people, and were put together before."""
    given = {each.name: getattr(upper, each.name) for each in fields(Options) if each.name != "places"}
    given = {name: value for name, value in given.items() if value is not None}
    places = {**lower.places, **upper.places}
    if upper.select is not None:
        lower = replace(lower, extend_select=None, ignore=None)
    else:
        for name in ("extend_select", "ignore"):
            _append(given, name, getattr(lower, name))
    _append(given, "extend_exclude", lower.extend_exclude)
    _append(given, "plugins", lower.plugins)
    if upper.target_tensorflow is not None or upper.target_keras is not None:
        lower = replace(lower, target_tensorflow=None, target_keras=None)
    if upper.max_learning_rate is not None:
        given["max_learning_rate"] = {**(lower.max_learning_rate or {}), **upper.max_learning_rate}
    if upper.vocabulary is not None:
        given["vocabulary"] = _joined(lower.vocabulary or NOTHING_OWN, upper.vocabulary)
    return replace(lower, **given, places=places)


def _append(given: dict[str, object], name: str, lower: tuple[str, ...] | None) -> None:
    upper = given.get(name)
    if lower and isinstance(upper, tuple):
        given[name] = (*lower, *upper)


def _joined(lower: OwnNames, upper: OwnNames) -> OwnNames:
    return OwnNames(
        upper.clips or lower.clips,
        upper.optimizers or lower.optimizers,
        upper.rewards or lower.rewards,
        upper.checks or lower.checks,
    )
