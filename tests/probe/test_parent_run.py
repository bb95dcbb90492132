"""From options to the verdict, with small children that write what a child could write."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import made
import pytest
from rich.cells import cell_len
from schemas import check_schema

from gradlint import lint
from gradlint.config import NoProgress, Settings, UsageError
from gradlint.finding import Report, Verdict
from gradlint.observed import Settled
from gradlint.probe import codec, run, wire
from gradlint.probe.options import Options, interpreter, parse_size
from gradlint.probe.run import Probed
from gradlint.probe.supervisor import Ending
from gradlint.report import View, probe_full, probe_json
from gradlint.rule import known_rules

ANSI = re.compile(r"\x1b\[[0-9;]*m")
CODES = frozenset(rule.code for rule in known_rules())
SCRIPT = """import numpy as np


def normalise(rewards):
    rewards = np.array(rewards)
    return (rewards - np.mean(rewards)) / np.std(rewards)
"""
BEGIN = """
import json, os, sys
request = json.load(open(sys.argv[1]))
def write(text):
    with open(request["result"] + ".part", "w") as stream:
        stream.write(text)
    os.replace(request["result"] + ".part", request["result"])
"""


@dataclass
class Bench:
    """A directory with a script, and a child that is replaced."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def child(self, code: str) -> None:
        path = self.folder.parent / "child.py"
        path.write_text(BEGIN + textwrap.dedent(code))
        self.monkeypatch.setattr(run, "CHILD", path)

    def gives(self, result: wire.Result) -> None:
        self.child(f"write({codec.dumps(result)!r}); os._exit(77)")

    def probe(self, script: str = "train.py", **changes: object) -> Probed:
        options = Options(script, **changes)  # type: ignore[arg-type]
        report = lint.run(Settings(paths=(script,), jobs=1), NoProgress())
        return run.probe(options, report, CODES, lambda event, moment: None)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "train.py").write_text(SCRIPT)
    monkeypatch.chdir(folder)
    return Bench(folder, monkeypatch)


def at(bench: Bench, line: int) -> wire.Sites:
    site = wire.Site(str(bench.folder / "train.py"), line, "f")
    return wire.Sites(site, site, site)


def checked(probed: Probed) -> str:
    """Both reports of it, which must not fail whatever it is."""
    document = json.loads(probe_json.render(probed))
    specification = json.loads(probe_json.schema())
    check_schema(document, specification, specification)
    for width in (40, 80, 120):
        plain = probe_full.render(probed, View(width=width))
        assert all(line == line.rstrip() and line.isprintable() for line in plain.split("\n"))
        assert ANSI.sub("", probe_full.render(probed, View(width=width, color=True))) == plain
    return probe_full.render(probed, View(width=80))


def test_the_request(bench: Bench) -> None:
    bench.child("print(json.dumps(request)); print(json.dumps(dict(os.environ)))")
    bench.monkeypatch.setenv("PYTHONSAFEPATH", "1")
    bench.monkeypatch.setenv("DISPLAY", ":0")
    probed = bench.probe(arguments=("--epochs", "3"), steps=2, watch=0, seed=7, replay=False)
    first, second = probed.outcome.output.splitlines()
    request = codec.loads(wire.Request, first)
    assert request.script == str(bench.folder / "train.py")
    assert (request.argv, request.steps, request.watch, request.seed) == (("--epochs", "3"), 2, 0, 7)
    assert (request.replay, request.root, request.device) == (False, str(bench.folder), "cpu")
    assert [each.role for each in request.operands] == ["quotient", "division"]
    instrumented = request.sources[str(bench.folder / "train.py")].source
    assert "__gradlint_operand__(1, (np.std(rewards)))" in instrumented
    environment = json.loads(second)
    assert (environment["MPLBACKEND"], environment["CUDA_VISIBLE_DEVICES"]) == ("Agg", "-1")
    assert not {"PYTHONSAFEPATH", "DISPLAY"} & set(environment)
    assert not Path(environment["TMPDIR"]).exists(), "it is gone with the run"
    assert (probed.verdict, probed.reached, probed.failed) == (Settled.INCONCLUSIVE, False, False)
    assert "exit code 0 by itself" in probed.reason


