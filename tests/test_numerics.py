"""What rules about numerics say, and above all what they do not say: the traps that other tools fall into."""

from __future__ import annotations

import textwrap

import pytest

from gradlint import lint

HEAD = """
import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K

from elsewhere import load, unread

net = tf.keras.Sequential([tf.keras.layers.Dense(32, activation="relu"), tf.keras.layers.Dense(4)])
policy = tf.keras.Sequential([tf.keras.layers.Dense(4, activation="softmax")])
optimizer = tf.keras.optimizers.Adam(1e-3, global_clipnorm=1.0)
EPSILON = 0.2


def distribution(x):
    import tensorflow_probability as tfp
    return tfp.distributions.Categorical(logits=net(x))


def step(x, y, actions, old_log_prob, old_logits, advantages, mask, tokens):
    with tf.GradientTape() as tape:
        out = net(x, training=True)
        pi = policy(x)
{body}
        tf.debugging.assert_all_finite(loss, "loss")
    gradients = tape.gradient(loss, net.trainable_variables + policy.trainable_variables)
    optimizer.apply_gradients(zip(gradients, net.trainable_variables + policy.trainable_variables))


step(*load())
"""


def said(body: str) -> list[str]:
    """The codes of default findings about numerics in a training step with this loss."""
    code = HEAD.replace("{body}", textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8))
    report = lint.check_text(code)
    assert not report.problems, report.problems
    return [finding.code for finding in report.findings if finding.code[:3] in ("GL5", "GL6", "GL7")]


RATIOS = {
    "spinning up": """
        log_prob = tf.reduce_sum(tf.one_hot(actions, 4) * tf.nn.log_softmax(out), axis=1)
        ratio = tf.exp(log_prob - old_log_prob)
        smaller = tf.where(advantages > 0, (1 + EPSILON) * advantages, (1 - EPSILON) * advantages)
        loss = -tf.reduce_mean(tf.minimum(ratio * advantages, smaller))
    """,
    "clip by value": """
        log_prob = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=actions, logits=out)
        ratio = tf.exp(log_prob - old_log_prob)
        clipped = tf.clip_by_value(ratio, 1 - EPSILON, 1 + EPSILON)
        loss = -tf.reduce_mean(tf.minimum(ratio * advantages, clipped * advantages))
    """,
    "negative log-probabilities": """
        neglogp = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=actions, logits=out)
        ratio = tf.exp(old_log_prob - neglogp)
        first = -advantages * ratio
        second = -advantages * tf.clip_by_value(ratio, 1.0 - EPSILON, 1.0 + EPSILON)
        loss = tf.reduce_mean(tf.maximum(first, second))
    """,
    "surrogates by name": """
        ratio = tf.exp(distribution(x).log_prob(actions) - old_log_prob)
        surr1 = ratio * advantages
        surr2 = tf.clip_by_value(ratio, 1.0 - EPSILON, 1.0 + EPSILON) * advantages
        loss = -tf.reduce_mean(tf.minimum(surr1, surr2))
    """,
    "importance ratio of distributions": """
        current = distribution(x).log_prob(actions)
        ratio = tf.exp(tf.cast(current, tf.float32) - tf.cast(old_log_prob, tf.float32))
        clipped = tf.clip_by_value(ratio, 1 - EPSILON, 1 + EPSILON)
        loss = tf.reduce_mean(-tf.minimum(ratio * advantages, clipped * advantages))
    """,
    "clamped": """
        log_ratio = tf.clip_by_value(distribution(x).log_prob(actions) - old_log_prob, -20.0, 20.0)
        loss = -tf.reduce_mean(tf.exp(log_ratio) * advantages)
    """,
    "softmax by hand of two policies": """
        shifted = out - tf.reduce_max(out, axis=-1, keepdims=True)
        exps = tf.exp(shifted)
        p = exps / tf.reduce_sum(exps, axis=-1, keepdims=True)
        loss = -tf.reduce_mean(p * advantages)
    """,
    "log-sum-exp by hand": """
        top = tf.reduce_max(out, axis=-1, keepdims=True)
        lse = top + tf.math.log(tf.reduce_sum(tf.exp(out - top), axis=-1, keepdims=True))
        loss = tf.reduce_mean(lse - out)
    """,
    "KL of two categorical policies": """
        a0 = old_logits - tf.reduce_max(old_logits, axis=-1, keepdims=True)
        a1 = out - tf.reduce_max(out, axis=-1, keepdims=True)
        ea1 = tf.exp(a1)
        z1 = tf.reduce_sum(ea1, axis=-1, keepdims=True)
        loss = tf.reduce_mean((ea1 / z1) * (a1 - tf.math.log(z1) - a0))
    """,
    "new over old through a distribution's own difference": """
        log_ratio = distribution(x).log_prob(actions) - old_log_prob
        ratio = tf.exp(tf.minimum(log_ratio, 5.0))
        loss = -tf.reduce_mean(ratio * advantages)
    """,
}


