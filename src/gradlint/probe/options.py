"""What the user asked the probe for, as one frozen value."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from gradlint.config import UsageError

TIMEOUT = 300.0
"""Seconds. Importing TensorFlow takes up to 18 s on a loaded machine, and a reinforcement learner may fill its buffer for
a minute before its first update (a DQN with 3000 transitions took 38 s)."""
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Options:
    """A run of the probe."""

    script: str | None
    """A Python file or a notebook; None where `module` is given."""
    module: str | None = None
    arguments: tuple[str, ...] = ()
    """The script's own."""
    python: str | None = None
    """The interpreter that the script trains with; None for the one that gradlint runs in."""
    steps: int = 1
    watch: int = 4
    timeout: float = TIMEOUT
    memory: int | None = None
    """Bytes; None for four fifths of what is free at the start."""
    device: str = "cpu"
    isolate: bool = False
    seed: int | None = None
    replay: bool = True
    workers: int = 1
    """Processes of a distributed program, each a worker of a cluster on this machine."""

    @property
    def name(self) -> str:
        """What is run, as the user wrote it."""
        return self.script if self.script is not None else f"-m {self.module}"


def parse_size(text: str) -> int:
    """`4G`, `512M`, `1.5 GiB` or a number of bytes.

    Raises:
        ValueError: if it is none of these.
    """
    match = _SIZE.match(text.strip())
    if not match or float(match[1]) == 0:
        raise ValueError(f"{text!r} is no size: write 4G, 512M or a number of bytes")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def interpreter(python: str | None) -> str:
    """The path of the interpreter.

    Raises:
        UsageError: if there is no such program.
    """
    if python is None:
        return sys.executable
    found = shutil.which(str(Path(python).expanduser()))
    if found is None:
        raise UsageError(f"--python: {python}: no such program")
    # Links are kept: a virtual environment is known by the place of its link.
    return str(Path(found).absolute())