def test_a_calm_run(bench: Bench) -> None:
    sites = at(bench, 6)
    bench.gives(made.result([made.step(index, 1.0 / index, sites=sites) for index in range(1, 6)]))
    probed = bench.probe()
    assert (probed.verdict, probed.reached) == (Settled.NOT_OBSERVED, True)
    assert probed.reason == "5 steps of SGD, loss 1 to 0.2, global norm of the gradients at most 1"
    text = checked(probed).replace("\n    ", " ")
    assert text.startswith("NOT OBSERVED 5 steps of SGD")
    assert "later ones, other data and schedules were not seen" in text
    assert "safe" not in text


def test_a_confirmed_division(bench: Bench) -> None:
    seen = wire.OperandRange(1, 3, 0, (), "float64", 0.0, 2.0, 1.0, 0.1, 0.0, 3, 1, 0, 0, 0)
    bench.gives(made.result([made.step(sites=at(bench, 2))], operands=(seen,)))
    probed = bench.probe()
    (found,) = probed.report.findings
    assert (found.code, found.verdict) == ("GL302", Verdict.CONFIRMED)
    assert probed.verdict is Settled.CONFIRMED
    assert probed.reason == "the divisor was 0 1 times in 3 calls"
    assert "probe: confirmed: the divisor was 0 1 times in 3 calls" in checked(probed)


def test_a_symptom_that_nobody_predicted_stands_at_its_line(bench: Bench) -> None:
    sites = at(bench, 5)
    bench.gives(made.result([made.step(1, 1.0, sites=sites), made.step(2, 50.0, sites=sites)]))
    probed = bench.probe()
    found = probed.report.findings[0]
    assert (found.code, found.verdict) == ("GL012", Verdict.CONFIRMED)
    assert (found.span.path, found.span.line, found.span.column) == ("train.py", 5, 5)
    assert "GL012 [loss-blow-up] error: the loss of SGD grows 50 times within 2 steps" in checked(probed)


def test_a_comment_silences_a_symptom(bench: Bench) -> None:
    text = SCRIPT.replace("np.array(rewards)", "np.array(rewards)  # gradlint: ignore[loss-blow-up] on purpose")
    (bench.folder / "train.py").write_text(text)
    sites = at(bench, 5)
    bench.gives(made.result([made.step(1, 1.0, sites=sites), made.step(2, 50.0, sites=sites)]))
    probed = bench.probe()
    assert not probed.report.problems
    assert [each.code for each in probed.report.suppressed] == ["GL012"]
    assert "GL012" not in [each.code for each in probed.report.findings]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("write('{'); os._exit(77)", "not JSON"),
        ("write('{\"version\": 1}'); os._exit(77)", "is missing"),
        ("os.mkfifo(request['result']); os._exit(77)", "no regular file"),
        ("os.symlink('/etc/passwd', request['result']); os._exit(77)", "cannot be read"),
        ("os.mkdir(request['result']); os._exit(77)", "no regular file"),
        ("write('[' * 100000); os._exit(77)", "not JSON"),
    ],
)
def test_a_result_that_is_none_is_not_believed(bench: Bench, code: str, words: str) -> None:
    bench.child(code)
    probed = bench.probe()
    assert probed.failed
    assert words in probed.invalid
    assert probed.verdict is Settled.INCONCLUSIVE
    assert "not valid" in checked(probed)


def test_a_result_that_contradicts_itself_is_not_believed(bench: Bench) -> None:
    bench.gives(made.result([made.step(optimizer=3)]))
    assert "result.steps refers to number 3 of 1" in bench.probe().invalid


