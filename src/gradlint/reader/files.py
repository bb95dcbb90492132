"""Reading files into lowered modules, in several processes, each at most once; problems are kept, never raised."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

from gradlint import safe_path, source
from gradlint.config import Progress
from gradlint.finding import Problem
from gradlint.reader.ir import ModuleIR
from gradlint.source import SourceFile

DEEPEST = 20_000
"""Recursion limit while reading and interpreting; nesting is bounded before, so this is never used up."""
FEW = 24
"""Fewer files than this are read faster by one process than it takes to start others."""


_IMPORTED = re.compile(rb"(?m)^\s*(?:from|import)\s+\.*([A-Za-z_]\w*)")
"""The first name of an imported module."""


def _module_names(path: str) -> list[bytes]:
    """Names by which a file may be imported: its own, and those of the directories it is in."""
    parts = path.removesuffix(".py").split("/")
    return [part.encode() for part in parts if part.isidentifier() and part != "__init__"]


@dataclass(frozen=True, slots=True)
class Read:
    """What reading one file gave: a module, a problem, or neither if nothing in it is of interest."""

    path: str
    module: ModuleIR | None = None
    problem: Problem | None = None
    commented: bool = False
    """It may hold comments for us."""


def read(path: str, always: bool) -> Read:
    """Read one file; with `always`, whatever its text mentions."""
    data = source.read(Path(path))
    if isinstance(data, Problem):
        return Read(path, problem=data)
    commented = source.commented(data)
    if not always and not source.interesting(data) and not source.garbled(Path(path), data):
        return Read(path, commented=commented)
    file = source.decode(Path(path), data)
    return Read(path, problem=file) if isinstance(file, Problem) else replace(lowered(file), commented=commented)


def lowered(file: SourceFile) -> Read:
    """Parse and lower the text of a file."""
    from gradlint.reader.parse import Unreadable, parse

    try:
        return Read(file.path, parse(file.path, file.text))
    except Unreadable as error:
        return Read(file.path, problem=Problem(file.path, _line(file, error.line), error.message))


def _line(file: SourceFile, line: int) -> int:
    return file.notebook.locate(line)[1] if file.notebook is not None else line


def _start_worker() -> None:
    safe_path.clean()
    sys.setrecursionlimit(DEEPEST)


class Files:
    """All files of a run: those to check are read ahead, imported ones on demand."""

    def __init__(self, given: Iterable[SourceFile] = ()) -> None:
        self.problems: list[Problem] = []
        self.skipped = 0
        self.commented: set[str] = set()
        """Files that may hold comments for us, though they may hold nothing else of interest."""
        self._modules: dict[str, ModuleIR | None] = {}
        self._given = {file.path: file for file in given}

    @property
    def count(self) -> int:
        """How many files were read as program text."""
        return sum(module is not None for module in self._modules.values())

    def load(self, path: str) -> ModuleIR | None:
        """The module at a path, read whatever it mentions; None if it could not be read (and the problem is kept)."""
        if path not in self._modules:
            given = self._given.get(path)
            self._keep(replace(lowered(given), commented=True) if given is not None else read(path, True))
        return self._modules.get(path)

    def read_ahead(self, wanted: list[tuple[str, bool]], workers: int, progress: Progress) -> list[str]:
        """Read the files to check; returns the paths of those that are of interest, in the given order."""
        progress.start(len(wanted), "reading")
        kept: list[str] = []
        for result in self._results(wanted, workers):
            self._keep(result)
            progress.advance()
            if result.module is not None:
                kept.append(result.path)
            elif result.problem is None:
                self.skipped += 1
                self._modules.pop(result.path, None)
        return kept

    def read_drivers(self, wanted: list[tuple[str, bool]], kept: list[str]) -> list[str]:
        """Scripts that say nothing of training themselves but import files that do: programs start in them."""
        names = {part for path in kept for part in _module_names(path)}
        done = set(kept)
        found: list[str] = []
        for path, _ in wanted:
            if path in done or path in self._modules:
                continue
            data = source.read(Path(path))
            if isinstance(data, bytes) and b"__main__" in data and names & set(_IMPORTED.findall(data)):
                if self.load(path) is not None:
                    found.append(path)
                    self.skipped -= 1
        return found

    def read_beside(self, paths: Iterable[str]) -> list[str]:
        """Read files that nobody asked for, without a word about those that cannot be read; the paths of the others."""
        kept: list[str] = []
        for path in paths:
            if path not in self._modules:
                result = read(path, True)
                if result.module is None:
                    continue
                self._keep(result)
            if self._modules[path] is not None:
                kept.append(path)
        return kept

    def _results(self, wanted: list[tuple[str, bool]], workers: int) -> Iterator[Read]:
        if workers <= 1 or len(wanted) < FEW:
            yield from (read(path, always) for path, always in wanted)
            return
        done: set[str] = set()
        try:
            with ProcessPoolExecutor(workers, safe_path.context(), _start_worker) as pool:
                for result in pool.map(_read_pair, wanted, chunksize=8):
                    done.add(result.path)
                    yield result
        except BrokenProcessPool:
            # a worker died (out of memory, or a crash below Python): the rest one by one, each in a process of its own
            for path, always in wanted:
                if os.path.normpath(path) not in {os.path.normpath(p) for p in done}:
                    yield _alone(path, always)

    def _keep(self, result: Read) -> None:
        self._modules[result.path] = result.module
        if result.problem is not None:
            self.problems.append(result.problem)
        elif result.commented:
            self.commented.add(result.path)


def _read_pair(pair: tuple[str, bool]) -> Read:
    return read(*pair)


def _alone(path: str, always: bool) -> Read:
    """Read a file in a process of its own, so that a crash is this file's and nobody else's."""
    try:
        with ProcessPoolExecutor(1, safe_path.context(), _start_worker) as pool:
            return pool.submit(read, path, always).result()
    except BrokenProcessPool:
        return Read(path, problem=Problem(path, 1, "the process that read this file died", internal=True))
