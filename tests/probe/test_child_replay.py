"""Replayed steps equal observed ones on many architectures; gradients through time have the growth that they must have."""

from __future__ import annotations

import pytest
from child_run import FIXTURES, fixture, has, keras_version

from gradlint.probe import wire

pytestmark = pytest.mark.tensorflow
UNTRUSTED = {
    "python_in_the_loss": "PyFunc, which cannot be repeated",
    "custom_gradient": "the replayed gradient differs",
}
ARCHITECTURES = sorted({path.stem for path in (FIXTURES / "architectures").glob("*.py")} - set(UNTRUSTED))
STYLES = ["fit", "tape_eager", "tf_function", "jit_compile", "train_step", "train_on_batch", "two_optimizers"]
STYLES += ["assign_by_hand", "accumulation_by_hand", "mixed_precision_fit", "tf_keras_fit", "tf_keras_legacy"]
STYLES += ["v1_optimizer_eager"]
TRUSTED = [*(f"architectures/{name}" for name in ARCHITECTURES), *(f"styles/{name}" for name in STYLES)]
RECURRENT = {
    "simple_rnn": (["SimpleRNNCell"], 1),
    "lstm": (["LSTMCell"], 2),
    "gru": (["GRUCell"], 1),
    "bidirectional": (["LSTMCell", "LSTMCell"], 2),
    "rnn_of_cell": (["GRUCell"], 1),
    "stacked_lstm": (["LSTMCell", "LSTMCell"], 2),
    "masked_gru": (["GRUCell"], 1),
}


def test_enough_programs_are_replayed() -> None:
    assert len(TRUSTED) >= 24


@pytest.mark.parametrize("name", TRUSTED)
def test_replayed_loss_is_the_observed_one(name: str) -> None:
    if "tf_keras" in name and not has("tf_keras"):
        pytest.skip("needs tf_keras")
    result = fixture(name).measured
    waiting = [each for each in result.optimizers if each.inner_of is None]
    assert len(result.replays) == len(waiting)
    for replay in result.replays:
        assert replay.trusted, replay.why
        assert replay.observed is not None
        assert replay.replayed == pytest.approx(replay.observed, rel=1e-4)
        assert {"as-is", "clip-1", "lr/10"} <= {each.name for each in replay.trajectories}, replay.skipped
        assert all(each.losses[0] == pytest.approx(replay.observed, rel=1e-4) for each in replay.trajectories)
        assert replay.sharpness is not None
        assert not [each for each in replay.skipped if "graph" in each.what], "it was executed operation by operation"
    assert not [each for each in result.skipped if "Error" in each.why], "the probe failed at something"


def test_a_slow_replay_leaves_out_what_is_not_needed() -> None:
    (replay,) = fixture("architectures/simple_rnn", replay_seconds=0.0).measured.replays
    assert replay.trusted
    assert replay.trajectories[0].name == "as-is"
    assert replay.sharpness is None
    assert ("sharpness", "the replay had taken 0 s already") in {(each.what, each.why) for each in replay.skipped}


def test_a_schedule_goes_on_in_the_replay() -> None:
    """All of the data is one batch, so the replay must foretell the watched steps, rates and all."""
    result = fixture("architectures/schedule_of_its_own").measured
    rates = [step.learning_rate for step in result.steps]
    assert rates == pytest.approx([16**-0.5 * n * 10**-1.5 for n in range(1, 6)], rel=1e-4)
    seen = [step.loss for step in result.steps]
    assert result.replays[0].trajectories[0].losses[:5] == pytest.approx(seen, rel=1e-3)


@pytest.mark.parametrize("name", UNTRUSTED)
def test_what_cannot_be_replayed_says_why(name: str) -> None:
    (replay,) = fixture(f"architectures/{name}").measured.replays
    assert not replay.trusted
    assert UNTRUSTED[name] in replay.why
    assert not replay.trajectories


@pytest.mark.parametrize(("name", "growth"), [("linear_rnn_growing", 1.5), ("linear_rnn_decaying", 0.8)])
def test_growth_through_time_of_a_linear_layer(name: str, growth: float) -> None:
    (recurrent,) = fixture(f"architectures/{name}").measured.recurrent
    assert recurrent.growth == pytest.approx(growth, rel=0.01)
    assert recurrent.time_steps == len(recurrent.norms) == 30
    assert recurrent.total == pytest.approx(growth**29, rel=0.3)


@pytest.mark.parametrize("name", RECURRENT)
def test_every_recurrent_layer_is_measured(name: str) -> None:
    cells, states = RECURRENT[name]
    found = fixture(f"architectures/{name}").measured.recurrent
    assert [_cell(each) for each in found] == cells
    for each in found:
        assert each.states == states
        assert each.time_steps == 12
        assert each.growth is not None
        assert 0 < each.growth < 1.5


def _cell(recurrent: wire.Recurrent) -> str:
    """Keras 2 runs some layers without their cell's class."""
    name = recurrent.cell
    return name if name.endswith("Cell") or keras_version() == 3 else f"{name}Cell"
