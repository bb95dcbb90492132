"""Patterns as in .gitignore, relative to the directory of the file that they are written in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# fmt: off
EXCLUDED = (
    ".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox",
    ".pants.d", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv", ".vscode",
    "__pypackages__", "_build", "buck-out", "dist", "node_modules", "site-packages", "venv",
)
# fmt: on
"""Directories that are not entered unless they are named: ruff's list."""

_PLAIN = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class Patterns:
    """Patterns of one place. Those that are plain names cost a look into a set."""

    root: str
    """Absolute; patterns with a slash in front or within are relative to it."""
    lines: tuple[str, ...]

    @cached_property
    def _names(self) -> frozenset[str]:
        negated = any(line.startswith("!") for line in self.lines)
        return frozenset() if negated else frozenset(line for line in self.lines if _PLAIN.fullmatch(line))

    @cached_property
    def _spec(self) -> GitIgnoreSpec | None:
        left = [line for line in self.lines if line not in self._names]
        if not left:
            return None
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec.from_lines(left)

    def matches(self, path: str, *, directory: bool = False) -> bool:
        """Whether a pattern names this very file or directory; what is in a directory that is named counts, too."""
        if not self.lines:
            return False
        if os.path.basename(path) in self._names:
            return True
        return self._spec is not None and self._spec.match_file(self._relative(path) + "/" * directory)

    def covers(self, path: str) -> bool:
        """The same for a file that was not come upon from the root: a directory around it may be named."""
        if not self.lines:
            return False
        relative = self._relative(path)
        return not self._names.isdisjoint(relative.split("/")) or self.matches(path)

    def _relative(self, path: str) -> str:
        """Relative to the root; the whole path for what lies elsewhere, which only patterns without a slash can name."""
        prefix = self.root.rstrip(os.sep) + os.sep
        return (path[len(prefix) :] if path.startswith(prefix) else path.lstrip(os.sep)).replace(os.sep, "/")


def valid(pattern: str) -> bool:
    """Whether it is a pattern."""
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([pattern])
    except ValueError:
        return False
    return True


def any_matches(patterns: Iterable[Patterns], path: str, *, directory: bool) -> bool:
    """Whether one of several sets of patterns names the entry."""
    return any(each.matches(path, directory=directory) for each in patterns)
