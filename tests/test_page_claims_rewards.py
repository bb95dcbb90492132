"""What the pages of the rules about NaN checks and rewards claim, run on the installed TensorFlow."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow
NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nothing_equals_nan(tensorflow: Any, np: Any) -> None:
    computed = np.float32("inf") * np.float32(0.0)
    for value in (NAN, computed, 1.0):
        assert bool(value == np.nan) is False
        assert value != np.nan
        assert not bool(tensorflow.equal(value, np.nan))
    assert np.isnan(computed)
    assert computed is not np.nan
    assert (tensorflow.constant(NAN) is np.nan) is False


def test_a_graph_has_no_numbers_to_look_at(tensorflow: Any, np: Any) -> None:
    tf = tensorflow

    def numpy_looks(x: Any) -> Any:
        return x if np.isnan(x).any() else -x

    def math_looks(x: Any) -> Any:
        return x if math.isnan(tf.reduce_mean(x)) else -x

    def asks_for_the_outcome(x: Any) -> Any:
        return x if tf.reduce_any(tf.math.is_nan(x)).numpy() else -x

    def asks_any(x: Any) -> Any:
        return x if any(tf.reduce_any(tf.math.is_nan(each)) for each in (x, x)) else -x

    errors = {
        numpy_looks: NotImplementedError,
        math_looks: TypeError,
        asks_for_the_outcome: AttributeError,
        asks_any: tf.errors.OperatorNotAllowedInGraphError,
    }
    for function, error in errors.items():
        with pytest.raises(error):
            tf.function(function)(tf.constant([1.0]))
        assert function(tf.constant([1.0])).numpy().tolist() == [-1.0], "run eagerly, it works"


def test_infinity_is_not_nan_until_adam_has_it(tensorflow: Any, keras: Any, np: Any) -> None:
    tf = tensorflow
    assert not bool(tf.math.is_nan(INFINITY))
    for name, expected in (("Adam", np.isnan), ("RMSprop", np.isnan), ("SGD", np.isneginf)):
        weight = tf.Variable([1.0])
        getattr(keras.optimizers, name)(0.1).apply_gradients([(tf.constant([INFINITY]), weight)])
        assert expected(weight.numpy()).all()


def weights_kept(keras: Any, np: Any, folder: Path, *others: Any, **options: Any) -> bool:
    """Whether a checkpoint still holds finite weights after a good epoch and one with NaN."""
    path = folder / options.pop("name", "last.weights.h5")
    keep = keras.callbacks.ModelCheckpoint(str(path), monitor="loss", save_weights_only=True, **options)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")
    model.fit(x, y, verbose=0, callbacks=[keep])
    with contextlib.suppress(RuntimeError):
        model.fit(x * np.nan, y, initial_epoch=1, epochs=2, verbose=0, callbacks=[*others, keep])
    model.load_weights(str(min(folder.iterdir())))
    return all(bool(np.isfinite(weight).all()) for weight in model.get_weights())


def test_what_a_checkpoint_holds_after_nan(keras: Any, np: Any, tmp_path: Path) -> None:
    stop = keras.callbacks.TerminateOnNaN
    cases: dict[str, tuple[bool, tuple[Any, ...], dict[str, Any]]] = {
        "plain": (False, (), {}),
        "stop": (False, (stop(),), {}),
        "raise": (True, (stop(raise_error=True),), {}),
        "best": (True, (), {"save_best_only": True}),
        "each": (True, (), {"name": "{epoch}.weights.h5"}),
    }
    for name, (kept, others, options) in cases.items():
        folder = tmp_path / name
        folder.mkdir()
        assert weights_kept(keras, np, folder, *others, **options) is kept, name


def test_none_has_no_answer(tensorflow: Any, np: Any) -> None:
    tf = tensorflow
    used, unused = tf.Variable(1.0), tf.Variable(1.0)
    with tf.GradientTape(persistent=True) as tape:
        loss = used * 2.0
    gradients = tape.gradient(loss, [used, unused])
    assert gradients[1] is None
    with pytest.raises(ValueError, match="None"):
        tf.math.is_nan(gradients[1])
    with pytest.raises(ValueError, match="None"):
        tf.debugging.check_numerics(gradients[1], "gradient")
    with pytest.raises(TypeError):
        np.isnan(gradients[1])
    assert float(tf.linalg.global_norm(gradients)) == 2.0
    zeros = tape.gradient(loss, [used, unused], unconnected_gradients=tf.UnconnectedGradients.ZERO)
    assert [float(each) for each in zeros] == [2.0, 0.0]


def test_replaced_loss_has_a_nan_gradient(tensorflow: Any, keras: Any) -> None:
    tf = tensorflow
    for replaced in (lambda x: tf.where(tf.math.is_nan(x), 0.0, x), keras.ops.nan_to_num):
        x = tf.Variable(0.0)
        with tf.GradientTape() as tape:
            loss = replaced(x / x)
        assert float(loss) == 0.0
        assert math.isnan(float(tape.gradient(loss, x)))
    assert float(keras.ops.nan_to_num(tf.constant(INFINITY))) > 3.4e38


def test_returns_by_discount() -> None:
    assert 345_000 < sum(1.05**k for k in range(200)) < 346_000
    for discount, bound in ((1.0, 2000.0), (0.99, 100.0)):
        value = 0.0
        for _ in range(2000):
            value = 1.0 + discount * value
        assert value == pytest.approx(bound, rel=1e-6)


def test_target_that_is_not_stopped_cancels_the_gradient(tensorflow: Any) -> None:
    tf = tensorflow
    value = tf.Variable(0.0)
    found = []
    for stop in (tf.identity, tf.stop_gradient):
        with tf.GradientTape() as tape:
            loss = tf.square(stop(1.0 + 0.99 * value) - value)
        found.append(float(tape.gradient(loss, value)))
    assert found == [pytest.approx(-0.02, rel=1e-3), -2.0]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_deviation_of_a_sample_of_one(np: Any) -> None:
    deviation = np.std([5.0], ddof=1)
    assert np.isnan([deviation, deviation + 1e-8, np.maximum(deviation, 1e-8)]).all()
    assert np.std([5.0]) == 0.0
