"""The files of the checked project: finding the one that an import means, and reading each once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from gradlint.reader.ir import (
    Attr,
    Class,
    Def,
    For,
    If,
    Import,
    ImportFrom,
    ModuleIR,
    Name,
    Param,
    Stmt,
    Try,
    While,
    With,
)
from gradlint.reader.walk import walk

Loader = Callable[[str], ModuleIR | None]

_FRAMEWORKS = frozenset(
    "tensorflow keras tf_keras numpy sonnet tensorflow_addons tensorflow_probability gym gymnasium torch jax".split()
)
"""Names that mean the framework whatever lies beside the importer, except in the framework's own package."""
_LIBRARIES = _FRAMEWORKS | frozenset(
    "os sys math random json yaml argparse typing collections functools itertools time datetime logging pathlib re abc "
    "copy".split()
)
_ROOT_FILES = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
_MOST_PARENTS = 8


class Project:
    """Finds and reads modules. `loader` gives the lowered file of a path, or None if it could not be read."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._modules: dict[str, ModuleIR | None] = {}
        self._resolved: dict[tuple[str, int, str], str | None] = {}
        self._mentions: dict[int, frozenset[str]] = {}
        self._listings: dict[str, frozenset[str]] = {}

    def module(self, path: str) -> ModuleIR | None:
        """The lowered file, read at most once."""
        if path not in self._modules:
            self._modules[path] = self._loader(path)
        return self._modules[path]

    def mentions(self, node: object) -> frozenset[str]:
        """All names, parameters and attributes that a part of a file mentions."""
        found = self._mentions.get(id(node))
        if found is None:
            found = self._mentions[id(node)] = frozenset(_mentioned(node))
        return found

    def resolve(self, importer: str, level: int, dotted: str) -> str | None:
        """Path of the file that an import in `importer` means; None for what is not in the project."""
        key = (os.path.dirname(importer), level, dotted)
        if key not in self._resolved:
            self._resolved[key] = self._search(*key)
        return self._resolved[key]

    def _listing(self, directory: str) -> frozenset[str]:
        if directory not in self._listings:
            try:
                self._listings[directory] = frozenset(os.listdir(directory))
            except OSError:
                self._listings[directory] = frozenset()
        return self._listings[directory]

    def _module_file(self, base: str, dotted: str) -> str | None:
        """The file of `a.b` below a directory: `a/b.py` or `a/b/__init__.py`."""
        folder = base
        parts = dotted.split(".") if dotted else []
        for part in parts[:-1]:
            if part not in self._listing(folder):
                return None
            folder = os.path.join(folder, part)
        names = self._listing(folder)
        if not parts:
            return os.path.normpath(os.path.join(folder, "__init__.py")) if "__init__.py" in names else None
        inner = os.path.join(folder, parts[-1])
        if parts[-1] in names and "__init__.py" in self._listing(inner):
            return os.path.normpath(os.path.join(inner, "__init__.py"))
        return os.path.normpath(inner + ".py") if parts[-1] + ".py" in names else None

    def _search(self, folder: str, level: int, dotted: str) -> str | None:
        folder = folder or "."
        if level:
            for _ in range(level - 1):
                folder = os.path.join(folder, os.pardir)
            return self._module_file(os.path.normpath(folder), dotted)
        first = dotted.partition(".")[0]
        for base in self._bases(folder):
            names = self._listing(base)
            if first in _LIBRARIES and "__init__.py" not in self._listing(os.path.join(base, first)):
                continue
            if first in _FRAMEWORKS and not _inside(folder, os.path.join(base, first)):
                continue
            if first in names or first + ".py" in names:
                found = self._module_file(base, dotted)
                if found is not None:
                    return found
        return None

    def _bases(self, folder: str) -> Iterator[str]:
        """Directories that may hold a top-level module, nearest first, up to the project's root."""
        current = os.path.abspath(folder)
        here = os.getcwd()
        for _ in range(_MOST_PARENTS):
            names = self._listing(current)
            shown = os.path.relpath(current, here) if current.startswith(here) else current
            shown = "" if shown == "." else shown
            yield shown or "."
            if "src" in names:
                yield os.path.join(shown, "src")
            if any(name in names for name in _ROOT_FILES):
                return
            parent = os.path.dirname(current)
            if parent == current:
                return
            current = parent


def _mentioned(root: object) -> Iterator[str]:
    for node in walk(root):
        if isinstance(node, Name):
            yield node.id
        elif isinstance(node, Attr | Param):
            yield node.name


def _inside(folder: str, package: str) -> bool:
    return (os.path.abspath(folder) + os.sep).startswith(os.path.abspath(package) + os.sep)


def imports(module: ModuleIR) -> Iterator[tuple[int, str]]:
    """Level and dotted name of everything that a file may import, also inside functions."""
    todo: list[Stmt] = list(module.body)
    while todo:
        statement = todo.pop()
        if isinstance(statement, Import):
            for name, _ in statement.names:
                yield 0, name
        elif isinstance(statement, ImportFrom):
            yield statement.level, statement.module
            for name, _ in statement.names or ():
                yield statement.level, f"{statement.module}.{name}" if statement.module else name
        elif isinstance(statement, If | While | For):
            todo += (*statement.body, *statement.orelse)
        elif isinstance(statement, With | Def | Class):
            todo += statement.body
        elif isinstance(statement, Try):
            todo += (*statement.body, *statement.orelse, *statement.final)
            for handler in statement.handlers:
                todo += handler.body
