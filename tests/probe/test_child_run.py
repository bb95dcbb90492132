"""The script runs as it does without the probe: its place, its arguments, its errors in its own words."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from child_run import PYTHON, run, source_of

from gradlint.probe import wire

pytestmark = pytest.mark.tensorflow


def write(directory: Path, **files: str) -> Path:
    for name, text in files.items():
        path = directory / (name.replace("package__", "package/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory


RAISES = """import os, sys
from helper import call


def outer(depth):
    try:
        call(depth)
    except KeyError as error:
        raise ValueError("no luck") from error


outer({})
"""


def test_its_own_exception_in_its_own_words(tmp_path: Path) -> None:
    write(tmp_path, train=RAISES, helper="def call(depth):\n    return depth['x']\n")
    script = tmp_path / "train.py"
    without = subprocess.run([PYTHON, script], capture_output=True, text=True, cwd=tmp_path, check=False)
    done = run(script)
    result = done.measured
    assert (done.status, result.reason) == (wire.EXIT_DONE, wire.Reason.SCRIPT_RAISED)
    assert result.error is not None
    assert result.error.traceback == without.stderr
    assert without.stderr in done.errors
    assert (result.error.type, result.error.message) == ("ValueError", "no luck")
    assert result.error.site == wire.Site(str(script), 9, "outer")


SELF = """import os, pathlib, pickle, sys
import __main__

class Thing:
    pass

assert __name__ == "__main__" and __main__.Thing is Thing
assert pickle.loads(pickle.dumps(Thing())).__class__ is Thing
assert pathlib.Path(__file__).name == "train.py" and sys.argv[1:] == ["--epochs", "3"], sys.argv
assert pathlib.Path(sys.path[0]) == pathlib.Path(__file__).parent.resolve(), sys.path
assert "_gradlint_probe_child" not in [pathlib.Path(p).name for p in sys.path]
import frames, state, run  # the user's own modules, not the probe's
assert frames.MINE and state.MINE and run.MINE
try:
    input("? ")
except EOFError:
    print("no input")
raise SystemExit(5)
"""


def test_it_finds_itself_where_it_expects(tmp_path: Path) -> None:
    mine = "MINE = True\n"
    script = write(tmp_path, train=SELF, frames=mine, state=mine, run=mine) / "train.py"
    done = run(script, argv=("--epochs", "3"))
    assert done.measured.reason is wire.Reason.SCRIPT_EXITED, done.errors
    assert done.measured.exit_code == 5
    assert "? no input" in done.output


TRAIN = """import sys
import tensorflow as tf
from . import rates

assert sys.argv[1:] == ["fast"], sys.argv
w = tf.Variable(1.0)
optimizer = tf.keras.optimizers.SGD(rates.RATE)
for _ in range(3):
    with tf.GradientTape() as tape:
        loss = tf.math.log(w)
    optimizer.apply_gradients([(tape.gradient(loss, w), w)])
"""


def test_a_module_with_an_instrumented_import(tmp_path: Path) -> None:
    write(tmp_path, package____init__="", package__train=TRAIN, package__rates="RATE = 0.125\nOTHER = 1\n")
    train, rates = tmp_path / "package" / "train.py", tmp_path / "package" / "rates.py"
    sources = {
        **source_of(train, TRAIN.replace("log(w)", "log(__gradlint_operand__(0, w))")),
        **source_of(rates, "RATE = __gradlint_operand__(1, 0.25)\nOTHER = 1\n"),
    }
    rates.write_text("RATE = 0.125\nOTHER = 2\n", encoding="utf-8")
    operands = (wire.Operand(str(train), 10, 1, "log"), wire.Operand(str(rates), 1, 1, "reward"))
    result = run("package.train", root=tmp_path, argv=("fast",), sources=sources, operands=operands).measured
    assert result.reason is wire.Reason.SCRIPT_ENDED, result.error
    (log,) = result.operands
    assert (log.calls, log.count, log.high, log.shape) == (3, 3, 1.0, ())
    assert log.low == log.smallest == pytest.approx(1 - 0.125 - 0.125 / 0.875)
    assert [each.what for each in result.skipped] == [f"operands in {rates}"], "it has changed since it was read"
    assert result.steps[0].sites.gradient == wire.Site(str(train), 11, "<module>")
    assert result.steps[0].learning_rate == 0.125


def test_without_tensorflow(tmp_path: Path) -> None:
    (tmp_path / "tensorflow.py").write_text("import no_such_package\n", encoding="utf-8")
    script = write(tmp_path, train="import tensorflow\n") / "train.py"
    result = run(script).measured
    assert result.reason is wire.Reason.NO_TENSORFLOW
    assert result.error is not None
    assert "no_such_package" in result.error.message
