"""From the paths that the user gave to the files that are considered."""

# os.path: a Path for each entry of a large tree costs more than the rest, and `resolve` follows links.
from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gradlint.config import UsageError
from gradlint.configuration.patterns import EXCLUDED
from gradlint.finding import Problem
from gradlint.gitignore import Ignores, repository
from gradlint.source import shown

SUFFIXES = (".py", ".ipynb")


class Excludes(Protocol):
    """What the configuration leaves out; paths are absolute."""

    def searched(self, path: str, *, directory: bool) -> bool:
        """Whether a search leaves out a file or directory that it comes upon."""

    def named(self, path: str) -> bool:
        """Whether a file is left out though it was named."""


class DefaultExcludes:
    """What is left out without any configuration."""

    def searched(self, path: str, *, directory: bool) -> bool:
        """Directories that hold no code of the project."""
        return directory and os.path.basename(path) in _NAMES

    def named(self, path: str) -> bool:
        """Nothing."""
        return False


_NAMES = frozenset(EXCLUDED)
_DEFAULT = DefaultExcludes()


@dataclass(frozen=True, slots=True)
class Found:
    """A file to consider."""

    path: Path
    """Absolute, links not resolved."""
    named: bool
    """The user gave this very file: it is read whatever its text mentions."""


def discover(paths: Iterable[str | Path], excludes: Excludes = _DEFAULT) -> Iterator[Found | Problem]:
    """The files under `paths`, each once, sorted; what cannot be considered is a `Problem` in its place.

    Named files come whatever their suffix and even if Git ignores them; directories are searched for Python files and
    notebooks, without what is excluded and what Git ignores.

    Raises:
        UsageError: if a path does not exist.
    """
    given = [Path(os.path.abspath(path)) for path in paths]
    for path in given:
        if not os.path.lexists(path):
            raise UsageError(_missing(path))
    found: dict[str, Found | Problem] = {}
    links: list[Found] = []
    for path in given:
        for each in _walk(path, excludes) if path.is_dir() else _named(path, excludes):
            if isinstance(each, Problem):
                found.setdefault(each.path, each)
            elif each.path.is_symlink() and not each.named:
                links.append(each)
            else:
                _add(found, each)
    for link in sorted(links, key=lambda each: str(each.path)):
        _add(found, link)
    return iter(sorted(found.values(), key=_order))


def existing(path: str) -> str:
    """The path.

    Raises:
        UsageError: if it does not exist.
    """
    if not os.path.lexists(path):
        raise UsageError(_missing(Path(os.path.abspath(path))))
    return path


def _add(found: dict[str, Found | Problem], new: Found) -> None:
    """Add a file under its real path, so that two names of one file are one file; a named one wins."""
    real = os.path.realpath(new.path)
    old = found.get(real)
    if not isinstance(old, Found) or (new.named and (not old.named or new.path < old.path)):
        found[real] = new


def _order(each: Found | Problem) -> tuple[str, bool]:
    return (each.path, True) if isinstance(each, Problem) else (shown(each.path), False)


def _missing(path: Path) -> str:
    message = f"{shown(path)}: no such file or directory"
    parent = path.parent
    while not parent.exists():
        path, parent = parent, parent.parent
    try:
        close = difflib.get_close_matches(path.name, sorted(os.listdir(parent)), n=1)
    except OSError:
        close = []
    return f"{message}: did you mean {shown(parent / close[0])}?" if close else message


def _named(path: Path, excludes: Excludes) -> Iterator[Found | Problem]:
    if excludes.named(str(path)):
        return
    problem = _unreadable(path)
    yield Problem(shown(path), 1, problem) if problem else Found(path, named=True)


def _unreadable(path: Path) -> str | None:
    """Why the file must not be opened: opening a FIFO would wait forever, and some devices never end."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if path.is_symlink():
            return f"not checked: a link that leads nowhere ({os.strerror(error.errno or 0)})"
        return f"not checked: {error.strerror}"
    return None if stat.S_ISREG(mode) else f"not checked: {_kind(mode)}, not a regular file"


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a FIFO"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a directory" if stat.S_ISDIR(mode) else "a device"


def _walk(top: Path, excludes: Excludes) -> Iterator[Found | Problem]:
    """Files below one directory.

    Links to directories are followed once everything else was seen, only to places inside the same repository (or
    below `top` if there is none), and no directory is entered twice: loops end, and the rest of the disk stays out.
    """
    inside = os.path.realpath(repository(top) or top)
    seen: set[str] = set()
    links: list[tuple[str, Ignores]] = []
    stack: list[tuple[str, Ignores]] = [(str(top), Ignores.above(top))]
    while stack or links:
        directory, ignores = stack.pop() if stack else links.pop(0)
        real = os.path.realpath(directory)
        if real in seen or (os.path.islink(directory) and directory != str(top) and not _below(real, inside)):
            continue
        seen.add(real)
        ignores = ignores.entering(directory)
        try:
            with os.scandir(directory) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            yield Problem(shown(Path(directory)), 1, f"directory not searched: {error.strerror}")
            continue
        for entry in entries:
            if _is_directory(entry):
                if not excludes.searched(entry.path, directory=True) and not ignores.ignored(
                    entry.path, directory=True
                ):
                    (links if entry.is_symlink() else stack).append((entry.path, ignores))
            elif entry.name.endswith(SUFFIXES) and not ignores.ignored(entry.path, directory=False):
                if not excludes.searched(entry.path, directory=False):
                    yield from _file(entry)


def below(top: Path) -> Iterator[Path]:
    """The files that a search of the directory finds, one by one; problems are left out."""
    for found in _walk(top, _DEFAULT):
        if isinstance(found, Found):
            yield found.path


def inside(directory: Path) -> Iterator[Path]:
    """The same of one directory without those below it."""
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return
    for name in names:
        path = directory / name
        if name.endswith(SUFFIXES) and path.is_file():
            yield path


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _below(real: str, inside: str) -> bool:
    return real == inside or real.startswith(inside.rstrip(os.sep) + os.sep)


def _file(entry: os.DirEntry[str]) -> Iterator[Found | Problem]:
    if entry.name.startswith(".#"):  # the lock of an Emacs that edits the file: a link that leads nowhere on purpose
        return
    problem = _unreadable(Path(entry.path)) if entry.is_symlink() or not entry.is_file() else None
    yield Problem(shown(Path(entry.path)), 1, problem) if problem else Found(Path(entry.path), named=False)
