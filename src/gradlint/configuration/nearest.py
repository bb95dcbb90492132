"""Which configuration governs a file: the nearest one upwards from it, or the one that was named."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gradlint.config import Settings, UsageError
from gradlint.configuration import keys
from gradlint.configuration.document import Document, parse
from gradlint.configuration.options import Options, of_command_line
from gradlint.configuration.policy import Layer, Policy, policy
from gradlint.finding import Report
from gradlint.vocabulary.own import Told

if TYPE_CHECKING:
    from gradlint.rule import Rule

OWN, SHARED = "gradlint.toml", "pyproject.toml"
_PREFIX = ("tool", "gradlint")
_LIMIT = 1_000_000


class Configurations:
    """The policies of a run, each made once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._by_directory: dict[str, Policy] = {}
        self._by_file: dict[str | None, Policy] = {}
        self._here = os.getcwd()

    def of(self, path: str) -> Policy:
        """What holds for a file.

        Raises:
            UsageError: if its configuration is wrong.
        """
        return self.of_directory(os.path.dirname(os.path.abspath(path)))

    def codes_of(self, path: str) -> frozenset[str]:
        """The rules that are selected for a file."""
        return self.of(path).codes_of(path)

    def around(self, path: str) -> Policy:
        """What holds for a file, or for the files right in a directory."""
        return self.of_directory(os.path.abspath(path)) if os.path.isdir(path) else self.of(path)

    def told(self, path: str) -> Told:
        """What the reader is told about a file."""
        return self.of(path).told

    def of_directory(self, directory: str) -> Policy:
        """What holds for the files in a directory (an absolute path)."""
        found = self._by_directory.get(directory)
        if found is None:
            found = self._by_directory[directory] = self._search(directory)
        return found

    def searched(self, path: str, *, directory: bool) -> bool:
        """Whether a search leaves out a file or directory (an absolute path), as its surroundings have it."""
        return self.of_directory(os.path.dirname(path)).excludes(path, directory=directory)

    def named(self, path: str) -> bool:
        """Whether a file (an absolute path) is left out though it was named."""
        return self.of_directory(os.path.dirname(path)).excludes_named(path)

    def fails(self, report: Report) -> bool:
        """Whether the report is reason for exit code 1."""
        return bool(report.problems) or any(
            finding.severity >= self.of(finding.span.path).fail_on for finding in report.findings
        )

    def pedantic(self, report: Report) -> bool:
        """Nothing is hidden for its severity alone."""
        policies = [self.of(finding.span.path) for finding in report.hidden]
        return all(each.pedantic for each in policies) if policies else self._settings.pedantic

    def rules(self, paths: Iterable[str]) -> tuple[Rule, ...]:
        """The rules that are known to the configuration of some of the files, sorted by code.

        Raises:
            UsageError: if configurations name plugins whose rules have the same code or name.
        """
        from gradlint.plugins import in_force

        policies = {id(each): each for each in map(self.of, paths)}
        return in_force(name for each in policies.values() for name in each.options.plugins or ())

    def rules_around(self, directory: str) -> tuple[Rule, ...]:
        """The rules that are known in a directory (an absolute path), whatever else its configuration says."""
        if self._settings.isolated or self._named is not None:
            return self._known(self._named)
        parents = [directory]
        while (parent := os.path.dirname(parents[-1])) != parents[-1]:
            parents.append(parent)
        return self._known(next(filter(None, map(_document_in, parents)), None))

    def _known(self, document: Document | None) -> tuple[Rule, ...]:
        """The rules of gradlint and of the plugins that a configuration and the command line name."""
        from gradlint.plugins import PluginError, in_force

        documents = [*([document] if document is not None else []), *self._set]
        named = [(each, name) for each in documents for name in keys.plugins(each)]
        try:
            return in_force(name for _, name in named)
        except PluginError as error:
            wrong = next(each for each, name in named if name == error.plugin)
            raise wrong.error(("plugins",), str(error), error.plugin) from error

    @cached_property
    def _named(self) -> Document | None:
        """The file of `--config`."""
        files = [each for each in self._settings.config if not _is_setting(each)]
        if len(files) > 1:
            raise UsageError(f"--config: one file is enough, and {files[0]} and {files[1]} are given")
        if files and self._settings.isolated:
            raise UsageError("--isolated: no configuration is read, and --config names one")
        if not files:
            return None
        document = _load(files[0], demanded=True)
        assert document is not None
        return document

    @cached_property
    def _set(self) -> tuple[Document, ...]:
        """The keys that `--config` sets."""
        settings = [(f"--config {each!r}", each) for each in self._settings.config if _is_setting(each)]
        return tuple(Document(name, parse(name, text)[0]) for name, text in settings)

    def _search(self, directory: str) -> Policy:
        if self._settings.isolated or self._named is not None:
            return self._make(self._named, self._here)
        document = _document_in(directory)
        if document is not None:
            return self._make(document, directory)
        parent = os.path.dirname(directory)
        return self._make(None, directory) if parent == directory else self.of_directory(parent)

    def _make(self, document: Document | None, root: str) -> Policy:
        name = document.name if document is not None else None
        if name not in self._by_file:
            known = {rule.code: rule.name for rule in self._known(document)}
            options = keys.read(document, known) if document is not None else Options()
            above = [keys.read(each, known) for each in self._set] + [of_command_line(self._settings)]
            layers = (Layer(options, root), *(Layer(each, self._here) for each in above))
            self._by_file[name] = policy(name, layers, known)
        return self._by_file[name]


def _is_setting(text: str) -> bool:
    return "=" in text and not os.path.exists(text)


def _document_in(directory: str) -> Document | None:
    """The configuration of one directory."""
    for name in (OWN, SHARED):
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            document = _load(path, demanded=False)
            if document is not None:
                return document
    return None


def _load(path: str, *, demanded: bool) -> Document | None:
    """Read a file; None for a pyproject.toml that is not about gradlint, unless the user has named it."""
    from gradlint.source import shown

    name = shown(Path(path))
    data = _read(path, name)
    shared = os.path.basename(path) == SHARED
    if shared and not demanded and b"gradlint" not in data:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{name}:{line}: not valid TOML: not UTF-8") from error
    text = text.replace("\r\n", "\n")
    table, lines, strings = parse(name, text)
    if not shared:
        if not demanded and set(table) == {"tool"}:
            raise UsageError(f"{name}:{lines.get(_PREFIX, 1)}: the keys stand without tool.gradlint in front here")
        return Document(name, table, (), lines, strings)
    inner = table.get("tool", {})
    inner = inner.get("gradlint") if isinstance(inner, dict) else None
    if inner is None:
        if demanded:
            raise UsageError(f"--config: {name} has no table [tool.gradlint]")
        return None
    return Document(name, inner, _PREFIX, lines, strings)


def _read(path: str, name: str) -> bytes:
    """The bytes of a configuration; a FIFO in its place must not hang the run."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as stream:
            if not os.path.isfile(path):
                raise UsageError(f"{name}: not a regular file")
            data = stream.read(_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror or error}") from error
    if len(data) > _LIMIT:
        raise UsageError(f"{name}: larger than {_LIMIT // 1_000_000} MB")
    return data


def rules_of(policies: Iterable[Policy]) -> frozenset[str]:
    """The rules that some policy selects."""
    return frozenset().union(*(each.codes for each in policies))
