"""Every way of training is seen by the probe's child: updates, norms before and after clipping, sites."""

from __future__ import annotations

import json
import math
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from child_run import FIXTURES, fixture, has, keras_version, run

from gradlint.probe import wire

pytestmark = pytest.mark.tensorflow


@dataclass(frozen=True)
class Style:
    """What is to be seen of a program in fixtures/probe/styles."""

    optimizer: str
    rate: float
    gradient: str
    """Words of the line where the gradient is taken."""
    applied: str
    clips: bool = False
    """The user clips between tape and optimizer."""
    clips_inside: bool = False
    """The optimizer clips."""
    tapes: int = 1
    micro_steps: int = 0
    replicas: int = 1
    keras: int | None = None
    package: str = "tensorflow"


TAPE, FIT, APPLY = "tape.gradient(", "model.fit(", ".apply_gradients("
STYLES = {
    "tape_eager": Style("Adam", 0.01, TAPE, APPLY, clips=True),
    "tf_function": Style("SGD", 0.01, TAPE, APPLY, clips=True),
    "jit_compile": Style("SGD", 0.01, TAPE, APPLY, clips=True),
    "fit": Style("Adam", 0.01, FIT, FIT, clips_inside=True),
    "train_on_batch": Style("SGD", 0.01, "train_on_batch(", "train_on_batch("),
    "train_step": Style("SGD", 0.01, TAPE, APPLY),
    "session_minimize": Style("AdamOptimizer", 0.1, ".minimize(", "session.run([train", tapes=0),
    "session_clipped": Style(
        "GradientDescentOptimizer", 0.1, "tf.gradients(", "session.run([train", clips=True, tapes=0
    ),
    "tf_keras_fit": Style("Adam", 0.01, FIT, FIT, clips_inside=True, package="tf_keras"),
    "tf_keras_legacy": Style("Adam", 0.01, FIT, FIT, clips_inside=True, package="tf_keras"),
    "keras_legacy": Style("SGD", 0.01, TAPE, APPLY, keras=2),
    "mirrored_fit": Style("Adam", 0.01, FIT, FIT, replicas=2),
    "mirrored_loop": Style("SGD", 0.01, TAPE, APPLY, replicas=2),
    "accumulation_keras": Style("Adam", 0.01, FIT, FIT, micro_steps=1, keras=3),
    "accumulation_by_hand": Style("SGD", 0.01, TAPE, APPLY, tapes=4),
    "assign_by_hand": Style("assign", 0.01, TAPE, "w.assign_sub("),
    "mixed_precision_fit": Style("LossScaleOptimizer", 0.001, FIT, FIT),
    "v1_optimizer_eager": Style("MomentumOptimizer", 0.01, ".minimize(", ".minimize("),
    "thrown_away_gradients": Style("SGD", 0.01, TAPE, APPLY, clips=True),
}


def result_of(name: str) -> wire.Result:
    style = STYLES.get(name)
    if style is not None and style.keras not in (None, keras_version()):
        pytest.skip(f"needs Keras {style.keras}")
    if style is not None and not has(style.package):
        pytest.skip(f"needs {style.package}")
    run = fixture(f"styles/{name}")
    assert run.status == wire.EXIT_DONE, run.errors
    return run.measured


def line(site: wire.Site | None) -> str:
    assert site is not None
    return Path(site.path).read_text(encoding="utf-8").splitlines()[site.line - 1]


def test_every_program_is_tested() -> None:
    programs = {path.stem for path in (FIXTURES / "styles").glob("*.py")}
    assert programs == {*STYLES, "two_optimizers", "multi_worker"}


@pytest.mark.parametrize("name", STYLES)
def test_one_full_step_and_four_watched(name: str) -> None:
    result = result_of(name)
    assert result.reason is wire.Reason.STEPS_DONE
    assert [step.index for step in result.steps] == [1, 2, 3, 4, 5]
    assert [step.level for step in result.steps] == [wire.Level.FULL, *[wire.Level.WATCHED] * 4]
    optimizer = result.optimizers[result.steps[0].optimizer]
    assert optimizer.name.startswith(STYLES[name].optimizer)
    assert optimizer.learning_rate == pytest.approx(STYLES[name].rate, rel=1e-3)
    assert not [each for each in result.skipped if "Error" in each.why], "the probe failed at something"


