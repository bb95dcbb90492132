"""Bytes to text, notebooks, silencing comments, and the test whether a file is worth parsing."""

from __future__ import annotations

import ast
import io
import json
import time
import tokenize
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlint.finding import Problem
from gradlint.notebook import NotebookError, convert, mask
from gradlint.source import LIMIT, NOTEBOOK_LIMIT, SourceFile, interesting, load, reader, shown, split_lines
from gradlint.suppression import Suppressions, suppressions

KNOWN = {"GL101": "unclipped-gradients", "GL201": "high-learning-rate", "GL302": "std-without-epsilon"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(data: bytes, name: str = "a.py") -> SourceFile | Problem:
    Path(name).write_bytes(data)
    return load(Path(name))


def text(data: bytes, name: str = "a.py") -> str:
    file = loaded(data, name)
    assert isinstance(file, SourceFile), file
    return file.text


def problem(data: bytes, name: str = "a.py") -> Problem:
    file = loaded(data, name)
    assert isinstance(file, Problem), file
    return file


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"x = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbf# coding: latin-1\n'\xc3\xa9'", "# coding: latin-1\n'é'"),
        (b"# -*- coding: latin-1 -*-\n'\xe9'", "# -*- coding: latin-1 -*-\n'é'"),
        (
            b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n'\x80'",
            "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n'€'",
        ),
        (b"# coding: shift_jis\n'\x82\xa0'", "# coding: shift_jis\n'あ'"),
        (b"x = '# coding: nonsense'\n", "x = '# coding: nonsense'\n"),
        (b"", ""),
        (b"a\r\nb\rc\x0cd\n", "a\r\nb\rc\x0cd\n"),
    ],
)
def test_encodings(data: bytes, expected: str) -> None:
    assert text(data) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "koi8-r", "cp1251", "euc-jp", "gb18030", "iso8859-15"])
def test_encodings_are_those_of_python(encoding: str) -> None:
    data = f"# -*- coding: {encoding} -*-\nx = 1\n".encode(encoding)
    name, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    assert text(data) == data.decode(name)


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"x = 1\r\ny = 2\rz = '\xff'\n", 3, "byte 0xff is not valid utf-8"),
        (b"# coding: ascii\nx = '\xc3'", 2, "byte 0xc3 is not valid ascii"),
        (b"# coding: klingon\n", 1, "unknown encoding 'klingon'"),
        (b"\n# coding: klingon\n", 2, "unknown encoding 'klingon'"),
        (b"# coding: rot13\n", 1, "'rot13' is no encoding of text"),
        (b"# coding: punycode\n" + b"a" * 100_000 + b"-99", 1, "unknown encoding 'punycode'"),
        (b"# coding: hex\n6162", 1, "'hex' is no encoding of text"),
        (b"x = 1\n\0", 2, "a NUL byte"),
        ("x = 1\n".encode("utf-16"), 1, "a NUL byte"),
    ],
)
def test_what_cannot_be_decoded(data: bytes, line: int, message: str) -> None:
    found = problem(data)
    assert (found.path, found.line) == ("a.py", line)
    assert message in found.message
    assert not found.internal


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_text_or_a_problem(data: bytes) -> None:
    for name in ("a.py", "a.ipynb"):
        file = loaded(b"# coding: " + data, name) if len(data) % 2 else loaded(data, name)
        assert isinstance(file, SourceFile | Problem)


def test_a_large_file_is_not_read() -> None:
    with Path("huge.py").open("wb") as stream:
        stream.truncate(200_000_000)
    begin = time.perf_counter()
    found = load(Path("huge.py"))
    assert time.perf_counter() - begin < 1
    assert found == Problem("huge.py", 1, "file is 200 MB: not read (the limit is 5 MB)")
    assert isinstance(loaded(b"#" * LIMIT), SourceFile)
    assert "5 MB" in problem(b"#" * (LIMIT + 1)).message


def test_a_notebook_may_be_larger_for_its_pictures() -> None:
    with Path("huge.ipynb").open("wb") as stream:
        stream.truncate(NOTEBOOK_LIMIT + 1)
    assert isinstance(load(Path("huge.ipynb")), Problem)
    picture = notebook(("code", "x = 1"))
    picture["cells"][0]["outputs"] = ["A" * (LIMIT + 1)]
    assert text(json.dumps(picture).encode(), "n.ipynb") == "x = 1\n"
    assert "of code" in problem(json.dumps(notebook(("code", "#" * (LIMIT + 1)))).encode(), "n.ipynb").message


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    assert load(Path("gone.py")) == Problem("gone.py", 1, "not checked: No such file or directory")
    Path("d.py").mkdir()
    assert isinstance(load(Path("d.py")), Problem)