@pytest.mark.parametrize("form", RATIOS)
def test_ratios_of_policies_in_their_usual_forms_are_not_reported(form: str) -> None:
    assert said(RATIOS[form]) == []


SAFE = {
    "floored deviation": "loss = tf.reduce_mean((out - y) / tf.maximum(tf.math.reduce_std(out), 1e-6))",
    "learned deviation": "loss = tf.reduce_mean(tf.square(out - y) / tf.nn.softplus(out))",
    "epsilon inside the root": "loss = tf.reduce_mean(tf.sqrt(tf.reduce_sum(tf.square(out - y), axis=1) + 1e-12))",
    "divide_no_nan": """
        weights = tf.cast(tokens > 0, tf.float32)
        loss = tf.math.divide_no_nan(tf.reduce_sum(tf.square(out - y) * weights), tf.reduce_sum(weights))
    """,
    "counts of at least one": """
        weights = tf.cast(tokens > 0, tf.float32)
        loss = tf.reduce_sum(tf.square(out - y) * weights) / tf.maximum(tf.reduce_sum(weights), 1.0)
    """,
    "log_prob of a distribution": "loss = -tf.reduce_mean(distribution(x).log_prob(actions) * advantages)",
    "entropy of a distribution": "loss = -tf.reduce_mean(distribution(x).entropy())",
    "normalisation of a batch": """
        mean, variance = tf.nn.moments(out, axes=[0])
        loss = tf.reduce_mean((out - mean) / tf.sqrt(variance + 1e-5))
    """,
    "double where": """
        positive = tf.where(out > 0.0, out, 1.0)
        loss = tf.reduce_mean(tf.where(out > 0.0, tf.math.log(positive), 0.0))
    """,
    "double where of something unknown": """
        distance = tf.maximum(unread(out), 0.0)
        apart = distance > 0
        loss = tf.reduce_mean(tf.where(apart, tf.sqrt(tf.where(apart, distance, 1.0)), 0.0))
    """,
    "looked at only": """
        entropy = -tf.reduce_sum(pi * tf.math.log(pi), axis=-1)
        tf.print(tf.reduce_mean(entropy))
        loss = tf.reduce_mean(tf.square(out - y))
    """,
    "compared only": """
        error = tf.sqrt(tf.reduce_mean(tf.square(out - y)))
        tf.cond(error > 1.0, lambda: None, lambda: None)
        loss = tf.reduce_mean(tf.abs(out - y))
    """,
    "no gradient through the root": """
        scale = tf.stop_gradient(tf.norm(out - y))
        loss = tf.reduce_mean(tf.square(out - y)) / (scale + 1e-6)
    """,
    "width of a layer": """
        width = tf.cast(tf.shape(out)[-1], tf.float32)
        loss = tf.reduce_mean(tf.matmul(out, out, transpose_b=True) / tf.sqrt(width))
    """,
    "exp of a bounded number": "loss = tf.reduce_mean(tf.exp(tf.clip_by_value(out, -20.0, 2.0)))",
    "exp of what is never positive": "loss = tf.reduce_mean(tf.exp(-tf.square(out - y)))",
    "share of a sum": "loss = tf.reduce_mean(tf.exp(tf.tanh(out)) / tf.reduce_sum(tf.exp(tf.tanh(out)), axis=-1))",
    "focal weight": "loss = -tf.reduce_mean(tf.pow(1.0 - pi, 2.0) * tf.math.log(pi + 1e-7))",
    "reshaped clip": "loss = -tf.reduce_mean(y * tf.math.log(tf.reshape(tf.clip_by_value(pi, 1e-7, 1.0), [-1, 4])))",
    "guarded by an if": """
        weights = tf.cast(tokens > 0, tf.float32)
        total = tf.reduce_sum(weights)
        loss = tf.reduce_mean(tf.square(out - y))
        if total > 0:
            loss = tf.reduce_sum(tf.square(out - y) * weights) / total
    """,
    "Keras epsilon": "loss = -tf.reduce_mean(y * K.log(pi + K.epsilon()))",
    "logarithm over a mask": """
        loss = -tf.reduce_mean(tf.math.log(tf.reduce_sum(tf.exp(tf.tanh(out)) * mask, axis=-1)))
    """,
    "classes that occur in a batch": """
        occurring = tf.math.count_nonzero(tf.reduce_sum(tf.one_hot(actions, 4), axis=0), dtype=tf.float32)
        loss = tf.reduce_sum(tf.square(out - y)) / occurring
    """,
    "a selection that takes the first element in any case": """
        losses = tf.maximum(tf.reduce_max(out, axis=-1), 0.0)
        mask = tf.concat(([True], tf.not_equal(losses[1:] - losses[:-1], 0.0)), axis=0)
        loss = tf.reduce_mean(tf.boolean_mask(losses, mask))
    """,
    "repaired products of a mask with infinity": """
        barrier = float("-inf") * (1.0 - tf.one_hot(actions, 4))
        barrier = tf.where(tf.math.is_nan(barrier), tf.zeros_like(barrier), barrier)
        loss = tf.reduce_mean(tf.reduce_logsumexp(out + barrier, axis=-1))
    """,
    "complement with an epsilon": "loss = -tf.reduce_mean((1.0 - y) * tf.math.log(1.0 - pi + 1e-10))",
}


