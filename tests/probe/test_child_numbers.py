"""Where non-finite numbers are born, how curved the loss is, and what other steps would have done."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from child_run import FIXTURES, fixture, source_of

from gradlint.probe import wire

pytestmark = pytest.mark.tensorflow


@dataclass(frozen=True)
class Birth:
    """Where the first non-finite number of a program is born."""

    phase: wire.Phase
    operation: str | None
    words: str
    """Of the line, which is the forward operation's for a backward one."""
    step: int = 1


BIRTHS = {
    "log_of_zero": Birth(wire.Phase.FORWARD, "Log", "tf.math.log(p)"),
    "sqrt_at_zero": Birth(wire.Phase.BACKWARD, "SqrtGrad", "tf.sqrt(squared)"),
    "where_trap": Birth(wire.Phase.BACKWARD, None, "tf.math.log(w)"),
    "masked_infinity": Birth(wire.Phase.FORWARD, "Sqrt", "tf.math.sqrt(attention - 0.5)"),
    "nan_in_data": Birth(wire.Phase.DATA, None, "model.fit("),
    "nan_at_fifth_update": Birth(wire.Phase.FORWARD, "Sqrt", "tf.sqrt(w)", step=5),
    "normalised_zero_gradient": Birth(wire.Phase.CLIPPED, None, "apply_gradients"),
    "infinite_rate": Birth(wire.Phase.UPDATE, None, "apply_gradients"),
}


@pytest.mark.parametrize("name", BIRTHS)
def test_birth_of_the_first_non_finite_number(name: str) -> None:
    birth, result = BIRTHS[name], fixture(f"numbers/{name}").measured
    found = result.non_finite[0]
    assert (found.phase, found.step) == (birth.phase, birth.step)
    assert birth.operation in (None, found.operation)
    site = found.forward_site or found.site
    assert site is not None
    assert birth.words in Path(site.path).read_text(encoding="utf-8").splitlines()[site.line - 1]
    assert not result.steps[birth.step - 1].finite
    assert all(step.finite for step in result.steps[: birth.step - 1])
    assert len(result.non_finite) == 1, "later ones follow from the first"


@pytest.mark.parametrize(
    ("name", "operation"), [("sqrt_at_zero", "Sqrt"), ("where_trap", "Log"), ("log_of_zero", None)]
)
def test_operation_whose_derivative_it_is(name: str, operation: str | None) -> None:
    assert fixture(f"numbers/{name}").measured.non_finite[0].forward_operation == operation


def test_inputs_of_the_birth() -> None:
    found = fixture("numbers/log_of_zero").measured.non_finite[0]
    (operand,) = found.inputs
    assert operand.origin == "Softmax at log_of_zero.py:12"
    assert operand.low == 0
    assert operand.zeros > 0
    assert operand.nan == operand.inf == 0
    assert found.output is not None
    assert found.output.inf == operand.zeros
    assert found.variables == ("w:0",) or found.variables == ("w",)


def test_missing_value_in_the_data_is_told_as_such() -> None:
    (came_in, *_) = fixture("numbers/nan_in_data").measured.non_finite[0].inputs
    assert came_in.origin == "data"
    assert came_in.nan == 1


@pytest.mark.parametrize("name", ["log_of_zero_twin", "stable_sgd", "momentum_sgd", "raw_returns"])
def test_finite_programs_have_no_birth(name: str) -> None:
    result = fixture(f"numbers/{name}").measured
    assert not result.non_finite
    assert all(step.finite for step in result.steps)


@pytest.mark.parametrize(
    ("name", "limit"), [("unstable_sgd", 0.2), ("stable_sgd", 0.2), ("momentum_sgd", (2 + 2 * 0.9) / 10)]
)
def test_sharpness_of_a_quadratic(name: str, limit: float) -> None:
    (replay,) = fixture(f"numbers/{name}").measured.replays
    assert replay.sharpness is not None
    assert replay.sharpness.largest == pytest.approx(10, rel=1e-2)
    assert replay.sharpness.smallest == pytest.approx(1, rel=1e-2)
    assert replay.sharpness.limit == pytest.approx(limit, rel=1e-2)


