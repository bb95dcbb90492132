"""`gradlint probe` as a user calls it, with the real TensorFlow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from schemas import check_schema

import gradlint
from gradlint.report.probe_json import schema

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures" / "probe"
SOURCES = Path(gradlint.__file__).parents[1]
PYTHON = os.environ.get("GRADLINT_TEST_PYTHON", sys.executable)
"""An interpreter with TensorFlow, if it is not the one that runs the tests."""


def command(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{SOURCES}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    return subprocess.run(
        [sys.executable, "-m", "gradlint", *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "100", **variables}, text=True, check=False, timeout=400,
    )  # fmt: skip


def probe(folder: Path, *arguments: str, **variables: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON, which is as its schema says."""
    options = ("--python", PYTHON, "--output-format", "json")
    done = command(folder, "probe", *options, *arguments, **variables)
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    specification = json.loads(schema())
    check_schema(document, specification, specification)
    return done.returncode, document


def confirmed(document: dict[str, Any]) -> set[str]:
    return {found["code"] for found in document["findings"] if found["verdict"] == "confirmed"}
