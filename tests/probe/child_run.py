"""Run the probe's child on a program, as the parent does, and read its result back through the wire format."""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradlint
from gradlint.probe import codec, wire

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "probe"
CHILD = Path(gradlint.__file__).parent / "probe" / "child" / "__main__.py"
PYTHON = os.environ.get("GRADLINT_TEST_PYTHON", sys.executable)
"""An interpreter with TensorFlow, if it is not the one that runs the tests."""


@dataclass(frozen=True)
class Run:
    """What became of one child."""

    status: int
    output: str
    errors: str
    result: wire.Result | None
    events: tuple[wire.Event, ...]

    @property
    def measured(self) -> wire.Result:
        """The result, which must be there; the probe itself must not have failed at anything."""
        assert self.result is not None, self.errors
        assert self.result.reason is not wire.Reason.CHILD_FAILED, self.result.error
        return self.result


@functools.cache
def fixture(name: str, **more: Any) -> Run:
    """Run a program of fixtures/probe once per test session."""
    return run(FIXTURES / f"{name}.py", seed=1, **more)


@functools.cache
def has(package: str) -> bool:
    """Whether the interpreter can import it."""
    return subprocess.run([PYTHON, "-c", f"import {package}"], capture_output=True, check=False).returncode == 0


@functools.cache
def keras_version() -> int:
    """2 or 3: what `tf.keras` is."""
    code = "from importlib.metadata import version; print(version('keras'))"
    answer = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout
    return int(answer.split(".", maxsplit=1)[0])


def source_of(path: Path, text: str) -> dict[str, wire.Source]:
    """An instrumented source for a file."""
    return {str(path): wire.Source(hashlib.sha256(path.read_bytes()).hexdigest(), text)}


def run(script: Path | str, timeout: float = 300, variables: dict[str, str] | None = None, **more: Any) -> Run:
    """Run a script (a path) or a module (a name, with `root`), with more environment variables."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        is_path = isinstance(script, Path)
        request = wire.Request(
            script=str(script) if is_path else None,
            module=None if is_path else str(script),
            result=str(place / "result.json"),
            events=str(place / "events.jsonl"),
            root=str(more.pop("root", Path(script).parent)),
            **more,
        )
        (place / "request.json").write_text(codec.dumps(request), encoding="utf-8")
        command = ["nice", "-n", "10", PYTHON, str(CHILD), str(place / "request.json")]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **(variables or {})}
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
            env=environment, cwd=request.root,
        )  # fmt: skip
        result = place / "result.json"
        events = (place / "events.jsonl").read_text(encoding="utf-8").splitlines()
        return Run(
            done.returncode,
            done.stdout,
            done.stderr,
            codec.loads(wire.Result, result.read_bytes()) if result.exists() else None,
            tuple(codec.loads(wire.Event, line) for line in events),
        )
