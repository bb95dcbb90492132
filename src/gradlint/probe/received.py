"""Reading what the child wrote: files in a place where the user's code can write, too."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gradlint.probe import codec
from gradlint.probe.wire import Event, Request, Result

_MOST_BYTES = 200 << 20
_MOST_EVENTS = 1 << 20
"""Bytes of events that are read at once."""


class BadResult(Exception):
    """There is a result file, and it is not one; the message says why."""


def result(path: Path, request: Request) -> Result | None:
    """The result, None if there is none.

    Raises:
        BadResult: if it is not of the wire format or contradicts itself.
    """
    data = _read(path)
    if data is None:
        return None
    try:
        received = codec.loads(Result, data)
    except codec.WireError as error:
        raise BadResult(str(error)) from error
    _consistent(received, request)
    return received


def _read(path: Path) -> bytes | None:
    try:
        descriptor = _open(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadResult(f"the result cannot be read: {error.strerror}") from error
    with _closing(descriptor):
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise BadResult("the result is no regular file")
        if status.st_size > _MOST_BYTES:
            raise BadResult(f"the result has {status.st_size} bytes")
        with open(descriptor, "rb", closefd=False) as stream:
            return stream.read(_MOST_BYTES)


def _open(path: Path) -> int:
    """Neither follows a link nor waits for a pipe that the script has put there."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))


@contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    """Close it in the end: a directory cannot be made a stream."""
    try:
        yield
    finally:
        os.close(descriptor)


def _consistent(received: Result, request: Request) -> None:
    """Every index points at something: judging need not check again."""
    optimizers, operands = len(received.optimizers), len(request.operands)
    indices = [
        *(("steps", step.optimizer, optimizers) for step in received.steps),
        *(("non_finite", each.optimizer, optimizers) for each in received.non_finite),
        *(("recurrent", each.optimizer, optimizers) for each in received.recurrent),
        *(("optimizers", each.inner_of, optimizers) for each in received.optimizers if each.inner_of is not None),
        *(("headroom", each.optimizer, optimizers) for each in received.headroom),
        *(("replays", each.optimizer, optimizers) for each in received.replays),
        *(("operands", each.operand, operands) for each in received.operands),
    ]
    for what, index, length in indices:
        if not 0 <= index < length:
            raise BadResult(f"result.{what} refers to number {index} of {length}")


@dataclass
class Events:
    """The events that have been written so far."""

    path: Path
    _offset: int = 0
    _rest: bytes = b""

    def new(self) -> Iterator[Event]:
        """Those that came since the last call; lines that are none are not ours."""
        *lines, self._rest = (self._rest + self._read()).split(b"\n")
        self._rest = self._rest[-_MOST_EVENTS:]
        for line in lines:
            try:
                yield codec.loads(Event, line)
            except codec.WireError:
                continue

    def _read(self) -> bytes:
        try:
            descriptor = _open(self.path)
        except OSError:
            return b""
        with _closing(descriptor):
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return b""
            os.lseek(descriptor, self._offset, os.SEEK_SET)
            data = os.read(descriptor, _MOST_EVENTS)
            self._offset += len(data)
            return data
