"""`gradlint fixtures/scripts` prints exactly the findings that the programs are marked with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradlint import lint
from gradlint.config import NoProgress, Settings
from gradlint.finding import Finding, Report

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = "fixtures/scripts"
MARKER = re.compile(r"#\s*finding(?:\(\+(?P<below>\d+)\))?:\s*(?P<codes>GL\d+(?:\s*,\s*GL\d+)*)\s*$")
ATTEMPT = re.compile(r"#\s*finding")


@dataclass(frozen=True, order=True)
class Place:
    """One finding, expected or reported."""

    path: str
    cell: int
    """0 in scripts."""
    line: int
    code: str

    def __str__(self) -> str:
        cell = f" cell {self.cell}" if self.cell else ""
        return f"{self.path}{cell}:{self.line}: {self.code}"


def marked() -> list[Place]:
    """What the comments in the fixtures promise."""
    paths = sorted(path for path in (ROOT / SCRIPTS).rglob("*") if path.suffix in {".py", ".ipynb"})
    return sorted(
        place
        for path in paths
        for cell, lines in _cells(path)
        for place in _markers(path.relative_to(ROOT).as_posix(), cell, lines)
    )


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield 0, text.splitlines()
        return
    for number, cell in enumerate(json.loads(text)["cells"], start=1):
        if cell["cell_type"] == "code":
            yield number, "".join(cell["source"]).splitlines()


def _markers(path: str, cell: int, lines: list[str]) -> Iterator[Place]:
    for number, line in enumerate(lines, start=1):
        marker = MARKER.search(line)
        assert marker or not ATTEMPT.search(line), f"{path}:{number}: a marker that cannot be read: {line.strip()}"
        if marker:
            for code in marker["codes"].split(","):
                yield Place(path, cell, number + int(marker["below"] or 0), code.strip())


def place_of(finding: Finding) -> Place:
    return Place(finding.span.path, finding.span.cell or 0, finding.span.line, finding.code)


@pytest.fixture(scope="module")
def report() -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return lint.run(Settings(paths=(SCRIPTS,)), NoProgress())


def test_exactly_the_marked_findings(report: Report) -> None:
    expected, messages = marked(), {place_of(finding): finding.message for finding in report.findings}
    found = sorted(place_of(finding) for finding in report.findings)
    hidden = {place_of(finding): finding for finding in report.hidden}
    notes = {
        place: f" (hidden: {hidden[place].severity.label}, {hidden[place].confidence.label} confidence)"
        for place in hidden
    }
    missing = [f"  missing     {place}{notes.get(place, '')}" for place in expected if place not in found]
    unexpected = [f"  unexpected  {place}: {messages[place]}" for place in found if place not in expected]
    twice = [f"  twice       {place}" for place in sorted(set(found)) if found.count(place) > 1]
    assert not missing + unexpected + twice, "\n".join(
        [f"{len(missing)} missing, {len(unexpected)} unexpected, {len(twice)} twice", *missing, *unexpected, *twice]
    )


def test_every_fixture_is_read(report: Report) -> None:
    assert not report.problems
    assert report.coverage.sites
    assert report.coverage.understood + report.coverage.explained == report.coverage.sites


def test_no_finding_is_silenced_in_the_fixtures(report: Report) -> None:
    assert not report.suppressed
