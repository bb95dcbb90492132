"""What the pages of the rules about data claim about TensorFlow and Keras, run on the installed ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
GENERATOR = 0
"""The seed of all data."""


def noise() -> tuple[Any, Any]:
    """Random images as bytes would be, and random classes."""
    random = np.random.default_rng(GENERATOR)
    return random.integers(0, 256, (512, 784)).astype("float32"), random.integers(0, 10, 512)


def trained(
    tf: Any, keras: Any, optimizer: Any, scale: float, layers: list[Any], steps: int
) -> list[tuple[float, float]]:
    """Loss and gradient norm of each step."""
    images, labels = noise()
    model, measure = keras.Sequential(layers), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    seen = []
    for step in range(steps):
        batch = slice(step * 32 % 512, step * 32 % 512 + 32)
        with tf.GradientTape() as tape:
            loss = measure(labels[batch], model(images[batch] * scale, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        seen.append((float(loss), float(tf.linalg.global_norm(gradients))))
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    return seen


def dense(keras: Any) -> list[Any]:
    keras.utils.set_random_seed(1)
    relu = [keras.layers.Dense(units, activation="relu") for units in (128, 64)]
    return [*relu, keras.layers.Dense(10)]


# -- GL801 -------------------------------------------------------------------------------------------------------------


def test_pixels_blow_up_plain_gradient_descent(tensorflow: Any, keras: Any) -> None:
    raw = trained(tensorflow, keras, keras.optimizers.SGD(0.01), 1.0, dense(keras), 4)
    scaled = trained(tensorflow, keras, keras.optimizers.SGD(0.01), 1 / 255, dense(keras), 4)
    assert raw[0][0] == pytest.approx(274, abs=30)
    assert scaled[0][0] == pytest.approx(2.5, abs=0.3)
    assert raw[0][1] == pytest.approx(2834, rel=0.2)
    assert scaled[0][1] == pytest.approx(4.0, abs=1.0)
    assert raw[3][0] > 1e7
    assert scaled[3][0] < 3


def test_adam_survives_pixels(tensorflow: Any, keras: Any) -> None:
    raw = trained(tensorflow, keras, keras.optimizers.Adam(1e-3), 1.0, dense(keras), 60)
    assert all(math.isfinite(loss) for loss, _ in raw)
    assert raw[30][0] > 10 * 2.5


def test_pixels_and_a_squared_error(keras: Any) -> None:
    keras.utils.set_random_seed(1)
    images, labels = noise()
    losses = []
    for scale in (1.0, 1 / 255):
        model = keras.Sequential([keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(1e-3), "mse")
        losses += model.fit(images * scale, labels.astype("float32"), batch_size=32, verbose=0).history["loss"]
    assert math.isnan(losses[0])
    assert losses[1] < 30


def test_batch_normalisation_takes_the_size_out(tensorflow: Any, keras: Any) -> None:
    layers = [keras.layers.BatchNormalization(), *dense(keras)]
    assert trained(tensorflow, keras, keras.optimizers.SGD(0.01), 1.0, layers, 4)[0][0] < 5


def test_efficientnet_divides_by_itself(keras: Any) -> None:
    network = keras.applications.EfficientNetB0(weights=None, input_shape=(32, 32, 3), classes=10)
    assert any(isinstance(layer, keras.layers.Rescaling) for layer in network.layers)


# -- GL802 -------------------------------------------------------------------------------------------------------------


def with_a_gap(keras: Any, activation: str) -> list[Any]:
    """The weights after an epoch on data of which one number is missing."""
    random = np.random.default_rng(GENERATOR)
    inputs = random.normal(size=(64, 4)).astype("float32")
    inputs[5, 2] = np.nan
    model = keras.Sequential([keras.layers.Dense(8, activation=activation), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(inputs, inputs[:, :1], batch_size=16, verbose=0, shuffle=False)
    return list(model.get_weights())


def test_one_missing_number(keras: Any) -> None:
    assert all(np.isnan(weights).all() for weights in with_a_gap(keras, "tanh"))
    hidden = with_a_gap(keras, "relu")
    assert np.isnan(hidden[0][2]).all(), "the weights of that column"


# -- GL803 -------------------------------------------------------------------------------------------------------------


def test_one_large_column_decides_the_size_of_the_gradient(tensorflow: Any, keras: Any) -> None:
    random = np.random.default_rng(GENERATOR)
    inputs = (random.uniform(size=(64, 2)) * [1.0, 50_000.0]).astype("float32")
    layer = keras.layers.Dense(1, kernel_initializer="ones")
    with tensorflow.GradientTape() as tape:
        loss = tensorflow.reduce_mean(layer(inputs))
    share, income = (float(each) for each in tape.gradient(loss, layer.kernel)[:, 0])
    assert income > 10_000 * share


# -- GL804 -------------------------------------------------------------------------------------------------------------


def test_large_observations_make_large_estimates(tensorflow: Any, keras: Any) -> None:
    observations = np.random.default_rng(GENERATOR).normal(size=(32, 8)).astype("float32")
    critic = keras.Sequential([keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1)])
    small, large = (np.asarray(critic(each)) for each in (observations, 1000 * observations))
    np.testing.assert_allclose(large, 1000 * small, rtol=1e-3, atol=1e-2)
    assert np.mean(large**2) == pytest.approx(1e6 * np.mean(small**2), rel=1e-3)


# -- GL805 -------------------------------------------------------------------------------------------------------------


def test_constant_columns(keras: Any) -> None:
    """feature-std-zero."""
    columns = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 6.0]], dtype="float32")
    with np.errstate(invalid="ignore"):
        scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    assert np.isnan(scaled[:, 0]).all()
    assert np.isfinite(scaled[:, 1]).all()
    layer = keras.layers.Normalization()
    layer.adapt(columns)
    assert np.asarray(layer(columns))[:, 0].tolist() == [0.0, 0.0, 0.0]
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    model.fit(scaled, np.ones((3, 1)), verbose=0)
    assert all(np.isnan(weights).any() for weights in model.get_weights())
