"""What the configuration says of a team's own functions and classes, in libraries and in the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradlint import lint
from gradlint.config import NoProgress, Settings

LOOP = """\
import tensorflow as tf
{imports}

{prelude}
model = tf.keras.Sequential([tf.keras.layers.LSTM(8), tf.keras.layers.Dense(1)])
optimizer = {optimizer}
for x, y in data:
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(y - model(x)))
    gradients = tape.gradient(loss, model.trainable_variables)
    {between}
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
"""
FIT = """\
import tensorflow as tf
import acme

model = tf.keras.Sequential([tf.keras.layers.LSTM(8), tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.Adam(1e-3, clipnorm=1.0), loss="mse")
model.fit(x, y, callbacks=[{callback}])
"""
PLAY = """\
import gymnasium as gym
import tensorflow as tf
{imports}

env = {env}
{prelude}
model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
optimizer = tf.keras.optimizers.Adam(1e-3, clipnorm=1.0)
state, _ = env.reset()
for step in range(1000):
    state, reward, done, _, _ = env.step(0)
    {between}
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(reward - model(state)))
    gradients = tape.gradient(loss, model.trainable_variables)
    tf.debugging.assert_all_finite(gradients, "gradients")
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
"""
OWN = """\
def helper(*anything):
    return anything[0]


class Thing:
    def __init__(self, *anything):
        self.inner = native.make(anything)

    def apply(self, *anything):
        return anything[0]
