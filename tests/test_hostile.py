"""Hostile trees: a diagnostic where one is due, nothing executed, the rest checked, exit code 1 and never 3."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hostile import CASES, HEAD, TAIL, Case

import gradlint
from gradlint import cli, lint

SOURCES = Path(gradlint.__file__).parents[1]
HEALTHY = "import tensorflow as tf\n\nmodel = tf.keras.Sequential()\n" + TAIL.format(rate=0.1)
HEALTHY_LINE = 4
MEMORY = 3_000_000_000
"""Bytes of address space that a run may use: far more than any of these trees needs."""
SECONDS = 100
"""Far more than any run takes: this only tells slow from endless."""


@dataclass(frozen=True)
class Outcome:
    """What one run gave."""

    code: int | None
    """Negative for a signal, None if it did not end."""
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [(each["path"], each["message"]) for each in self.report["errors"]]

    @property
    def findings(self) -> set[tuple[str, int, str]]:
        return {(each["path"], each["line"], each["code"]) for each in self.report["findings"]}


def _child(tree: Path, out: Path, arguments: list[str]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(tree)
    sys.setrecursionlimit(1000)
    with (out / "out").open("w") as stdout, (out / "err").open("w") as stderr:
        os.dup2(stderr.fileno(), 2)
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            code = cli.run(arguments)
            stdout.flush()
            stderr.flush()
    os._exit(code)


def forked(tree: Path, out: Path, *arguments: str) -> Outcome:
    """Run the command in a fork of this process, which has everything loaded; a crash is the fork's alone."""
    out.mkdir()
    process = multiprocessing.get_context("fork").Process(target=_child, args=(tree, out, list(arguments)))
    process.start()
    process.join(SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
        return Outcome(None, "", "")
    texts = [(out / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err")]
    return Outcome(process.exitcode, *texts)


def command(tree: Path, *arguments: str) -> Outcome:
    """Run `python -m gradlint` in the tree."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-m", "gradlint", *arguments], cwd=tree, env=environment, capture_output=True, check=False,
        timeout=SECONDS,
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def write(tree: Path, case: Case) -> None:
    tree.mkdir(parents=True, exist_ok=True)
    for name, content in case.files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for name in case.fifos:
        os.mkfifo(tree / name)


def judge(case: Case, problems: list[tuple[str, str]]) -> None:
    """Exactly the diagnostic that is due."""
    if case.may_be_cut:
        problems = [(path, message) for path, message in problems if "was read in part" not in message]
    if case.diagnostic is None:
        assert not problems
        return
    assert [path for path, _ in problems] == [next(iter(case.files))], problems
    assert re.search(case.diagnostic, problems[0][1], re.IGNORECASE), problems


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_hostile_program(case: Case, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    write(tree, case)
    (tree / "train.py").write_text(HEALTHY, encoding="utf-8")
    assert lint  # loaded before the fork
    outcome = forked(tree, tmp_path / "out", "--output-format", "json", "-j1", ".")
    assert outcome.code == 1, outcome.err or outcome.problems
    assert "Traceback" not in outcome.err
    assert ("train.py", HEALTHY_LINE, "GL201") in outcome.findings
    assert not list(tree.glob("SPRUNG*"))
    judge(case, outcome.problems)


# -- all at once, with the real command -------------------------------------------------------------------------------

TRAPS = ("rich", "libcst", "sitecustomize", "usercustomize", "click", "yaml", "pathspec", "platformdirs", "json",
         "multiprocessing", "concurrent", "encodings", "conftest", "setup")  # fmt: skip
SPECIAL = {"fifo.py": "FIFO", "self.py": "leads nowhere", "one.py": "leads nowhere", "two.py": "leads nowhere",
           "gone.py": "leads nowhere", "sparse.py": "200 MB", "socket.py": "socket"}  # fmt: skip


def special(tree: Path) -> None:
    """Things in a directory that are no program text."""
    os.mkfifo(tree / "fifo.py")
    for name, target in (("self.py", "self.py"), ("one.py", "two.py"), ("two.py", "one.py"), ("gone.py", "nowhere.py")):
        (tree / name).symlink_to(target)
    for name, target in (("loop", "."), ("up", "sub/.."), ("sub/top", "../../tree"), ("here", "here")):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).symlink_to(target, target_is_directory=True)
    with (tree / "sparse.py").open("wb") as stream:
        stream.truncate(200_000_000)
    os.mknod(tree / "socket.py", stat.S_IFSOCK | 0o600)
    (tree / "directory.py").mkdir()


def trap(tree: Path) -> None:
    """Modules that leave a mark when they are imported."""
    for name in TRAPS:
        text = f"open({str(tree / 'SPRUNG')!r} + '-{name}', 'w')\nraise SystemExit(99)\n"
        (tree / f"{name}.py").write_text(text, encoding="utf-8")
        (tree / name).mkdir()
        (tree / name / "__init__.py").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All of it: special files, traps, and the quick ones of the hostile programs, each in a directory of its own."""
    root = tmp_path_factory.mktemp("hostile") / "tree"
    root.mkdir()
    for case in CASES:
        if not case.may_be_cut:
            write(root / "cases" / case.name, case)
    special(root)
    trap(root)
    (root / "train.py").write_text(HEALTHY, encoding="utf-8")
    yield root
    assert not list(root.rglob("SPRUNG*"))


@pytest.fixture(scope="module")
def outcomes(tree: Path) -> tuple[Outcome, Outcome]:
    """The whole tree, read by one process and by two."""
    one, two = (command(tree, "--output-format", "json", "-j", jobs, ".") for jobs in ("1", "2"))
    assert not list(tree.rglob("SPRUNG*"))
    return one, two


def test_the_whole_tree(outcomes: tuple[Outcome, Outcome]) -> None:
    outcome, _ = outcomes
    assert outcome.code == 1, outcome.err + outcome.out[-2000:]
    assert ("train.py", HEALTHY_LINE, "GL201") in outcome.findings
    due = {
        f"cases/{case.name}/{next(iter(case.files))}": case.diagnostic
        for case in CASES
        if case.diagnostic and not case.may_be_cut
    } | SPECIAL
    found = dict(outcome.problems)
    assert sorted(found) == sorted(due)
    assert len(found) == len(outcome.problems), "one problem for each file"
    assert not {
        path: found[path] for path, message in due.items() if not re.search(message, found[path], re.IGNORECASE)
    }


def test_the_number_of_processes_changes_nothing(outcomes: tuple[Outcome, Outcome]) -> None:
    one, two = outcomes
    assert one == two


def test_no_file_is_read_twice_through_links(outcomes: tuple[Outcome, Outcome]) -> None:
    for outcome in outcomes:
        assert [path for path, _, _ in outcome.findings if path.endswith("train.py")] == ["train.py"]


@pytest.fixture(scope="module")
def trapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough files that workers are started for them, among traps."""
    root = tmp_path_factory.mktemp("trapped")
    trap(root)
    for number in range(40):
        (root / f"train_{number}.py").write_text("import rich, libcst, yaml\n" + HEALTHY, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "arguments", [["."], ["-j2", "."], ["facts", "."], ["rich.py", "sitecustomize.py"], ["explain", "GL101"], ["rules"]]
)
def test_nothing_is_imported_from_the_tree(trapped: Path, arguments: list[str]) -> None:
    outcome = command(trapped, *arguments)
    assert not list(trapped.rglob("SPRUNG*"))
    assert outcome.code == (1 if arguments[-1] == "." and "facts" not in arguments else 0), outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("name", ["yaml", "json", "libcst", "rich"])
def test_a_module_that_is_loaded_late_is_not_taken_from_the_tree(tmp_path: Path, name: str) -> None:
    traps, program = tmp_path / "traps", tmp_path / "program"
    for folder in (traps, program):
        folder.mkdir()
    trap(traps)
    code = "import yaml, json\nc = yaml.safe_load(open('c.yaml'))\nd = json.load(open('c.json'))\n"
    (program / "run.py").write_text(HEAD + code + TAIL.format(rate="c['lr'] * d['lr']"), encoding="utf-8")
    (program / "c.yaml").write_text("lr: 0.5\n", encoding="utf-8")
    (program / "c.json").write_text('{"lr": 1.0}\n', encoding="utf-8")
    outcome = command(traps, "--output-format", "json", "../program/run.py", f"{name}.py")
    assert not list(tmp_path.rglob("SPRUNG*"))
    assert {(Path(path).name, code) for path, _, code in outcome.findings} == {("run.py", "GL201")}, outcome.out


# -- what is quoted ---------------------------------------------------------------------------------------------------

NAMES = (
    "red\x1b[31m.py", "[bold red]name.py", "new\nline.py", "::error file=x::hello.py", "a%0Ab.py", "bidi\u202eyp.py",
    "carriage\rreturn.py", "tab\t.py", "bell\x07.py", "--output-file=SPRUNG.py", "$(touch SPRUNG).py", "quote'\".py",
    "#1.py", "a:b,c::d.py", "c1\x9b31m.py", "line\u2028separator.py", "zero\u200bwidth.py", "../tree/dots.py",
)  # fmt: skip
QUOTED = (
    "import tensorflow as tf\n"
    "adam = tf.keras.optimizers.Adam(learning_rate=0.7)  # \x1b[31m [red]x[/red] ::error::x \u202e %0A \x9b \x07 <b>\n"
    "adam.minimize(f, [x])\n"
)


@pytest.fixture
def named(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in NAMES:
        path = tree / name
        path.write_text(QUOTED, encoding="utf-8")
    with contextlib.suppress(OSError):  # some file systems take no such name
        bad = Path(os.fsdecode(os.fsencode(tree) + b"/bad\xff.py"))
        bad.write_text("import tensorflow as tf, Adam from\n", encoding="utf-8")
    return tree


@pytest.mark.parametrize("output_format", ["full", "concise", "github", "json"])
@pytest.mark.parametrize("arguments", [["."], ["--pedantic", "."], ["--statistics", "."]])
def test_what_is_quoted_cannot_steer_the_terminal(named: Path, output_format: str, arguments: list[str]) -> None:
    outcome = command(named, "--output-format", output_format, *arguments)
    assert outcome.code == 1, outcome.err
    for text in (outcome.out, outcome.err):
        assert all(c.isprintable() or c in "\n" for c in text), sorted({c for c in text if not c.isprintable()})
    assert not (named / "SPRUNG").exists()
    if output_format == "concise" and "--statistics" not in arguments:
        assert outcome.out.count("GL201") == len(NAMES)


def test_markup_is_shown_and_not_obeyed(named: Path) -> None:
    outcome = command(named, "--color", "always", ".")
    assert "[red]x[/red]" in outcome.out
    assert "[bold red]name.py" in outcome.out
    assert "\x1b[31m [red]" not in outcome.out
    assert "\\x1b[31m" in outcome.out
    assert not re.search(r"\x1b(?!\[[0-9;]*m|\]8;)", outcome.out), "only colours and links"


def test_github_sees_one_command_per_finding(named: Path) -> None:
    outcome = command(named, "--output-format", "github", ".")
    lines = outcome.out.splitlines()
    assert all(line.startswith(("::warning file=", "::error file=", "::notice file=")) for line in lines if line), lines
    assert sum("title=GL201" in line or "GL201" in line for line in lines) == len(NAMES)


def test_json_keeps_names_exactly(named: Path) -> None:
    outcome = command(named, "--output-format", "json", ".")
    expected = {name.removeprefix("../tree/") for name in NAMES}
    assert {path for path, _, code in outcome.findings if code == "GL201"} == expected


@pytest.mark.parametrize("form", ["text", "json"])
def test_facts_quote_safely(named: Path, form: str) -> None:
    outcome = command(named, "facts", "--format", form, ".")
    assert outcome.code == 1, outcome.err
    assert all(c.isprintable() or c == "\n" for c in outcome.out)