@pytest.mark.parametrize("case", SAFE)
def test_what_cannot_fail_is_not_reported(case: str) -> None:
    assert said(SAFE[case]) == []


UNSAFE = {
    "loss = -tf.reduce_mean(y * tf.math.log(tf.nn.softmax(out)))": "GL502",
    "loss = -tf.reduce_mean(y * tf.math.log(pi))": "GL501",
    "loss = tf.reduce_mean(pi * tf.math.log(pi))": "GL503",
    "loss = tf.reduce_mean(out / tf.norm(out, axis=-1, keepdims=True))": "GL504",
    "loss = tf.reduce_mean(tf.sqrt(tf.reduce_sum(tf.square(out - y), axis=1)))": "GL505",
    "loss = tf.reduce_mean(tf.sqrt(tf.reduce_sum(tf.square(out - y), axis=1)) + 1e-8)": "GL506",
    "loss = tf.reduce_mean(out / (tf.norm(out, axis=-1, keepdims=True) + 1e-8))": "GL506",
    "loss = tf.reduce_mean(tf.where(out > 0.0, tf.math.log(tf.nn.relu(out)), 0.0))": "GL507",
    "loss = tf.reduce_mean(tf.exp(out))": "GL508",
    "loss = tf.reduce_mean(tf.exp(out) / tf.reduce_sum(tf.exp(out), axis=-1, keepdims=True))": "GL509",
    "loss = tf.reduce_mean(1.0 / (1.0 + tf.exp(-out)))": "GL509",
    "loss = tf.reduce_mean(tf.math.log(1.0 + tf.exp(out)))": "GL509",
    "loss = tf.reduce_mean(tf.acos(tf.clip_by_value(out, -1.0, 1.0)))": "GL510",
    "loss = tf.reduce_mean(out ** 0.7)": "GL511",
    "loss = -tf.reduce_mean(tf.math.log(1.0 - tf.clip_by_value(pi, 1e-8, 1.0 - 1e-8)))": "GL512",
    "loss = tf.reduce_mean(tf.reduce_logsumexp(out + float('-inf') * (1.0 - tf.one_hot(actions, 4)), axis=-1))": "GL513",
    "loss = -tf.reduce_mean(tf.math.log(1.0 - tf.tanh(out) ** 2))": "GL514",
    "loss = tf.reduce_mean(tf.boolean_mask(tf.square(out - y), tokens > 0))": "GL516",
    "loss = -tf.reduce_mean(tf.exp(distribution(x).log_prob(actions) - old_log_prob) * advantages)": "GL604",
    "loss = tf.reduce_sum(tf.square(out - y) * tf.cast(tokens > 0, tf.float32)) / tf.reduce_sum(tf.cast(tokens > 0, tf.float32))":
        "GL707",
}  # fmt: skip


@pytest.mark.parametrize("body", UNSAFE)
def test_what_fails_is_reported_once_by_its_own_rule(body: str) -> None:
    assert said(body) == [UNSAFE[body]]


