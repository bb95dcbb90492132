"""Run gradlint as its users do, on one distribution at a time: the command, in the distribution's root."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

TIMEOUT = 900
Item = TypeVar("Item")
Result = TypeVar("Result")


class ToolError(Exception):
    """gradlint crashed, or took far too long."""


def gradlint(root: Path, *arguments: str, source: Path | None = None) -> dict[str, Any]:
    """What the command says about the directory, parsed from its JSON; `source` holds another gradlint than the installed."""
    command = [sys.executable, "-m", "gradlint", *arguments, "--output-format", "json", "-j1", "."]
    environment = {**os.environ, "PYTHONSAFEPATH": "1", "NO_COLOR": "1"}
    if source is not None:
        environment["PYTHONPATH"] = str(source)
    try:
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{root.name}: no answer after {TIMEOUT} s") from error
    try:
        found = json.loads(done.stdout)
    except ValueError as error:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ToolError(f"{root.name}: exit code {done.returncode}: {said[-1] if said else 'no output'}") from error
    assert isinstance(found, dict)
    return found


def each(function: Callable[[Item], Result], items: Sequence[Item], jobs: int) -> Iterator[tuple[Item, Result]]:
    """Apply a function that mostly waits for a process to every item, in order, and say how far it has come."""
    with ThreadPoolExecutor(jobs) as pool:
        for number, (item, result) in enumerate(zip(items, pool.map(function, items), strict=True), 1):
            if sys.stderr.isatty():
                print(f"\r{number}/{len(items)} ", end="" if number < len(items) else "\r", file=sys.stderr, flush=True)
            yield item, result
