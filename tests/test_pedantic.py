"""Findings of low confidence: what libraries show of a hazard, although the rest of it is up to their callers."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from gradlint import lint
from gradlint.finding import Confidence, Finding

AGENT = """
    import tensorflow as tf

    class Agent:
        def __init__(self, env, memory=None, clip=False):
            self.env = env
            self.memory = memory

        def play(self, state):
            action = self.policy(state)
            next_state, reward, done, _ = self.env.step(action)
            {store}
            return next_state

        def learn(self, batch):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(self.policy(batch))
            self.opt.apply_gradients(zip(tape.gradient(loss, self.policy.variables), self.policy.variables))
"""


def test_info_findings_of_the_fixtures() -> None:
    path = Path(__file__).resolve().parents[1] / "fixtures/scripts/two_heads_per_tensor_clip.py"
    text = path.read_text(encoding="utf-8")
    marked = [(number, line[-5:]) for number, line in enumerate(text.splitlines(), 1) if "  # pedantic: " in line]
    report = lint.check_text(text, "fixture.py")
    hidden = [(each.span.line, each.code) for each in report.hidden if each.code in ("GL109", "GL110")]
    assert marked == sorted(hidden)
    assert not report.findings


def found(text: str, code: str) -> list[Finding]:
    """All findings of a rule, also those that are hidden by default."""
    report = lint.check_text(dedent(text), "agent.py")
    assert not any(finding.code == code for finding in report.findings), "not at the default level"
    return [finding for finding in report.hidden if finding.code == code]


@pytest.mark.parametrize(
    "store",
    [
        "self.memory.add(state, action, reward, next_state, done)",
        "self.memory.store_transition(obs=state, act=action, rew=reward, next_obs=next_state, done=done)",
        "transition = state, action, reward, next_state, done; self.memory.append(*transition)",
    ],
)
def test_rewards_handed_to_an_unknown_memory(store: str) -> None:
    (finding,) = found(AGENT.format(store=store), "GL301")
    assert finding.confidence is Confidence.LOW
    assert "memory" in finding.message


@pytest.mark.parametrize(
    "store",
    [
        "self.memory.add(state, action, max(min(reward, 1.0), -1.0), next_state, done)",
        'self.log.add("reward", reward, state)',
        "self.memory.add(state, action, next_state, done)",
        "print(reward, state, action, done)",
    ],
)
def test_what_is_no_handing_over_of_raw_rewards(store: str) -> None:
    assert not found(AGENT.format(store=store), "GL301")


TRAINER = """
    import gym
    import tensorflow as tf

    class Trainer:
        def __init__(self, model, {parameter}):
            self.model = model
            self.optimizer = {optimizer}

        def step(self, x, y):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(self.model(x) - y))
            gradients = tape.gradient(loss, self.model.trainable_variables)
            {clip}
            self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables))
"""
GIVEN = [
    ("optimizer", "optimizer"),
    ("config", "config.make_optimizer()"),
    ("**options", "tf.keras.optimizers.Adam(1e-4, **options)"),
    ("clipnorm=None", "tf.keras.optimizers.Adam(1e-4, clipnorm=clipnorm)"),
]


@pytest.mark.parametrize(("parameter", "optimizer"), GIVEN)
def test_a_caller_may_make_the_optimizer_clip(parameter: str, optimizer: str) -> None:
    (finding,) = found(TRAINER.format(parameter=parameter, optimizer=optimizer, clip="pass"), "GL101")
    assert finding.confidence is Confidence.LOW
    assert "unless the caller" in finding.message


@pytest.mark.parametrize(("parameter", "optimizer"), GIVEN)
def test_clipping_on_the_way_settles_it(parameter: str, optimizer: str) -> None:
    clip = "gradients, _ = tf.clip_by_global_norm(gradients, 1.0)"
    assert not found(TRAINER.format(parameter=parameter, optimizer=optimizer, clip=clip), "GL101")


def test_both_arms_of_a_switch_of_something_unknown_are_read() -> None:
    text = (
        AGENT.format(store="pass")
        + """
        def both(self, state):
            if self.env.discrete:
                _, reward, done, _ = self.env.step(0)
                self.memory.add(state, 0, reward, state, done)
            else:
                _, reward, done, _ = self.env.step([0.0])
                self.memory.add(state, [0.0], reward, state, done)
    """
    )
    assert len(found(text, "GL301")) == 2


HELPER = """
    import numpy as np
    import tensorflow as tf
    from stable_baselines.common.mpi_adam import MpiAdam

    a = tf.Variable(np.zeros(10, "float32"))
    loss = tf.reduce_mean(tf.nn.softplus(-a))
    update = tf.compat.v1.train.AdamOptimizer(1e-2).minimize(loss)
    with tf.compat.v1.Session() as session:
        session.run(update)