"""


def loop(**given: str) -> str:
    filled = {
        "imports": "import acme", "prelude": "", "optimizer": "tf.keras.optimizers.Adam(1e-3)", "between": "pass", **given
    }  # fmt: skip
    return LOOP.format(**filled)


def play(**given: str) -> str:
    return PLAY.format(
        **{"imports": "import acme", "prelude": "", "env": "gym.make('R-v0')", "between": "pass", **given}
    )


def codes(root: Path, program: str, vocabulary: str, **files: str) -> set[str]:
    """What is found with a vocabulary."""
    (root / "train.py").write_text(program, encoding="utf-8")
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "gradlint.toml").write_text(f"[vocabulary]\n{vocabulary}\n", encoding="utf-8")
    select = ("GL101", "GL201", "GL301", "GL401")
    report = lint.run(Settings(paths=(str(root),), jobs=1, pedantic=True, select=select), NoProgress())
    assert not report.problems
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize(
    ("between", "vocabulary", "gone"),
    [
        ("gradients = acme.clip(gradients)", "clip-functions = ['acme.clip']", "GL101"),
        ("gradients = acme.clip(1.0, grads=gradients)", "clip-functions = ['acme.clip']", "GL101"),
        ("gradients = [acme.clip(g) for g in gradients]", "clip-functions = ['acme.clip']", "GL101"),
        ("gradients, _ = acme.clip(gradients)", "clip-functions = [{ name = 'acme.clip', returns = 'pair' }]", "GL101"),
        ("acme.finite(loss)", "finite-checks = ['acme.finite']", "GL401"),
        ("gradients = acme.finite(gradients)", "finite-checks = ['acme.finite']", "GL401"),
        (
            "if acme.bad(loss): raise ValueError",
            "finite-checks = [{ name = 'acme.bad', returns = 'boolean' }]",
            "GL401",
        ),
        ("if acme.bad(loss): break", "finite-checks = [{ name = 'acme.bad', returns = 'boolean' }]", "GL401"),
    ],
)
def test_steps_between_gradients_and_weights(tmp_path: Path, between: str, vocabulary: str, gone: str) -> None:
    both = {"GL101", "GL401"}
    assert codes(tmp_path, loop(between=between), vocabulary) == both - {gone}


@pytest.mark.parametrize(
    ("optimizer", "vocabulary", "expected"),
    [
        ("acme.Warm(0.1)", "'acme.Warm' = 'Adam'", {"GL101", "GL201"}),
        ("acme.Warm(learning_rate=1e-3, clipnorm=1.0)", "'acme.Warm' = 'adam'", set()),
        ("acme.Safe(0.1)", "'acme.Safe' = { like = 'Adam', clips = true }", {"GL201"}),
        ("acme.Guard(tf.keras.optimizers.Adam(0.1), 5)", "'acme.Guard' = { wraps = true, clips = true }", {"GL201"}),
        ("acme.Guard(5, inner=tf.keras.optimizers.Adam(0.1))", "'acme.Guard' = { wraps = true }", {"GL101", "GL201"}),
    ],
)
def test_optimizers(tmp_path: Path, optimizer: str, vocabulary: str, expected: set[str]) -> None:
    program = loop(optimizer=optimizer, between='tf.debugging.assert_all_finite(gradients, "")')
    assert codes(tmp_path, program, f"[vocabulary.optimizers]\n{vocabulary}".removeprefix("[vocabulary]")) == expected


def test_callbacks(tmp_path: Path) -> None:
    vocabulary = "finite-checks = [{ name = 'acme.Stop', returns = 'callback' }]"
    assert "GL401" in codes(tmp_path, FIT.format(callback=""), vocabulary)
    assert codes(tmp_path, FIT.format(callback="acme.Stop(loss=1)"), vocabulary) == set()


@pytest.mark.parametrize(
    "given",
    [
        {"between": "reward = acme.squash(reward)"},
        {"between": "reward = acme.squash(0.1, rewards=reward)"},
        {"prelude": "scale = acme.Scaler()", "between": "reward = scale(reward)"},
        {"prelude": "scale = acme.Scaler(gamma=0.9)", "between": "reward = scale.apply(reward)"},
        {"env": "acme.Env(gym.make('R-v0'))"},
        {"env": "acme.Env('R-v0')"},
    ],
)
def test_rewards(tmp_path: Path, given: dict[str, str]) -> None:
    names = "reward-normalisers = ['acme.squash', 'acme.Scaler', 'acme.Env']"
    assert codes(tmp_path, play(), names) == {"GL301"}
    assert codes(tmp_path, play(**given), names) == set()


@pytest.mark.parametrize(
    ("program", "vocabulary", "expected"),
    [
        (loop(imports="from acme.tools import helper", between="gradients = helper(gradients)"),
         "clip-functions = ['acme.tools.helper']", {"GL401"}),
        (loop(imports="from acme import tools", between="gradients = tools.Thing().apply(gradients)"),
         "clip-functions = ['acme.tools.Thing.apply']", {"GL401"}),
        (loop(imports="from acme.tools import helper as h", optimizer="h(2.0)"),
         "optimizers = { 'acme.tools.helper' = { like = 'SGD', clips = true } }", {"GL201", "GL401"}),
        (loop(imports="from acme.tools import Thing", optimizer="Thing(2.0)"),
         "optimizers = { 'acme.tools.Thing' = { like = 'SGD' } }", {"GL101", "GL201", "GL401"}),
    ],
)  # fmt: skip
def test_names_of_the_project(tmp_path: Path, program: str, vocabulary: str, expected: set[str]) -> None:
    files = {"acme____init__": "", "acme__tools": OWN}
    assert codes(tmp_path, program, vocabulary, **files) == expected
    assert codes(tmp_path, program, "", **files) != expected


def test_rewards_by_the_project(tmp_path: Path) -> None:
    files = {"acme____init__": "", "acme__tools": OWN}
    names = "reward-normalisers = ['acme.tools.helper', 'acme.tools.Thing']"
    imports = "from acme.tools import Thing, helper"
    assert codes(tmp_path, play(imports=imports, between="reward = helper(reward)"), "", **files) == {"GL301"}
    assert codes(tmp_path, play(imports=imports, between="reward = helper(reward)"), names, **files) == set()
    assert codes(tmp_path, play(imports=imports, env="Thing(gym.make('R-v0'))"), names, **files) == set()


def test_the_vocabulary_is_that_of_the_calling_file(tmp_path: Path) -> None:
    program = loop(between="gradients = acme.clip(gradients)")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "train.py").write_text(program, encoding="utf-8")
    (tmp_path / "other" / "gradlint.toml").write_text("", encoding="utf-8")
    (tmp_path / "train.py").write_text(program, encoding="utf-8")
    (tmp_path / "gradlint.toml").write_text("vocabulary.clip-functions = ['acme.clip']", encoding="utf-8")
    report = lint.run(Settings(paths=(str(tmp_path),), jobs=1, pedantic=True, select=("GL401",)), NoProgress())
    assert len(report.findings) == 2
    facts = lint.facts(Settings(paths=(str(tmp_path),), jobs=1), NoProgress())
    clipped = {program["root"]: program["updates"][0]["clipping"] for program in facts["programs"]}
    assert [clipped[root] for root in sorted(clipped)] == ["unknown", "always"]
