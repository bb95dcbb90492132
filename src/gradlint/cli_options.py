"""Options of the command line that several commands share, and what a shell may complete them to."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gradlint.config import Settings, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from gradlint.rule import Rule

Command = TypeVar("Command", bound=Callable[..., Any])

COLOR = click.Choice(["auto", "always", "never"])


def codes(ctx: click.Context, param: click.Parameter, values: Iterable[str]) -> tuple[str, ...]:
    """The parts of options that may be repeated and separated by commas."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _version(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"\d+(\.\d+){0,2}", value):
        raise click.BadParameter(f"{value!r} is no version: write 2, 2.15 or 2.15.1")
    return value


def complete_rule(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names and codes of rules that begin like a word, or like what stands behind its last comma."""
    from click.shell_completion import CompletionItem

    before, comma, word = incomplete.rpartition(",") if param.name != "rule" else ("", "", incomplete)
    labels = {label: rule.summary for rule in _known(ctx) for label in (rule.name, rule.code)}
    return [
        CompletionItem(before + comma + label, help=summary)
        for label, summary in labels.items()
        if label.startswith(word) or label.startswith(word.upper())
    ]


def _known(ctx: click.Context) -> tuple[Rule, ...]:
    """The rules that are known in the working directory."""
    from gradlint.configuration.nearest import Configurations
    from gradlint.rule import known_rules

    settings = Settings(config=ctx.params.get("config") or (), isolated=bool(ctx.params.get("isolated")))
    try:
        return Configurations(settings).rules_around(os.getcwd())
    except UsageError:  # a mistake in a configuration is no reason to complete nothing
        return known_rules()


FIRST_WORD = "gradlint.first_word"
"""Where a context keeps the commands that the first word may name, each with what it does."""


def complete_path(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files, and the commands if this is the first word."""
    from click.shell_completion import CompletionItem

    commands: dict[str, str] = ctx.meta.get(FIRST_WORD, {})
    found = [CompletionItem(name, help=text) for name, text in commands.items() if name.startswith(incomplete)]
    return [CompletionItem(incomplete, type="file"), *found]


def _decorated(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for each in reversed(decorators):
            command = each(command)
        return command

    return decorate


def _valid(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    from gradlint.configuration.patterns import valid

    for value in values:
        if not valid(value):
            raise click.BadParameter(f"{value!r} is no pattern as in .gitignore")
    return values


def _patterns(name: str, text: str) -> Callable[[Command], Command]:
    return click.option(name, multiple=True, metavar="PATTERN", callback=_valid, help=text)


_TARGET = "Version that the code is meant for. [default: inferred]"

configured = _decorated(
    click.option(
        "--config", multiple=True, metavar="FILE|KEY=VALUE",
        help="Read this file, or set this key, instead of what is found.",
    ),
    click.option("--isolated", is_flag=True, help="Read no configuration files."),
)  # fmt: skip
"""Options of everything that has a configuration."""

shared = _decorated(
    click.argument(
        "paths", nargs=-1, type=click.Path(allow_dash=True), metavar="[PATH]...", shell_complete=complete_path
    ),
    _patterns("--exclude", "Leave out these, not the usual directories."),
    _patterns("--extend-exclude", "Leave out these, too."),
    click.option("--force-exclude", is_flag=True, help="Leave them out even if they are named one by one."),
    configured,
    click.option(
        "-j", "--jobs", type=click.IntRange(0), default=0, metavar="N", help="Processes. [default: all processors]"
    ),
    click.option("--target-tensorflow", metavar="VERSION", callback=_version, help=_TARGET),
    click.option("--target-keras", metavar="VERSION", callback=_version, help=_TARGET),
)
"""Arguments of everything that reads programs."""


def _rules(name: str, text: str) -> Callable[[Command], Command]:
    return click.option(name, multiple=True, callback=codes, metavar="RULES", help=text, shell_complete=complete_rule)


selecting = _decorated(
    _rules("--select", "Only these codes, prefixes or names."),
    _rules("--extend-select", "These as well as those selected in the configuration."),
    _rules("--ignore", "Not these codes, prefixes or names."),
)
"""Options that choose rules."""