def test_shown_paths(tmp_path: Path) -> None:
    assert shown(tmp_path / "a" / "b.py") == "a/b.py"
    assert shown(Path("a/../b.py")) == "b.py"
    assert shown(tmp_path) == "."
    assert shown(tmp_path.parent / "x.py") == (tmp_path.parent / "x.py").as_posix()
    assert shown(Path(f"{tmp_path}2/x.py")) == f"{tmp_path.as_posix()}2/x.py"


def test_lines_for_reports() -> None:
    Path("a.py").write_bytes(b"a\r\nb\x0c\n# \xe2\x80\xa8 c\rd")
    Path("n.ipynb").write_text(json.dumps(notebook(("markdown", "m"), ("code", "!ls\ny = 1"))), encoding="utf-8")
    lines = reader()
    assert list(lines("a.py", None)) == ["a", "b\x0c", "# \u2028 c", "d"]
    assert list(lines("n.ipynb", 2)) == ["!ls", "y = 1"]
    assert list(lines("n.ipynb", 1)) == list(lines("gone.py", None)) == []


@settings(deadline=None)
@given(st.text(alphabet="ab\r\n\x0c\u2028", max_size=20))
def test_lines_are_those_of_python(source: str) -> None:
    assert len(split_lines(source)) == len(source.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


# -- notebooks --------------------------------------------------------------------------------------------------------


def notebook(*cells: tuple[str, str]) -> dict[str, Any]:
    return {
        "cells": [{"cell_type": kind, "source": source.splitlines(keepends=True)} for kind, source in cells],
        "metadata": {"kernelspec": {"language": "python"}},
        "nbformat": 4,
    }


def test_a_notebook_is_its_code_cells() -> None:
    data = json.dumps(
        notebook(("markdown", "# Title"), ("code", "x = 1\ny = 2"), ("raw", "r"), ("code", "z = 3"))
    ).encode()
    source, cells = convert(data)
    assert source == "x = 1\ny = 2\nz = 3\n"
    assert [cells.locate(line) for line in (1, 2, 3)] == [(2, 1), (2, 2), (4, 1)]
    assert list(cells.lines(4)) == ["z = 3"]


LINES = st.lists(st.text(st.characters(exclude_characters="\r\n"), max_size=8), min_size=1, max_size=5)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["code", "markdown"]), LINES), max_size=6))
def test_every_line_leads_back_to_its_cell(cells: list[tuple[str, list[str]]]) -> None:
    document = {"cells": [{"cell_type": kind, "source": "\n".join(lines)} for kind, lines in cells]}
    source, places = convert(json.dumps(document).encode())
    rows = source.split("\n")[:-1]
    for number, row in enumerate(rows, start=1):
        cell, line = places.locate(number)
        kind, lines = cells[cell - 1]
        assert kind == "code"
        assert list(places.lines(cell)) == lines
        assert row == (mask(lines) or [])[line - 1]
    kept = [lines for kind, lines in cells if kind == "code" and mask(lines) is not None]
    assert len(rows) == sum(map(len, kept))


@pytest.mark.parametrize(
    ("cell", "masked"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install tensorflow==2.15 \\\n  keras\nx = 1", "pass\n\nx = 1"),
        ("if gpu:\n    !nvidia-smi\nx = 1", "if gpu:\n    pass\nx = 1"),
        ("?tf.clip_by_norm\ntf.clip_by_norm?\ntf.*norm??", "pass\npass\npass"),
        ("files = !ls\nout = %timeit -o f()\na.b[0] = !ls", "files = ...\nout = ...\na.b[0] = ..."),
        ("%time h = model.fit(x)", "if 1: h = model.fit(x)"),
        ("  %timeit -n 10 -r3 f(x)", "  " + "if 1:".ljust(18) + "f(x)"),
        ("%%time\nmodel.fit(x)", "\nmodel.fit(x)"),
        ("\n%%capture out\nx = 1", "\n\nx = 1"),
        ("x = (a\n  % b)\ny = a \\\n  % b", "x = (a\n  % b)\ny = a \\\n  % b"),
        ("s = '''\n%time\n!ls\n'''\n%ls", "s = '''\n%time\n!ls\n'''\npass"),
        ("x = 1  # why?\n# 100 %?\nx != y", "x = 1  # why?\n# 100 %?\nx != y"),
        ("'%d' % x\nx = '!' \nx = a % b", "'%d' % x\nx = '!' \nx = a % b"),
        ("pip install keras\ncd ..\nls -l", "pass\npass\npass"),
        ("ls = 1\ncat in x\ngit(a)\nls", "ls = 1\ncat in x\ngit(a)\nls"),
        ("%time\nx = 1", "pass\nx = 1"),
        ("%time for x in y: f(x)", "pass"),
        ("f('a(', \"b'\", # (\n  1)\n%ls", "f('a(', \"b'\", # (\n  1)\npass"),
    ],
)
def test_magics(cell: str, masked: str) -> None:
    lines = mask(cell.split("\n"))
    assert lines == masked.split("\n")
    if not masked.startswith(" "):
        ast.parse("\n".join(lines))


