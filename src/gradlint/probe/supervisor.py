"""Run a program that may hang, fork, eat memory or refuse to die, within limits, and leave nothing of it running."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import FrameType

from gradlint.probe import processes
from gradlint.probe.output import Output
from gradlint.probe.processes import Family

_TICK = 0.05
_MEMORY_TICK = 0.2
_GRACE, _MEMORY_GRACE = 2.0, 0.5
"""Seconds between the polite signal, at which a script may close its files, and the other one."""


class Ending(Enum):
    """Why the program is no longer running."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use."""

    timeout: float
    """Seconds of wall clock."""
    memory: int | None
    """Bytes of the program and all that it starts; None for no limit."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the program uses right now."""

    seconds: float
    memory: int
    processes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the program ended."""

    ending: Ending
    returncode: int
    """Negative: the signal that ended it."""
    seconds: float
    peak_memory: int
    survivors: int
    """Processes that were still there after it, and were killed."""
    output: str
    """What it printed, the middle left out if that is much."""


class Terminated(BaseException):
    """Somebody asks us to end (SIGTERM, SIGHUP): the program has gone first, and whoever started it cleans up and ends."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def supervise(
    command: Sequence[str],
    limits: Limits,
    *,
    environment: Mapping[str, str],
    directory: Path,
    each: Callable[[Moment], bool],
) -> Outcome:
    """Run a command to its end or to its limits.

    Args:
        command: program and arguments.
        limits: what it may use.
        environment: its whole environment.
        directory: where it is started.
        each: called many times a second; true ends the program.

    Raises:
        Terminated: if this process is asked to end meanwhile; the program has been ended.
    """
    with _signals_as_exceptions(), processes.adopting():
        before = processes.children()
        started = time.monotonic()
        # A session of its own: a Ctrl-C at the terminal reaches us only, and we end it in our way.
        # preexec_fn is safe, for no other thread runs here.
        child = subprocess.Popen(
            list(command), cwd=directory, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, bufsize=0, start_new_session=True, preexec_fn=processes.die_with_parent,  # noqa: PLW1509
        )  # fmt: skip
        family = Family(child.pid, before)
        output = Output()
        try:
            ending, peak = _watch(child, family, limits, each, output, started)
            if ending is not Ending.EXITED:
                _ask(child, output, _MEMORY_GRACE if ending is Ending.MEMORY else _GRACE)
        finally:
            members = len(family.members())
            running = child.poll() is None
            family.end()
            child.wait()
            assert child.stdout is not None
            output.drain(child.stdout)
            child.stdout.close()
        seconds = time.monotonic() - started
    return Outcome(ending, child.returncode, seconds, peak, members - running, output.text())


def _watch(
    child: subprocess.Popen[bytes],
    family: Family,
    limits: Limits,
    each: Callable[[Moment], bool],
    output: Output,
    started: float,
) -> tuple[Ending, int]:
    """Wait until the program has ended or must end; also the most memory that was seen."""
    assert child.stdout is not None
    os.set_blocking(child.stdout.fileno(), False)
    peak, used, count, next_look = 0, 0, 1, 0.0
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while child.poll() is None:
            if selector.get_map() and selector.select(_TICK):
                if output.read(child.stdout):
                    selector.unregister(child.stdout)
            elif not selector.get_map():  # it has closed its output
                time.sleep(_TICK)
            now = time.monotonic() - started
            if now >= next_look:
                members = family.members()
                used, count, next_look = processes.memory(members), len(members), now + _MEMORY_TICK
                if limits.memory is not None and used > limits.memory:
                    used = processes.shared_memory(members)
                peak = max(peak, used)
                if limits.memory is not None and used > limits.memory:
                    return Ending.MEMORY, peak
            if now > limits.timeout:
                return Ending.TIMEOUT, peak
            if each(Moment(now, used, count)):
                return Ending.STOPPED, peak
    return Ending.EXITED, peak


def _ask(child: subprocess.Popen[bytes], output: Output, grace: float) -> None:
    """Ask the program to end, and give it time to write what it has."""
    assert child.stdout is not None
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + grace
    while child.poll() is None and time.monotonic() < deadline:
        output.read(child.stdout)  # a full pipe would keep it from ending
        time.sleep(0.02)


@contextmanager
def _signals_as_exceptions() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the stack as Ctrl-C does."""

    def unwind(number: int, frame: FrameType | None) -> None:
        raise Terminated(number)

    numbers = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    try:
        old = {number: signal.signal(number, unwind) for number in numbers}
    except ValueError:  # not in the main thread: then it is the caller's business
        yield
        return
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