def test_everything_fits_into_80_columns(bench: Bench) -> None:
    long = "sequential/some_very_long_name_of_a_block/" * 3
    names = [made.variable(f"{long}{index}/kernel", shape=(3, 3, 512, 2048), nan=index) for index in range(12)]
    scale = wire.LossScale(65536.0, 32768.0, True)
    taken = [
        made.step(1, 1.0, variables=tuple(names), tapes=4, replicas=8, loss_scale=scale, finite=False),
        *made.steps(1.0, 2.0, 90.0)[1:],
    ]
    site = wire.Site(str(bench.folder / "train.py"), 5, "f")
    bench.gives(
        made.result(
            taken,
            recurrent=(wire.Recurrent("sequential/lstm", "LSTMCell", 0, 1, 300, (1.0,) * 300, 1.5, 2.0, 2),),
            headroom=(wire.Headroom(0, 1, "float16", wire.Phase.BACKWARD, 6e4, 0.1, "MatMul", site),),
            replays=(made.replay(*(made.trajectory(name, *range(1, 30)) for name in ("as-is", "clip-1", "lr/10"))),),
            skipped=(wire.Skipped("the sharpness of a model", "it has more parameters than the limit of 10000000"),),
        )
    )
    text = checked(bench.probe())
    assert [line for line in text.split("\n") if cell_len(line) > 80] == []
    assert "12 variables" in text
    assert "float16, backward: at most 6e+04 in MatMul at train.py:5, 0.1 doublings" in text.replace("\n    ", " ")


def test_hostile_words_are_escaped(bench: Bench) -> None:
    evil = "[bold]\x1b[31m\u202e\nx"
    name = made.variable(evil)
    error = wire.Error(evil, evil, evil, None)
    bench.gives(
        made.result(
            [made.step(1, 1.0, variables=(name, name)), made.step(2, 60.0)],
            error=error,
            reason=wire.Reason.SCRIPT_RAISED,
            skipped=(wire.Skipped(evil, evil),),
            recurrent=(wire.Recurrent(evil, evil, 0, 1, 30, (1.0, 2.0), 1.5, 2.0, 1),),
            replays=(made.replay(made.trajectory(evil, 1.0, 2.0)),),
        )
    )
    assert "\x1b" not in checked(bench.probe())


def test_a_partial_result_after_the_time_limit(bench: Bench) -> None:
    result = codec.dumps(made.result([made.step(sites=at(bench, 5))], reason=wire.Reason.KILLED))
    event = codec.dumps(wire.Event(wire.Doing.REPLAYING, 1.0, None, "lr/10"))
    bench.child(f"""
        import time
        write({result!r})
        open(request["events"], "a").write("junk\\n" + {event!r} + "\\nhalf a li")
        time.sleep(60)
    """)
    probed = bench.probe(timeout=2.0)
    assert probed.outcome.ending is Ending.TIMEOUT
    assert probed.reason == "the time limit of 2 s was reached while replaying (lr/10) (--timeout sets it)"
    assert probed.reached
    assert "Seen so far: 1 step of SGD, loss 1" in checked(probed)


def test_a_symptom_counts_though_the_run_was_cut_short(bench: Bench) -> None:
    taken = [made.step(1, 1.0), made.step(2, 60.0)]
    result = codec.dumps(made.result(taken, reason=wire.Reason.KILLED))
    bench.child(f"write({result!r}); os.abort()")
    probed = bench.probe()
    assert probed.verdict is Settled.CONFIRMED
    assert "The run was cut short: the process was ended by SIGABRT." in checked(probed)


@pytest.mark.parametrize("path", ["/dev/zero", "/no/such/file", "\0", "", "\udc80", "/" + "x" * 5000, "pipe"])
def test_hostile_places_are_no_places(bench: Bench, path: str) -> None:
    os.mkfifo(bench.folder / "pipe")
    for line in (-1, 0, 1, 10**9):
        site = wire.Site(path, line, "f")
        sites = wire.Sites(site, site, site)
        bench.gives(made.result([made.step(1, 1.0, sites=sites), made.step(2, 60.0, sites=sites)]))
        probed = bench.probe()
        checked(probed)
        assert "GL012" in [each.code for each in probed.report.findings], "a symptom without a line is told, too"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (wire.Reason.SCRIPT_ENDED, "came to its end without an update"),
        (wire.Reason.SCRIPT_EXITED, "called sys.exit(1) without an update"),
        (wire.Reason.NEEDS_INPUT, "asks for input"),
        (wire.Reason.NEEDS_ARGUMENTS, "give them behind --"),
        (wire.Reason.NO_TENSORFLOW, "name the interpreter that you train with"),
        (wire.Reason.SCRIPT_RAISED, "the script raised ValueError: wrong"),
        (wire.Reason.CHILD_FAILED, "the probe itself failed: ValueError: wrong"),
    ],
)
def test_no_step_and_why(bench: Bench, reason: wire.Reason, words: str) -> None:
    error = wire.Error("ValueError", "wrong\nand more", "Traceback ...\nValueError: wrong", None)
    bench.gives(made.result(reason=reason, exit_code=1, error=error))
    probed = bench.probe()
    assert words in probed.reason
    assert probed.failed is (reason is wire.Reason.CHILD_FAILED)
    assert "No update was seen: watched tape; saw 1 optimizers made" in checked(probed).replace("\n    ", " ")