@pytest.mark.parametrize("cell", ["%%bash\necho", "%%html\n<b>", "%%writefile x.py\nimport tf", "%%R\nx <- 1", "%%\nx"])
def test_cells_that_are_no_python(cell: str) -> None:
    assert mask(cell.split("\n")) is None


def test_columns_are_kept_where_a_statement_is_timed() -> None:
    line = "%timeit -n 3 fit(0.1)"
    assert (mask([line]) or [""])[0].index("fit") == line.index("fit")


def test_notebooks_of_other_languages_are_empty() -> None:
    document = notebook(("code", "x <- 1"))
    document["metadata"] = {"kernelspec": {"language": "R"}}
    assert convert(json.dumps(document).encode())[0] == ""


def test_notebook_version_3() -> None:
    document = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n", "y"]}]}], "nbformat": 3}
    assert convert(json.dumps(document).encode())[0] == "x = 1\ny\n"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'{"cells": [\n\n}', 3), (b"", 1), (b"[]", 1), (b"{}", 1), (b'{"cells": 1}', 1), (b"\n\xff", 2),
        (b"[" * 100_000, 1), (b'{"cells": ' + b"9" * 5000 + b"}", 1),
        (b'{"worksheets": [1, {"cells": 2}], "cells": null}', 0),
    ],
)  # fmt: skip
def test_what_is_no_notebook(data: bytes, line: int) -> None:
    if not line:
        assert convert(data)[0] == ""
        return
    with pytest.raises(NotebookError) as caught:
        convert(data)
    assert caught.value.line == line
    assert problem(data, "n.ipynb").line == line


# -- silencing comments -----------------------------------------------------------------------------------------------


def parsed(source: str) -> Suppressions:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}
    return suppressions(comments, split_lines(source), KNOWN)


def covers(source: str, first: int, last: int, code: str = "GL201") -> bool:
    return parsed(source).covers(code, KNOWN[code], first, last)


@pytest.mark.parametrize(
    ("comment", "silent"),
    [
        ("# gradlint: ignore[GL201] a test of divergence", True),
        ("# gradlint: ignore[high-learning-rate]", True),
        ("# gradlint:ignore[GL101,GL201]", True),
        ("# gradlint: ignore[GL101, high-learning-rate] both", True),
        ("# gradlint: ignore[GL2] prefix", True),
        ("# gradlint: ignore[gl201]", True),
        ("# type: ignore  # gradlint: ignore[GL201]", True),
        ("# gradlint: ignore[GL101]", False),
        ("# gradlint: ignore[]", False),
        ("# gradlint: ignore", False),
        ("# mygradlint: ignore[GL201]", False),
        ("# noqa", True),
        ("#noqa", True),
        ("# NOQA : gl201", True),
        ("# noqa: GL201", True),
        ("# noqa:E501,GL201 because", True),
        ("# noqa: E501 GL201", True),
        ("# noqa: GL2", True),
        ("# type: ignore # noqa: GL201", True),
        ("# noqa: E501", False),
        ("# noqa: because of this", False),
        ("# noqa-ish", False),
        ("# noqaGL201", False),
    ],
)
def test_comments_on_the_line(comment: str, silent: bool) -> None:
    assert covers(f"x = 1  {comment}\n", 1, 1) is silent


def test_a_comment_silences_the_whole_statement() -> None:
    source = "opt = Adam(\n    0.1,  # gradlint: ignore[GL201] on purpose\n    # noqa: GL101\n)\ny = 2\n"
    assert covers(source, 1, 4)
    assert covers(source, 1, 4, "GL101")
    assert not covers(source, 5, 5)
    assert not covers(source, 1, 4, "GL302")


