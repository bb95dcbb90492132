"""What the pages of the rules about hand-written numerics claim, run on the installed TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow
INFINITY, NAN = float("inf"), float("nan")


class Calculus:
    """Values and gradients of small functions, compared with what a page says."""

    def __init__(self, tf: Any, np: Any) -> None:
        self.tf, self.np = tf, np

    def run(self, function: Callable[[Any], Any], x: list[float], xla: bool = False) -> tuple[float, list[float]]:
        """The sum of what the function gives, and its gradient."""
        tf = self.tf

        def step(point: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(point)
                value = tf.reduce_sum(function(point))
            return value, tape.gradient(value, point)

        value, gradient = tf.function(step, jit_compile=xla)(tf.constant(x)) if xla else step(tf.constant(x))
        return float(value), [float(each) for each in gradient]

    def holds(
        self, function: Callable[[Any], Any], x: list[float], value: float, gradient: list[float], **how: Any
    ) -> bool:
        """Whether value and gradient are these, NaN being equal to NaN."""
        found = self.run(function, x, **how)
        close = self.np.allclose([found[0], *found[1]], [value, *gradient], rtol=1e-3, atol=1e-6, equal_nan=True)
        assert close, f"found {found}, claimed {(value, gradient)}"
        return True


@pytest.fixture(scope="module")
def calculus(tensorflow: Any, np: Any) -> Calculus:
    return Calculus(tensorflow, np)


def test_where_activations_end(tensorflow: Any) -> None:
    """log-unguarded, log-of-softmax, entropy-p-log-p."""
    tf = tensorflow
    assert float(tf.nn.sigmoid(-87.0)) > 0
    assert float(tf.nn.sigmoid(-88.0)) == 0
    assert float(tf.nn.softmax([0.0, -86.0])[1]) > 0
    assert float(tf.nn.softmax([0.0, -88.0])[1]) == 0
    assert float(tf.nn.sigmoid(16.0)) < 1
    assert float(tf.nn.sigmoid(18.0)) == 1
    assert float(tf.nn.relu(-3.0)) == 0
    assert float(tf.nn.softplus(-80.0)) > 0


def test_logarithm_of_zero(calculus: Calculus) -> None:
    """log-unguarded."""
    tf, chosen = calculus.tf, calculus.tf.constant([0.0, 1.0])
    assert calculus.holds(tf.math.log, [0.0], -INFINITY, [INFINITY])
    assert calculus.holds(lambda p: chosen * tf.math.log(p), [0.0, 0.5], NAN, [NAN, 2.0])
    assert calculus.holds(lambda z: tf.math.log(tf.nn.relu(z)), [-1.0, 0.5], -INFINITY, [NAN, 2.0])
    assert calculus.holds(lambda z: tf.math.log(tf.nn.relu(z) + 1e-8), [-1.0], -18.42, [0.0])
    assert calculus.holds(lambda z: tf.math.log(1 - tf.nn.sigmoid(z)), [20.0], -INFINITY, [NAN])
    clipped = calculus.run(lambda p: tf.math.log(tf.clip_by_value(p, 1e-7, 1.0)), [0.0])
    assert calculus.np.isfinite([clipped[0], *clipped[1]]).all()


def test_logarithm_of_softmax(calculus: Calculus) -> None:
    """log-of-softmax."""
    tf, label, far = calculus.tf, calculus.tf.constant([0.0, 1.0]), [200.0, -200.0]
    assert calculus.holds(lambda z: -label * tf.math.log(tf.nn.softmax(z)), [50.0, -50.0], INFINITY, [NAN, NAN])
    assert calculus.holds(lambda z: -label * tf.math.log(tf.nn.softmax(z) + 1e-8), far, 18.42, [0.0, 0.0])
    assert calculus.holds(lambda z: -label * tf.nn.log_softmax(z), far, 400.0, [1.0, -1.0])
    assert calculus.holds(lambda z: -tf.math.log(tf.nn.sigmoid(z)), [-200.0], INFINITY, [NAN])
    assert calculus.holds(lambda z: -tf.math.log_sigmoid(z), [-200.0], 200.0, [-1.0])
    assert calculus.holds(lambda z: -tf.math.log_sigmoid(-z), [20.0], 20.0, [1.0])
    logits = tf.constant([far])
    loss = tf.nn.softmax_cross_entropy_with_logits(labels=[[0.0, 1.0]], logits=logits)
    assert float(loss[0]) == 400.0


def test_entropy(calculus: Calculus) -> None:
    """entropy-p-log-p."""
    tf, far = calculus.tf, [200.0, -200.0]
    log, softmax = tf.math.log, tf.nn.softmax
    assert calculus.holds(lambda p: -p * log(p), [0.0, 1.0], NAN, [NAN, -1.0])
    assert calculus.holds(lambda z: -softmax(z) * log(softmax(z)), far, NAN, [NAN, NAN])
    assert calculus.holds(lambda z: -softmax(z) * tf.nn.log_softmax(z), far, 0.0, [0.0, 0.0])
    assert calculus.holds(lambda p: -tf.math.xlogy(p, p), [0.0, 1.0], 0.0, [0.0, -1.0])
    assert calculus.holds(lambda p: -p * log(p + 1e-8), [0.0, 1.0], 0.0, [18.42, -1.0])
    assert calculus.holds(lambda p: -tf.math.multiply_no_nan(log(p), p), [0.0, 1.0], 0.0, [NAN, -1.0])


def test_division_by_zero(calculus: Calculus) -> None:
    """div-unguarded, masked-loss-division."""
    tf, zeros = calculus.tf, calculus.tf.zeros(2)
    total = tf.reduce_sum
    assert calculus.holds(lambda x: total(x) / total(zeros), [0.0, 0.0], NAN, [INFINITY, INFINITY])
    assert calculus.holds(lambda x: total(x) / total(zeros), [1.0, 0.0], INFINITY, [INFINITY, INFINITY])
    assert calculus.holds(lambda x: tf.math.divide_no_nan(total(x), total(zeros)), [1.0, 0.0], 0.0, [0.0, 0.0])
    assert calculus.holds(lambda x: total(x) / tf.maximum(total(zeros), 1.0), [1.0, 0.0], 1.0, [1.0, 1.0])
    assert calculus.holds(lambda x: x / tf.norm(x), [0.0, 0.0], NAN, [NAN, NAN])
    assert calculus.holds(tf.math.l2_normalize, [0.0, 0.0], 0.0, [1e6, 1e6])
    assert calculus.holds(lambda x: total(x * x * zeros) / total(zeros), [1.0, 2.0], NAN, [NAN, NAN])
    safe = tf.math.divide_no_nan
    assert calculus.holds(lambda x: safe(total(x * x * zeros), total(zeros)), [1.0, 2.0], 0.0, [0.0, 0.0])


def test_keras_divides_masked_losses_safely(tensorflow: Any, keras: Any) -> None:
    """masked-loss-division."""
    tf = tensorflow
    loss = keras.losses.MeanSquaredError()(tf.zeros((2, 1)), tf.ones((2, 1)), sample_weight=tf.zeros(2))
    assert float(loss) == 0.0


def test_roots_at_zero(calculus: Calculus, keras: Any) -> None:
    """sqrt-at-zero."""
    tf = calculus.tf
    assert calculus.holds(tf.sqrt, [0.0], 0.0, [INFINITY])
    assert calculus.holds(lambda x: x**0.5, [0.0], 0.0, [INFINITY])
    assert calculus.holds(tf.math.rsqrt, [0.0], INFINITY, [-INFINITY])
    assert calculus.holds(lambda x: tf.sqrt(tf.reduce_mean(tf.square(x - 1.0))), [1.0, 1.0], 0.0, [NAN, NAN])
    for norm in (tf.norm, tf.math.reduce_euclidean_norm, keras.ops.norm, lambda x: tf.reduce_sum(x * x) ** 0.5):
        assert calculus.holds(norm, [0.0, 0.0], 0.0, [NAN, NAN])
    assert calculus.holds(tf.math.reduce_std, [1.0, 1.0], 0.0, [NAN, NAN])
    for xla, slope in ((False, 0.0), (True, NAN)):
        squared = [slope, slope]
        assert calculus.holds(lambda x: tf.square(tf.norm(x)), [0.0, 0.0], 0.0, squared, xla=xla)
    assert calculus.holds(lambda x: tf.sqrt(tf.reduce_sum(x * x) + 1e-12), [0.0, 0.0], 1e-6, [0.0, 0.0])
    assert calculus.holds(lambda x: tf.sqrt(tf.maximum(tf.reduce_sum(x * x), 1e-12)), [0.0, 0.0], 1e-6, [0.0, 0.0])


@pytest.mark.parametrize(("epsilon", "finite"), [(0.0, False), (1e-12, True)])
def test_gradient_penalty_of_dead_units(tensorflow: Any, keras: Any, np: Any, epsilon: float, finite: bool) -> None:
    """sqrt-at-zero."""
    tf = tensorflow
    dead = keras.layers.Dense(8, activation="relu", bias_initializer=keras.initializers.Constant(-100.0))
    critic = keras.Sequential([keras.Input((2,)), dead, keras.layers.Dense(1)])
    points = tf.random.normal((4, 2))
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(points)
            scores = critic(points)
        slopes = inner.gradient(scores, points)
        norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=1) + epsilon)
        penalty = tf.reduce_mean(tf.square(norms - 1.0))
    assert abs(float(penalty) - 1.0) < 1e-5, "the loss itself shows nothing"
    gradients = [each for each in outer.gradient(penalty, critic.trainable_variables) if each is not None]
    assert all(bool(np.isfinite(each).all()) for each in gradients) is finite


def test_epsilon_outside(calculus: Calculus) -> None:
    """epsilon-outside."""
    tf = calculus.tf
    assert calculus.holds(lambda x: tf.norm(x) + 1e-8, [0.0, 0.0], 1e-8, [NAN, NAN])
    assert calculus.holds(lambda x: tf.sqrt(tf.reduce_sum(x * x)) + 1e-8, [0.0, 0.0], 1e-8, [NAN, NAN])
    assert calculus.holds(lambda p: tf.math.log(p) + 1e-8, [0.0], -INFINITY, [INFINITY])
    assert calculus.holds(lambda p: tf.math.log(p + 1e-8), [0.0], -18.42, [1e8])
    assert calculus.holds(lambda x: tf.sqrt(tf.reduce_sum(x * x) + 1e-12), [0.0, 0.0], 1e-6, [0.0, 0.0])


def test_epsilon_beside_a_root_in_a_divisor(calculus: Calculus) -> None:
    """epsilon-outside: the quotient survives without XLA and with tf.sqrt only."""
    tf, weights = calculus.tf, calculus.tf.constant([1.0, 2.0])

    def by_norm(x: Any) -> Any:
        return weights * x / (tf.norm(x) + 1e-6)

    def by_power(x: Any) -> Any:
        return weights * x / (tf.reduce_sum(x * x) ** 0.5 + 1e-6)

    def by_deviation(x: Any) -> Any:
        return weights * (x - tf.reduce_mean(x)) / (tf.math.reduce_std(x) + 1e-6)

    assert calculus.holds(by_norm, [0.0, 0.0], 0.0, [1e6, 2e6])
    assert calculus.holds(by_deviation, [1.0, 1.0], 0.0, [-5e5, 5e5])
    assert calculus.holds(by_power, [0.0, 0.0], 0.0, [NAN, NAN])
    for function, point in ((by_norm, 0.0), (by_power, 0.0), (by_deviation, 1.0)):
        assert calculus.holds(function, [point, point], 0.0, [NAN, NAN], xla=True)


def test_where_computes_both_branches(calculus: Calculus) -> None:
    """where-trap."""
    tf = calculus.tf
    where, log = tf.where, tf.math.log
    assert calculus.holds(lambda x: where(x > 0, log(x), 0.0), [0.0, 2.0], 0.6931, [NAN, 0.5])
    assert calculus.holds(lambda x: where(x > 0, 1.0 / x, 0.0), [0.0, 2.0], 0.5, [NAN, -0.25])
    assert calculus.holds(lambda x: where(x > 0, x**0.5, 0.0), [0.0, 4.0], 2.0, [NAN, 0.25])
    assert calculus.holds(lambda x: where(x < 0, tf.exp(x) - 1.0, x), [-1.0, 100.0], 99.3679, [0.3679, NAN])
    # the untaken branch is evaluated at a safe point: the double where
    assert calculus.holds(lambda x: where(x > 0, log(where(x > 0, x, 1.0)), 0.0), [0.0, 2.0], 0.6931, [0.0, 0.5])
    assert calculus.holds(
        lambda x: where(x < 0, tf.exp(tf.minimum(x, 0.0)) - 1.0, x), [-1.0, 100.0], 99.3679, [0.3679, 1.0]
    )
    assert calculus.holds(lambda x: tf.math.divide_no_nan(1.0, x), [0.0, 2.0], 0.5, [0.0, -0.25])
    assert calculus.holds(lambda x: tf.cast(x > 0, tf.float32) * log(x), [0.0, 2.0], NAN, [NAN, 0.5])


def test_where_around_a_root_depends_on_the_compiler(calculus: Calculus) -> None:
    """where-trap: the root is the exception, but only without XLA."""
    tf = calculus.tf

    def root(x: Any) -> Any:
        return tf.where(x > 0, tf.sqrt(x), 0.0)

    def norm(x: Any) -> Any:
        return tf.where(tf.reduce_sum(x * x) > 0, tf.norm(x), 0.0)

    assert calculus.holds(root, [0.0, 4.0], 2.0, [0.0, 0.25])
    assert calculus.holds(root, [0.0, 4.0], 2.0, [NAN, 0.25], xla=True)
    assert calculus.holds(norm, [0.0, 0.0], 0.0, [0.0, 0.0])
    assert calculus.holds(norm, [0.0, 0.0], 0.0, [NAN, NAN], xla=True)


def test_overflow_of_exp(calculus: Calculus) -> None:
    """exp-unbounded."""
    tf, np = calculus.tf, calculus.np
    assert float(tf.exp(88.72)) < INFINITY
    assert float(tf.exp(88.73)) == INFINITY
    assert float(tf.exp(tf.constant(11.0, tf.float16))) < INFINITY
    assert float(tf.exp(tf.constant(11.1, tf.float16))) == INFINITY
    assert calculus.holds(tf.exp, [89.0], INFINITY, [INFINITY])
    assert calculus.holds(lambda v: -0.5 * (1.0 + v - tf.exp(v)), [89.0], INFINITY, [INFINITY])
    assert calculus.holds(lambda v: v + tf.square(0.0) * tf.exp(-v), [-100.0], NAN, [NAN])
    assert calculus.holds(lambda v: tf.clip_by_value(tf.exp(v), 1e-5, 1e6), [89.0], 1e6, [NAN])
    assert calculus.holds(lambda v: tf.exp(tf.clip_by_value(v, -20.0, 2.0)), [89.0], 7.389, [0.0])
    assert np.isfinite(calculus.run(tf.nn.softplus, [1e4])[0])


def test_epsilons_that_vanish(calculus: Calculus, keras: Any) -> None:
    """epsilon-vanishes."""
    tf, np = calculus.tf, calculus.np
    one = np.float32(1.0)
    assert one - np.float32(1e-8) == 1
    assert one - np.float32(2.98e-8) == 1
    assert one - np.float32(3e-8) < 1
    assert one + np.float32(5.9e-8) == 1
    assert one + np.float32(6e-8) > 1
    assert float(tf.constant(0.99999997)) < 1
    assert np.float64(1.0) - 1e-8 < 1
    assert keras.config.epsilon() == 1e-7

    def unlikely(epsilon: float) -> Callable[[Any], Any]:
        return lambda z: -tf.math.log(1.0 - tf.clip_by_value(tf.nn.sigmoid(z), epsilon, 1.0 - epsilon))

    assert calculus.holds(unlikely(1e-8), [20.0], INFINITY, [NAN])
    assert calculus.holds(unlikely(1e-7), [20.0], 15.94, [0.0])
    assert calculus.holds(lambda z: -tf.math.log(1.0 - tf.nn.sigmoid(z) + 1e-8), [20.0], 18.42, [0.0])
    assert calculus.holds(lambda z: -tf.math.log(1.0 + 1e-8 - tf.nn.sigmoid(z)), [20.0], INFINITY, [NAN])

    def cross_entropy(z: Any) -> Any:
        p = tf.clip_by_value(tf.nn.sigmoid(z), 1e-8, 1.0 - 1e-8)
        return -(1.0 * tf.math.log(p) + 0.0 * tf.math.log(1.0 - p))

    assert calculus.holds(cross_entropy, [20.0], NAN, [NAN])


def test_a_graph_moves_the_epsilon(calculus: Calculus) -> None:
    """epsilon-vanishes: in a graph, TensorFlow turns (1 - p) + c into (1 + c) - p."""
    tf = calculus.tf

    def behind(p: Any) -> Any:
        return tf.math.log(1.0 - p + 1e-8)

    def before(p: Any) -> Any:
        return tf.math.log(1e-8 + (1.0 - p))

    def floored(p: Any) -> Any:
        return tf.math.log(tf.maximum(1.0 - p, 1e-8))

    certain = tf.constant([1.0])
    for function in (behind, before):
        assert abs(float(function(certain)[0]) + 18.42) < 0.01, "exact where every operation runs by itself"
        assert float(tf.function(function)(certain)[0]) == -INFINITY
        assert float(tf.function(function, jit_compile=True)(certain)[0]) == -INFINITY
    assert abs(float(tf.function(floored)(certain)[0]) + 18.42) < 0.01
    assert abs(float(tf.function(lambda p: tf.math.log(1.0 - p + 1e-7))(certain)[0]) + 15.94) < 0.01
    v1 = tf.compat.v1
    with v1.Graph().as_default(), v1.Session() as session:
        p = v1.placeholder(tf.float32, [1])
        assert float(session.run(behind(p), {p: [1.0]})[0]) == -INFINITY


def test_epsilons_in_half_precision(tensorflow: Any, np: Any) -> None:
    """epsilon-vanishes."""
    tf = tensorflow
    zero = tf.constant(0.0, tf.float16)
    assert np.float16(2.9e-8) == 0
    assert np.float16(3e-8) > 0
    assert float(tf.math.log(zero + 1e-8)) == -INFINITY
    assert abs(float(tf.math.log(zero + 1e-7)) + 15.94) < 0.05
    one = np.float16(1.0)
    assert one - np.float16(2.4e-4) == 1
    assert one - np.float16(2.5e-4) < 1
    assert one + np.float16(4.8e-4) == 1
    assert one + np.float16(4.9e-4) > 1


def test_softmax_by_hand(calculus: Calculus) -> None:
    """naive-softmax-sigmoid."""
    tf, weights = calculus.tf, calculus.tf.constant([1.0, 2.0])
    exp, total = tf.exp, tf.reduce_sum
    assert calculus.holds(lambda z: weights * exp(z) / total(exp(z)), [100.0, 0.0], NAN, [NAN, NAN])
    assert calculus.holds(lambda z: weights * exp(z) / total(exp(z)), [-110.0, -120.0], NAN, [NAN, NAN])
    assert calculus.holds(lambda z: weights * tf.nn.softmax(z), [100.0, 0.0], 1.0, [0.0, 0.0])
    assert calculus.holds(lambda z: 1.0 / (1.0 + exp(-z)), [-100.0], 0.0, [NAN])
    assert calculus.holds(tf.nn.sigmoid, [-100.0], 0.0, [0.0])
    assert calculus.holds(lambda z: tf.math.log(1.0 + exp(z)), [100.0], INFINITY, [NAN])
    assert calculus.holds(tf.nn.softplus, [100.0], 100.0, [1.0])
    assert calculus.holds(lambda z: tf.math.log(total(exp(z))), [100.0, 0.0], INFINITY, [NAN, 0.0])
    assert calculus.holds(tf.reduce_logsumexp, [100.0, 0.0], 100.0, [1.0, 0.0])

    def shifted(z: Any) -> Any:
        powers = exp(z - tf.reduce_max(z))
        return weights * powers / total(powers)

    assert calculus.holds(shifted, [100.0, 0.0], 1.0, [0.0, 0.0])


def test_infinite_masks(calculus: Calculus) -> None:
    """inf-mask-arithmetic."""
    tf, np = calculus.tf, calculus.np
    softmax, log_softmax, weights = tf.nn.softmax, tf.nn.log_softmax, tf.constant([1.0, 2.0])
    hidden, low = tf.constant([0.0, -INFINITY]), tf.constant([0.0, -1e9])
    assert calculus.holds(lambda z: weights * softmax(z + hidden), [1.0, 2.0], 1.0, [0.0, 0.0])
    assert calculus.holds(lambda z: -softmax(z + hidden) * log_softmax(z + hidden), [1.0, 2.0], NAN, [NAN, NAN])
    assert calculus.holds(lambda z: -softmax(z + low) * log_softmax(z + low), [1.0, 2.0], 0.0, [0.0, 0.0])
    assert np.isnan(((1.0 - tf.constant([1.0, 0.0])) * -INFINITY).numpy()).tolist() == [True, False]
    assert np.isnan(softmax(tf.constant([-INFINITY, -INFINITY]))).all()
    assert softmax(tf.constant([-1e9, -1e9])).numpy().tolist() == [0.5, 0.5]
    assert calculus.holds(lambda p: tf.math.log(p) * tf.constant([0.0, 1.0]), [0.0, 0.5], NAN, [NAN, 2.0])
    assert float(tf.constant(-1e9, tf.float16)) == -INFINITY
    assert float(tf.constant(-6e4, tf.float16)) == -60000


def test_squashed_actions(calculus: Calculus) -> None:
    """tanh-squash-log."""
    tf = calculus.tf
    assert float(tf.tanh(7.5)) < 1
    assert float(tf.tanh(8.0)) == 1
    assert calculus.holds(lambda u: tf.math.log(1.0 - tf.tanh(u) ** 2), [10.0], -INFINITY, [NAN])
    assert calculus.holds(lambda u: tf.math.log(1.0 - tf.tanh(u) ** 2 + 1e-6), [10.0], -13.8155, [0.0])
    log_two = float(calculus.np.log(2.0))
    assert calculus.holds(lambda u: 2.0 * (log_two - u - tf.nn.softplus(-2.0 * u)), [10.0], -18.6137, [-2.0])
    assert calculus.holds(tf.atanh, [1.0], INFINITY, [INFINITY])
    assert float(tf.atanh(tf.tanh(10.0))) == INFINITY
    assert float(tf.atanh(tf.clip_by_value(1.0, -1.0 + 1e-6, 1.0 - 1e-6))) < 8


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_mean_of_nothing(calculus: Calculus, keras: Any) -> None:
    """mean-of-empty."""
    tf, np = calculus.tf, calculus.np
    nothing = tf.zeros(3, tf.bool)
    assert np.isnan(tf.reduce_mean(tf.boolean_mask(tf.ones(3), nothing)))
    assert np.isnan(keras.ops.mean(keras.ops.zeros(0)))
    assert np.isnan(np.mean([]))
    assert float(tf.reduce_sum(tf.boolean_mask(tf.ones(3), nothing))) == 0
    # the NaN is in the loss alone: nothing was selected, so nothing gets a gradient
    assert calculus.holds(lambda x: tf.reduce_mean(tf.boolean_mask(x, nothing)), [1.0, 1.0, 1.0], NAN, [0.0] * 3)


def test_policy_ratios(calculus: Calculus) -> None:
    """ppo-ratio-unbounded."""
    tf = calculus.tf

    def surrogate(advantage: float) -> Callable[[Any], Any]:
        def loss(difference: Any) -> Any:
            ratio = tf.exp(difference)
            return -tf.minimum(ratio * advantage, tf.clip_by_value(ratio, 0.8, 1.2) * advantage)

        return loss

    assert calculus.holds(surrogate(1.0), [89.0], -1.2, [NAN])
    assert calculus.holds(surrogate(-1.0), [89.0], INFINITY, [INFINITY])
    assert calculus.holds(lambda d: surrogate(1.0)(tf.clip_by_value(d, -20.0, 20.0)), [89.0], -1.2, [0.0])
    assert calculus.holds(lambda d: surrogate(-1.0)(tf.clip_by_value(d, -20.0, 20.0)), [89.0], 4.8517e8, [0.0])
    assert calculus.holds(lambda d: -tf.exp(d), [89.0], -INFINITY, [-INFINITY])


def test_ratios_of_probabilities(calculus: Calculus) -> None:
    """probability-ratio-division."""
    tf, old = calculus.tf, calculus.tf.constant([0.0])
    assert calculus.holds(lambda p: p / old, [0.1], INFINITY, [INFINITY])
    assert calculus.holds(lambda p: p / old, [0.0], NAN, [INFINITY])
    density = tf.exp(-0.5 * tf.square(tf.constant(14.0)))
    assert float(density) == 0, "a density 14 deviations from the mean is 0 in float32"
    assert calculus.holds(lambda d: tf.exp(d), [-3.0], 0.0498, [0.0498])


def test_powers_and_angles(calculus: Calculus) -> None:
    """The fixtures about powers of negative numbers and about the angle between parallel vectors."""
    tf = calculus.tf
    assert calculus.holds(lambda x: x**1.5, [-1.0], NAN, [NAN])
    assert calculus.holds(lambda x: tf.abs(x) ** 1.5, [-1.0], 1.0, [-1.5])
    assert calculus.holds(tf.acos, [1.0], 0.0, [-INFINITY])
    assert calculus.holds(lambda x: tf.acos(tf.clip_by_value(x, -1.0 + 1e-6, 1.0 - 1e-6)), [1.0], 0.0014236, [0.0])
