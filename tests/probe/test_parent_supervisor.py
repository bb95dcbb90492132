"""The supervisor, on small programs that do what hostile training scripts do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import gradlint
from gradlint.probe import processes
from gradlint.probe.supervisor import Ending, Limits, Outcome, supervise

MEGABYTE = 1 << 20
SOURCES = Path(gradlint.__file__).parents[1]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="subreapers are a feature of Linux")


def run(code: str, folder: Path, timeout: float = 20.0, memory: int | None = None) -> Outcome:
    return supervise(
        [sys.executable, "-c", textwrap.dedent(code)],
        Limits(timeout, memory),
        environment=dict(os.environ),
        directory=folder,
        each=lambda moment: False,
    )


def alive(pid: int) -> bool:
    return any(process.pid == pid and not process.zombie for process in processes.table())


def pids(folder: Path) -> list[int]:
    """What the program wrote into files whose names end in `.pid`."""
    return [int(path.read_text()) for path in folder.glob("*.pid")]


def test_output_and_exit_code(tmp_path: Path) -> None:
    outcome = run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)", tmp_path)
    assert (outcome.ending, outcome.returncode, outcome.survivors) == (Ending.EXITED, 7, 0)
    assert sorted(outcome.output.split()) == ["err", "out"]


def test_the_middle_of_much_output_is_left_out(tmp_path: Path) -> None:
    outcome = run("print('first'); print('x' * 5_000_000); print('last')", tmp_path)
    assert outcome.ending is Ending.EXITED
    assert outcome.output.startswith("first")
    assert outcome.output.endswith("last\n")
    assert "bytes left out" in outcome.output
    assert len(outcome.output) < 1_000_000


def test_standard_input_is_closed(tmp_path: Path) -> None:
    outcome = run("input('? ')", tmp_path)
    assert outcome.returncode == 1
    assert "EOFError" in outcome.output


def test_timeout_ends_who_hangs_and_who_does_not_listen(tmp_path: Path) -> None:
    outcome = run("import time; time.sleep(60)", tmp_path, timeout=0.5)
    assert (outcome.ending, outcome.returncode) == (Ending.TIMEOUT, -signal.SIGTERM)
    outcome = run(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", tmp_path, timeout=0.5
    )
    assert (outcome.ending, outcome.returncode) == (Ending.TIMEOUT, -signal.SIGKILL)
    assert outcome.seconds < 10


def test_the_polite_signal_leaves_time_to_write(tmp_path: Path) -> None:
    code = """
    import os, signal, time
    def write(number, frame):
        time.sleep(0.5)
        open("written", "w").close()
        os._exit(5)
    signal.signal(signal.SIGTERM, write)
    print("x" * 3_000_000, flush=True)
    while True:
        time.sleep(0.1)
    """
    assert run(code, tmp_path, timeout=1).returncode == 5
    assert (tmp_path / "written").exists()


def test_memory_of_the_whole_family_counts(tmp_path: Path) -> None:
    code = """
    import subprocess, sys, time
    hog = "import time; x = bytearray(150 << 20); time.sleep(60)"
    for _ in range(3):
        subprocess.Popen([sys.executable, "-c", hog])
    time.sleep(60)
    """
    outcome = run(code, tmp_path, memory=300 * MEGABYTE)
    assert outcome.ending is Ending.MEMORY
    assert outcome.peak_memory > 300 * MEGABYTE
    assert outcome.seconds < 15


@LINUX
def test_forks_that_share_their_memory_are_counted_once(tmp_path: Path) -> None:
    code = """
    import os, time
    x = bytearray(b"x") * (150 << 20)
    for _ in range(3):
        if not os.fork():
            time.sleep(1)
            os._exit(0)
    time.sleep(1.2)
    """
    assert run(code, tmp_path, memory=400 * MEGABYTE).ending is Ending.EXITED


@LINUX
def test_nothing_survives(tmp_path: Path) -> None:
    code = """
    import os, signal, subprocess, sys, time
    tell = "import os, signal, sys, time; signal.signal(15, signal.SIG_IGN); open(sys.argv[1], 'w')"
    start = [sys.executable, "-c", tell + ".write(str(os.getpid())); time.sleep(90)"]
    subprocess.Popen([*start, "plain.pid"])
    subprocess.Popen([*start, "session.pid"], start_new_session=True)
    if not os.fork():                       # a daemon: two forks and a session of its own
        os.setsid()
        if not os.fork():
            subprocess.Popen([*start, "daemon.pid"], close_fds=True)
            os._exit(0)
        os._exit(0)
    deadline = time.time() + 10
    while len([name for name in os.listdir() if name.endswith(".pid") and os.path.getsize(name)]) < 3:
        assert time.time() < deadline
        time.sleep(0.05)
    os._exit(77)
    """
    outcome = run(code, tmp_path)
    assert outcome.returncode == 77
    assert outcome.survivors >= 3
    assert len(pids(tmp_path)) == 3
    assert not [pid for pid in pids(tmp_path) if alive(pid)]
    assert not [process for process in processes.table() if process.parent == os.getpid() and process.zombie]


def test_a_program_that_closes_its_output_is_still_watched(tmp_path: Path) -> None:
    outcome = run("import os, time; os.close(1); os.close(2); time.sleep(60)", tmp_path, timeout=1)
    assert outcome.ending is Ending.TIMEOUT


def test_a_survivor_that_holds_the_pipe_does_not_hold_us(tmp_path: Path) -> None:
    started = time.monotonic()
    run("import subprocess; subprocess.Popen(['sleep', '60'])", tmp_path)
    assert time.monotonic() - started < 10


def test_the_watcher_can_stop_it(tmp_path: Path) -> None:
    outcome = supervise(
        [sys.executable, "-c", "import time; time.sleep(60)"], Limits(20, None), environment=dict(os.environ),
        directory=tmp_path, each=lambda moment: moment.seconds > 0.3,
    )  # fmt: skip
    assert outcome.ending is Ending.STOPPED


SUPERVISOR = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
from pathlib import Path
from gradlint.probe.supervisor import Limits, supervise
code = '''
import os, subprocess, sys, time
tell = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(90)"
subprocess.Popen([sys.executable, "-c", tell, "grandchild.pid"])
open("child.pid", "w").write(str(os.getpid()))
time.sleep(90)
'''
supervise([sys.executable, "-c", code], Limits(60, None), environment=dict(os.environ),
          directory=Path.cwd(), each=lambda moment: False)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_the_program_first(tmp_path: Path, number: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    own = subprocess.Popen([sys.executable, "-c", SUPERVISOR], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while len(pids_ready(tmp_path)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    own.send_signal(number)
    assert own.wait(timeout=10) in {-number, 1, -signal.SIGINT}
    assert not [pid for pid in pids(tmp_path) if alive(pid)]


def pids_ready(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.pid") if path.stat().st_size]
