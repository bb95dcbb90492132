"""Import hooks: load instrumented sources in place of files, and patch modules right after they were imported."""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from types import CodeType, ModuleType
from typing import Any, Callable

Patch = Callable[[Any], None]


class Sources:
    """The instrumented sources of the request, by path."""

    def __init__(self, sources: dict[str, dict[str, str]], skip: Callable[[str, str], None]) -> None:
        self._sources = {os.path.realpath(path): source for path, source in sources.items()}
        self._skip = skip

    def text(self, path: str) -> str | None:
        """What to load instead of this file; None: the file itself."""
        source = self._sources.get(os.path.realpath(path))
        if source is None:
            return None
        with open(path, "rb") as file:
            content = file.read()
        if hashlib.sha256(content).hexdigest() != source["hash"]:
            self._skip("operands in " + path, "the file has changed since it was read")
            return None
        return source["source"]

    def code(self, path: str) -> CodeType | None:
        """The same, compiled under the file's own name: tracebacks show the user's lines."""
        text = self.text(path)
        return None if text is None else compile(text, path, "exec", dont_inherit=True)


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module's instrumented source."""

    def __init__(self, fullname: str, path: str, sources: Sources) -> None:
        super().__init__(fullname, path)
        self._sources = sources

    def get_code(self, fullname: str) -> CodeType | None:
        return self._sources.code(self.path) or super().get_code(fullname)


class Finder(importlib.abc.MetaPathFinder):
    """First on `sys.meta_path`; finds what Python's own path finder finds, and changes how it is loaded."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._patches: dict[str, list[Patch]] = {}

    def install(self) -> None:
        """From now on."""
        sys.meta_path.insert(0, self)

    def when_imported(self, name: str, patch: Patch) -> None:
        """Call `patch(module)` as soon as the module is there; never, if nobody imports it."""
        if name in sys.modules:
            patch(sys.modules[name])
        else:
            self._patches.setdefault(name, []).append(patch)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """See importlib.abc.MetaPathFinder."""
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return None
        changed = False
        if spec.origin and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            if self.sources.text(spec.origin) is not None:
                spec.loader = _Loader(fullname, spec.origin, self.sources)
                changed = True
        patches = self._patches.pop(fullname, None)
        if patches:
            _call_afterwards(spec.loader, patches)
            changed = True
        return spec if changed else None


def _call_afterwards(loader: Any, patches: list[Patch]) -> None:
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        for patch in patches:
            patch(module)

    loader.exec_module = exec_module