def test_one_step_alone_is_inconclusive(bench: Bench) -> None:
    one = [made.step(sites=at(bench, 5))]
    bench.gives(made.result(one))
    assert "one step alone says too little" in bench.probe().reason
    bench.gives(made.result(one, replays=(made.replay(made.trajectory("as-is", 1.0, 0.9)),)))
    assert bench.probe().verdict is Settled.NOT_OBSERVED


def test_an_optimizer_that_was_not_seen_is_named(bench: Bench) -> None:
    idle = wire.Optimizer("Adam", "keras", wire.Site(str(bench.folder / "train.py"), 4, "f"), 0.1, {}, 0)
    base = made.result(made.steps(1.0, 0.9))
    bench.gives(made.result(base.steps, optimizers=(*base.optimizers, idle)))
    probed = bench.probe()
    assert probed.verdict is Settled.NOT_OBSERVED
    assert probed.reason.endswith("; Adam (created at train.py:4) made no update meanwhile")


def test_isolation_copies_and_maps_back(bench: Bench) -> None:
    (bench.folder / "data").mkdir()
    (bench.folder / "data" / "x.txt").write_text("mine")
    (bench.folder / ".git").mkdir()
    (bench.folder / "venv").mkdir()
    (bench.folder / "venv" / "pyvenv.cfg").write_text("")
    (bench.folder.parent / "outside.txt").write_text("out")
    (bench.folder / "link").symlink_to("../outside.txt")
    os.mkfifo(bench.folder / "pipe")
    result = made.result([made.step(1, 1.0), made.step(2, 60.0)])
    bench.child(f"""
        assert sorted(os.listdir()) == ["data", "link", "train.py"], os.listdir()
        assert open("link").read() == "out"
        assert os.path.dirname(request["script"]) == os.getcwd() == request["root"]
        open("data/x.txt", "w").write("changed")
        open("new", "w").close()
        write({codec.dumps(result)!r}.replace("/w/", os.getcwd() + "/"))
        os._exit(77)
    """)
    probed = bench.probe(isolate=True)
    assert probed.outcome.output == ""
    first = probed.report.findings[0]
    assert (first.code, first.span.path) == ("GL012", "train.py")
    assert (bench.folder / "data" / "x.txt").read_text() == "mine"
    assert not (bench.folder / "new").exists()


def test_what_cannot_be_copied_is_named(bench: Bench) -> None:
    def copytree(*arguments: object, **options: object) -> None:
        raise shutil.Error([("project/secret.txt", "copy/secret.txt", "[Errno 13] Permission denied")])

    bench.monkeypatch.setattr(shutil, "copytree", copytree)
    with pytest.raises(UsageError, match=r"secret.txt cannot be copied: .* Permission denied"):
        bench.probe(isolate=True)


