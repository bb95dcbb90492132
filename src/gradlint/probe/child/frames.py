"""Which lines are the user's: sites of events, and tracebacks as the user would see them without the probe."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from types import FrameType
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = ("site-packages", "dist-packages")

Place = tuple[str, int, str]
"""Path, line, function."""


class Frames:
    """Knows the user's files: those below the project's root that are not installed packages."""

    def __init__(self, roots: list[str]) -> None:
        self._roots = [os.path.join(os.path.realpath(root), "") for root in roots]
        library = os.path.dirname(os.path.realpath(os.__file__))
        self._foreign = [os.path.join(each, "") for each in {library, os.path.realpath(HERE)}]
        self._known: dict[str, bool] = {}

    def add(self, root: str) -> None:
        """Files below this are the user's, too."""
        self._roots.append(os.path.join(os.path.realpath(root), ""))
        self._known.clear()

    def mine(self, filename: str) -> bool:
        """Is this a file of the user's?"""
        known = self._known.get(filename)
        if known is None:
            known = self._known[filename] = self._is_mine(filename)
        return known

    def _is_mine(self, filename: str) -> bool:
        if filename.startswith("<"):
            return False
        path = os.path.realpath(filename)
        if any(path.startswith(foreign) for foreign in self._foreign):
            return False
        return any(path.startswith(root) and not _installed(path[len(root) :]) for root in self._roots)

    def place(self, depth: int = 1) -> Place | None:
        """Innermost line of the user's on this thread's stack, else on the main thread's.

        Replica threads of a distribution strategy run the user's function from TensorFlow's frames only.
        """
        found = self._innermost(sys._getframe(depth))
        if found is None and threading.current_thread() is not threading.main_thread():
            main = threading.main_thread().ident
            found = self._innermost(sys._current_frames().get(main or 0))
        return found

    def _innermost(self, frame: FrameType | None) -> Place | None:
        """Called for every recorded operation, hence the look into the table without a call."""
        known = self._known
        while frame is not None:
            filename = frame.f_code.co_filename
            if known[filename] if filename in known else self.mine(filename):
                return (filename, frame.f_lineno, frame.f_code.co_name)
            frame = frame.f_back
        return None

    def error(self, error: BaseException) -> dict[str, Any]:
        """An exception in the words that Python would print, without the probe's own frames."""
        told = traceback.TracebackException.from_exception(error)
        _forget_our_frames(told)
        place = None
        for frame, line in traceback.walk_tb(error.__traceback__):
            if self.mine(frame.f_code.co_filename):
                place = (frame.f_code.co_filename, line, frame.f_code.co_name)
        if isinstance(error, SyntaxError) and error.filename and self.mine(error.filename):
            place = (error.filename, error.lineno or 1, "")
        return {
            "type": type(error).__name__,
            "message": str(error),
            "traceback": "".join(told.format()),
            "site": site(place),
        }


def _installed(path: str) -> bool:
    return any(part in PACKAGES for part in path.split(os.sep))


def _forget_our_frames(told: Any, seen: set | None = None) -> None:  # type: ignore[type-arg]
    """Also in the exceptions that led to this one."""
    seen = set() if seen is None else seen
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = [frame for frame in told.stack if not _ours(frame.filename)]
    for other in (told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ())):
        _forget_our_frames(other, seen)


def _ours(filename: str) -> bool:
    # `<frozen runpy>` and runpy.py stand between us and a module started by name, as they do without us
    return filename.startswith(os.path.join(HERE, ""))


def site(place: Place | None) -> dict[str, Any] | None:
    """As the wire format has it. The path is absolute, as Python has it."""
    if place is None:
        return None
    path, line, function = place
    return {"path": os.path.abspath(path), "line": line, "function": function}
