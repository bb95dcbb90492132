"""What the comments in our own programs promise: each is a label."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "fixtures" / "scripts"
NAME = ROOT.name
MARKER = re.compile(r"#\s*finding(?:\(\+(?P<below>\d+)\))?:\s*(?P<codes>GL\d+(?:\s*,\s*GL\d+)*)\s*$")
"""As in tests/test_fixtures.py, which makes sure that each of them is found, and nothing else."""


def hazards() -> Iterator[tuple[str, int, str]]:
    """Path below the programs' directory, line, and rule of each marked finding. Notebooks are left out."""
    for path in sorted(ROOT.rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            marker = MARKER.search(line)
            for code in marker["codes"].split(",") if marker else ():
                yield path.relative_to(ROOT).as_posix(), number + int(marker["below"] or 0), code.strip()  # type: ignore[index]
