"""The command: arguments, exit codes, streams, and what it must never import."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from samples import FULL, RATE, TRAIN, UNCLIPPED, finding

import gradlint
from gradlint import cli, lint
from gradlint.config import Progress, Settings, UsageError, resolve_selectors
from gradlint.configuration.nearest import Configurations
from gradlint.configuration.policy import Policy
from gradlint.finding import Confidence, Problem, Report, Severity
from gradlint.rule import known_rules

SOURCES = Path(gradlint.__file__).parents[1]


@dataclass
class Lint:
    """Stands in for `lint.run`: gives a report, keeps the settings."""

    report: Report = field(default_factory=lambda: Report(files=1))
    settings: Settings | None = None

    def __call__(self, settings: Settings, progress: Progress) -> Report:
        self.settings = settings
        progress.start(2, "reading")
        progress.advance()
        return self.report


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lint:
    stand_in = Lint()
    monkeypatch.setattr(lint, "run", stand_in, raising=False)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    return stand_in


def policy(**given: Any) -> Policy:
    return Configurations(Settings(isolated=True, **given)).of("train.py")


def settings_of(fake: Lint, *arguments: str) -> Settings:
    assert cli.run(arguments) == 0
    assert fake.settings is not None
    return fake.settings


def test_the_first_argument_may_be_a_path(fake: Lint) -> None:
    assert settings_of(fake) == Settings()
    assert settings_of(fake, "src", "a.py").paths == ("src", "a.py")
    assert settings_of(fake, "check", "src").paths == ("src",)
    assert settings_of(fake, "--pedantic", "src").paths == ("src",)
    assert settings_of(fake, "check").paths == (".",)
    assert settings_of(fake, "./explain").paths == ("./explain",)
    assert settings_of(fake, "--", "--odd.py").paths == ("--odd.py",)


def test_options_become_settings(fake: Lint) -> None:
    assert settings_of(
        fake, "--select", "GL1, GL201", "--select", "std-without-epsilon", "--ignore=GL103", "--pedantic",
        "--min-confidence",
        "high", "--fail-on", "error", "-j", "3", "--target-tensorflow", "2.15", "--target-keras", "3", "x",
    ) == Settings(
        paths=("x",), select=("GL1", "GL201", "std-without-epsilon"), ignore=("GL103",), pedantic=True,
        min_confidence=Confidence.HIGH, fail_on=Severity.ERROR, jobs=3, target_tensorflow="2.15", target_keras="3",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("report", "arguments", "code"),
    [
        (Report(files=1), [], 0),
        (Report(findings=(RATE,)), [], 1),
        (Report(findings=(RATE,)), ["--fail-on", "error"], 0),
        (Report(findings=(RATE,)), ["--exit-zero"], 0),
        (Report(findings=(finding(severity=Severity.INFO),)), ["--pedantic"], 0),
        (Report(findings=(finding(severity=Severity.INFO),)), ["--fail-on", "info"], 1),
        (Report(hidden=(RATE,), suppressed=(RATE,)), [], 0),
        (Report(problems=(Problem("a.py", 1, "not Python"),)), [], 1),
        (Report(problems=(Problem("a.py", 1, "not Python"),)), ["--exit-zero"], 0),
        (Report(problems=(Problem("a.py", 1, "crash", internal=True),)), ["--exit-zero"], 3),
    ],
)
def test_exit_codes(fake: Lint, report: Report, arguments: list[str], code: int) -> None:
    fake.report = report
    assert cli.run(arguments) == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--select", "GL999"], "--select: no rule is called 'GL999'"),
        (["--ignore", "unclipped-gradient"], "did you mean GL101 (unclipped-gradients)?"),
        (["--slect", "GL1"], "--select"),
        (["--output-format", "xml"], "'xml' is not one of"),
        (["-j", "-1"], "-j"),
        (["--target-keras", "three"], "'three' is no version"),
        (["explain", "high-learning-rat"], "did you mean GL201 (high-learning-rate)?"),
        (["explain", "GL2"], "no rule is called 'GL2'"),
        (["--output-file", "no/such/dir/x.txt"], "--output-file: no/such/dir/x.txt: No such file or directory"),
    ],
)
def test_usage_errors(fake: Lint, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert cli.run(arguments) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert not out


def test_a_usage_error_of_the_linter(
    fake: Lint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(settings: Settings, progress: Progress) -> Report:
        raise UsageError("trian.py: no such file or directory: did you mean \x1b[31mtrain.py?")

    monkeypatch.setattr(lint, "run", run, raising=False)
    assert cli.run(["trian.py"]) == 2
    assert capsys.readouterr().err == (
        "gradlint: error: trian.py: no such file or directory: did you mean \\x1b[31mtrain.py?\n"
    )


def test_a_crash_is_ours_and_quits_with_3(
    fake: Lint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(settings: Settings, progress: Progress) -> Report:
        raise KeyError("x")

    monkeypatch.setattr(lint, "run", run, raising=False)
    assert cli.run([]) == 3
    err = capsys.readouterr().err
    assert "internal error: KeyError: 'x' (test_cli.py:" in err
    assert "please report" in err
    assert "Traceback" not in err


def test_an_interrupt_is_quiet(fake: Lint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(settings: Settings, progress: Progress) -> Report:
        raise KeyboardInterrupt

    monkeypatch.setattr(lint, "run", run, raising=False)
    assert cli.run([]) == 130
    assert "".join(capsys.readouterr()).strip() == ""


def test_formats(fake: Lint, capsys: pytest.CaptureFixture[str]) -> None:
    Path("train.py").write_text(TRAIN, encoding="utf-8")
    fake.report = FULL
    assert cli.run([]) == 1
    out, err = capsys.readouterr()
    assert "  |                                      ^^^^^^^^^^^^^^^^^^" in out
    assert "Not shown: 1 GL110, 2 GL401 (--pedantic shows them)." in out
    assert not err
    cli.run(["--output-format", "concise"])
    out, err = capsys.readouterr()
    assert [line.split(":")[0] for line in out.splitlines()] == ["old.py", "train.py", "train.py"]
    assert "Not shown" in err
    cli.run(["--output-format", "json", "--statistics"])
    assert json.loads(capsys.readouterr().out)["summary"]["rules"] == {"GL101": 1, "GL201": 1}
    cli.run(["--statistics"])
    assert capsys.readouterr().out.startswith("shown  not shown")


def test_output_file(fake: Lint, capsys: pytest.CaptureFixture[str]) -> None:
    fake.report = FULL
    assert cli.run(["--output-file", "out.txt", "--output-format", "github"]) == 1
    out, err = capsys.readouterr()
    assert not out
    assert "Found 2 warnings" in err
    assert Path("out.txt").read_text(encoding="utf-8").startswith("::error file=old.py")


@pytest.mark.parametrize(
    ("arguments", "variables", "colored"),
    [
        ([], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "0"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
    ],
)
def test_colour(
    fake: Lint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], variables: dict[str, str], colored: bool,
) -> None:  # fmt: skip
    fake.report = FULL
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    cli.run(arguments)
    assert ("\x1b[" in capsys.readouterr().out) is colored


def test_what_is_shown() -> None:
    info, low = finding(severity=Severity.INFO), finding(confidence=Confidence.LOW)
    medium = replace(low, confidence=Confidence.MEDIUM)
    assert [policy().shows(each) for each in (RATE, UNCLIPPED, medium, low, info)] == [True, True, True, False, False]
    assert policy(pedantic=True).shows(low)
    assert policy(pedantic=True).shows(info)
    assert policy(fail_on=Severity.INFO).shows(info)
    assert not policy(pedantic=True, min_confidence=Confidence.HIGH).shows(low)
    assert policy(min_confidence=Confidence.LOW).shows(low)


KNOWN = {"GL101": "unclipped-gradients", "GL102": "clip-result-unused", "GL201": "high-learning-rate"}


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        ([], [], {"GL101", "GL102", "GL201"}),
        (["GL1"], [], {"GL101", "GL102"}),
        (["all"], ["GL2"], {"GL101", "GL102"}),
        (["gl101", "high-learning-rate"], [], {"GL101", "GL201"}),
        (["GL1"], ["clip-result-unused"], {"GL101"}),
        (["GL101"], ["GL1"], {"GL101"}),
        (["GL1"], ["GL1"], set()),
        ([], ["GL101"], {"GL102", "GL201"}),
    ],
)
def test_selectors(select: list[str], ignore: list[str], codes: set[str]) -> None:
    assert resolve_selectors(select, ignore, KNOWN) == codes


def test_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["rules", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [each["code"] for each in listed] == [rule.code for rule in known_rules()]
    assert set(listed[0]) == {"code", "name", "severity", "predicts", "summary", "plugin"}
    assert cli.run(["rules"]) == 0
    out = capsys.readouterr().out
    assert "GL201  high-learning-rate" in out
    assert all(line == line.rstrip() for line in out.split("\n"))


@pytest.mark.parametrize("rule", ["GL201", "gl201", "high-learning-rate"])
def test_explain(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", rule]) == 0
    out = capsys.readouterr().out
    assert "GL201" in out
    assert all(line == line.rstrip() and line.replace("\xa0", " ").isprintable() for line in out.split("\n"))
    assert cli.run(["explain", rule, "--color", "always"]) == 0
    assert "\x1b[" in capsys.readouterr().out


def test_facts(fake: Lint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    data: dict[str, Any] = {"version": 1, "programs": [], "sites": [], "coverage": {}, "errors": []}
    monkeypatch.setattr(lint, "facts", lambda settings, progress: data, raising=False)
    assert cli.run(["facts", "src", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == data
    assert cli.run(["facts"]) == 0
    assert capsys.readouterr().out.startswith("0 programs")


# -- in a process of its own ------------------------------------------------------------------------------------------


def python(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), **variables}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_version_and_help_are_quick_and_load_nothing_heavy(tmp_path: Path) -> None:
    for option in ("--version", "--help"):
        done = python("-X", "importtime", "-m", "gradlint", option, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        loaded = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
        assert not loaded & {"rich", "libcst", "multiprocessing", "pathspec", "yaml", "platformdirs", "difflib"}
    assert python("-m", "gradlint", "--version", cwd=tmp_path).stdout == f"gradlint {gradlint.__version__}\n"


TRAPS = ("rich", "libcst", "click", "pathspec", "sitecustomize", "yaml", "json", "re", "dataclasses", "multiprocessing",
         "platformdirs", "concurrent", "pickle", "random", "typing", "tensorflow")  # fmt: skip


def trapped(tree: Path) -> Path:
    for name in TRAPS:
        (tree / f"{name}.py").write_text(f"open('SPRUNG-{name}', 'w')\nraise SystemExit(99)\n", encoding="utf-8")
    (tree / "rich").mkdir()
    (tree / "rich" / "__init__.py").write_text("open('SPRUNG-rich-package', 'w')\n", encoding="utf-8")
    (tree / "train.py").write_text(TRAIN, encoding="utf-8")
    return tree


@pytest.mark.parametrize(
    "command", [["."], ["facts", "."], ["rules"], ["explain", "GL201"], ["--version"], ["-j2", "."]]
)
def test_nothing_of_the_checked_tree_is_imported(tmp_path: Path, command: list[str]) -> None:
    done = python("-m", "gradlint", *command, cwd=trapped(tmp_path))
    assert not list(tmp_path.glob("SPRUNG*"))
    assert done.returncode in {0, 1}, done.stderr


@pytest.mark.parametrize("relative", ["", ".", "sub/.."])
def test_nor_by_relative_entries_of_the_import_path(tmp_path: Path, relative: str) -> None:
    program = "from gradlint.__main__ import main; import sys; sys.argv = ['gradlint', 'rules']; main()"
    (tmp_path / "sub").mkdir()
    # `click` and its like are put there only after start-up: what the interpreter itself imports is not ours to guard
    (tmp_path / "click.py").write_text("open('SPRUNG', 'w')\n", encoding="utf-8")
    done = python("-c", program, cwd=tmp_path, PYTHONPATH=os.pathsep.join([relative, str(SOURCES)]))
    assert not (tmp_path / "SPRUNG").exists()
    assert done.returncode == 0, done.stderr


def test_nor_from_a_project_in_the_import_path(tmp_path: Path) -> None:
    program = "from gradlint.__main__ import main; import sys; sys.argv = ['gradlint', 'explain', 'GL201']; main()"
    (tmp_path / "sub").mkdir()
    for name in ("click", "rich", "libcst", "json", "difflib"):
        (tmp_path / f"{name}.py").write_text("open('SPRUNG', 'w')\n", encoding="utf-8")
    done = python("-c", program, cwd=tmp_path / "sub", PYTHONPATH=os.pathsep.join([str(tmp_path), str(SOURCES)]))
    assert not (tmp_path / "sub" / "SPRUNG").exists()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_import_nothing_of_the_checked_tree(tmp_path: Path, method: str) -> None:
    """The pool as `lint` starts it, also by the method of other systems."""
    if method == "spawn" and sys.version_info < (3, 11):
        pytest.skip("Python 3.10 has no PYTHONSAFEPATH")
    (trapped(tmp_path) / "sub").mkdir()
    program = tmp_path.parent / f"pool_{method}.py"
    program.write_text(
        textwrap.dedent(
            f"""
            import sys
            from gradlint import safe_path
            safe_path.clean()
            sys.platform = {"linux" if method == "fork" else "darwin"!r}
            context = safe_path.context()
            sys.platform = "linux"
            if __name__ == "__main__":
                with context.Pool(2, initializer=safe_path.clean) as pool:
                    print(pool.map(__import__("importlib").import_module, []), pool.map(len, ["ab"]))
                assert context.get_start_method() == {method!r}
            """
        ),
        encoding="utf-8",
    )
    done = python(str(program), cwd=tmp_path)
    assert done.stdout == "[] [2]\n", done.stderr
    assert not list(tmp_path.glob("SPRUNG*"))


STAND_IN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
import sys
sys.path.insert(0, {tests!r})
from gradlint import cli, lint
from samples import FULL
from dataclasses import replace
import time
def run(settings, progress):
    progress.start(3, "reading [bold]files")
    open(__file__ + ".started", "w").close()
    for _ in range(3):
        progress.advance()
        time.sleep({sleep})
    return replace(FULL, findings=FULL.findings * {times})
lint.run = run
sys.exit(cli.run(sys.argv[1:]))
"""


