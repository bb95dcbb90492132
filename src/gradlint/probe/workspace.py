"""The private directory of a run: request, events and result, temporary files, and the copy for `--isolate`."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gradlint.config import UsageError

_NOT_COPIED = frozenset({".git", ".hg", ".svn", "__pycache__", "node_modules", ".tox", ".nox", ".mypy_cache"})
_MOST_BYTES = 4 << 30
_MOST_FILES = 200_000


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a run keeps its files; gone afterwards."""

    folder: Path
    original: Path
    """The user's working directory."""
    directory: Path
    """Where the program runs: the same, or its copy."""

    def request(self, worker: int) -> Path:
        """What a worker is told."""
        return self.folder / f"request-{worker}.json"

    def events(self, worker: int) -> Path:
        """What a worker is doing."""
        return self.folder / f"events-{worker}.jsonl"

    def result(self, worker: int) -> Path:
        """What a worker has measured."""
        return self.folder / f"result-{worker}.json"

    @property
    def specification(self) -> Path:
        """Which workers are to be started, if there are several."""
        return self.folder / "workers.json"

    @property
    def codes(self) -> Path:
        """How they ended."""
        return self.folder / "codes.json"

    @property
    def temporary(self) -> Path:
        """For the program's own temporary files."""
        return self.folder / "tmp"

    def inside(self, path: Path) -> Path:
        """Where a file of the user lies for the program."""
        if path.is_relative_to(self.original):
            return self.directory / path.relative_to(self.original)
        return path

    def outside(self, path: Path) -> Path:
        """The user's file that the program knows under this path."""
        for base in (self.directory, Path(os.path.realpath(self.directory))):
            if path.is_relative_to(base):
                return self.original / path.relative_to(base)
        return path


@contextmanager
def workspace(directory: Path, *, isolate: bool) -> Iterator[Workspace]:
    """A private directory for a run, removed at its end.

    Raises:
        UsageError: if the working directory is to be copied and is too large.
    """
    folder = Path(tempfile.mkdtemp(prefix="gradlint-"))
    try:
        (folder / "tmp").mkdir()
        copy = folder / "copy" / (directory.name or "root")
        if isolate:
            _measure(directory)
            _copy(directory, copy)
        yield Workspace(folder, directory, copy if isolate else directory)
    finally:
        _remove(folder)


def _skipped(folder: str, names: list[str]) -> set[str]:
    """What is not copied: version control, caches, virtual environments, and what is no file."""
    out = set()
    for name in names:
        path = os.path.join(folder, name)
        mode = os.lstat(path).st_mode
        special = not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))
        if special or name in _NOT_COPIED or os.path.exists(os.path.join(path, "pyvenv.cfg")):
            out.add(name)
    return out


def _measure(directory: Path) -> None:
    size = count = 0
    for folder, folders, files in os.walk(directory):
        skipped = _skipped(folder, folders + files)
        folders[:] = [name for name in folders if name not in skipped]
        kept = [name for name in files if name not in skipped]
        count += len(kept)
        size += sum(os.lstat(os.path.join(folder, name)).st_size for name in kept)
        if size > _MOST_BYTES or count > _MOST_FILES:
            raise UsageError(
                f"--isolate: {directory} holds more than {_MOST_BYTES >> 30} GB or {_MOST_FILES} files, which is too much "
                "to copy: run the probe from a smaller working directory, or without --isolate"
            )


def _copy(directory: Path, copy: Path) -> None:
    try:
        shutil.copytree(directory, copy, symlinks=True, ignore=_skipped)
    except shutil.Error as error:
        path, _, why = error.args[0][0]
        raise UsageError(f"--isolate: {path} cannot be copied: {why}") from error
    except OSError as error:
        raise UsageError(f"--isolate: {error.filename or directory} cannot be copied: {error.strerror}") from error
    root = os.path.realpath(directory)
    for folder, folders, files in os.walk(copy):
        for name in folders + files:
            _relink(Path(folder, name), copy, Path(root))


def _relink(link: Path, copy: Path, root: Path) -> None:
    """A relative link that leads out of the directory leads to the same place from the copy."""
    if not link.is_symlink() or os.path.isabs(os.readlink(link)):
        return
    target = os.path.realpath(root / link.relative_to(copy))
    if not Path(target).is_relative_to(root):
        link.unlink()
        link.symlink_to(target)


def _remove(folder: Path) -> None:
    """Remove it, also where the program has made directories that cannot be written."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for base, folders, _ in os.walk(folder):
            for name in folders:
                path = Path(base, name)
                if not path.is_symlink():
                    path.chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)
