"""Plugins: rules of other distributions, which name their modules in the entry-point group `gradlint.rules`.

A plugin is imported only when a configuration or the command line names it, and only if it is installed. What a
configuration says about it is a name; nothing that lies in a checked tree is imported.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from gradlint.config import UsageError
from gradlint.rule import Rule, known_rules, rules_in

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "gradlint.rules"
CODE = re.compile(r"[A-Z]{2,8}[0-9]{3}")
"""Codes of rules; those of gradlint itself begin with GL."""
OURS = "GL"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Names of rules."""


class PluginError(UsageError):
    """A plugin that cannot be used; the message names it."""

    def __init__(self, plugin: str, message: str) -> None:
        super().__init__(message)
        self.plugin = plugin


def installed() -> dict[str, EntryPoint]:
    """The plugins of this environment by name. Nothing of them is imported."""
    from importlib.metadata import entry_points  # slow to import, and most runs have no plugin

    return {each.name: each for each in entry_points(group=GROUP)}


def in_force(names: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of gradlint and of these plugins, sorted by code.

    Raises:
        PluginError: if a plugin is not installed, cannot be imported, or has a rule that exists already.
    """
    found = {rule.code: rule for rule in known_rules()}
    by_name = {rule.name: rule for rule in found.values()}
    for plugin in dict.fromkeys(names):
        for rule in rules_of(plugin):
            other = found.get(rule.code) or by_name.get(rule.name)
            if other is not None:
                owner = f"plugin {other.plugin!r}" if other.plugin else "gradlint"
                existing = f"{owner} has {other.code} [{other.name}] already"
                raise PluginError(plugin, f"plugin {plugin!r}: {rule.code} [{rule.name}] cannot be added: {existing}")
            found[rule.code] = by_name[rule.name] = rule
    return tuple(found[code] for code in sorted(found))


@cache
def rules_of(plugin: str) -> tuple[Rule, ...]:
    """The rules that an installed plugin brings.

    Raises:
        PluginError: if it is not installed, cannot be imported, or has no rule or a wrong one.
    """
    available = installed()
    if plugin not in available:
        import difflib

        close = difflib.get_close_matches(plugin, available, n=1, cutoff=0.5)
        known = f"did you mean {close[0]}?" if close else f"installed are: {', '.join(sorted(available)) or 'none'}"
        raise PluginError(plugin, f"no plugin {plugin!r} is installed: {known}")
    try:
        rules = tuple(rule for module in _modules(available[plugin]) for rule in rules_in(module))
    except (Exception, SystemExit) as error:  # whatever another distribution does, the user is told whose mistake it is
        cause = f"{type(error).__name__}: {error}".rstrip(": ")
        raise PluginError(plugin, f"plugin {plugin!r} cannot be imported: {cause}") from error
    if not rules:
        raise PluginError(plugin, f"plugin {plugin!r} has no rule in {available[plugin].value}")
    seen: dict[str, Rule] = {}
    for rule in rules:
        _check(plugin, rule)
        for label in (rule.code, rule.name):
            if label in seen:
                raise PluginError(plugin, f"plugin {plugin!r} has {label} twice")
            seen[label] = rule
    return tuple(replace(rule, plugin=plugin) for rule in rules)


def _modules(entry: EntryPoint) -> Iterator[ModuleType]:
    """The module that an entry point names and, if that is a package, the modules in it."""
    module = importlib.import_module(entry.module)
    yield module
    for info in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if not info.ispkg:
            yield importlib.import_module(f"{entry.module}.{info.name}")


def _check(plugin: str, rule: Rule) -> None:
    what = f"plugin {plugin!r}: {rule.code} [{rule.name}]:"
    if not CODE.fullmatch(rule.code):
        raise PluginError(plugin, f"{what} a code is two to eight capital letters and three digits, such as AC001")
    if rule.code.startswith(OURS):
        raise PluginError(plugin, f"{what} codes that begin with {OURS} are gradlint's own")
    if not NAME.fullmatch(rule.name):
        raise PluginError(plugin, f"{what} the function of a rule has a name of small letters, digits and underscores")
