"""What the child is to load instead of the files as they are: measuring calls in them, or the code of a notebook."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gradlint import source
from gradlint.finding import Finding, Problem, Span, Symptom
from gradlint.observed import Spot
from gradlint.probe.instrument import Flagged, instrument
from gradlint.probe.target import Target
from gradlint.probe.wire import Operand, Site, Source
from gradlint.probe.workspace import Workspace
from gradlint.source import SourceFile

_WANTED = {"GL102": "bound", "GL104": "bound", "GL202": "rate"}
_ABOUT_CHECKS = frozenset({"GL110", "GL401", "GL402"})
"""They predict numbers that are not finite, but no expression in which they arise."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Files with measuring calls."""

    sources: dict[str, Source]
    operands: tuple[Operand, ...]
    flagged: dict[Span, tuple[int, ...]]
    """For the span of a finding, the numbers of its operands."""


def prepare(findings: Iterable[Finding], target: Target, space: Workspace) -> Sources:
    """Put measuring calls at the flagged expressions of all files."""
    by_path: dict[str, dict[Flagged, Span]] = {}
    files: dict[str, SourceFile] = {}
    for finding in findings:
        wanted = _wanted(finding)
        if wanted:
            file = files.get(finding.span.path) or _load(finding.span.path)
            if file is not None:
                files[finding.span.path] = file
                flagged = _flagged(finding.span, file, wanted)
                by_path.setdefault(finding.span.path, {})[flagged] = finding.span
    if target.notebook is not None:
        files.setdefault(target.notebook.path, target.notebook)
    made = Sources({}, (), {})
    for path, file in files.items():
        made = _with(made, file, space.inside(Path(os.path.abspath(path))), by_path.get(path, {}))
    return made


def _wanted(finding: Finding) -> str:
    """What to measure for a finding; empty for nothing."""
    if finding.predicts is Symptom.UNSCALED_TARGET:
        return "reward"
    arithmetic = finding.predicts is Symptom.NON_FINITE and finding.code not in _ABOUT_CHECKS
    return _WANTED.get(finding.code, "operand" if arithmetic else "")


def _load(path: str) -> SourceFile | None:
    loaded = source.load(Path(path))
    return None if isinstance(loaded, Problem) else loaded


def _flagged(span: Span, file: SourceFile, wanted: str) -> Flagged:
    """In the lines of the joined text, where the file is a notebook."""
    moved = 0
    if file.notebook is not None and span.cell is not None:
        cell = next((cell for cell in file.notebook.cells if cell.number == span.cell), None)
        moved = cell.first_line - 1 if cell is not None else 0
    return Flagged(span.line + moved, span.column, span.end_line + moved, span.end_column, wanted)


def _with(made: Sources, file: SourceFile, path: Path, flagged: dict[Flagged, Span]) -> Sources:
    text, measured = instrument(file.text, flagged, len(made.operands))
    if not measured and file.notebook is None:
        return made
    numbers: dict[Span, tuple[int, ...]] = {}
    for number, each in enumerate(measured, len(made.operands)):
        span = flagged[each.flagged]
        numbers[span] = (*numbers.get(span, ()), number)
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:  # it is gone since it was checked
        return made
    return Sources(
        made.sources | {str(path): Source(digest, text)},
        (*made.operands, *(Operand(str(path), each.line, each.column, each.role) for each in measured)),
        made.flagged | numbers,
    )


@dataclass(frozen=True, slots=True)
class Locator:
    """From a line of the run to a line as findings have it: the user's own file, and the cell of a notebook."""

    space: Workspace
    notebook: SourceFile | None

    def __call__(self, site: Site | None) -> Spot | None:
        """The line, None for none; the script may have written nonsense into the result."""
        if site is None or "\0" in site.path or site.line < 1:
            return None
        path = source.shown(self.space.outside(Path(site.path)))
        if self.notebook is not None and self.notebook.notebook is not None and path == self.notebook.path:
            cell, line = self.notebook.notebook.locate(site.line)
            return Spot(path, line, cell)
        return Spot(path, site.line)
