"""`gradlint new-rule`: what it writes is whole, in a plugin that README.md makes with it; and what it refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import readme_blocks

from gradlint import cli, scaffold
from gradlint.config import UsageError

ROOT = Path(__file__).resolve().parents[1]
README = readme_blocks.README.read_text(encoding="utf-8")
PROGRAM = """import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.SGD(1e-6, momentum=0.99999), loss="mse")
model.fit(tf.random.normal([64, 4]), tf.random.normal([64, 1]))
"""


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """One line as it stands, with this interpreter as `python`, packages going into `cwd`, and no network."""
    tools, site = cwd / "bin", cwd / "site"
    tools.mkdir(exist_ok=True)
    for name, program in (("python", f'"{sys.executable}" "$@"'), ("gradlint", f'"{sys.executable}" -m gradlint "$@"')):
        (tools / name).write_text(f"#!/bin/sh\nexec {program}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{site}",
        "PIP_TARGET": str(site),
        "PIP_UPGRADE": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads 0 as "no isolation"
    }
    return subprocess.run(
        command, shell=True, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def test_the_commands_of_the_readme_make_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(PROGRAM, encoding="utf-8")
    *commands, lint = readme_blocks.block(README, "own-rules").splitlines()
    for command in commands:
        done = shell(command, tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    done = shell(lint, tmp_path)
    assert done.returncode == 1, done.stderr
    assert "ACME001 [endless-momentum]" in done.stdout
    settings = readme_blocks.block(README, "own-rules-configuration")
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    done = shell("gradlint --output-format concise src", tmp_path)
    assert done.stdout.startswith("src/train.py:4:25: ACME001 [endless-momentum]")
    assert "gradlint new-rule" in shell("gradlint explain ACME001", tmp_path).stdout
    # another one, once the first has become something else
    check = tmp_path / "gradlint-acme/src/gradlint_acme/endless_momentum.py"
    assert "still as it was written" in shell("gradlint new-rule second --directory gradlint-acme", tmp_path).stderr
    check.write_text(check.read_text(encoding="utf-8").replace("0.999\n", "0.99995\n"), encoding="utf-8")
    done = shell("cd gradlint-acme && gradlint new-rule second", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ACME002 [second]" in done.stdout
    assert "test_pages.py" not in done.stdout, "there is one already"
    assert shell("python -m pip install ./gradlint-acme", tmp_path).returncode == 0
    done = shell("gradlint rules", tmp_path)
    assert "ACME002  second" in done.stdout


def test_what_it_writes_is_in_good_style(tmp_path: Path) -> None:
    scaffold.new_rule("some-name", "SN001", tmp_path / "gradlint-style")
    for command in (
        "ruff check --isolated --select E,F,I,W --line-length 120",
        "ruff format --check --isolated --line-length 120",
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command.split(), str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_codes(tmp_path: Path) -> None:
    wanted = {"gradlint-acme": "ACM001", "short-memory": "SM001", "gradlint-x": "XX001", "glow": "XGLO001"}
    for name, code in wanted.items():
        layout, found, _ = scaffold.new_rule("a-rule", None, tmp_path / name)
        assert found == code
        assert scaffold.find(layout.root).plugin == layout.plugin


def test_the_example_plugin_takes_another_rule() -> None:
    layout = scaffold.find(ROOT / "fixtures" / "plugin")
    assert layout.plugin == "short-memory"
    assert layout.pages.name == "pages"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Some_Name"], "'Some_Name' is no name of a rule"),
        (["lambda"], "is no name of a rule"),
        (["no-clipping"], "name the bad pattern"),
        (["raw-rewards"], "gradlint has a rule 'raw-rewards' already"),
        (["a-rule", "--code", "x1"], "'x1' is no code"),
        (["a-rule", "--code", "GL950"], "gradlint's own"),
        (["a-rule", "--directory", "full"], "full is neither"),
        (["a-rule", "--directory", "full/file"], "is neither"),
        (["a-rule", "--directory", "other"], "must name one plugin"),
        (["a-rule", "--directory", "astray"], "nowhere is no package"),
        (["a-rule", "--directory", "broken"], "not valid TOML"),
        (["a-rule", "--directory", "1"], "no name for a package"),
        (["a-rule", "--directory", "there"], "exists already"),
        (["a-rule", "--directory", "there", "--code", "TT001"], "TT001 is taken"),
    ],
)
def test_what_it_refuses(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    work = tmp_path / "empty"
    work.mkdir()
    monkeypatch.chdir(work)
    files = {
        "full/file": "",
        "other/pyproject.toml": "[project]\nname = 'other'\n",
        "astray/pyproject.toml": "[project.entry-points.'gradlint.rules']\nastray = 'nowhere'\n",
        "broken/pyproject.toml": "=",
        "there/pyproject.toml": "[project.entry-points.'gradlint.rules']\nthere = 'there'\n",
        "there/there/__init__.py": "",
        "there/there/a_rule.py": '@rule("TT001")\n',
    }
    if "--directory" in arguments:
        for name, text in files.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(text, encoding="utf-8")
    before = sorted(work.rglob("*"))
    assert cli.run(["new-rule", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert sorted(work.rglob("*")) == before, "nothing is written"


def test_a_checkout_wants_codes_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "src/gradlint/checks").mkdir(parents=True)
    with pytest.raises(UsageError, match="begin with GL"):
        scaffold.new_rule("a-rule", "AC001", tmp_path)
    _, code, files = scaffold.new_rule("a-rule", None, tmp_path)
    assert re.fullmatch(r"GL9\d\d", code)
    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        "src/gradlint/checks/a_rule.py",
        "rules/a-rule.md",
        "tests/test_a_rule.py",
    ]
