"""What depends on the terminal and the shell: hyperlinks and completion."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from samples import FULL

import gradlint
from gradlint import cli, pages, terminal
from gradlint.report import View, render
from gradlint.report.rules import render_text
from gradlint.rule import known_rules

SOURCES = Path(gradlint.__file__).parents[1]


class Screen:
    """A stream that is a terminal, or is not."""

    def __init__(self, tty: bool) -> None:
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "6003"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "4205"}, False),
        ({"VTE_VERSION": "x"}, False),
        ({"TERM_PROGRAM": "vscode"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"WT_SESSION": "1"}, True),
        ({"WT_SESSION": "1", "TERM": "dumb"}, False),
        ({"WT_SESSION": "1", "CI": "true"}, False),
        ({"WT_SESSION": "1", "FORCE_HYPERLINK": "0"}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
    ],
)
def test_terminals_that_show_links(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], shown: bool) -> None:
    monkeypatch.setattr(os, "environ", variables)
    assert terminal.shows_links(Screen(True)) is shown  # type: ignore[arg-type]
    assert terminal.shows_links(Screen(False)) is (variables.get("FORCE_HYPERLINK") == "1")  # type: ignore[arg-type]


def test_names_of_rules_lead_to_their_pages() -> None:
    view = View(color=True, page=pages.address)
    text = render("full", FULL, view)
    assert text == render("full", FULL, view), "the same bytes each time"
    links = dict(re.findall(r"\x1b\]8;;([^\x1b]+)\x1b\\(?:\x1b\[[\d;]*m)*([\w-]+)", text))
    for address, name in links.items():
        path = Path(unquote(urlparse(address).path))
        assert path.name == f"{name}.md"
        assert path.is_file()
    assert set(links.values()) & set(pages.names())
    plain = render("full", FULL, View(color=True))
    assert "\x1b]8" not in plain
    assert re.sub(r"\x1b\]8;;[^\x1b]*\x1b\\", "", text).replace("\x1b[0m", "") == plain.replace("\x1b[0m", "")
    assert "\x1b]8" not in render("full", FULL, View(color=False, page=pages.address))


def test_the_list_of_rules_has_them_too() -> None:
    text = render_text(known_rules(), pages.address)
    assert text.count("\x1b]8;;file://") == len(known_rules())
    assert re.sub(r"\x1b\]8;;[^\x1b]*\x1b\\", "", text) == render_text(known_rules())


def test_no_links_where_nobody_can_follow_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import tensorflow as tf\no = tf.keras.optimizers.Adam(9.0)\n", encoding="utf-8")
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    cli.run(["--color", "always", "--pedantic", "."])
    assert "\x1b]8;;file://" in capsys.readouterr().out
    cli.run(["--color", "never", "--pedantic", "."])
    cli.run(["--color", "always", "--pedantic", "--output-format", "concise", "."])
    cli.run(["--color", "always", "--pedantic", "--output-file", "x.txt", "."])
    assert "\x1b]8" not in capsys.readouterr().out + Path("x.txt").read_text(encoding="utf-8")


# -- completion -----------------------------------------------------------------------------------------------------------


def completed(words: str, cwd: Path) -> set[str]:
    """What bash is offered behind these words."""
    environment = {
        **os.environ, "PYTHONPATH": str(SOURCES), "_GRADLINT_COMPLETE": "bash_complete", "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "gradlint"], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return set(done.stdout.split())


def test_what_is_completed(tmp_path: Path) -> None:
    assert {"plain,explain", "plain,check", "plain,facts", "file,"} <= completed("gradlint ", tmp_path)
    assert completed("gradlint ex", tmp_path) == {"plain,explain", "file,ex"}
    assert completed("gradlint check ex", tmp_path) == {"file,ex"}
    assert completed("gradlint src ex", tmp_path) == {"file,ex"}
    assert completed("gradlint --show-s", tmp_path) == {"plain,--show-settings"}
    assert completed("gradlint --select high-l", tmp_path) == {"plain,high-learning-rate"}
    assert completed("gradlint --ignore GL1,gl20", tmp_path) >= {"plain,GL1,GL201", "plain,GL1,GL202"}
    assert completed("gradlint explain raw-r", tmp_path) == {"plain,raw-rewards"}
    assert completed("gradlint --fail-on e", tmp_path) == {"plain,error"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_valid(shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_GRADLINT_COMPLETE" in script
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_no_other_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["completion", "cmd"]) == 2
    assert "'cmd' is not one of" in capsys.readouterr().err