"""
SURROGATE = """
    import gym
    import tensorflow as tf

    env = gym.make("Walker2d-v4")
    states, nexts = [env.reset()], []
    for _ in range(1000):
        states.append(env.step(env.action_space.sample())[0])
    physics = tf.keras.Sequential([tf.keras.layers.Dense(64), tf.keras.layers.Dense(17)])
    physics.compile("adam", "mse")
    physics.fit(tf.stack(states[:-1]), tf.stack(states[1:]))
"""
REDUCED_INPUT = """
    import tensorflow.compat.v1 as tf

    def reduce(rows):
        x = tf.placeholder(tf.float32, [None, 40])
        code = tf.layers.dense(x, 8, activation=tf.nn.sigmoid)
        cost = tf.reduce_mean(tf.square(x - tf.layers.dense(code, 40)))
        update = tf.train.AdamOptimizer(1e-3).minimize(cost)
        session = tf.Session()
        session.run(update, {x: rows})
        return session.run(code, {x: rows})

    def forecast(codes):
        x = tf.placeholder(tf.float32, [None, None, 8])
        outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(16), x, dtype=tf.float32)
        loss = tf.reduce_mean(tf.square(tf.layers.dense(outputs[:, -2], 8) - x[:, -1]))
        gradients, variables = zip(*tf.train.AdamOptimizer(1e-3).compute_gradients(loss))
        clipped, _ = tf.clip_by_global_norm(gradients, 1.0)
        tf.Session().run(tf.train.AdamOptimizer(1e-3).apply_gradients(zip(clipped, variables)), {x: codes})

    forecast(reduce(load()))
"""


@pytest.mark.parametrize("text", [HELPER, SURROGATE, REDUCED_INPUT])
def test_evidence_that_is_not_about_what_is_trained(text: str) -> None:
    (finding,) = found(text, "GL101")
    assert finding.confidence is Confidence.LOW


DRAWN = """
    import numpy as np
    import tensorflow as tf

    x = {numbers}
    x = np.sort(x)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    both = np.concatenate([x, 2.0 * x + 1.0])
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(both / both.std(), both)
"""


@pytest.mark.parametrize(
    ("numbers", "lines"),
    [
        ("np.random.uniform(size=(100, 3)) * 4 - 2", []),
        ("np.random.randint(0, 2, size=(100, 3))", [7, 11]),
        ("np.load('x.npy')", [7, 11]),
        ("helper(np.random.randn(100, 3))", [7, 11]),
    ],
)
def test_deviations_of_drawn_numbers_are_not_zero(numbers: str, lines: list[int]) -> None:
    report = lint.check_text(dedent(DRAWN.format(numbers=numbers)), "toy.py")
    assert [each.span.line for each in report.findings if each.code in ("GL302", "GL805")] == lines


BACKEND = """
import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.layers import Dense
from keras.models import Sequential


class Agent:
    def __init__(self, actor, critic):
        self.slopes = K.function([critic.input], K.gradients(critic.output, critic.input))
        self.holder = K.placeholder([None, 2])
        gradients = tf.gradients(actor.output, actor.trainable_weights, -self.holder)
        update = tf.train.AdamOptimizer(1e-3).apply_gradients(zip(gradients, actor.trainable_weights))
        self.optimize = K.function([actor.input, self.holder], [], updates=[update])

    def train(self, states):
        slopes = self.slopes([states])[0]
        assert not np.isnan(slopes).any()
        self.optimize([states, slopes])


Agent(Sequential([Dense(2)]), Sequential([Dense(1)])).train(np.zeros((4, 2)))
"""


def test_what_a_backend_function_applies_it_applies_when_it_is_called() -> None:
    report = lint.check_text(BACKEND, "agent.py")
    assert not [each for each in report.findings if each.code in ("GL402", "GL401")]


def test_keras_rl_is_of_keras_2() -> None:
    text = "from {} import DQNAgent\nfrom keras.optimizers import Adam\nDQNAgent().compile(Adam(lr=1e-3))\n"
    assert [each.code for each in lint.check_text(text.format("agents.dqn")).findings] == ["GL202"]
    assert not lint.check_text(text.format("rl.agents.dqn")).findings


@pytest.mark.parametrize(
    ("numbers", "confidence"),
    [
        ("(series - np.mean(series)) / np.std(series)", Confidence.LOW),
        ("(series - series.mean()) / series.std()", Confidence.HIGH),
        ("np.array([(each - np.mean(each)) / np.std(each) for each in np.split(rows, 10)])", Confidence.HIGH),
    ],
)
def test_the_numbers_of_a_whole_table_are_hardly_ever_all_equal(numbers: str, confidence: Confidence) -> None:
    text = f"""
        import numpy as np
        import pandas as pd
        import tensorflow as tf

        series = np.array(pd.read_csv("prices.csv").dropna()["close"])
        rows = np.load("rows.npy")
        model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit({numbers}, np.ones(100))
    """
    report = lint.check_text(dedent(text), "prices.py")
    (found,) = [each for each in (*report.findings, *report.hidden) if each.code == "GL302"]
    assert found.confidence is confidence
