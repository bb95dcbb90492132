"""Several workers of one distributed program on this machine: how they are started, and how their results are joined."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from gradlint.finding import Span
from gradlint.observed import OperandSeen, Run
from gradlint.probe.wire import Result
from gradlint.probe.workspace import Workspace

LAUNCH = Path(__file__).with_name("launch.py")


def command(commands: Sequence[Sequence[str]], space: Workspace) -> list[str]:
    """What to supervise: the one command, or the one that starts them all as a cluster."""
    if len(commands) == 1:
        return list(commands[0])
    configs = [json.dumps(config) for config in _configs(len(commands))]
    specification = {"commands": [list(each) for each in commands], "configs": configs, "codes": str(space.codes)}
    space.specification.write_text(json.dumps(specification), encoding="utf-8")
    return [sys.executable, "-I", str(LAUNCH), str(space.specification)]


def _configs(count: int) -> list[dict[str, object]]:
    """`TF_CONFIG` of each: workers at free ports of this machine."""
    with ExitStack() as stack:  # all are held until all are chosen, so that no port is chosen twice
        listeners = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]
    return [{"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}} for index in range(count)]


def codes(space: Workspace, count: int, own: int) -> list[int]:
    """Exit codes of the workers; that of the one process where there is one, or where the starter itself was ended."""
    try:
        found = json.loads(space.codes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    valid = isinstance(found, list) and len(found) == count and all(isinstance(code, int) for code in found)
    return found if valid and isinstance(found, list) else [own] * count


def named(result: Result, index: int, count: int) -> Result:
    """With the worker's number in the names of its optimizers, if there are several workers."""
    if count == 1:
        return result
    return replace(result, optimizers=tuple(replace(o, name=f"{o.name} (worker {index})") for o in result.optimizers))


def join(runs: Sequence[Run]) -> Run:
    """What all of them have shown."""
    if len(runs) == 1:
        return runs[0]
    operands: dict[Span, tuple[OperandSeen, ...]] = {}
    for run in runs:
        for span, seen in run.operands.items():
            operands[span] = (*operands.get(span, ()), *seen)
    return Run(
        program=runs[0].program,
        updaters=tuple(updater for run in runs for updater in run.updaters),
        missing="; ".join(f"worker {index}: {run.missing}" for index, run in enumerate(runs) if run.missing),
        operands=operands,
        failure=next((run.failure for run in runs if run.failure is not None), None),
    )
