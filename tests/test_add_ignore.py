"""`--add-ignore`: afterwards nothing is found, and the code is what it was."""

from __future__ import annotations

import ast
import io
import json
import os
import stat
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradlint import cli, lint
from gradlint.add_ignore import Added, add, check_reason
from gradlint.config import NoProgress, Settings, UsageError
from gradlint.finding import Finding, Problem, Report

ROOT = Path(__file__).resolve().parents[1]
PIECES = (
    "model.compile(optimizer=tf.keras.optimizers.Adam(0.1), loss='mse')",
    "model.compile(\n    optimizer=tf.keras.optimizers.Adam(\n\n        # why\n        0.1,\n    ),\n)",
    "o = tf.keras.optimizers.Adam(0.1); model.compile(o)",
    "if True: o = tf.keras.optimizers.SGD(lr=50)",
    "if True:\n\n    # a comment\n    o = tf.keras.optimizers.SGD(lr=50)",
    "if x:\n\tpass\nelif tf.keras.optimizers.SGD(50.0):\n\tpass",
    "class A:\n  '''x'''\n  o = tf.keras.optimizers.Adam(0.1)  # gradlint: ignore[GL101]",
    "def f():\n    return tf.keras.optimizers.Adam(learning_rate \\\n        =0.1)\nf()",
    "text = '''\n# x\n''' + str(tf.keras.optimizers.Adam(0.1))",
    "text = f'''\n{ tf.keras.optimizers.Adam(0.1) }\n'''",
    "@g(tf.keras.optimizers.Adam(0.1))\n# between\ndef h(): pass",
    "for o in [\n    tf.keras.optimizers.Adam(0.1),\n    tf.keras.optimizers.Adam(0.2),\n]: model.compile(o)",
    "# gradlint: ignore[GL102] silences nothing\nx = 1",
    "# gradlint: ignore[nonsense]",
    "x = 1  # gradlint: ignore-file[GL201]",
    "rewards = (rewards - rewards.mean()) / rewards.std()",
    "# noqa: GL201",
    "\f",
    "",
    "y = 'ä'",
)
HEAD = "import tensorflow as tf\nmodel = tf.keras.Sequential([tf.keras.layers.LSTM(3)])\n"
TAIL = "\nmodel.fit(x, y)"
ENCODINGS = ("utf-8", "utf-8-sig", "latin-1", "cp1252")


def report(path: str, **given: Any) -> Report:
    return lint.run(Settings(paths=(path,), jobs=1, isolated=True, **given), NoProgress())


def written(findings: tuple[Finding, ...], reason: str = "legacy") -> list[Added]:
    found = list(add(findings, reason))
    assert not [each for each in found if isinstance(each, Problem)], found
    return [each for each in found if isinstance(each, Added)]


def code(text: str) -> list[tuple[int, str]]:
    """Tokens of Python itself, without comments and blank lines."""
    left = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE}
    return [
        (each.type, each.string)
        for each in tokenize.generate_tokens(io.StringIO(text).readline)
        if each.type not in left
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(PIECES), max_size=6), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(ENCODINGS),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_afterwards_nothing_is_found_and_the_code_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], ending: str, encoding: str, last: bool, pedantic: bool
) -> None:
    path = tmp_path_factory.mktemp("add") / "train.py"
    declared = f"# coding: {encoding}\n" if not encoding.startswith("utf-8") else ""
    text = declared + HEAD + "\n".join(pieces) + TAIL + "\n" * last
    before = text.replace("\n", ending).encode(encoding)
    path.write_bytes(before)
    first = report(str(path), pedantic=pedantic)
    added = written(first.findings)
    after = path.read_bytes()
    again = report(str(path), pedantic=pedantic)
    assert not again.findings
    # a comment that silences a note is no longer needed for what is shown, and the other way round
    assert {finding.code for finding in again.suppressed} >= {finding.code for finding in first.findings}
    plain = after.decode(encoding).replace(ending, "\n")
    assert code(plain) == code(text)
    assert ast.dump(ast.parse(plain)) == ast.dump(ast.parse(text))
    kept = [line for line in after.split(ending.encode()) if b"] legacy" not in line]
    assert kept == before.split(ending.encode()), "every other line is what it was, to the byte"
    assert {plain.split("\n")[each.line - 1].strip() for each in added} == {each.comment for each in added}
    assert not written(again.findings)
    assert path.read_bytes() == after


