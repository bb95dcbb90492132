"""What the pages of the rules about NaN checks and rewards claim, run on the installed TensorFlow."""

from __future__ import annotations

import math
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
