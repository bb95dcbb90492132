"""Results of the child, made by hand."""

from __future__ import annotations

from collections.abc import Sequence

from gradlint.probe import wire
from gradlint.probe.wire import Level, Reason

CREATED = wire.Site("/w/train.py", 3, "<module>")
GRADIENT = wire.Site("/w/train.py", 8, "step")
APPLIED = wire.Site("/w/train.py", 9, "step")


def variable(name: str = "dense/kernel", **changes: object) -> wire.Variable:
    plain: dict[str, object] = {
        "name": name, "shape": (4, 1), "dtype": "float32", "size": 4, "raw": 1.0, "clipped": 1.0, "applied": 1.0,
        "max_abs": 0.5, "nan": 0, "inf": 0, "weight_norm": 1.0, "update_norm": 0.01, "update_ratio": 0.01,
        "zero_initialised": False, "headroom_bits": 120.0,
    }  # fmt: skip
    return wire.Variable(**(plain | changes))  # type: ignore[arg-type]


def step(index: int = 1, loss: float | None = 1.0, **changes: object) -> wire.Step:
    level = Level.FULL if index == 1 else Level.WATCHED
    plain: dict[str, object] = {
        "index": index, "optimizer": 0, "level": level, "loss": loss, "learning_rate": 0.1, "global_norm_raw": 1.0,
        "global_norm_clipped": 1.0, "global_norm_applied": 1.0, "weight_norm": 1.0, "update_norm": 0.01,
        "update_ratio": 0.01, "secant": None, "finite": True, "sites": wire.Sites(CREATED, GRADIENT, APPLIED),
        "variables": (variable(),) if level is Level.FULL else (), "tapes": 1, "micro_steps": 0, "replicas": 1,
        "loss_scale": None,
    }  # fmt: skip
    return wire.Step(**(plain | changes))  # type: ignore[arg-type]


def steps(*losses: float | None) -> tuple[wire.Step, ...]:
    return tuple(step(index, loss) for index, loss in enumerate(losses, 1))


def trajectory(name: str, *losses: float, rate: float | None = None) -> wire.Trajectory:
    return wire.Trajectory(name, rate, losses, (), True, "")


def replay(*trajectories: wire.Trajectory, trusted: bool = True, why: str = "") -> wire.Replay:
    return wire.Replay(0, 1, trusted, why, 1.0, 1.0, 12, 5, trajectories, None, (), 0.1)


def result(taken: Sequence[wire.Step] = (), **changes: object) -> wire.Result:
    optimizer = wire.Optimizer("SGD", "keras.optimizers", CREATED, 0.1, {"momentum": 0.0}, len(taken))
    plain: dict[str, object] = {
        "reason": Reason.STEPS_DONE, "error": None, "exit_code": None,
        "versions": wire.Versions("3.11.7", "2.21.0", "3.15.1", None, "2.3.0"),
        "timing": wire.Timing(3.0, 0.5, 0.1, 0.2, 4.0), "tried": wire.Tried(("tape",), 1, 5, 5, 0, 0),
        "optimizers": (optimizer,) if taken else (), "steps": tuple(taken), "non_finite": (), "recurrent": (),
        "operands": (), "replays": (), "skipped": (),
    }  # fmt: skip
    return wire.Result(**(plain | changes))  # type: ignore[arg-type]
