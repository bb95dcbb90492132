"""What Git ignores: `.gitignore` files from the root of the repository down, and `.git/info/exclude`."""

# os.path: a Path for each entry of a large tree costs more than the rest, and `resolve` follows links.
from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

_LIMIT = 1_000_000


def repository(path: Path) -> Path | None:
    """The root of the repository that `path` lies in."""
    return next((parent for parent in (path, *path.parents) if os.path.lexists(parent / ".git")), None)


@dataclass(frozen=True, slots=True)
class Ignores:
    """The patterns that hold in one directory, each with the directory that they are relative to; outermost first."""

    specs: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    @classmethod
    def above(cls, top: Path) -> Ignores:
        """The patterns of the directories above `top`; none if they ignore `top` itself, for it was asked for."""
        root = repository(top)
        ignores = cls()
        if root is None or root == top:
            return ignores
        for directory in [parent for parent in reversed(top.parents) if parent == root or root in parent.parents]:
            ignores = ignores.entering(str(directory))
        inner = [parent for parent in reversed(top.parents) if root in parent.parents]
        if any(ignores.ignored(str(path), directory=True) for path in (*inner, top)):
            return cls()
        return ignores

    def entering(self, directory: str) -> Ignores:
        """The patterns that hold inside `directory`; a repository inside another one starts afresh."""
        git = os.path.join(directory, ".git")
        specs = self.specs
        if os.path.lexists(git):
            specs = _spec(directory, _exclude_file(git))
        specs = (*specs, *_spec(directory, os.path.join(directory, ".gitignore")))
        return self if specs == self.specs else Ignores(specs)

    def ignored(self, path: str, *, directory: bool) -> bool:
        """Whether Git ignores the entry; the innermost file with an opinion decides."""
        for base, spec in reversed(self.specs):
            relative = os.path.relpath(path, base) if not path.startswith(base) else path[len(base) :].lstrip(os.sep)
            include = spec.check_file(relative + "/" if directory else relative).include
            if include is not None:
                return include
        return False


def _spec(directory: str, file: str) -> tuple[tuple[str, GitIgnoreSpec], ...]:
    if not os.path.isfile(file):
        return ()
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as stream:
            lines = stream.read(_LIMIT).splitlines()
    except OSError:
        return ()
    return ((directory, _compile(lines)),)


def _compile(lines: list[str]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:  # Git takes an invalid pattern for one that matches nothing
        return GitIgnoreSpec.from_lines(line for line in lines if _valid(line))


def _valid(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _exclude_file(git: str) -> str:
    """Where `info/exclude` is: `.git` is a file in work trees and submodules, which share or move the directory."""
    if os.path.isfile(git):
        moved = _first_line(git).removeprefix("gitdir:").strip()
        git = os.path.join(os.path.dirname(git), moved)
        common = _first_line(os.path.join(git, "commondir")).strip()
        git = os.path.join(git, common)
    return os.path.join(git, "info", "exclude")


def _first_line(file: str) -> str:
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.readline(4096)
    except OSError:
        return ""