def test_a_notebook(bench: Bench) -> None:
    cells = [
        {"cell_type": "markdown", "source": "# title"},
        {"cell_type": "code", "source": "!pip install x\nimport numpy as np\n"},
        {"cell_type": "code", "source": "rewards = np.array([1.0])\nscaled = rewards / np.std(rewards)\n"},
    ]
    (bench.folder / "nb.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    seen = wire.OperandRange(1, 3, 0, (), "float64", 0.0, 2.0, 1.0, 0.1, 0.0, 3, 1, 0, 0, 0)
    site = wire.Site(str(bench.folder / "nb.ipynb"), 5, "<module>")
    sites = wire.Sites(site, site, site)
    result = made.result([made.step(1, 1.0, sites=sites), made.step(2, 60.0, sites=sites)], operands=(seen,))
    bench.child(f"""
        text = request["sources"][request["script"]]["source"]
        assert "scaled = __gradlint_operand__(0, (rewards / __gradlint_operand__(1, (np.std(rewards)))))" in text, text
        assert "pip" not in text
        write({codec.dumps(result)!r})
        os._exit(77)
    """)
    probed = bench.probe("nb.ipynb")
    assert probed.outcome.output == ""
    found = {each.code: (each.span.cell, each.span.line, each.verdict) for each in probed.report.findings}
    assert found["GL302"] == (3, 2, Verdict.CONFIRMED)
    assert found["GL012"] == (3, 2, Verdict.CONFIRMED)


def test_workers_of_a_cluster_are_joined(bench: Bench) -> None:
    sites = at(bench, 5)
    calm = codec.dumps(made.result([made.step(1, 1.0, sites=sites), made.step(2, 0.9, sites=sites)]))
    grown = codec.dumps(made.result([made.step(1, 1.0, sites=sites), made.step(2, 60.0, sites=sites)]))
    bench.child(f"""
        config = json.loads(os.environ["TF_CONFIG"])
        assert len(set(config["cluster"]["worker"])) == 2
        assert config["task"]["type"] == "worker"
        write([{calm!r}, {grown!r}][config["task"]["index"]])
        os._exit(77)
    """)
    probed = bench.probe(workers=2)
    assert probed.outcome.output == ""
    assert probed.verdict is Settled.CONFIRMED
    assert probed.reason == "the loss of SGD (worker 1) grows 60 times within 2 steps, from 1 to 60"
    assert [updater.name for updater in probed.run.updaters] == ["SGD (worker 0)", "SGD (worker 1)"]
    assert len(json.loads(probe_json.render(probed))["workers"][0]["steps"]) == 2
    assert "SGD (worker 1), learning rate" in checked(probed)


def test_a_worker_that_fails_does_not_leave_the_others_waiting(bench: Bench) -> None:
    bench.monkeypatch.setenv("PYTHONPATH", "")
    bench.child("""
        import time
        if json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 1:
            os._exit(3)
        time.sleep(90)
    """)
    probed = bench.probe(workers=2)
    assert probed.outcome.seconds < 40
    assert "worker 0: the process was ended by SIGKILL; worker 1: the process ended with exit code 3" in probed.reason


def test_a_module(bench: Bench) -> None:
    (bench.folder / "package").mkdir()
    (bench.folder / "package" / "train.py").write_text(SCRIPT)
    bench.child("print(request['module'], request['script'])")
    probed = run.probe(Options(None, "package.train"), Report(), CODES, lambda event, moment: None)
    assert probed.outcome.output == "package.train None\n"
    assert probed.options.name == "-m package.train"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Options("missing.py"), "missing.py: No such file"),
        (Options("folder"), "folder: Is a directory"),
        (Options(None, "a b"), "no name of a module"),
        (Options("train.py", python="no-such-python"), "--python: no-such-python: no such program"),
    ],
)
def test_wrong_usage(bench: Bench, options: Options, words: str) -> None:
    (bench.folder / "folder").mkdir()
    with pytest.raises(UsageError, match=words):
        run.probe(options, Report(), CODES, lambda event, moment: None)


def test_sizes() -> None:
    assert [parse_size(text) for text in ("4G", "512M", "1.5 GiB", "1000", "2kb")] == [
        4 << 30, 512 << 20, 3 << 29, 1000, 2048,
    ]  # fmt: skip
    for wrong in ("", "0", "many", "-1G", "4X"):
        with pytest.raises(ValueError, match="is no size"):
            parse_size(wrong)


def test_the_interpreter(tmp_path: Path) -> None:
    assert interpreter(None) == sys.executable
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    assert interpreter(str(link)) == str(link), "a virtual environment is known by the place of its link"
