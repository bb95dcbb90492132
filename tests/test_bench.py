"""The bench's tools, without the distributions that they are meant for."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parent / "bench"
FAKE = """
import json
print(json.dumps({"findings": [
    {"code": "GL201", "path": "train.py", "line": LINE, "message": "m", "severity": "warning", "confidence": "high"},
]}))
"""


def load(name: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCH))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def accuracy(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("bench_accuracy", BENCH / "accuracy" / "run.py", monkeypatch)


@pytest.fixture
def revisions(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("bench_revisions", BENCH / "revisions.py", monkeypatch)


def test_a_run_tells_what_changed_since_the_recorded_one(accuracy: ModuleType) -> None:
    before = accuracy.Result({"GL101": accuracy.Tally(hazards=3, found=2, right=2), "GL201": accuracy.Tally(hazards=1)})
    kept = accuracy.record(before)
    assert list(accuracy.changes(before, kept)) == []
    after = accuracy.Result({"GL101": accuracy.Tally(hazards=3, found=3, right=2), "GL301": accuracy.Tally(wrong=1)})
    assert list(accuracy.changes(after, kept)) == [
        "GL101  found 2 -> 3",
        "GL201  hazards 1 -> 0",
        "GL301  wrong 0 -> 1",
    ]


def test_a_sample_is_drawn_from_what_no_label_speaks_of(accuracy: ModuleType, tmp_path: Path) -> None:
    for name, rate in (("first", 3.0), ("second", 5.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.py").write_text(
            "import tensorflow as tf\n"
            "model = tf.keras.Sequential([tf.keras.layers.Dense(1)])\n"
            f'model.compile(tf.keras.optimizers.SGD({rate}), "mse")\n'
            "model.fit(tf.zeros([8, 4]), tf.zeros([8, 1]))\n"
        )
    labels = [accuracy.Label("first", "train.py", 3, "GL201", True, "", True, "test")]
    everything = "\n".join(accuracy.sample(accuracy.projects(tmp_path), [], 50, 0, 1))
    assert "first/train.py:3: GL201" in everything
    assert "second/train.py:3: GL201" in everything
    unread = "\n".join(accuracy.sample(accuracy.projects(tmp_path), labels, 50, 0, 1))
    assert "first/train.py:3: GL201" not in unread
    assert "second/train.py:3: GL201" in unread


def test_revisions_differ_in_what_their_own_code_finds(revisions: ModuleType, tmp_path: Path) -> None:
    repository, project = tmp_path / "repository", tmp_path / "project"
    package = repository / "src" / "gradlint"
    package.mkdir(parents=True)
    project.mkdir()
    git = ["git", "-C", str(repository), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    (package / "__init__.py").write_text("")
    for line in (1, 2):
        (package / "__main__.py").write_text(FAKE.replace("LINE", str(line)))
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", str(line)], check=True)
    corpus = revisions.Corpus("project", "", "", project)
    with revisions.checkout(repository, "HEAD~1") as old, revisions.checkout(repository, "HEAD") as new:
        lines = list(revisions.compare(old / "src", new / "src", [corpus], 1))
    assert lines == ["- default  GL201 project/train.py:1: m", "+ default  GL201 project/train.py:2: m"]
    assert not old.exists()


def test_a_finding_at_another_level_is_told(revisions: ModuleType) -> None:
    shown = revisions.Shown("a/train.py", 1, "GL101", "m", "default")
    quiet = revisions.Shown("a/train.py", 1, "GL101", "m", "pedantic")
    assert list(revisions.differences([shown], [quiet])) == ["~ pedantic GL101 a/train.py:1: m (was default)"]
