"""What is shipped: the sdist, the wheel that is built from it, and what they do once they are installed."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from pathlib import Path

import pytest

import gradlint
from gradlint import pages

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "gradlint"
HEAVY = {"tensorflow", "tensorflow-cpu", "keras", "tf-keras", "numpy", "torch", "jax"}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    hidden = ("PYTHON", "VIRTUAL_ENV", "PIP_QUIET")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=900
    )


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the sdist and the wheel built from it."""
    folder = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with nothing but the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("fresh")
    done = run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    assert done.returncode == 0, done.stderr
    done = run(folder / "venv" / "bin" / "python", "-m", "pip", "install", "-q", wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_wheel_holds_every_module_every_page_and_the_marker_of_types(wheel: Path) -> None:
    wanted = {
        f"gradlint/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    wanted |= {f"gradlint/rules/{name}.md" for name in pages.names()}
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert shipped == wanted
    assert "gradlint/py.typed" in shipped


def test_the_sdist_holds_what_the_tests_need(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "fixtures/readme.svg"}
    wanted |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")}
    wanted |= {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py")}
    assert not wanted - names


def test_the_core_needs_no_tensorflow(metadata: Message) -> None:
    requirements = metadata.get_all("Requires-Dist") or []
    core = {re.split(r"[^\w-]", each)[0].lower() for each in requirements if "extra ==" not in each}
    assert core
    assert not core & HEAVY
    probe = {re.split(r"[^\w-]", each)[0].lower() for each in requirements if re.search(r"extra == .probe", each)}
    assert "tensorflow" in probe


def test_the_metadata(metadata: Message) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("gradlint", gradlint.__version__)
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.10"
    classifiers = metadata.get_all("Classifier") or []
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in range(10, 15)} <= set(classifiers)
    assert "Typing :: Typed" in classifiers
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "# gradlint" in str(metadata.get_payload())


def test_it_works_when_it_is_installed(installed: Path) -> None:
    command = installed / "venv" / "bin" / "gradlint"
    elsewhere = installed / "elsewhere"
    elsewhere.mkdir()
    done = run(command, "explain", "high-learning-rate", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert "GL201" in done.stdout
    done = run(
        command, "--output-format", "concise", ROOT / "fixtures" / "scripts" / "classic_adam_01.py", cwd=elsewhere
    )
    assert done.returncode == 1, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["GL201", "GL402"]
    done = run(command, "rules", cwd=elsewhere)
    assert len(done.stdout.splitlines()) == len(pages.names())


def test_nothing_heavy_is_installed_with_it(installed: Path) -> None:
    done = run(installed / "venv" / "bin" / "python", "-m", "pip", "list", "--format", "freeze", cwd=installed)
    names = {line.partition("==")[0].lower().replace("_", "-") for line in done.stdout.splitlines()}
    assert "gradlint" in names
    assert not names & HEAVY
