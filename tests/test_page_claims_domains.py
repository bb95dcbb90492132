"""What the pages say of powers and inverse trigonometric functions, run on the installed TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

tf: Any = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.tensorflow


def slope(function: Callable[[Any], Any], at: float) -> float:
    x = tf.Variable(at)
    with tf.GradientTape() as tape:
        y = function(x)
    return float(tape.gradient(y, x))


def test_the_angle_of_equal_vectors_is_zero_and_its_slope_is_infinite() -> None:
    assert float(tf.acos(1.0)) == 0.0
    assert slope(tf.acos, 1.0) == -float("inf")
    assert slope(tf.asin, -1.0) == float("inf")


def test_clipping_to_one_leaves_the_pole_where_it_is() -> None:
    assert not tf.math.is_finite(slope(lambda x: tf.acos(tf.clip_by_value(x, -1.0, 1.0)), 1.0))


def test_a_bound_inside_of_the_pole_gives_a_finite_slope() -> None:
    assert abs(slope(lambda x: tf.acos(tf.clip_by_value(x, -1.0 + 1e-6, 1.0 - 1e-6)), 1.0)) < 1e4


def test_a_fractional_power_of_a_negative_number_is_nan_with_its_gradient() -> None:
    assert tf.math.is_nan(tf.constant(-0.5) ** (1.0 / 2.2))
    assert tf.math.is_nan(slope(lambda x: x ** (1.0 / 2.2), -0.5))


def test_one_nan_is_enough_for_the_mean() -> None:
    assert tf.math.is_nan(tf.reduce_mean(tf.constant([1.0, -0.5]) ** 0.5))
