"""The command line of the probe: options, exit codes, streams, and the line of progress."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import made
import pytest

import gradlint
from gradlint import cli
from gradlint.finding import Report
from gradlint.observed import Run
from gradlint.probe import codec, processes, run, wire
from gradlint.probe.options import Options
from gradlint.probe.progress import line
from gradlint.probe.supervisor import Moment

SOURCES = Path(gradlint.__file__).parents[1]
CALM = made.steps(1.0, 0.9)
GROWN = made.steps(1.0, 90.0)


@dataclass
class Child:
    """Replaces the child: gives a result, and keeps the request."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    options: list[Options] = field(default_factory=list)

    def gives(self, result: wire.Result) -> None:
        text = codec.dumps(result).replace("/w/", f"{self.folder}/")
        path = self.folder.parent / "child.py"
        path.write_text(
            "import json, os, sys\nrequest = json.load(open(sys.argv[1]))\n"
            f"open(request['result'] + '.part', 'w').write({text!r})\n"
            "os.replace(request['result'] + '.part', request['result'])\nos._exit(77)\n"
        )
        self.monkeypatch.setattr(run, "CHILD", path)


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Child:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "train.py").write_text("import tensorflow as tf\n" * 12)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    made_child = Child(folder, monkeypatch)
    made_child.gives(made.result(CALM))
    real = run.probe

    def keeping(options: Options, report: Report, codes: frozenset[str], show: run.Show) -> run.Probed:
        made_child.options.append(options)
        return real(options, report, codes, show)

    monkeypatch.setattr(run, "probe", keeping)
    return made_child


def test_options(child: Child) -> None:
    arguments = [
        "probe", "--steps", "3", "--watch", "0", "--timeout", "9.5", "--memory", "4G", "--device", "gpu", "--isolate",
        "--seed", "7", "--no-replay", "--python", sys.executable, "train.py", "--", "--epochs", "3",
    ]  # fmt: skip
    assert cli.run(arguments) == 0
    assert child.options == [
        Options("train.py", None, ("--epochs", "3"), sys.executable, 3, 0, 9.5, 4 << 30, "gpu", True, 7, False)
    ]
    assert cli.run(["probe", "train.py"]) == 0
    assert child.options[-1] == Options("train.py", timeout=300)


