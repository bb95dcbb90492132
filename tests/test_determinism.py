"""The same files give the same report, whatever the processes, the order of paths and the seed of hashing."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures" / "scripts"
FILES = sorted(path.relative_to(FIXTURES).as_posix() for path in FIXTURES.rglob("*.py"))


def report(*arguments: str, hash_seed: str = "0", cwd: Path = FIXTURES) -> dict[str, Any]:
    """The whole JSON report of the command in a process of its own."""
    command = [sys.executable, "-m", "gradlint", "check", "--output-format", "json", "--pedantic", "--exit-zero"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run([*command, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """The report on all programs, by one process."""
    found = report("-j1", ".")
    assert len(found["findings"]) > 50
    return found


def python_only(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in found["findings"] if finding["path"].endswith(".py")]


@pytest.mark.parametrize("jobs", [2, 3])
def test_the_number_of_processes_does_not_matter(whole: dict[str, Any], jobs: int) -> None:
    assert report(f"-j{jobs}", ".") == whole


@pytest.mark.parametrize("seed", ["1", "20011"])
def test_the_seed_of_hashing_does_not_matter(whole: dict[str, Any], seed: str) -> None:
    assert report("-j1", ".", hash_seed=seed) == whole


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_paths_does_not_matter(seed: int) -> None:
    # all files are named here, so that none is skipped for what its text mentions
    shuffled = random.Random(seed).sample(FILES, len(FILES))
    assert report("-j1", *shuffled) == report("-j1", *FILES)


def test_files_and_their_directory_give_the_same_findings(whole: dict[str, Any]) -> None:
    assert report("-j1", *FILES)["findings"] == python_only(whole)


def test_a_file_given_twice_counts_once(whole: dict[str, Any]) -> None:
    assert report("-j1", ".", FILES[0], f"./{FILES[0]}")["findings"] == whole["findings"]


def test_each_script_alone_gives_its_own_findings(whole: dict[str, Any]) -> None:
    scripts = [path for path in FILES if "/" not in path]
    for path in random.Random(0).sample(scripts, 12):
        assert report("-j1", path)["findings"] == [f for f in python_only(whole) if f["path"] == path], path


def test_the_working_directory_changes_only_how_paths_are_written(whole: dict[str, Any]) -> None:
    above = report("-j1", FIXTURES.name, cwd=FIXTURES.parent)
    prefix = f"{FIXTURES.name}/"
    assert [(f["path"].removeprefix(prefix), f["line"], f["code"]) for f in above["findings"]] == [
        (f["path"], f["line"], f["code"]) for f in whole["findings"]
    ]