def test_norms_in_a_layerwise_optimizer_are_not_differentiated() -> None:
    code = """
        import tensorflow as tf

        class LayerwiseMomentum(tf.keras.optimizers.Optimizer):
            def update_step(self, gradient, variable, learning_rate):
                weight_norm = tf.norm(variable, ord=2)
                gradient_norm = tf.norm(gradient, ord=2)
                trust = tf.where(weight_norm > 0, tf.where(gradient_norm > 0, weight_norm / gradient_norm, 1.0), 1.0)
                variable.assign_sub(learning_rate * trust * gradient)
    """
    report = lint.check_text(textwrap.dedent(code))
    assert [finding.code for finding in report.findings if finding.code.startswith("GL5")] == []


def test_a_metric_is_no_loss() -> None:
    code = """
        import tensorflow as tf
        from tensorflow.keras import backend as K

        def rmse(y_true, y_pred):
            return K.sqrt(K.mean(K.square(y_pred - y_true)))

        model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
        model.compile(optimizer=tf.keras.optimizers.Adam(1e-3), loss="mse", metrics=[rmse])
        model.fit(*load())
    """
    assert not [f for f in lint.check_text(textwrap.dedent(code)).findings if f.code.startswith("GL5")]


def test_a_model_in_another_function_tells_the_range_of_its_output() -> None:
    code = """
        import tensorflow as tf

        def build(units):
            inputs = tf.keras.Input((8,))
            hidden = tf.keras.layers.Dense(32, activation="relu")(inputs)
            return tf.keras.Model(inputs, tf.keras.layers.Dense(units, activation="sigmoid")(hidden))

        def cross_entropy(y_true, y_pred):
            return -tf.reduce_mean(y_true * tf.math.log(y_pred))

        model = build(3)
        model.compile(optimizer=tf.keras.optimizers.Adam(1e-3), loss=cross_entropy)
        model.fit(*load())
    """
    assert [f.code for f in lint.check_text(textwrap.dedent(code)).findings] == ["GL501"]


PAIRS = """
import tensorflow as tf
from tensorflow.keras.layers import Activation, Dense, Input, concatenate
from tensorflow.keras.models import Model, Sequential


def cosine(y_true, y_pred):
    a, b = y_pred[:, 0:10], y_pred[:, 10:20]
    similarity = tf.reduce_sum(a * b, axis=-1)
    similarity /= tf.norm(a, axis=-1) * tf.norm(b, axis=-1)
    return tf.reduce_mean(1.0 - similarity)


net = Sequential([Dense(10), Activation("{activation}")])
first, second = Input((8,)), Input((8,))
model = Model([first, second], concatenate([net(first), net(second)], axis=-1))
model.compile(loss=cosine, optimizer=tf.keras.optimizers.Adam(1e-3, clipnorm=1.0))
model.fit(load(), labels())
"""


@pytest.mark.parametrize(("activation", "expected"), [("sigmoid", []), ("relu", ["GL504"]), ("linear", ["GL504"])])
def test_joined_outputs_have_the_range_of_their_parts(activation: str, expected: list[str]) -> None:
    report = lint.check_text(PAIRS.replace("{activation}", activation))
    assert [finding.code for finding in report.findings if finding.code[:3] == "GL5"] == expected


def test_numpy_counts_classes_in_whole_data_sets() -> None:
    code = HEAD.replace("{body}", " " * 8 + "loss = tf.reduce_mean(tf.square(out - y) * weight)").replace(
        "step(*load())",
        "edges = (adjacency != 0).astype(float)\nweight = (edges.size - edges.sum()) / edges.sum()\nstep(*load())",
    )
    assert not [finding.code for finding in lint.check_text(code).findings if finding.code[:3] == "GL5"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("loss = tf.reduce_mean(tf.exp(tf.stack([first, second], axis=1)[:, 1]))", ["GL508"]),
        ("loss = tf.reduce_mean(tf.exp(tf.concat([second, first], axis=-1)))", ["GL508"]),
        ("loss = tf.reduce_mean(tf.math.log(tf.stack([first, tf.nn.softplus(second)], axis=1)[:, 1]))", []),
        ("loss = tf.reduce_mean(tf.exp(tf.concat([tf.tanh(first), tf.tanh(second)], axis=-1)))", []),
    ],
)
def test_tensors_that_are_put_together_have_the_range_that_they_share(body: str, expected: list[str]) -> None:
    assert said(f"first, second = tf.split(out, 2, axis=-1)\n{body}") == expected
