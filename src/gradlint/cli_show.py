"""What `check` does instead of reporting: show settings and files, write comments; and the program on standard input."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TextIO

from gradlint.config import Settings, UsageError
from gradlint.finding import Problem

_STDIN = "-"


def with_stdin(settings: Settings, stream: TextIO) -> Settings:
    """The settings with the program on standard input, if a path asks for it."""
    if _STDIN not in settings.paths:
        if settings.stdin_filename is not None:
            raise UsageError("--stdin-filename: no path is -, so nothing is read from standard input")
        return settings
    if settings.paths != (_STDIN,):
        raise UsageError("-: standard input is checked alone, without other paths")
    return replace(settings, stdin=stream.buffer.read())


def settings(asked: Settings) -> int:
    """Print what holds for each path and where it comes from."""
    from gradlint import discovery, source, terminal
    from gradlint.configuration.nearest import Configurations
    from gradlint.configuration.show import render
    from gradlint.report.escape import visible

    configurations = Configurations(asked)
    texts = []
    for path in asked.paths:
        path = (asked.stdin_filename or path) if path == _STDIN else discovery.existing(path)
        texts.append(render(source.shown(path), configurations.around(path)))
    text = "\n".join(texts)
    terminal.write("".join(visible(line) + "\n" for line in text.splitlines()), sys.stdout)
    return 0


def files(asked: Settings) -> int:
    """Print the files that would be considered."""
    from gradlint import discovery, source, terminal
    from gradlint.configuration.nearest import Configurations
    from gradlint.report.escape import place, visible

    failed = False
    for found in discovery.discover(asked.paths, Configurations(asked)):
        if isinstance(found, Problem):
            failed = True
            terminal.write(f"{place(found.path, found.line)}: error: {visible(found.message)}\n", sys.stderr)
        else:
            terminal.write(visible(source.shown(found.path)) + "\n", sys.stdout)
    return 1 if failed else 0


def add_ignores(asked: Settings, reason: str, color: str) -> int:
    """Write comments for all that is found, and print them."""
    from gradlint import add_ignore, lint, terminal
    from gradlint.report.escape import count, place, visible

    if _STDIN in asked.paths:
        raise UsageError("--add-ignore: standard input cannot be written")
    reason = add_ignore.check_reason(reason)
    with terminal.progress(terminal.wants_color(color, sys.stderr)) as progress:
        report = lint.run(asked, progress)
    problems = list(report.problems)
    added = 0
    files = set()
    for each in add_ignore.add(report.findings, reason):
        if isinstance(each, Problem):
            problems.append(each)
            continue
        added += 1
        files.add(each.path)
        terminal.write(f"{place(each.path, each.line, cell=each.cell)}: {visible(each.comment)}\n", sys.stdout)
    for problem in problems:
        terminal.write(f"{place(problem.path, problem.line)}: error: {visible(problem.message)}\n", sys.stderr)
    terminal.write(f"Added {count(added, 'comment')} to {count(len(files), 'file')}.\n", sys.stderr)
    if any(problem.internal for problem in problems):
        return 3
    return 1 if problems else 0