def test_a_module_takes_all_arguments(child: Child) -> None:
    assert cli.run(["probe", "-m", "train", "--", "first", "--second"]) == 0
    assert child.options == [Options(None, "train", ("first", "--second"))]


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (made.result(CALM), 0),
        (made.result(GROWN), 1),
        (made.result(CALM, reason=wire.Reason.KILLED), 0),
        (made.result(GROWN, reason=wire.Reason.KILLED), 1),
        (made.result(reason=wire.Reason.SCRIPT_ENDED), 4),
        (made.result(reason=wire.Reason.CHILD_FAILED), 3),
        (made.result([made.step(optimizer=9)]), 3),
    ],
)
def test_exit_codes(child: Child, result: wire.Result, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    child.gives(result)
    assert cli.run(["probe", "train.py"]) == code
    assert cli.run(["probe", "train.py", "--output-format", "json"]) == code
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name a script, or a module with -m"),
        (["missing.py"], "missing.py: No such file"),
        (["train.py", "--epochs", "3"], "the script's own arguments stand behind --"),
        (["train.py", "--memory", "lots"], "'lots' is no size"),
        (["train.py", "--steps", "0"], "--steps"),
        (["train.py", "--python", "no-such-python"], "--python: no-such-python: no such program"),
        (["train.py", "--output-file", "no/such/place"], "--output-file"),
    ],
)
def test_wrong_usage(child: Child, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["probe", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_output(child: Child, capsys: pytest.CaptureFixture[str]) -> None:
    child.gives(made.result(GROWN))
    cli.run(["probe", "train.py"])
    out, err = capsys.readouterr()
    assert out.startswith("CONFIRMED the loss of SGD grows 90 times within 2 steps, from 1 to 90\n")
    assert not err
    cli.run(["probe", "train.py", "--output-file", "out.json", "--output-format", "json"])
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("confirmed: the loss of SGD grows 90 times")
    assert json.loads(Path("out.json").read_text())["verdict"] == "confirmed"
    cli.run(["probe", "train.py", "--color", "always"])
    assert "\x1b[1;31mCONFIRMED" in capsys.readouterr().out


def test_check_with_a_probe(child: Child, capsys: pytest.CaptureFixture[str]) -> None:
    child.gives(made.result(GROWN))
    assert cli.run(["check", "--probe", "train.py --epochs '1 2'", "."]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert child.options == [Options("train.py", None, ("--epochs", "1 2"))]
    assert "GL012 [loss-blow-up] error" in out
    assert "Probe of train.py: confirmed: the loss of SGD grows 90 times within 2 steps, from 1" in out
    assert cli.run(["check", "--probe", "train.py", "--ignore", "GL012", "."]) == 0
    assert cli.run(["check", "--probe", "train.py", "--exit-zero", "."]) == 0
    child.gives(made.result())
    assert cli.run(["check", "--probe", "-m train x", "."]) == 4
    assert child.options[-1] == Options(None, "train", ("x",))
    capsys.readouterr()
    assert cli.run(["check", "--python", "python3", "."]) == 2
    assert cli.run(["check", "--probe", "'", "."]) == 2
    assert "--probe" in capsys.readouterr().err


def test_the_line_of_progress() -> None:
    moment = Moment(75.3, 900 << 20, 3)
    event = wire.Event(wire.Doing.REPLAYING, 1.0, None, "[red]x\x1b\n")
    text = line(event, moment, 80)
    assert "01:15  900 MB  3 processes  replaying (\\[red]x\\x1b\\x0a)" in text
    assert "starting Python" in line(None, moment, 80)
    assert len(line(event, moment, 30)) < 33


def test_progress_is_shown_at_a_terminal_only(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("x = 1\n")
    (tmp_path / "child.py").write_text(
        "import json, sys, time\nrequest = json.load(open(sys.argv[1]))\n"
        'open(request[\'events\'], \'w\').write(\'{"doing": "waiting", "time": 1, "memory": null}\\n\')\ntime.sleep(1)\n'
    )
    code = (
        "from gradlint.probe import run; from gradlint import cli; from pathlib import Path;"
        "run.CHILD = Path('child.py').absolute(); cli.run(['probe', 'train.py'])"
    )
    main, side = pty.openpty()
    own = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=side, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(SOURCES), "TERM": "xterm", "COLUMNS": "80"},
    )  # fmt: skip
    os.close(side)
    seen = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            piece = os.read(main, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    assert own.wait(timeout=20) == 0
    os.close(main)
    assert b"waiting for the first update" in seen
    assert own.stdout is not None
    assert b"\x1b" not in own.stdout.read()
    own.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_leave_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "temporary").mkdir()
    (tmp_path / "project" / "train.py").write_text("x = 1\n")
    ready = tmp_path / "ready"
    (tmp_path / "child.py").write_text(
        f"import os, time\nopen({str(ready)!r}, 'w').write(str(os.getpid()))\nwhile True: time.sleep(1)\n"
    )
    code = (
        # a background job of a shell ignores the signal
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "import sys; from gradlint.probe import run; from gradlint import cli; from pathlib import Path;"
        "run.CHILD = Path('../child.py').absolute(); sys.exit(cli.run(['probe', 'train.py', '--isolate']))"
    )
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), "TMPDIR": str(tmp_path / "temporary")}
    own = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path / "project", env=environment, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not (ready.exists() and ready.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    own.send_signal(number)
    _, err = own.communicate(timeout=20)
    assert own.returncode == (130 if number is signal.SIGINT else -number)
    assert "Traceback" not in err
    assert not list((tmp_path / "temporary").iterdir())
    assert not [each for each in processes.table() if each.pid == int(ready.read_text()) and not each.zombie]


def test_run_is_empty_without_a_result() -> None:
    assert Run("x", (), "why").updaters == ()
