"""CONTRIBUTING.md, followed to the letter in a copy of the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", ".pre-commit-hooks.yaml")
COPIED = ("src", "rules", "tests", "fixtures", *DOCUMENTS)
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^(?P<fence>````?)(?P<language>\w+)\n(?P<code>.*?)^(?P=fence)$", re.DOTALL | re.MULTILINE)
NEW_FILE = re.compile(r"`((?:src|rules)/[\w/.-]+)`:\s*$")


@dataclass(frozen=True)
class Step:
    """One code block: a new file if the text before it ends with the file's name, otherwise commands."""

    language: str
    code: str
    path: str | None


def steps() -> list[Step]:
    found = []
    for match in BLOCK.finditer(TEXT):
        name = NEW_FILE.search(TEXT[: match.start()])
        found.append(Step(match["language"], match["code"], name[1] if name else None))
    return found


def section(title: str) -> str:
    return TEXT.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def copied(folder: Path) -> Path:
    """A copy of this checkout."""
    root = folder / "gradlint"
    root.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout with the files that the text says to write."""
    root = copied(tmp_path_factory.mktemp("contributing"))
    for step in steps():
        if step.path is not None:
            assert not (root / step.path).exists(), f"{step.path} is to be new"
            (root / step.path).write_text(step.code, encoding="utf-8")
    return root


def run(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run one line as it stands, with this interpreter as `python` and the copy as the installed gradlint."""
    tools = cwd.parent / "bin"
    tools.mkdir(exist_ok=True)
    for name, program in (("python", f'"{sys.executable}" "$@"'), ("gradlint", f'"{sys.executable}" -m gradlint "$@"')):
        (tools / name).write_text(f"#!/bin/sh\nexec {program}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(cwd / "src")}
    return subprocess.run(
        command, shell=True, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=600
    )


def test_a_rule_is_two_new_files() -> None:
    assert [step.path for step in steps() if step.path] == [
        "src/gradlint/checks/momentum_of_one.py",
        "rules/momentum-of-one.md",
    ]


def test_the_rule_can_be_added(checkout: Path) -> None:
    (commands,) = (step.code.splitlines() for step in steps() if step.language == "sh" and "readme_table" in step.code)
    outcomes = {command: run(command, checkout) for command in commands}
    *must_pass, fixtures = commands
    for command in must_pass:
        assert outcomes[command].returncode == 0, f"{command}\n{outcomes[command].stdout}{outcomes[command].stderr}"
    assert "GL299" in (checkout / "README.md").read_text(encoding="utf-8")
    assert "momentum-of-one" in outcomes["gradlint explain momentum-of-one"].stdout
    assert outcomes[fixtures].returncode == 1
    assert "GL299" not in outcomes[fixtures].stdout, "no fixture has such a momentum"


def test_the_new_rule_is_in_good_style(checkout: Path) -> None:
    path = "src/gradlint/checks/momentum_of_one.py"
    for command in (f"python -m ruff check {path}", f"python -m ruff format --check {path}", f"python -m mypy {path}"):
        done = run(command, checkout)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_rule_that_the_command_writes_is_accepted(tmp_path: Path) -> None:
    checkout = copied(tmp_path)
    done = run("gradlint new-rule endless-momentum", checkout)
    assert done.returncode == 0, done.stderr
    (check,) = re.findall(r"src/gradlint/checks/\w+\.py", done.stdout)
    (test,) = re.findall(r"tests/test_\w+momentum\.py", done.stdout)
    for command in (
        "python tests/readme_table.py",
        f"python -m pytest tests/test_house_style.py tests/test_rule_pages.py {test}",
        f"python -m ruff check {check} {test}",
        f"python -m ruff format --check {check} {test}",
        f"python -m mypy {check} {test}",
    ):
        done = run(command, checkout)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_the_set_up_is_that_of_the_readme() -> None:
    install = next(line for line in section("Set up").splitlines() if "pip install" in line)
    assert install in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_bench_commands_exist() -> None:
    (commands,) = re.findall(r"```console\n(.*?)```", section("Test on real code"), re.DOTALL)
    for line in commands.splitlines():
        script, *options = line.removeprefix("$ python ").partition("#")[0].split()
        done = run(f"python {script} --help", ROOT)
        assert done.returncode == 0, done.stderr
        assert not [option for option in options if option.startswith("--") and option not in done.stdout]