def trajectories(name: str, **more: Any) -> dict[str, wire.Trajectory]:
    (replay,) = fixture(f"numbers/{name}", **more).measured.replays
    assert replay.trusted, replay.why
    return {each.name: each for each in replay.trajectories}


def test_trajectory_is_what_the_program_goes_on_to_do() -> None:
    """The batch stays the same in these programs, so the replay must foretell the watched steps."""
    for name in ("unstable_sgd", "stable_sgd", "momentum_sgd", "log_of_zero_twin", "raw_returns"):
        seen = [step.loss for step in fixture(f"numbers/{name}").measured.steps]
        assert trajectories(name)["as-is"].losses[:5] == pytest.approx(seen, rel=1e-4), name


def test_above_the_limit_it_grows_and_a_smaller_rate_helps() -> None:
    unstable = trajectories("unstable_sgd")
    assert unstable["as-is"].losses[-1] > 2 * unstable["as-is"].losses[0]
    assert unstable["lr/10"].losses[-1] < unstable["lr/10"].losses[0]
    assert unstable["lr=1/secant"].learning_rate == pytest.approx(0.1, rel=0.05)
    assert unstable["lr=1/secant"].losses[-1] < unstable["as-is"].losses[0]
    assert "lr=1/secant" not in trajectories("stable_sgd"), "1/secant would be larger than the user's rate"


def test_clipping_stops_what_explodes() -> None:
    exploding = trajectories("exploding_mse")
    assert (
        not math.isfinite(exploding["as-is"].losses[-1])
        or max(exploding["as-is"].losses) > 1e3 * exploding["as-is"].losses[0]
    )
    assert all(map(math.isfinite, exploding["clip-1"].losses))
    assert max(exploding["clip-1"].losses) < 2 * exploding["clip-1"].losses[0]


def rewards() -> dict[str, Any]:
    """The request that a parent makes for the raw returns of raw_returns.py."""
    path = FIXTURES / "numbers" / "raw_returns.py"
    text = path.read_text(encoding="utf-8")
    marked = text.replace("chosen * returns)", "chosen * __gradlint_operand__(0, returns))")
    assert marked != text
    line = text[: text.index("chosen * returns")].count("\n") + 1
    return {"sources": source_of(path, marked), "operands": (wire.Operand(str(path), line, 1, "reward"),)}


def test_normalised_rewards() -> None:
    from child_run import run

    result = run(FIXTURES / "numbers" / "raw_returns.py", seed=1, **rewards()).measured
    (operand,) = result.operands
    assert (operand.operand, operand.calls, operand.symbolic, operand.shape) == (0, 5, 0, (200,))
    assert operand.count == 1000
    assert operand.high == pytest.approx(10 * (1 - 0.99**200) / 0.01, rel=1e-4)
    assert operand.low == pytest.approx(10)
    assert operand.low is not None
    assert operand.mean is not None
    assert operand.high is not None
    assert operand.low < operand.mean < operand.high
    (replay,) = result.replays
    found = {each.name: each for each in replay.trajectories}
    raw, normalised = found["as-is"], found["normalised-rewards"]
    assert raw.norms[0] > 50 * normalised.norms[0]
    assert max(raw.losses) > 2 * raw.losses[0]
    assert normalised.losses[-1] < normalised.losses[0]


def test_overflow_in_float16() -> None:
    result = fixture("numbers/float16_overflow").measured
    skipped = [step for step in result.steps if step.loss_scale is not None and step.loss_scale.skipped]
    assert skipped
    for step in skipped:
        assert step.loss_scale is not None
        assert step.loss_scale.after == step.loss_scale.before / 2
        assert step.update_norm == 0
        assert not step.finite


def test_headroom_of_float16() -> None:
    found = {each.phase: each for each in fixture("styles/mixed_precision_fit").measured.headroom}
    assert set(found) == {wire.Phase.FORWARD, wire.Phase.BACKWARD}
    for each in found.values():
        assert each.dtype == "float16"
        assert each.bits == pytest.approx(math.log2(65504 / each.max_abs))


def test_headroom_of_float32_gradients() -> None:
    for variable in fixture("numbers/stable_sgd").measured.steps[0].variables:
        assert variable.max_abs is not None
        assert variable.headroom_bits == pytest.approx(128 - math.log2(variable.max_abs), abs=1e-3)