def cells(*sources: str | list[str]) -> dict[str, Any]:
    made: list[dict[str, Any]] = [{"cell_type": "markdown", "metadata": {}, "source": ["# é\n", "x"]}]
    made += [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": each}
        for each in sources
    ]
    return {"cells": made, "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}


def split(text: str) -> list[str]:
    return text.splitlines(keepends=True)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([each for each in PIECES if "\f" not in each]), min_size=1, max_size=5),
    st.booleans(), st.sampled_from([1, 2, None]), st.booleans(),
)  # fmt: skip
def test_notebooks(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], listed: bool, indent: int | None, escaped: bool
) -> None:
    path = tmp_path_factory.mktemp("add") / "train.ipynb"
    sources = ["%matplotlib inline\n" + HEAD.rstrip(), *pieces, "%time model.fit(x, y)"]
    document = cells(*(split(each) if listed else each for each in sources))
    path.write_text(json.dumps(document, indent=indent, ensure_ascii=escaped) + "\n", encoding="utf-8")
    added = written(report(str(path)).findings)
    again = report(str(path))
    assert not again.findings
    new = json.loads(path.read_text(encoding="utf-8"))
    assert path.read_text(encoding="utf-8") == json.dumps(new, indent=indent, ensure_ascii=escaped) + "\n"
    for each in added:
        assert each.cell is not None
        lines = split("".join(new["cells"][each.cell - 1]["source"]))
        assert lines[each.line - 1].strip() == each.comment
    for old, changed in zip(document["cells"], new["cells"], strict=True):
        kept = [line for line in split("".join(changed["source"])) if "] legacy" not in line]
        assert "".join(kept) == "".join(old["source"])
        assert isinstance(changed["source"], type(old["source"]))
        assert {**changed, "source": 0} == {**old, "source": 0}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


BAD = HEAD + PIECES[0] + TAIL + "\n"


def refusal(reason: str = "x") -> str:
    name = next(name for name in os.listdir() if name.startswith("train"))
    before = Path(name).read_bytes()
    (problem,) = add(report(name).findings, reason)
    assert isinstance(problem, Problem)
    assert Path(name).read_bytes() == before
    assert not [name for name in os.listdir() if name.startswith(".gradlint")]
    return problem.message


def test_what_cannot_be_written_is_left_and_told(here: Path) -> None:
    Path("train.py").write_bytes(("# coding: latin-1\n" + BAD).encode())
    assert "its encoding latin-1 does not have the characters" in refusal("学")
    Path("train.py").write_text(BAD, encoding="utf-8")
    if os.geteuid():
        Path("train.py").chmod(0o444)
        assert "write-protected" in refusal()
    Path("train.py").unlink()
    Path("train.ipynb").write_text(json.dumps(cells(BAD)).replace(": ", ":  "), encoding="utf-8")
    assert "save it with Jupyter once" in refusal()


@pytest.mark.parametrize("reason", ["a\nb", "a # b", "\x1b[31m", "a\u2028b"])
def test_reasons_stay_in_the_comment(reason: str) -> None:
    with pytest.raises(UsageError, match="one line of plain text"):
        check_reason(reason)


def test_links_and_rights_are_kept(here: Path) -> None:
    Path("real.py").write_text(BAD, encoding="utf-8")
    Path("real.py").chmod(0o750)
    Path("train.py").symlink_to("real.py")
    assert written(report("train.py").findings)
    assert Path("train.py").is_symlink()
    assert "# gradlint: ignore[" in Path("real.py").read_text(encoding="utf-8")
    assert stat.S_IMODE(os.stat("real.py").st_mode) == 0o750


def test_several_rules_share_a_comment(here: Path) -> None:
    Path("train.py").write_text(HEAD + "model.compile(tf.keras.optimizers.Adam(lr=0.1))" + TAIL, encoding="utf-8")
    (comment,) = written(report("train.py", select=("GL201", "GL202")).findings, "")
    assert comment.comment == "# gradlint: ignore[high-learning-rate, lr-keyword]"


def test_the_command(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("src").mkdir()
    Path("src/train.py").write_text(BAD, encoding="utf-8")
    Path("src/broken.py").write_text("import tensorflow.keras\nmodel.fit(:\n", encoding="utf-8")
    Path("src/train.ipynb").write_text(json.dumps(cells(BAD), indent=1), encoding="utf-8")
    assert cli.run(["--select=GL201", "--add-ignore=see #1", "src"]) == 2
    assert "see #1" in capsys.readouterr().err
    assert cli.run(["--select=GL201", "--add-ignore", "src"]) == 1
    out, err = capsys.readouterr()
    assert out == (
        "src/train.ipynb:cell 2:3: # gradlint: ignore[high-learning-rate]\n"
        "src/train.py:3: # gradlint: ignore[high-learning-rate]\n"
    )
    assert "src/broken.py:2: error: " in err
    assert err.endswith("Added 2 comments to 2 files.\n")
    Path("src/broken.py").unlink()
    assert cli.run(["--select=GL201", "--add-ignore=again", "src"]) == 0
    assert capsys.readouterr().err == "Added 0 comments to 0 files.\n"
    assert cli.run(["--select=GL201", "src"]) == 0
    assert cli.run(["--add-ignore", "-"]) == 2


def fixtures() -> Iterator[Path]:
    yield from sorted((ROOT / "fixtures" / "scripts").rglob("*.py"))
    yield from sorted((ROOT / "fixtures" / "scripts").rglob("*.ipynb"))


def test_on_the_fixtures(here: Path) -> None:
    for path in fixtures():
        target = here / path.relative_to(ROOT / "fixtures" / "scripts")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    before = lint.run(Settings(jobs=1), NoProgress())
    assert len(written(before.findings)) > 10
    after = lint.run(Settings(jobs=1), NoProgress())
    assert not after.findings
    assert len(after.suppressed) == len(before.findings) + len(before.suppressed)
