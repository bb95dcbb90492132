"""What the reader knows of the activation that a tensor or a model's output comes out of."""

from __future__ import annotations

import pytest

from gradlint import lint
from gradlint.reader.library import dispatch, layers
from gradlint.reader.state import Run
from gradlint.values import Ext, Value
from gradlint.vocabulary import layers as vocabulary

PREAMBLE = """
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
"""


def outputs(code: str, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The activations of the arguments of `np.asked(...)`: of tensors, or of the outputs of models."""
    found: list[str | None] = []
    original = dispatch.call_library

    def spy(run: Run, function: Value, args: object) -> Value:
        if isinstance(function, Ext) and function.name == "np.asked":
            for value in args.positional:  # type: ignore[attr-defined]
                known = layers.activation_of(run, value) or layers.output_activation(run, value)
                found.append(known.name if known is not None else None)
        return original(run, function, args)  # type: ignore[arg-type]

    monkeypatch.setattr(dispatch, "call_library", spy)
    assert not lint.check_text(PREAMBLE + code).problems
    return found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("m = keras.Sequential([layers.Dense(4, 'relu'), layers.Dense(1)])", "linear"),
        ("m = keras.Sequential([layers.Dense(4, 'relu'), layers.Dense(3, activation=tf.nn.softmax)])", "softmax"),
        ("m = keras.Sequential([layers.Dense(3), layers.Activation('softmax'), layers.Dropout(0.1)])", "softmax"),
        ("m = keras.Sequential([layers.Dense(3), layers.Softmax()])", "softmax"),
        ("m = keras.Sequential([layers.Dense(3), layers.LeakyReLU(0.2)])", "leaky_relu"),
        ("m = keras.Sequential([layers.TimeDistributed(layers.Dense(1, activation='sigmoid'))])", "sigmoid"),
        ("m = keras.Sequential([layers.Bidirectional(layers.LSTM(8))])", "tanh"),
        ("m = keras.applications.ResNet50(weights=None, classes=3)", "softmax"),
        ("m = keras.applications.ResNet50(include_top=False)", None),
        ("i = keras.Input((3,)); m = keras.Model(i, layers.Dense(2, activation='tanh')(i))", "tanh"),
        ("i = keras.Input((3,)); m = keras.Model(inputs=i, outputs=[tf.nn.sigmoid(layers.Dense(2)(i))])", "sigmoid"),
        ("i = keras.Input((3,)); m = keras.Model(i, 2 * layers.Dense(2, activation='tanh')(i))", None),
        ("m = keras.Sequential([layers.Dense(3, activation=lambda x: x * 2)])", None),
        ("m = keras.Sequential([layers.Dense(3), layers.Lambda(lambda x: tf.nn.softmax(x))])", "softmax"),
        ("m = keras.Sequential([keras.Sequential([layers.Dense(3, activation='elu')]), layers.Flatten()])", "elu"),
        ("m = keras.Sequential([layers.Dense(3), layers.Softmax()]); m.pop()", None),
        ("m = keras.Sequential([layers.Dense(3, 'softmax')]); m.layers[-1].activation = None", None),
        ("d = layers.Dense(3, 'softmax'); m = keras.Sequential([d]); d.activation = None", None),
        ("m = keras.models.load_model('m.keras')", None),
        ("m = tf.compat.v1.layers.dense(np.zeros((3, 3)), 4, activation=tf.nn.softmax)", "softmax"),
        ("m = tf.reshape(tf.nn.softmax(np.zeros(3)), [-1])", "softmax"),
        ("m = tf.math.log(tf.nn.softmax(np.zeros(3)))", None),
        ("m = tf.nn.softmax(np.zeros(3)) + 1e-8", None),
    ],
)
def test_output(code: str, expected: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outputs(f"{code}\nnp.asked(m)\n", monkeypatch) == [expected]


ADDED = """
import sys


def build(units, activation="sigmoid"):
    m = keras.Sequential()
    m.add(layers.Dense(8, activation="relu"))
    for size in units:
        m.add(layers.Dense(size, activation="relu"))
        if len(sys.argv) > 2:
            m.add(layers.Dropout(0.5))
    m.add(layers.Dense(1, activation=activation))
    return m


def headed():
    m = build([4, 4], None)
    if len(sys.argv) > 3:
        m.add(layers.Activation("sigmoid"))
    return m


class Network(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(4, activation="relu")
        self.head = layers.Dense(2)

    def call(self, x):
        return tf.nn.softmax(self.head(self.hidden(x)))


np.asked(build([8]), build([8], "tanh"), headed(), Network()(np.zeros((1, 4))), build([8])(np.zeros((1, 4))))
"""


def test_models_that_are_built_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    assert outputs(ADDED, monkeypatch) == ["sigmoid", "tanh", None, "softmax", "sigmoid"]


def test_every_activation_of_the_layers_has_a_range() -> None:
    named = {spec.default for spec in vocabulary.ACTIVATED.values()} | set(vocabulary.FIXED.values())
    assert named - {""} <= set(vocabulary.RANGES)
    assert set(vocabulary.RANGES) >= vocabulary.PROBABILITIES


OWN_STEP = """
class Network(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = layers.Dense(1)

    def call(self, x):
        return self.head(x)
{method}

m = Network()
m.compile("adam", loss="binary_crossentropy")
m.fit(np.zeros((8, 4)), np.zeros(8))
"""
STEP = """
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
        return super().compute_loss(x, y, tf.sigmoid(y_pred), sample_weight)
"""


@pytest.mark.parametrize(("method", "found"), [("", 1), (STEP, 0)])
def test_a_model_that_trains_itself_decides_what_goes_into_the_loss(method: str, found: int) -> None:
    report = lint.check_text(PREAMBLE + OWN_STEP.format(method=method))
    assert [finding.code for finding in report.findings].count("GL601") == found


FITTED = """
generator = keras.Sequential([layers.Dense(4, activation="tanh")])
generator.compile("adam", loss="binary_crossentropy")
discriminator = keras.Sequential([layers.Dense(1, activation="sigmoid")])
discriminator.compile("adam", loss="binary_crossentropy")
discriminator.fit(np.zeros((8, 4)), np.zeros(8))
"""


def test_models_that_nobody_fits_are_left_alone() -> None:
    assert not [finding for finding in lint.check_text(PREAMBLE + FITTED).findings if finding.code == "GL606"]
    fitted = FITTED + "generator.fit(np.zeros((8, 4)), np.zeros((8, 4)))\n"
    assert [finding.code for finding in lint.check_text(PREAMBLE + fitted).findings] == ["GL606"]


GENERATOR = """
def generator():
    made = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(4, activation="tanh")])
    made.compile("sgd", "binary_crossentropy")
    return made


def step(generator, discriminator, gan, real, noise):
    made = generator.predict(noise)
    discriminator.train_on_batch(np.concatenate([real, made]), np.repeat([1.0, 0.0], 8))
    gan.train_on_batch(noise, np.ones(8))
"""


def test_a_generator_that_nobody_is_seen_to_train_may_be_compiled_with_anything() -> None:
    report = lint.check_text(PREAMBLE + GENERATOR)
    assert not [each for each in report.findings if each.code == "GL606"]
    assert [each.code for each in report.hidden if each.code == "GL606"] == ["GL606"]
    trained = GENERATOR + "generator().fit(np.zeros((8, 4)), np.zeros((8, 4)))\n"
    assert [each.code for each in lint.check_text(PREAMBLE + trained).findings if each.code == "GL606"] == ["GL606"]


SHARED = """
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
a, b = keras.Sequential([layers.Dense(1)]), keras.Sequential([layers.Dense(1, "sigmoid")])


def step(model):
    with tf.GradientTape() as tape:
        loss = cross_entropy(np.zeros((8, 1)), model(np.zeros((8, 4))))
    return tape.gradient(loss, model.trainable_variables)


def other(model):
    with tf.GradientTape() as tape:
        loss = cross_entropy(np.zeros((8, 1)), model(np.zeros((8, 4))))
    return tape.gradient(loss, model.trainable_variables)


keras.optimizers.SGD(0.01).apply_gradients(zip(step(a), a.trainable_variables))
keras.optimizers.SGD(0.01).apply_gradients(zip(other(b), b.trainable_variables))
"""


def test_one_loss_for_several_outputs_is_reported_where_it_does_not_fit() -> None:
    found = [finding for finding in lint.check_text(PREAMBLE + SHARED).findings if finding.code == "GL601"]
    line = (PREAMBLE + SHARED).splitlines().index("def other(model):") + 3
    assert [finding.span.line for finding in found] == [line]
