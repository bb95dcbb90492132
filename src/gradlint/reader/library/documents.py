"""JSON and YAML files as abstract values. How much of one is taken is bounded: a small text may mean a large value."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import Any

from gradlint.model import Noted, Where
from gradlint.reader import containers
from gradlint.reader.state import Run
from gradlint.values import ANY, Const, Seq, Value, clamped, join_all

MOST_BYTES = 1_000_000
MOST_NODES = 5_000
"""Values of one settings file that are looked at, counted where they are used: an alias counts each time."""
MOST_LEVELS = 20
"""Nesting of settings that is followed."""
DEEPEST_TEXT = 100
"""Nesting of a settings file: deeper ones are not given to the parsers, which recurse."""
_NESTING = re.compile(r"[\[{(]|[\]})]")


def parse(path: str) -> Any:
    """The data of a JSON or YAML file; None for what is too large or malformed."""
    try:
        if os.path.getsize(path) > MOST_BYTES:
            return None
        with open(path, encoding="utf-8") as stream:
            text = stream.read(MOST_BYTES)
        if _too_deep(text):
            return None
        if path.endswith(".json"):
            return json.loads(text)
        if path.endswith((".yaml", ".yml")):
            import yaml

            return yaml.safe_load(text)
    except (OSError, ValueError, RecursionError):
        return None
    except Exception as error:  # yaml's own errors have no common base that is cheap to import
        if type(error).__module__.startswith("yaml"):
            return None
        raise
    return None


def _too_deep(text: str) -> bool:
    """Brackets or indentation nest deeper than in any settings; those in strings count, so that this is cheap."""
    depth = 0
    for bracket in _NESTING.finditer(text):
        depth += 1 if bracket[0] in "[{(" else -1
        if depth > DEEPEST_TEXT:
            return True
    return "\n" + " " * (4 * DEEPEST_TEXT) in text or "- " * DEEPEST_TEXT in text or "? " * DEEPEST_TEXT in text


@dataclass
class Lifting:
    """Plain data as abstract values, so many of them at most: aliases make small files large, or endless."""

    run: Run
    where: Where
    path: str
    left: int = MOST_NODES

    def lift(self, data: Any, keys: tuple[str, ...]) -> Value:
        """The value of some data below these keys."""
        self.left -= 1
        if self.left < 0 or len(keys) > MOST_LEVELS:
            return ANY
        if isinstance(data, dict):
            return self._mapping(data, keys)
        if isinstance(data, list):
            return Seq(join_all(self.lift(value, (*keys, str(i))) for i, value in enumerate(data[:50])))
        return self._scalar(data, keys)

    def _mapping(self, data: dict[Any, Any], keys: tuple[str, ...]) -> Value:
        ref = self.run.heap.allocate((self.where, self.path, keys), "dict", self.where)
        self.run.heap.edit(ref).name = "namespace"
        for key, value in list(data.items())[:500]:
            if isinstance(key, bool | int | float | str | type(None)):
                key = clamped(key) if type(key) is int else key
                containers.store_key(self.run, ref, Const(key), self.lift(value, (*keys, str(key))))
        return ref

    def _scalar(self, data: Any, keys: tuple[str, ...]) -> Value:
        if isinstance(data, str):
            try:
                data = float(data) if any(c in data for c in "eE.") else data
            except ValueError:
                return Const(data)
        if not isinstance(data, bool | int | float | str | type(None)):
            return ANY
        data = clamped(data) if type(data) is int else data
        note = f"read from {os.path.basename(self.path)}: {'.'.join(keys)} = {data}"
        return Const(data, (Noted(self.where, note),))
