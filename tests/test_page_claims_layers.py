"""What the pages of the rules about losses and recurrent layers claim about TensorFlow and Keras, run on the installed ones."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow
NAN = float("nan")


def at(tf: Any, loss: Any, numbers: Any) -> tuple[float, list[float]]:
    """A loss and its gradient at these numbers."""
    x = tf.Variable(numbers)
    with tf.GradientTape() as tape:
        value = loss(x)
    return float(tf.reduce_sum(value)), [float(g) for g in tf.reshape(tape.gradient(value, x), [-1])]


# -- GL601, GL606 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("home", ["keras", "tf_keras"])
def test_probabilities_are_cut_off(tensorflow: Any, home: str, request: pytest.FixtureRequest) -> None:
    tf, losses = tensorflow, request.getfixturevalue(home).losses
    loss = losses.BinaryCrossentropy()
    for number in (-3.0, -1.0, 5.0):
        for label, expected in ((0.0, 16.1 if number > 1 else 0.0), (1.0, 16.1 if number < 0 else 0.0)):
            value, gradient = at(tf, lambda x, label=label: loss(tf.constant([[label]]), x), [[number]])
            assert value == pytest.approx(expected, abs=1.0)
            assert gradient == [0.0]
    inside, gradient = at(tf, lambda x: loss(tf.ones([1, 1]), x), [[0.5]])
    assert inside == pytest.approx(math.log(2), rel=1e-4)
    assert gradient == [pytest.approx(-2.0)]


def test_categorical_crossentropy_of_logits(tensorflow: Any, keras: Any) -> None:
    tf, loss = tensorflow, keras.losses.CategoricalCrossentropy()
    value, gradient = at(tf, lambda x: loss(tf.one_hot([0], 3), x), [[-5.0, 5.0, 0.0]])
    assert math.isnan(value) and all(map(math.isnan, gradient)), "logits that add up to 0"
    _, gradient = at(tf, lambda x: loss(tf.one_hot([0], 3), x), [[-1.0, -2.0, -3.0]])
    assert gradient[0] > 0, "a step against it makes the right class less likely"
    sparse = keras.losses.SparseCategoricalCrossentropy()
    assert at(tf, lambda x: sparse(tf.constant([0]), x), [[-5.0, 5.0, 0.0]])[1] == [0.0, 0.0, 0.0]


def test_probabilities_taken_for_logits(tensorflow: Any, keras: Any) -> None:
    tf, loss = tensorflow, keras.losses.BinaryCrossentropy(from_logits=True)
    assert at(tf, lambda x: loss(tf.zeros([1, 1]), x), [[10.0]])[1] == [pytest.approx(1.0, rel=1e-3)]
    assert at(tf, lambda x: loss(tf.zeros([1, 1]), tf.sigmoid(x)), [[10.0]])[1] == [pytest.approx(3.3e-5, rel=0.05)]
    assert float(tf.sigmoid(1.0)) == pytest.approx(0.731, rel=1e-3)


def heads(tf: Any, keras: Any) -> dict[str, Any]:
    dense = keras.layers.Dense(1, kernel_initializer="ones", activation="sigmoid")
    plain = keras.layers.Dense(1, kernel_initializer="ones")
    return {
        "last": keras.Sequential([keras.Input((1,)), dense]),
        "layer": keras.Sequential([keras.Input((1,)), plain, keras.layers.Activation("sigmoid")]),
        "reshaped": keras.Sequential([keras.Input((1,)), dense, keras.layers.Reshape((1,))]),
    }


@pytest.mark.parametrize(("head", "noticed"), [("last", True), ("layer", True), ("reshaped", False)])
def test_keras_takes_the_logits_back(tensorflow: Any, keras: Any, head: str, noticed: bool) -> None:
    tf, model = tensorflow, heads(tensorflow, keras)[head]
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with tf.GradientTape() as tape:
            value = loss(tf.zeros([1, 1]), model(tf.constant([[10.0]])))
        gradient = float(tf.reduce_sum(tape.gradient(value, model.trainable_variables)[0]))
    assert (gradient > 1.0) is noticed
    assert any("from_logits" in str(each.message) for each in caught) is noticed


def test_the_function_of_tensorflow_is_noticed_in_graphs_only(tensorflow: Any, keras: Any) -> None:
    tf, loss = tensorflow, keras.losses.BinaryCrossentropy(from_logits=True)

    def gradient() -> Any:
        return tf.gradients(loss(tf.zeros([1, 1]), tf.sigmoid(x)), x)[0] if not tf.executing_eagerly() else None

    x = tf.constant([[10.0]])
    assert float(tf.function(gradient)()[0, 0]) == pytest.approx(1.0, rel=1e-3)
    assert at(tf, lambda v: loss(tf.zeros([1, 1]), tf.sigmoid(v)), [[10.0]])[1][0] < 1e-3


# -- GL602 -------------------------------------------------------------------------------------------------------------


def test_double_softmax(tensorflow: Any) -> None:
    tf = tensorflow
    best = tf.eye(10)[:1]
    assert float(tf.reduce_max(tf.nn.softmax(best))) == pytest.approx(0.232, rel=1e-2)
    assert float(tf.nn.softmax_cross_entropy_with_logits(best, best)[0]) == pytest.approx(1.461, rel=1e-3)
    wrong = tf.constant([[0.0, 1.0, 0.0]])
    once = at(tf, lambda x: tf.nn.softmax_cross_entropy_with_logits(wrong, x), [[10.0, 0.0, 0.0]])[1]
    twice = at(tf, lambda x: tf.nn.softmax_cross_entropy_with_logits(wrong, tf.nn.softmax(x)), [[10.0, 0.0, 0.0]])[1]
    assert once[0] == pytest.approx(1.0, rel=1e-3)
    assert twice[0] == pytest.approx(7.8e-5, rel=0.05)


# -- GL701, GL702, GL705 -----------------------------------------------------------------------------------------------


def trained(tf: Any, keras: Any, layer: Any, rate: float, steps: int = 100, updates: int = 150) -> tuple[float, float]:
    """The gradient norm of the first update and the largest loss, up to the first that is not finite."""
    rng = __import__("numpy").random.default_rng(0)
    x = rng.normal(size=(256, steps, 4)).astype("float32")
    y = tf.math.tanh(tf.reduce_sum(x[:, :, 0], axis=1, keepdims=True) / steps**0.5)
    keras.utils.set_random_seed(1)
    model = keras.Sequential([layer, keras.layers.Dense(1)])
    model(x[:1])
    optimizer, first, largest = keras.optimizers.Adam(rate), NAN, 0.0

    @tf.function  # type: ignore[untyped-decorator]
    def update(inputs: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(inputs) - targets))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss, tf.linalg.global_norm(gradients)

    for number in range(updates):
        part = slice(number % 8 * 32, number % 8 * 32 + 32)
        loss, norm = (float(each) for each in update(x[part], y[part]))
        first = norm if number == 0 else first
        if not math.isfinite(loss + norm):
            return first, math.inf
        largest = max(largest, loss)
    return first, largest


def test_lstm_with_relu_jumps(tensorflow: Any, keras: Any) -> None:
    layer = keras.layers.LSTM
    assert trained(tensorflow, keras, layer(32), 0.01)[1] < 1
    assert trained(tensorflow, keras, layer(32, activation="relu"), 0.01)[1] > 1e6
    assert trained(tensorflow, keras, layer(32, activation="relu"), 0.01, steps=10)[1] < 2, "FEW_STEPS"


def test_simple_rnn_without_activation(tensorflow: Any, keras: Any) -> None:
    layer = keras.layers.SimpleRNN
    assert trained(tensorflow, keras, layer(32), 1e-3, updates=1)[0] < 5
    assert trained(tensorflow, keras, layer(32, activation=None), 1e-3, updates=1)[0] > 200


@pytest.mark.parametrize("cell", ["SimpleRNN", "LSTM"])
def test_exponential_is_nan_at_once(tensorflow: Any, keras: Any, cell: str) -> None:
    for steps in (10, 100):
        layer = getattr(keras.layers, cell)(32, activation="exponential")
        assert not math.isfinite(trained(tensorflow, keras, layer, 1e-3, steps, updates=1)[1])


def norm(tf: Any, keras: Any, cell: str, steps: int, start: Any) -> float:
    keras.utils.set_random_seed(0)
    layer, x = getattr(keras.layers, cell)(64, recurrent_initializer=start), tf.random.normal([16, steps, 8])
    layer(x)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x))) / 16
    return float(tf.linalg.global_norm(tape.gradient(loss, layer.trainable_variables)))


def test_recurrent_weights_that_start_large(tensorflow: Any, keras: Any) -> None:
    def of(cell: str, steps: int, deviation: float) -> float:
        return norm(tensorflow, keras, cell, steps, keras.initializers.RandomNormal(stddev=deviation))

    for usual in ("orthogonal", "glorot_uniform", "he_normal"):
        assert norm(tensorflow, keras, "SimpleRNN", 100, usual) < 50
    assert of("SimpleRNN", 100, 0.2) > 100 > of("SimpleRNN", 20, 0.2)
    assert of("SimpleRNN", 20, 1.0) > 1e5
    assert not of("SimpleRNN", 100, 1.0) < 1e30
    for gated in ("GRU", "LSTM"):
        assert of(gated, 100, 0.25) < 1e3, "radius 2"
        assert of(gated, 100, 0.5) > 1e4, "radius 4"
        assert of(gated, 100, 1.0) > 1e10


@pytest.mark.parametrize("home", ["keras", "tf_keras"])
def test_nan_masks_nothing(tensorflow: Any, home: str, request: pytest.FixtureRequest) -> None:
    layer = request.getfixturevalue(home).layers.Masking(mask_value=NAN)
    assert layer.compute_mask(tensorflow.constant([[[NAN], [1.0]]])).numpy().tolist() == [[True, True]]


# -- vocabulary --------------------------------------------------------------------------------------------------------


def test_ranges_of_activations(tensorflow: Any, keras: Any, np: Any) -> None:
    from gradlint.vocabulary.layers import RANGES

    x = np.concatenate([np.linspace(-120, 120, 24001), [-1e4, 1e4, 0.0]]).astype("float32")
    for name, (low, high, low_attained, high_attained) in RANGES.items():
        function = getattr(keras.activations, name, None) or keras.layers.PReLU(alpha_initializer="zeros")
        if name in ("softmax", "log_softmax", "sparsemax"):
            given = np.stack([x, -x], axis=-1)
        else:
            given = x[:, None] if name == "prelu" else x * (1e6 if name == "softsign" else 1.0)
        found = np.asarray(function(given))
        assert found.min() >= low - 1e-4 and found.max() <= high, name
        assert not low_attained or found.min() == pytest.approx(low, abs=1e-4), name
        assert not high_attained or found.max() == high, name


def test_losses_have_these_parameters(keras: Any, tensorflow: Any) -> None:
    import inspect

    from gradlint.vocabulary import losses

    for name, (_, position) in losses._CLASSES.items():
        assert list(inspect.signature(getattr(keras.losses, name)).parameters)[position] == "from_logits", name
    for name in losses._FUNCTIONS:
        spec = losses.named_loss(name)
        assert spec is not None
        order = list(inspect.signature(getattr(keras.losses, name)).parameters)
        assert (order[1], order[spec.from_logits or 0]) == ("y_pred", "from_logits"), name
        assert keras.losses.get(name) is not None
    for name, (_, position) in losses._OF_LOGITS.items():
        if name.startswith("tf."):
            module = tensorflow.compat.v1 if name.startswith("tf.losses") else tensorflow
            function = getattr(getattr(module, name.split(".")[1]), name.split(".")[2], None)
            if function is not None:
                assert list(inspect.signature(function).parameters)[position] == "logits", name
    assert keras.losses.get("bce") is keras.losses.binary_crossentropy
