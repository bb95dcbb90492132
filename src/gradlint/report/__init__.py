"""One module per output format; each sees findings only.

A format is a function `render(report, view) -> str`: the same report and view always give the same text.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from gradlint.finding import Report

FORMATS = {"full": "full", "concise": "concise", "github": "github", "json": "json_"}
"""Formats by the name that users type, each with its module."""


def no_lines(path: str, cell: int | None) -> Sequence[str]:
    """For reports that quote no source text."""
    return ()


def no_page(name: str) -> str:
    """For terminals that show no hyperlinks."""
    return ""


@dataclass(frozen=True, slots=True)
class View:
    """How the result is to be shown."""

    lines: Callable[[str, int | None], Sequence[str]] = no_lines
    """From a path and a cell number (None for a script) to the lines of the file or of the cell."""
    width: int = 120
    color: bool = False
    pedantic: bool = False
    """Nothing is hidden for its severity: the hint about `--pedantic` would be wrong."""
    page: Callable[[str], str] = no_page
    """From the name of a rule to the address of its page, empty for no link."""


def render(name: str, report: Report, view: View) -> str:
    """The report in one of the `FORMATS`, ending with a newline unless it is empty."""
    module = importlib.import_module(f"gradlint.report.{FORMATS[name]}")
    return cast(str, module.render(report, view))