@pytest.mark.parametrize("name", STYLES)
def test_norms_before_and_after_clipping(name: str) -> None:
    style, result = STYLES[name], result_of(name)
    for step in result.steps:
        assert step.finite
        assert step.loss is not None
        assert step.global_norm_raw is not None
        assert step.update_norm is not None
        if style.optimizer == "assign":
            assert step.global_norm_clipped is None
            assert step.update_norm == pytest.approx(style.rate * step.global_norm_raw, rel=1e-3)
            continue
        assert step.global_norm_clipped is not None
        assert step.global_norm_applied is not None
        assert (step.global_norm_clipped < 0.9 * step.global_norm_raw) is style.clips
        assert (step.global_norm_applied < 0.9 * step.global_norm_clipped) is style.clips_inside
        if style.optimizer == "SGD" and name != "keras_legacy":
            assert step.update_norm == pytest.approx(style.rate * step.global_norm_applied, rel=1e-3)


@pytest.mark.parametrize("name", STYLES)
def test_sites(name: str) -> None:
    style, sites = STYLES[name], result_of(name).steps[0].sites
    assert style.gradient in line(sites.gradient)
    assert style.applied in line(sites.applied)
    if name == "train_step" or style.optimizer == "assign":
        assert style.optimizer == "assign" or "compile(" in line(sites.created)
    elif name != "train_on_batch":
        assert "ptimizer" in line(sites.created)


@pytest.mark.parametrize("name", STYLES)
def test_variables_make_up_the_global_norm(name: str) -> None:
    style, result = STYLES[name], result_of(name)
    step = result.steps[0]
    assert step.variables
    assert (step.tapes, step.micro_steps, step.replicas) == (style.tapes, style.micro_steps, style.replicas)
    assert math.hypot(*(each.raw or 0 for each in step.variables)) == pytest.approx(step.global_norm_raw, rel=1e-6)
    assert math.hypot(*(each.weight_norm for each in step.variables)) == pytest.approx(step.weight_norm, rel=1e-6)
    for each in step.variables:
        assert each.size == math.prod(each.shape)
        assert (each.update_ratio is None) is each.zero_initialised
    assert all(not each.variables for each in result.steps[1:])


def test_secant_of_a_quadratic_lies_between_its_curvatures() -> None:
    for step in fixture("numbers/stable_sgd").measured.steps[1:]:
        assert step.secant is not None
        assert 1 - 1e-3 <= step.secant <= 10 + 1e-3


def test_two_optimizers_have_a_series_each() -> None:
    result = result_of("two_optimizers")
    assert [each.name for each in result.optimizers] == ["Adam", "SGD"]
    for index in (0, 1):
        assert [step.index for step in result.steps if step.optimizer == index] == [1, 2, 3, 4, 5]
    names = [{each.name for each in step.variables} for step in result.steps[:2]]
    assert not names[0] & names[1]


def test_loss_scale_is_taken_out() -> None:
    step = result_of("mixed_precision_fit").steps[0]
    assert step.loss_scale == wire.LossScale(32768.0, 32768.0, False)
    assert step.loss is not None
    assert step.loss < 100


def test_events_tell_the_story() -> None:
    run = fixture("styles/tape_eager")
    doing = [event.doing.value for event in run.events]
    assert doing[:3] == ["started", "importing", "waiting"]
    assert doing.count("step") == 5
    assert "replaying" in doing
    assert doing[-1] == "finished"
    assert all(event.memory for event in run.events)


@pytest.mark.parametrize("steps", [1, 3])
def test_asked_steps(steps: int) -> None:
    result = fixture("styles/tape_eager", steps=steps, watch=0, replay=False).measured
    assert [bool(step.variables) for step in result.steps] == [True] * steps
    assert not result.replays


def test_each_of_two_workers_reports() -> None:
    ports = [free_port(), free_port()]
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    configs = [json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}) for index in (0, 1)]
    with ThreadPoolExecutor(2) as pool:
        script = FIXTURES / "styles" / "multi_worker.py"
        workers = list(pool.map(lambda config: run(script, variables={"TF_CONFIG": config}), configs))
    first, second = (worker.measured.steps for worker in workers)
    assert [step.index for step in first] == [step.index for step in second] == [1, 2, 3, 4, 5]
    for one, other in zip(first, second, strict=True):
        assert one.replicas == other.replicas == 2
        assert one.loss != other.loss, "each has its own data"
        assert one.update_norm == pytest.approx(other.update_norm, rel=1e-5), "and they update alike"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