def stand_in(tmp_path: Path, sleep: float = 0, times: int = 1) -> str:
    program = tmp_path / "stand_in.py"
    source = STAND_IN.format(tests=str(Path(__file__).parent), sleep=sleep, times=times)
    program.write_text(source, encoding="utf-8")
    return str(program)


@pytest.mark.parametrize("output_format", ["full", "concise", "json"])
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, output_format: str) -> None:
    command = [sys.executable, stand_in(tmp_path, times=3000), "--output-format", output_format]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(SOURCES)}
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        complaint = process.stderr.read().decode()
        assert process.wait(60) == 1
    assert "Error" not in complaint
    assert "Traceback" not in complaint


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_narrow_encoding_gets_escapes(tmp_path: Path, encoding: str) -> None:
    program = stand_in(tmp_path)
    text = (
        Path(program)
        .read_text(encoding="utf-8")
        .replace("FULL.findings * 1", "(replace(FULL.findings[0], message='学'),)")
    )
    Path(program).write_text(text, encoding="utf-8")
    done = python(program, "--output-format", "concise", cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert done.returncode == 1, done.stderr
    assert "\\u5b66" in done.stdout


def test_ctrl_c_is_quiet(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, stand_in(tmp_path, sleep=20)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
    ) as process:  # fmt: skip
        started = tmp_path / "stand_in.py.started"
        for _ in range(600):
            if started.exists():
                break
            time.sleep(0.1)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out + err).strip() == b""


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_only_at_a_terminal(tmp_path: Path, terminal: bool) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, stand_in(tmp_path, sleep=0.3)], stdout=subprocess.PIPE, env=environment,
        stderr=theirs if terminal else subprocess.PIPE,
    ) as process:  # fmt: skip
        out, err = process.communicate(timeout=60)
    os.close(theirs)
    seen = os.read(ours, 100_000).decode() if terminal else err.decode()
    os.close(ours)
    assert ("reading [bold]files" in seen) is terminal
    assert b"reading" not in out
    assert process.returncode == 1
