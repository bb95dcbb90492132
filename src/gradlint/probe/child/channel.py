"""What the child says: events while it runs, one result file at the end. The format is that of gradlint's wire.py."""

from __future__ import annotations

import json
import math
import os
import threading
import time
from typing import Any

import_time = time.monotonic()
"""When the child started, near enough: this is among the first modules it imports."""


class Channel:
    """The two files between child and parent."""

    def __init__(self, events: str, result: str) -> None:
        self._events = events
        self._result = result
        self._lock = threading.Lock()

    def event(self, doing: str, detail: str = "", **more: Any) -> None:
        """Append one line, at once."""
        line = {"doing": doing, "time": seconds(), "memory": memory(), "detail": detail, **more}
        with self._lock, open(self._events, "a", encoding="utf-8") as file:
            file.write(dumps(line) + "\n")

    def result(self, result: dict[str, Any]) -> None:
        """Replace the result file as a whole: it is complete or absent."""
        temporary = self._result + ".part"
        with self._lock:
            with open(temporary, "w", encoding="utf-8") as file:
                file.write(dumps(result))
            os.replace(temporary, self._result)


def seconds() -> float:
    """Since the child started."""
    return time.monotonic() - import_time


def memory() -> int | None:
    """Resident memory in bytes."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None


def dumps(value: Any) -> str:
    """Numbers that JSON lacks travel as the words nan, inf and -inf."""
    return json.dumps(plain(value), allow_nan=False)


def plain(value: Any) -> Any:
    """The same value in what JSON knows; numpy's numbers among others."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if not isinstance(value, float) and hasattr(value, "item"):
        return plain(value.item())
    number = float(value)
    if math.isfinite(number):
        return number
    return "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"
