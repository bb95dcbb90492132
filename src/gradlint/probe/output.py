"""What a program prints, kept within bounds: the beginning and the end."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import IO

_CHUNK = 1 << 16
_HEAD, _TAIL = 1 << 16, 1 << 18


@dataclass
class Output:
    """Collects from a pipe that does not block."""

    head: bytearray = field(default_factory=bytearray)
    tail: deque[bytes] = field(default_factory=deque)
    tail_size: int = 0
    dropped: int = 0

    def read(self, pipe: IO[bytes]) -> bool:
        """Take what is there; true at the end of the pipe."""
        try:
            chunk = pipe.read(_CHUNK)
        except (BlockingIOError, ValueError):
            return False
        if chunk:
            self._keep(chunk)
        return chunk == b""

    def drain(self, pipe: IO[bytes]) -> None:
        """Take all that is left."""
        while True:
            size = len(self.head) + self.tail_size + self.dropped
            if self.read(pipe) or len(self.head) + self.tail_size + self.dropped == size:
                return

    def _keep(self, chunk: bytes) -> None:
        room = _HEAD - len(self.head)
        self.head += chunk[:room]
        if rest := chunk[max(room, 0) :]:
            self.tail.append(rest)
            self.tail_size += len(rest)
        while self.tail_size - len(self.tail[0] if self.tail else b"") > _TAIL:
            gone = len(self.tail.popleft())
            self.tail_size -= gone
            self.dropped += gone

    def text(self) -> str:
        """All that was kept."""
        parts = [bytes(self.head)]
        if self.dropped:
            parts.append(f"\n[... {self.dropped} bytes left out ...]\n".encode())
        return b"".join([*parts, *self.tail]).decode("utf-8", "replace")
