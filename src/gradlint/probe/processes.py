"""Every process that a program has started, however it tried to get away: who they are, their memory, their end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_SET_PDEATHSIG, _SET_SUBREAPER, _GET_SUBREAPER = 1, 36, 37  # <linux/prctl.h>
_ROUNDS = 100
"""A program that forks faster than it is killed gets this many rounds."""


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    session: int
    memory: int
    """Resident bytes, pages shared with others included."""
    zombie: bool


def table() -> list[Process]:
    """All processes of the machine that can be seen."""
    if not _PROC.joinpath("self", "stat").exists():
        return _table_of_ps()
    found = (_read(entry) for entry in os.listdir(_PROC) if entry.isdigit())
    return [process for process in found if process is not None]


def _read(pid: str) -> Process | None:
    try:
        stat = _PROC.joinpath(pid, "stat").read_text(encoding="ascii", errors="replace")
        resident = int(_PROC.joinpath(pid, "statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):  # it has ended meanwhile
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may hold blanks and brackets
    memory = resident * os.sysconf("SC_PAGE_SIZE")
    return Process(int(pid), int(fields[1]), int(fields[3]), memory, fields[0] in "ZX")


def _table_of_ps() -> list[Process]:
    """Where there is no /proc (macOS); the process group stands in for the session, which `ps` shows as a pointer."""
    command = ["ps", "-A", "-o", "pid=,ppid=,pgid=,rss=,stat="]
    try:
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return []
    found = []
    for line in lines:
        pid, parent, group, memory, state = line.split(None, 4)
        found.append(Process(int(pid), int(parent), int(group), int(memory) * 1024, state.startswith("Z")))
    return found


@dataclass(frozen=True, slots=True)
class Family:
    """A started process with all that came from it.

    Its members are found by session, which survives a parent's end, and by descent, which survives `setsid`. What does
    both (a daemon) becomes a child of ours, because we are its subreaper: so our new children belong to it, too. Therefore
    nothing else may be started from this process meanwhile.
    """

    leader: int
    before: frozenset[int]
    """Children that this process had before the leader was started: not members."""

    def members(self) -> list[Process]:
        """Who is alive."""
        return [process for process in self._all() if not process.zombie]

    def _all(self) -> list[Process]:
        everyone = table()
        own = os.getpid()
        children: dict[int, list[Process]] = {}
        for process in everyone:
            children.setdefault(process.parent, []).append(process)
        found = {process.pid: process for process in everyone if process.session == self.leader}
        found |= {each.pid: each for each in children.get(own, ()) if each.pid not in self.before}
        queue = list(found.values())
        while queue:
            for child in children.get(queue.pop().pid, ()):
                if child.pid not in found:
                    found[child.pid] = child
                    queue.append(child)
        found.pop(own, None)
        return list(found.values())

    def end(self) -> int:
        """Kill all members; how many there were."""
        killed: set[int] = set()
        for _ in range(_ROUNDS):
            alive = self.members()
            if not alive:
                break
            for process in alive:
                killed.add(process.pid)
                with contextlib.suppress(OSError):
                    os.kill(process.pid, signal.SIGKILL)
            self._reap()
            time.sleep(0.005)
        self._reap()
        return len(killed)

    def _reap(self) -> None:
        """Collect what was adopted and has ended; the leader is collected by whoever started it."""
        for process in self._all():
            if process.zombie and process.parent == os.getpid() and process.pid != self.leader:
                with contextlib.suppress(OSError):
                    os.waitpid(process.pid, os.WNOHANG)


def children() -> frozenset[int]:
    """The children of this process."""
    return frozenset(process.pid for process in table() if process.parent == os.getpid())


def memory(members: list[Process]) -> int:
    """Upper bound of the memory of all of them: what forks share is counted once for each."""
    return sum(process.memory for process in members)


def shared_memory(members: list[Process]) -> int:
    """The memory of all of them with shared pages counted once; slower, and Linux only."""
    return sum(_proportional(process) for process in members)


def _proportional(process: Process) -> int:
    try:
        lines = _PROC.joinpath(str(process.pid), "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return process.memory
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), process.memory)


def available_memory() -> int | None:
    """Bytes that new programs can use without swapping, None where it is not told."""
    try:
        lines = _PROC.joinpath("meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def die_with_parent() -> None:
    """Called in the new process: it ends when this one is killed, even by a signal that nobody can catch."""
    _prctl(_SET_PDEATHSIG, int(signal.SIGKILL))


@contextmanager
def adopting() -> Iterator[None]:
    """Become the parent of orphaned descendants, so that daemons cannot hide. Does nothing where that is impossible."""
    before = ctypes.c_int(0)
    known = _prctl(_GET_SUBREAPER, ctypes.byref(before))
    _prctl(_SET_SUBREAPER, 1)
    try:
        yield
    finally:
        if known:
            _prctl(_SET_SUBREAPER, before.value)


def _prctl(option: int, value: object) -> bool:
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)
    except (OSError, AttributeError):  # a C library without it
        return False
