"""What is to be run: a script, a module or a notebook, and the project that it belongs to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gradlint import source
from gradlint.config import UsageError
from gradlint.finding import Problem
from gradlint.probe.options import Options
from gradlint.source import SourceFile


@dataclass(frozen=True, slots=True)
class Target:
    """The program of a probe."""

    path: Path | None
    """Absolute path of the file that is run; None for a module whose file was not found without importing it."""
    module: str | None
    directory: Path
    """The working directory of the run."""
    root: Path
    """Files below it are the user's own."""
    notebook: SourceFile | None = None
    """Its code, joined, where the file is a notebook."""


def find(options: Options, directory: Path) -> Target:
    """Find the program.

    Raises:
        UsageError: if it is not there or is no program.
    """
    if options.module is not None:
        path = _module_file(options.module, directory)
        return Target(path, options.module, directory, directory)
    assert options.script is not None
    path = Path(os.path.abspath(directory / options.script))
    if path.is_dir() and (path / "__main__.py").is_file():
        path /= "__main__.py"
    loaded = source.load(path)
    if isinstance(loaded, Problem):
        raise UsageError(f"{loaded.path}: {loaded.message.removeprefix('not checked: ')}")
    root = directory if path.is_relative_to(directory) else path.parent
    return Target(path, None, directory, root, loaded if loaded.notebook is not None else None)


def _module_file(name: str, directory: Path) -> Path | None:
    """The file of `python -m name`, where it lies below the working directory; nothing is imported to find it."""
    if not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(f"-m: {name!r} is no name of a module")
    base = directory.joinpath(*name.split("."))
    candidates = (base.with_suffix(".py"), base / "__main__.py")
    return next((path for path in candidates if path.is_file()), None)
