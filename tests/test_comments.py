"""Comments that silence findings, and those that silence nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradlint import cli, lint
from gradlint.config import NoProgress, Settings
from gradlint.reader.programs import Programs

HEAD = "import tensorflow as tf\n\nmodel = tf.keras.Sequential([tf.keras.layers.Dense(1)])\n"
BAD = 'model.compile(optimizer=tf.keras.optimizers.Adam(0.1), loss="mse")'
GOOD = BAD.replace("0.1", "0.001")
TAIL = "\nmodel.fit(tf.random.normal([64, 4]), tf.random.normal([64, 1]))\n"


def found(text: str) -> list[tuple[int, int, str]]:
    report = lint.check_text(text)
    assert not report.problems
    return [(each.span.line, each.span.column, each.code) for each in report.findings]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*paths: str, **given: object) -> list[str]:
    report = lint.run(Settings(paths=paths or (".",), jobs=1, **given), NoProgress())  # type: ignore[arg-type]
    return [f"{each.span.path}:{each.span.line} {each.code}" for each in report.findings]


@pytest.mark.parametrize(
    "comment",
    [
        "# gradlint: ignore-file[GL201]",
        "# gradlint: ignore-file[high-learning-rate] for a demonstration",
        "# gradlint:ignore-file[ GL2 , missing-nan-check]",
        "# GRADLINT: IGNORE-FILE[GL201]",
    ],
)
@pytest.mark.parametrize("place", ["first", "last"])
def test_a_comment_for_the_file(comment: str, place: str) -> None:
    text = HEAD + BAD + TAIL
    assert not found(f"{comment}\n{text}" if place == "first" else f"{text}{comment}\n")


def test_a_comment_for_the_file_stands_alone() -> None:
    high, useless = found(f"{HEAD}{BAD}  # gradlint: ignore-file[GL201]{TAIL}")
    assert (high[2], useless) == ("GL201", (4, len(BAD) + 3, "GL001"))


def test_every_selector_is_judged_on_its_own() -> None:
    line = "# gradlint: ignore[GL101, GL201, GL9, high-learning-rate] x"
    text = f"{HEAD}{line}\n{BAD}{TAIL}"
    assert found(text) == [(4, line.index("GL9") + 1, "GL001")], "GL101 is silent as a note, which --pedantic shows"
    text = f"{HEAD}    \n{line}\n{GOOD}{TAIL}"
    assert found(text) == [(5, line.index(word) + 1, "GL001") for word in ("GL201", "GL9", "high-learning-rate")]


def test_what_a_noqa_says_is_ours_only_if_it_is() -> None:
    assert found(f"{HEAD}{GOOD}  # noqa: E501, GL201, GL08, GL2{TAIL}") == [(4, len(GOOD) + 17, "GL001")]
    assert not found(f"{HEAD}{GOOD}  # noqa{TAIL}")
    assert not found(f"{HEAD}{BAD}  # noqa: GL201{TAIL}")


def test_two_comments_for_one_finding_are_both_of_use() -> None:
    assert not found(f"# gradlint: ignore-file[GL201]\n{HEAD}# gradlint: ignore[GL2]\n{BAD}  # noqa: GL201{TAIL}")


def test_text_in_strings_is_no_comment() -> None:
    assert not found(f'"""\n# gradlint: ignore[GL201]\n"""\n{HEAD}{GOOD}{TAIL}')


def test_not_if_the_rule_was_not_selected(here: Path) -> None:
    Path("a.py").write_text(f"{HEAD}# gradlint: ignore[GL201]\n{GOOD}{TAIL}", encoding="utf-8")
    assert run() == ["a.py:4 GL001"]
    assert run(ignore=("GL201",)) == []
    assert run(select=("GL1", "GL001")) == []
    assert run(select=("GL201",)) == []
    assert run(select=("GL2", "useless-ignore")) == ["a.py:4 GL001"]
    Path("gradlint.toml").write_text('per-file-ignores = { "a.py" = ["GL2"] }', encoding="utf-8")
    assert run() == []
    Path("gradlint.toml").write_text('per-file-ignores = { "a.py" = ["GL0"] }', encoding="utf-8")
    assert run() == []


