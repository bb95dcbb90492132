"""What the pages of the rules about mixed precision claim about TensorFlow and Keras, run on the installed ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from gradlint.vocabulary.epsilons import ZERO_IN_FLOAT16
from gradlint.vocabulary.precision import INFINITE_IN_FLOAT16, lost

pytestmark = pytest.mark.tensorflow
ONES: Any = np.ones((4, 4), "float32")


@pytest.fixture
def mixed(keras: Any) -> Iterator[None]:
    """Keras 3 in mixed precision."""
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    yield
    keras.mixed_precision.set_dtype_policy("float32")


# -- GL901 -------------------------------------------------------------------------------------------------------------


def largest_gradient(tf: Any, keras: Any, *, scaled: bool) -> float:
    """Of two layers, for a loss whose gradients are small."""
    model = keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(1)])
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1.0))
    model(ONES)
    optimizer.build(model.trainable_variables)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.cast(model(ONES), tf.float32)) * 1e-8
        loss = optimizer.scale_loss(loss) if scaled else loss
    gradients = tape.gradient(loss, model.trainable_variables)
    return max(float(tf.reduce_max(tf.abs(each))) for each in gradients)


@pytest.mark.usefixtures("mixed")
def test_small_gradients_vanish_unless_the_loss_is_scaled(tensorflow: Any, keras: Any) -> None:
    assert largest_gradient(tensorflow, keras, scaled=False) == 0
    assert largest_gradient(tensorflow, keras, scaled=True) > 1e-5


@pytest.mark.usefixtures("mixed")
def test_compile_wraps_unless_told_not_to(keras: Any) -> None:
    model = keras.Sequential([keras.Input([4]), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert model.optimizer.initial_scale == 32768
    model.compile("sgd", "mse", auto_scale_loss=False)
    assert not isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)


# -- GL902 -------------------------------------------------------------------------------------------------------------


def test_constants_in_float16(tensorflow: Any) -> None:
    half = tensorflow.constant([0.0], tensorflow.float16)
    for number in (1e-8, -1e-8, ZERO_IN_FLOAT16):
        assert lost(number) == "0"
        assert float((half + number)[0]) == 0
    for number in (1e9, -1e9, INFINITE_IN_FLOAT16):
        assert lost(number) in ("inf", "-inf")
        assert math.isinf(float((half + number)[0]))
        assert math.isnan(float((half * number)[0]))
    for number in (3e-8, 1e-4, 65519.0, -6e4):
        assert lost(number) is None
        assert float((half + number)[0]) != 0
        assert math.isfinite(float((half + number)[0]))
    assert np.float16(1e-8) == 0
    assert float(tensorflow.maximum(half, 1e-8)[0]) == 0
    assert float(tensorflow.clip_by_value(half, 1e-12, 1.0)[0]) == 0


def test_a_row_that_is_masked_as_a_whole(tensorflow: Any) -> None:
    scores = tensorflow.zeros([1, 2], tensorflow.float16)
    hidden = tensorflow.constant([[True, True]])
    assert np.isnan(tensorflow.nn.softmax(tensorflow.where(hidden, -1e9, scores))).all()
    part = tensorflow.nn.softmax(tensorflow.where(tensorflow.constant([[True, False]]), -1e9, scores))
    assert part.numpy().tolist() == [[0.0, 1.0]]


@pytest.mark.usefixtures("mixed")
def test_layers_in_mixed_precision(tensorflow: Any, keras: Any) -> None:
    class Unit(keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs / (tensorflow.reduce_max(tensorflow.abs(inputs), axis=-1, keepdims=True) + 1e-8)

    class Masked(keras.layers.Layer):  # type: ignore[misc]
        supports_masking = True

        def call(self, scores: Any, kept: Any) -> Any:
            return scores + (1.0 - tensorflow.cast(kept, scores.dtype)) * -1e9

    assert np.isnan(Unit()(np.zeros((1, 4), "float32"))).all()
    assert np.isnan(Masked()(np.zeros((1, 4), "float32"), np.ones((1, 4), "float32"))).all()
    assert np.isfinite(Unit(dtype="float32")(np.zeros((1, 4), "float32"))).all()


# -- GL903 -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def floats(keras: Any, tf_keras: Any) -> Iterator[None]:
    """Both Keras in float16."""
    for home in (keras, tf_keras):
        home.backend.set_floatx("float16")
    yield
    for home in (keras, tf_keras):
        home.backend.set_floatx("float32")
        home.backend.set_epsilon(1e-7)


def at_one(tf: Any, home: Any, epsilon: float) -> list[float]:
    """Loss and gradient of a prediction of exactly 1, for both labels."""
    home.backend.set_epsilon(epsilon)
    found: list[float] = []
    for label in (1.0, 0.0):
        prediction = tf.Variable([[1.0]], dtype=tf.float16)
        with tf.GradientTape() as tape:
            loss = home.losses.binary_crossentropy(tf.constant([[label]], tf.float16), prediction)
        found += [float(loss[0]), float(tape.gradient(loss, prediction)[0][0])]
    return found


@pytest.mark.usefixtures("floats")
def test_epsilon_in_float16(tensorflow: Any, keras: Any, tf_keras: Any) -> None:
    for home in (keras, tf_keras):
        assert not all(map(math.isfinite, at_one(tensorflow, home, 1e-7)))
        assert all(map(math.isfinite, at_one(tensorflow, home, 1e-3)))
    assert not all(map(math.isfinite, at_one(tensorflow, keras, 1e-4)))
    one = np.float16(1)
    assert one - np.float16(1e-4) == one
    assert one - np.float16(2.0**-12) == one
    assert one - np.float16(1e-3) < one


@pytest.mark.usefixtures("floats")
def test_a_classifier_in_float16(keras: Any) -> None:
    keras.utils.set_random_seed(0)
    inputs = np.random.default_rng(0).normal(size=(256, 4)).astype("float16") * 8
    model = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(0.05, epsilon=1e-4), "binary_crossentropy")
    losses = model.fit(inputs, (inputs[:, :1] > 0).astype("float16"), epochs=10, verbose=0).history["loss"]
    assert math.isnan(losses[-1])


# -- GL905 -------------------------------------------------------------------------------------------------------------


def off_by_300(home: Any, dtype: str | None) -> Any:
    """A compiled network whose prediction is 300 for a target of 0."""
    home.mixed_precision.set_global_policy("mixed_float16")
    inputs = home.Input([1])
    model = home.Model(inputs, home.layers.Dense(1, kernel_initializer="ones", dtype=dtype)(inputs))
    model.compile("sgd", "mse")
    home.mixed_precision.set_global_policy("float32")
    return model


def test_outputs_in_float16(tensorflow: Any, keras: Any, tf_keras: Any) -> None:
    far: Any = np.full((1, 1), 300.0, "float32")
    none: Any = np.zeros((1, 1), "float32")
    assert math.isinf(off_by_300(tf_keras, None).evaluate(far, none, verbose=0))
    for model in (off_by_300(tf_keras, "float32"), off_by_300(keras, None), off_by_300(keras, "float32")):
        assert model.evaluate(far, none, verbose=0) == pytest.approx(90_000)
    half = off_by_300(keras, None)(far)
    assert half.dtype == tensorflow.float16
    assert math.isinf(float(tensorflow.reduce_mean(tensorflow.square(half)))), "a loss by hand"
    assert float(tensorflow.nn.softmax(tensorflow.constant([[0.0, 20.0]], tensorflow.float16))[0, 0]) == 0


# -- GL904 -------------------------------------------------------------------------------------------------------------


def test_keras_3_has_no_such_methods(keras: Any, tf_keras: Any) -> None:
    for name in ("get_scaled_loss", "get_unscaled_gradients"):
        assert not hasattr(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()), name)
        assert hasattr(tf_keras.mixed_precision.LossScaleOptimizer(tf_keras.optimizers.SGD()), name)
    assert keras.mixed_precision.LossScaleOptimizer is keras.optimizers.LossScaleOptimizer


def test_the_wrapper_divides_whatever_it_gets(tensorflow: Any, keras: Any, tf_keras: Any) -> None:
    steps = []
    for scaled in (True, False):
        weight = tensorflow.Variable([0.0])
        optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
        optimizer.build([weight])
        with tensorflow.GradientTape() as tape:
            loss = weight[0] * 2.0
            loss = optimizer.scale_loss(loss) if scaled else loss
        optimizer.apply_gradients([(tape.gradient(loss, weight), weight)])
        steps.append(float(weight[0]))
    assert steps[0] == pytest.approx(-0.2)
    assert steps[0] / steps[1] == pytest.approx(32768)
    weight = tensorflow.Variable([0.0])
    wrapper = tf_keras.mixed_precision.LossScaleOptimizer(tf_keras.optimizers.SGD(0.1))
    wrapper.apply_gradients([(tensorflow.constant([2.0]), weight)])
    assert float(weight[0]) == pytest.approx(-0.2), "Keras 2 divides nothing by itself"


@pytest.mark.usefixtures("mixed")
def test_train_step_has_to_scale(tensorflow: Any, keras: Any) -> None:
    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.out = keras.layers.Dense(1, dtype="float32", kernel_initializer="zeros")

        def call(self, inputs: Any) -> Any:
            return self.out(inputs)

        def train_step(self, data: Any) -> Any:
            with tensorflow.GradientTape() as tape:
                loss = tensorflow.reduce_mean(self(data[0]))
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            return {"loss": loss}

    model = Own()
    model.compile(keras.optimizers.SGD(0.1))
    model.fit(ONES, ONES, verbose=0)
    assert float(model.out.bias[0]) == pytest.approx(-0.1 / 32768)