def test_a_comment_on_the_line_above() -> None:
    source = "x = 1  # gradlint: ignore[GL101]\n# gradlint: ignore[GL201] reason\n# more\nopt = Adam(0.1)\ny = 2\n"
    assert covers(source, 4, 4)
    assert not covers(source, 5, 5)
    assert not covers(source, 4, 4, "GL101")
    assert not covers("# gradlint: ignore[GL201]\n\nopt = Adam(0.1)\n", 3, 3)
    assert not covers("# noqa\nopt = Adam(0.1)\n", 2, 2)
    assert [each.line for each in parsed(source).of("GL201", KNOWN["GL201"], 4, 4)] == [2]


@pytest.mark.parametrize(
    ("comment", "warning"),
    [
        ("# gradlint: ignore", "write `# gradlint: ignore[rule-name] reason`"),
        ("# gradlint: ignore[]", "write `# gradlint: ignore"),
        ("# gradlint: disable=GL201", "write `# gradlint: ignore"),
        ("# gradlint: ignore[GL999]", "no rule is called 'GL999'"),
        ("# gradlint: ignore[high-lerning-rate]", "did you mean GL201 (high-learning-rate)?"),
    ],
)
def test_comments_that_silence_nothing_are_told(comment: str, warning: str) -> None:
    (mistake,) = parsed(f"\nx = 1  {comment}\n").mistakes
    assert mistake.line == 2
    assert warning in mistake.message


def test_other_comments_are_left_alone() -> None:
    assert parsed("# gradlint is a linter\n# noqa: E501\n# see gradlint docs: x\n").mistakes == ()


@settings(deadline=None)
@given(st.lists(st.sampled_from([*KNOWN, *KNOWN.values(), "GL1", "GL"]), min_size=1), st.text(" ,", min_size=1))
def test_any_list_of_rules_silences_those_rules(selectors: list[str], separator: str) -> None:
    found = suppressions({1: f"# gradlint: ignore[{separator.join(selectors)}]"}, ["x"], KNOWN)
    assert not found.mistakes
    for code, name in KNOWN.items():
        expected = any(code.startswith(each) or name == each for each in selectors)
        assert found.covers(code, name, 1, 1) is expected


@settings(deadline=None)
@given(st.dictionaries(st.integers(1, 5), st.text().map(lambda each: "#" + each)))
def test_any_comment_can_be_read(comments: dict[int, str]) -> None:
    found = suppressions(comments, ["x"] * 3, KNOWN)
    found.covers("GL201", KNOWN["GL201"], 1, 5)


# -- triage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "import tensorflow as tf\nopt = tf.keras.optimizers.Adam(0.1)",
        "from keras import Model\nclass M(Model):\n def train_step(self, d): ...",
        "from tf_keras.optimizers import RMSprop",
        "import sonnet as snt\nopt = snt.optimizers.SGD(1.0)",
        "K = importlib.import_module('tensorflow.keras')\nm.compile('adam')\nm.fit(x)",
        "import tensorflow as tf\ng = tf.gradients(loss, w)\nw.assign_sub(lr * g)",
        "state, reward, done, _ = env.step(a)\nagent.train(state, reward)",
        "rewards = (rewards - rewards.mean()) / rewards.std()",
        json.dumps(notebook(("code", "import keras\nmodel.fit(x)"))),
        "from project.imports import *\nmodel.compile(optimizer='adam', loss='mse')",
        "from project.imports import *\nmodel.train_on_batch(x, y)",
    ],
)
def test_training_is_interesting(source: str) -> None:
    assert interesting(source.encode())


@pytest.mark.parametrize(
    "source",
    [
        "",
        "import os\nprint('hello')",
        "import tensorflow as tf\nx = tf.constant(1)",
        "from sklearn.svm import SVC\nSVC().fit(x)",
        "import torch\nreward = env.step(a)\noptimizer.step()",
        "import re\nWORD = re.compile(x)",
        "import numpy as np\nprint(np.std(x))",
    ],
)
def test_the_rest_is_not(source: str) -> None:
    assert not interesting(source.encode())


def test_triage_costs_next_to_nothing() -> None:
    sample = (b"import tensorflow as tf\n" + b"x = some_function(argument, other=[1, 2, 3])  # comment\n" * 2000) * 2
    begin = time.process_time()
    for _ in range(20):
        interesting(sample)
    triage = (time.process_time() - begin) / 20
    begin = time.process_time()
    ast.parse(sample)
    assert triage < 0.05 * (time.process_time() - begin)