def test_groups_count_if_all_of_them_are_selected(here: Path) -> None:
    Path("a.py").write_text(f"{HEAD}# gradlint: ignore[GL2]\n{GOOD}{TAIL}", encoding="utf-8")
    assert run() == ["a.py:4 GL001"]
    assert run(ignore=("GL201",)) == []


def test_it_can_be_silenced_itself() -> None:
    assert not found(f"{HEAD}# gradlint: ignore[GL201, useless-ignore]\n{GOOD}{TAIL}")
    assert not found(f"# gradlint: ignore-file[GL001]\n{HEAD}# gradlint: ignore[GL201, nonsense]\n{GOOD}{TAIL}")


def test_files_without_training_code_are_looked_at_too(here: Path) -> None:
    Path("a.py").write_text("x = 1  # gradlint: ignore[GL201]\n", encoding="utf-8")
    Path("b.py").write_text("x = 1  # gradlint: nonsense\n", encoding="utf-8")
    assert run() == ["a.py:1 GL001", "b.py:1 GL001"]


def test_not_in_files_that_could_not_be_read(here: Path) -> None:
    Path("a.py").write_text(f"{HEAD}# gradlint: ignore[GL201]\n{GOOD}\ndef broken(:\n", encoding="utf-8")
    assert run() == []


def test_not_if_what_uses_the_file_was_not_asked_for(here: Path) -> None:
    Path("src").mkdir()
    (here / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    (here / "src" / "made.py").write_text(
        "import tensorflow as tf\n\n\ndef make(rate):\n    # gradlint: ignore[high-learning-rate] x\n"
        "    return tf.keras.optimizers.Adam(rate)\n",
        encoding="utf-8",
    )
    (here / "train.py").write_text(
        f"from src.made import make\n{HEAD}model.compile(optimizer=make(0.1), loss='mse'){TAIL}", encoding="utf-8"
    )
    assert run() == []
    assert run("src") == []
    (here / "train.py").unlink()
    assert run("src") == ["src/made.py:5 GL001"]


def test_not_if_a_program_was_read_in_part(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.py").write_text("import b\n" + "b.f()\n" * 60, encoding="utf-8")
    Path("b.py").write_text(f"{HEAD}# gradlint: ignore[GL201]\n{GOOD}{TAIL}def f():\n    return 1\n", encoding="utf-8")
    assert "b.py:4 GL001" in run()
    monkeypatch.setattr(Programs, "_interpret", cut(Programs._interpret))
    assert run("a.py", "b.py") == []


def cut(interpret: Any) -> Any:
    """Programs as if the budget had ended them."""
    from dataclasses import replace

    return lambda *arguments: replace(interpret(*arguments), cut="it takes too long")


def test_notebooks(here: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# x"]},
        {"cell_type": "code", "source": ["# gradlint: ignore-file[GL2]\n", "import tensorflow as tf"]},
        {"cell_type": "code", "source": [HEAD, "# gradlint: ignore[GL412]\n", BAD, TAIL]},
    ]
    Path("a.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    report = lint.run(Settings(jobs=1), NoProgress())
    (finding,) = report.findings
    assert (finding.code, finding.span.cell, finding.span.line, finding.span.column) == ("GL001", 3, 4, 20)


def test_it_fails_the_run_and_is_explained(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.py").write_text(f"{HEAD}# gradlint: ignore[high-lerning-rate]\n{GOOD}{TAIL}", encoding="utf-8")
    assert cli.run(["."]) == 1
    out = capsys.readouterr().out
    assert "GL001 [useless-ignore] warning: this comment silences nothing: no rule is called" in out
    assert "did you mean GL201 (high-learning-rate)?" in " ".join(out.split())
    assert cli.run(["explain", "GL001"]) == 0
