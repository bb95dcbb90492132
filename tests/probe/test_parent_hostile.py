"""`gradlint probe` on the programs of fixtures/probe/hostile, with the real TensorFlow."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import probing
import pytest

from gradlint.probe import processes

pytestmark = pytest.mark.tensorflow
HOSTILE = probing.FIXTURES / "hostile"
SLEEPERS = "signal.signal(15, signal.SIG_IGN); time.sleep(600)"


@dataclass(frozen=True)
class Case:
    """What comes of a program."""

    verdict: str
    code: int
    words: str = ""
    """In the reason, or in what is missing."""
    options: tuple[str, ...] = ()
    steps: int | None = None


CASES = {
    "asks_input": Case("inconclusive", 4, "asks for input"),
    "bare_except": Case("not-observed", 0, steps=5),
    "closes_streams": Case("not-observed", 0, steps=5),
    "endless_warm_up": Case("inconclusive", 4, "time limit of 25 s was reached while waiting", ("--timeout", "25")),
    "exits": Case("inconclusive", 4, "exit code 3 by itself"),
    "exits_midway": Case("inconclusive", 0, "by itself", steps=2),
    "forges_result": Case("inconclusive", 3, "the result file is not valid"),
    "forks": Case("not-observed", 0, steps=5),
    "hangs": Case("inconclusive", 4, "time limit of 25 s", ("--timeout", "25")),
    "memory_hog": Case("inconclusive", 4, "memory limit was reached", ("--memory", "1500M")),
    "needs_arguments": Case("inconclusive", 4, "give them behind --"),
    "prints_forever": Case("inconclusive", 4, "time limit of 25 s", ("--timeout", "25")),
    "raises": Case("inconclusive", 4, "the script raised FileNotFoundError: no such data set: train.tfrecord"),
    "shows_plots": Case("not-observed", 0, steps=5),
    "threads": Case("not-observed", 0, steps=5),
    "writes_files": Case("not-observed", 0, steps=5),
}


def probe(folder: Path, script: str, *options: str) -> tuple[int, dict[str, Any]]:
    temporary = Path(f"{folder}-temporary")
    temporary.mkdir(exist_ok=True)
    answer = probing.probe(folder, script, *options, TMPDIR=str(temporary))
    assert not list(temporary.iterdir()), "the private directory is gone"
    return answer


def left_running(folder: Path) -> list[str]:
    """Command lines of the children of a test, and of the sleepers that hostile programs start."""
    found = []
    for process in processes.table():
        try:
            line = Path(f"/proc/{process.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if not process.zombie and (SLEEPERS in line or (f"{folder}-temporary" in line)):
            found.append(line)
    return found


def test_every_fixture_has_an_expectation() -> None:
    assert set(CASES) == {path.stem for path in HOSTILE.glob("*.py")}


@pytest.mark.parametrize("name", CASES)
def test_hostile(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    shutil.copy(HOSTILE / f"{name}.py", tmp_path)
    code, document = probe(tmp_path, f"{name}.py", *case.options)
    told = f"{document['reason']} {document['missing']}"
    assert (document["verdict"], code) == (case.verdict, case.code), told + document["script"]["output"][-2000:]
    assert case.words in told
    if case.steps is not None:
        assert len(document["steps"]) == case.steps
    assert not left_running(tmp_path)


def test_leftovers_are_counted(tmp_path: Path) -> None:
    shutil.copy(HOSTILE / "forks.py", tmp_path)
    _, document = probe(tmp_path, "forks.py")
    assert document["timing"]["survivors"] == 3


def test_the_own_files_are_untouched_with_isolate(tmp_path: Path) -> None:
    shutil.copy(HOSTILE / "writes_files.py", tmp_path)
    (tmp_path / "data.csv").write_text("mine")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    _, document = probe(tmp_path, "writes_files.py", "--isolate")
    assert len(document["steps"]) == 5
    assert document["steps"][0]["sites"]["applied"]["path"] == "writes_files.py"
    assert (tmp_path / "data.csv").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    probe(tmp_path, "writes_files.py")
    assert (tmp_path / "data.csv").read_text() == "destroyed", "as README says"


def test_arguments_reach_the_script(tmp_path: Path) -> None:
    shutil.copy(HOSTILE / "needs_arguments.py", tmp_path)
    code, document = probe(tmp_path, "needs_arguments.py", "--", "--epochs", "2")
    assert (code, document["verdict"], len(document["steps"])) == (0, "not-observed", 2)


def test_the_traceback_is_the_script_s_own(tmp_path: Path) -> None:
    shutil.copy(HOSTILE / "raises.py", tmp_path)
    _, document = probe(tmp_path, "raises.py")
    traceback = document["script"]["error"]["traceback"]
    assert 'raises.py", line' in traceback
    assert "gradlint" not in traceback
