"""The files around a named one that import it: what it does to them is told, though nobody named them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from gradlint import discovery, source
from gradlint.finding import Problem
from gradlint.reader.project import Project

MOST_FILES = 3000
"""Files of a project that are looked at."""
MOST_BYTES = 1_000_000
"""Larger files are left alone: what named files need to know must be cheap."""
_MARKERS = (".git", "pyproject.toml", "setup.py")
_IMPORT = re.compile(
    rb"^[ \t]*(?:\"[ \t]{0,99})?(?:from[ \t]{1,9}(?P<dots>\.{0,9})[ \t]{0,9}(?P<module>[\w.]{0,200})[ \t]{1,9}"
    rb"import[ \t]{0,9}(?P<names>\([^)]{0,4000}\)|[^\n#;]{0,2000})|import[ \t]{1,9}(?P<modules>[^\n#;]{0,2000}))",
    re.MULTILINE,
)
"""Repetitions are bounded, so that no text takes long."""
_NAME = re.compile(r"(?<![\w.])[\w.]{1,200}(?=\s*(?:,|\)|\\|as\b|\"|$))", re.MULTILINE)


def importers(named: Iterable[str], project: Project) -> list[str]:
    """Files with training code that import one of the named files, also through other files; sorted, as they are shown."""
    wanted = {os.path.abspath(path) for path in named}
    users: dict[str, set[str]] = {}
    telling: set[str] = set()
    for path in _around(wanted):
        data = _data(path)
        if data is None:
            continue
        shown = source.shown(path)
        if source.interesting(data):
            telling.add(str(path))
        for level, dotted in _imports(data):
            target = project.resolve(shown, level, dotted)
            if target is not None:
                users.setdefault(os.path.abspath(target), set()).add(str(path))
    found: set[str] = set()
    todo = sorted(wanted)
    while todo:
        for user in users.get(todo.pop(), ()):
            if user not in found and user not in wanted:
                found.add(user)
                todo.append(user)
    return sorted(source.shown(Path(path)) for path in found & telling)


def _around(wanted: set[str]) -> Iterator[Path]:
    """Python files and notebooks of the projects of some files; without a project, those of the same directory."""
    folders = [Path(folder) for folder in sorted({os.path.dirname(path) for path in wanted})]
    roots = dict.fromkeys(root for folder in folders for root in _root(folder))
    found = chain.from_iterable([*map(discovery.inside, folders), *map(discovery.below, roots)])
    return islice(dict.fromkeys(islice(found, 2 * MOST_FILES)), MOST_FILES)


def _root(folder: Path) -> list[Path]:
    """The directory of the project that a directory is in, if it is in one."""
    return [top for top in (folder, *folder.parents) if _marked(top)][:1]


def _marked(folder: Path) -> bool:
    return any(os.path.lexists(folder / name) for name in _MARKERS)


def _data(path: Path) -> bytes | None:
    try:
        if os.path.getsize(path) > MOST_BYTES:
            return None
    except OSError:
        return None
    data = source.read(path)
    return None if isinstance(data, Problem) else data


def _imports(data: bytes) -> Iterator[tuple[int, str]]:
    """Level and dotted name of what the text may import, read off its lines: parsing would cost a hundred times more."""
    for match in _IMPORT.finditer(data):
        if match["modules"] is not None:
            for name in _NAME.findall(match["modules"].decode("ascii", "replace")):
                yield 0, name
            continue
        level, module = len(match["dots"]), match["module"].decode("ascii", "replace")
        if not level and not module:
            continue
        yield level, module
        for name in _NAME.findall(match["names"].decode("ascii", "replace")):
            yield level, f"{module}.{name}" if module else name
