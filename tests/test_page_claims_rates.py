"""What the pages of the learning-rate rules claim about TensorFlow and Keras, run on the installed ones."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gradlint.vocabulary.epsilons import ZERO_IN_FLOAT16
from gradlint.vocabulary.schedules import GROWTH

pytestmark = pytest.mark.tensorflow
NAN, INF = float("nan"), float("inf")
DIVIDING = ("Adam", "AdamW", "Nadam", "Adamax", "Adadelta", "RMSprop", "Lamb")


def stepped(tf: Any, optimizer: Any, gradients: list[float], dtype: str = "float32") -> float:
    """Where a weight of 1 ends after these gradients."""
    weight = tf.Variable([1.0], dtype=dtype)
    for gradient in gradients:
        optimizer.apply_gradients([(tf.constant([gradient], dtype=dtype), weight)])
    return float(weight[0])


# -- GL209 -------------------------------------------------------------------------------------------------------------


def test_no_keras_looks_at_the_rate(tensorflow: Any, keras: Any, tf_keras: Any) -> None:
    for home in (keras.optimizers, tf_keras.optimizers, tf_keras.optimizers.legacy):
        for name in ("SGD", "Adam"):
            constructor = getattr(home, name)
            assert stepped(tensorflow, constructor(-0.1), [1.0]) > 1.0, "up the gradient"
            assert stepped(tensorflow, constructor(0.0), [1.0]) == 1.0
            assert not math.isfinite(stepped(tensorflow, constructor(NAN), [1.0]))
            assert not math.isfinite(stepped(tensorflow, constructor(INF), [1.0]))


# -- GL203 -------------------------------------------------------------------------------------------------------------


def test_decay_keyword(tensorflow: Any, keras: Any, tf_keras: Any) -> None:
    with pytest.warns(UserWarning, match="decay"):
        ignoring = keras.optimizers.SGD(0.1, decay=1.0)
    assert stepped(tensorflow, ignoring, [1.0] * 3) == pytest.approx(0.7)
    for decay in (1e-3, 0.0):
        with pytest.raises(ValueError, match="decay is deprecated"):
            tf_keras.optimizers.Adam(1e-3, decay=decay)
    legacy = tf_keras.optimizers.legacy.SGD(0.1, decay=1.0)
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=1, decay_rate=1.0)
    decayed = pytest.approx(1 - 0.1 - 0.1 / 2 - 0.1 / 3)
    assert stepped(tensorflow, legacy, [1.0] * 3) == decayed
    assert stepped(tensorflow, keras.optimizers.SGD(schedule), [1.0] * 3) == decayed


# -- GL207, GL208 ------------------------------------------------------------------------------------------------------


def test_warm_up_of_cosine_decay(keras: Any) -> None:
    cosine = keras.optimizers.schedules.CosineDecay
    warming = cosine(0.0, 1000, warmup_target=1e-3, warmup_steps=100)
    assert [float(warming(step)) for step in (0, 100)] == pytest.approx([0.0, 1e-3])
    assert float(cosine(1e-3, 1000)(0)) == pytest.approx(1e-3)


def rates(tf: Any, keras: Any, name: str, keyword: str, value: float, start: float = 1e-3) -> list[float]:
    """The rates at steps 0, 50, ... 400 of a schedule whose steps of decay are 100."""
    given = {"m_mul": {"t_mul": 1.0}}.get(keyword, {}) | {keyword: value}
    if hasattr(keras.optimizers.schedules, name):
        schedule = getattr(keras.optimizers.schedules, name)(start, 100, **given)
        return [float(schedule(step)) for step in range(0, 401, 50)]
    build = getattr(tf.compat.v1.train, name)
    needed = {"decay_rate": 1.0} if keyword not in given else {}
    return [float(build(start, step, 100, **(needed | given))()) for step in range(0, 401, 50)]


GROWING = {"decay_rate": (1.5, -0.1), "power": (-1.0,), "alpha": (2.0,), "m_mul": (2.0,)}
FALLING = {"decay_rate": (0.9, 0.1), "power": (1.0,), "alpha": (0.1,), "m_mul": (0.5,)}


@pytest.mark.parametrize(("name", "keyword"), GROWTH)
def test_growth(tensorflow: Any, keras: Any, name: str, keyword: str) -> None:
    known = GROWTH[name, keyword]
    grows, falls = (
        next(value for value in values[keyword] if (value > known.bound) == (known.above is (values is GROWING)))
        for values in (GROWING, FALLING)
    )
    assert max(rates(tensorflow, keras, name, keyword, grows)) > 1.4e-3
    assert max(rates(tensorflow, keras, name, keyword, falls)) == pytest.approx(1e-3)


def test_how_schedules_grow(tensorflow: Any, keras: Any) -> None:
    schedules = keras.optimizers.schedules
    assert float(schedules.ExponentialDecay(1.0, 10, 1.05)(1000)) == pytest.approx(131.5, abs=0.1)
    inverse = schedules.InverseTimeDecay(1e-3, 100, -0.5)
    assert float(inverse(200)) == INF
    assert float(inverse(201)) < 0
    assert float(schedules.PolynomialDecay(1e-2, 100, power=-1.0)(100)) == INF
    assert float(schedules.CosineDecay(1e-3, 100, alpha=2.0)(100)) == pytest.approx(2e-3)
    for start in (2e-5, 1e-3):
        assert float(schedules.PolynomialDecay(start, 100)(100)) == pytest.approx(1e-4), "the default end"
        assert float(tensorflow.compat.v1.train.polynomial_decay(start, 100, 100)()) == pytest.approx(1e-4)
    written = schedules.PolynomialDecay(2e-5, 100, end_learning_rate=0.0)
    assert float(written(100)) == 0.0
    restarting = schedules.CosineDecayRestarts(1e-3, 100, t_mul=1.0, m_mul=0.9)
    assert max(float(restarting(step)) for step in range(500)) == pytest.approx(1e-3)


# -- GL205 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DIVIDING)
def test_epsilon_of_zero(tensorflow: Any, keras: Any, tf_keras: Any, name: str) -> None:
    for home in (keras.optimizers, tf_keras.optimizers):
        if not hasattr(home, name):
            continue
        constructor = getattr(home, name)
        assert math.isnan(stepped(tensorflow, constructor(1e-3, epsilon=0.0), [0.0]))
        assert math.isfinite(stepped(tensorflow, constructor(1e-3, epsilon=1e-12), [0.0] * 3))
    legacy = getattr(tf_keras.optimizers.legacy, name, None)
    if legacy is not None:
        assert legacy(1e-3, epsilon=0.0).epsilon == pytest.approx(1e-7)
        assert math.isfinite(stepped(tensorflow, legacy(1e-3, epsilon=0.0), [0.0] * 3))


def test_adagrad_does_without(tensorflow: Any, keras: Any) -> None:
    assert stepped(tensorflow, keras.optimizers.Adagrad(1e-3, epsilon=0.0), [0.0] * 3) == 1.0


def test_adam_of_tensorflow_1(tensorflow: Any) -> None:
    with tensorflow.Graph().as_default(), tensorflow.compat.v1.Session() as session:
        weight = tensorflow.compat.v1.get_variable("weight", initializer=1.0)
        step = tensorflow.compat.v1.train.AdamOptimizer(1e-3, epsilon=0.0).minimize(0.0 * weight)
        session.run(tensorflow.compat.v1.global_variables_initializer())
        session.run(step)
        assert math.isnan(session.run(weight))


@pytest.mark.parametrize("name", DIVIDING)
def test_epsilon_in_float16(tensorflow: Any, keras: Any, tf_keras: Any, np: Any, name: str) -> None:
    assert np.float16(ZERO_IN_FLOAT16) == 0.0 < np.float16(ZERO_IN_FLOAT16 * 1.01)
    for home in (keras.optimizers, tf_keras.optimizers, tf_keras.optimizers.legacy):
        constructor = getattr(home, name, None)
        if constructor is None:
            continue
        for epsilon in (1e-8, ZERO_IN_FLOAT16):
            ends = [stepped(tensorflow, constructor(1e-3, epsilon=epsilon), [g] * 3, "float16") for g in (0.0, 1e-4)]
            assert not all(map(math.isfinite, ends))
        kept = [stepped(tensorflow, constructor(1e-3, epsilon=1e-4), [g] * 3, "float16") for g in (0.0, 1e-4)]
        assert all(map(math.isfinite, kept))


def test_squares_in_float16(np: Any) -> None:
    assert np.float16(1.7e-4) ** 2 == 0.0 < np.float16(1.8e-4) ** 2


def test_what_float16_policies_make_of_weights(keras: Any) -> None:
    for policy, dtype in (("mixed_float16", "float32"), ("float16", "float16")):
        layer = keras.layers.Dense(1, dtype=policy)
        layer.build((None, 2))
        assert layer.kernel.dtype == dtype
    before = keras.backend.floatx()
    try:
        keras.backend.set_floatx("float16")
        layer = keras.layers.Dense(1, dtype=keras.config.floatx())
        layer.build((None, 2))
        assert layer.kernel.dtype == "float16"
    finally:
        keras.backend.set_floatx(before)


@pytest.mark.parametrize("name", ["Adam", "AdamW", "Nadam", "Adamax"])
def test_rounding_errors_move_weights_at_full_size(tensorflow: Any, keras: Any, name: str) -> None:
    constructor = getattr(keras.optimizers, name)
    given = {"weight_decay": 0.0} if name == "AdamW" else {}
    far = 1.0 - stepped(tensorflow, constructor(0.1, epsilon=1e-12, **given), [1e-9])
    near = 1.0 - stepped(tensorflow, constructor(0.1, epsilon=1e-7, **given), [1e-9])
    assert far > 0.09
    assert near < 0.002


# -- GL204 -------------------------------------------------------------------------------------------------------------


def losses(tf: Any, keras: Any, rate: float, momentum: float, scale: float, steps: int) -> list[float]:
    keras.utils.set_random_seed(0)
    x, y = tf.random.normal([64, 8]), tf.random.normal([64, 1]) * scale
    model = keras.Sequential([keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(rate, momentum=momentum)
    seen = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(y - model(x)))
        seen.append(float(loss))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    return seen


def test_momentum_multiplies_the_rate(tensorflow: Any, keras: Any) -> None:
    heavy, plain = tensorflow.Variable([0.0]), tensorflow.Variable([0.0])
    momentum, descent = keras.optimizers.SGD(0.01, momentum=0.99), keras.optimizers.SGD(1.0)
    for _ in range(1000):
        before = float(heavy[0]), float(plain[0])
        momentum.apply_gradients([(tensorflow.constant([1.0]), heavy)])
        descent.apply_gradients([(tensorflow.constant([1.0]), plain)])
    assert before[0] - float(heavy[0]) == pytest.approx(before[1] - float(plain[0]), rel=0.01)


def test_heavy_momentum_diverges_where_targets_are_large(tensorflow: Any, keras: Any) -> None:
    assert not all(map(math.isfinite, losses(tensorflow, keras, 0.01, 0.99, scale=30.0, steps=200)))
    calm = losses(tensorflow, keras, 0.01, 0.9, scale=30.0, steps=200)
    assert calm[-1] < calm[0] / 10
    assert not all(map(math.isfinite, losses(tensorflow, keras, 0.1, 0.9, scale=10.0, steps=20)))
    for rate, momentum in ((0.01, 0.99), (0.01, 0.9), (0.1, 0.9)):
        trained = losses(tensorflow, keras, rate, momentum, scale=1.0, steps=100)
        assert trained[-1] < trained[0] / 2


# -- GL210 -------------------------------------------------------------------------------------------------------------


def test_adam_made_anew(tensorflow: Any, keras: Any) -> None:
    weight, kept = tensorflow.Variable([1.0]), tensorflow.Variable([1.0])
    adam = keras.optimizers.Adam(0.1)
    for step in range(20):
        gradient = tensorflow.constant([1e-3 if step % 2 else -1.0])
        before, kept_before = float(weight[0]), float(kept[0])
        anew = keras.optimizers.Adam(0.1)
        anew.apply_gradients([(gradient, weight)])
        adam.apply_gradients([(gradient, kept)])
        assert int(anew.iterations) == 1
        assert abs(float(weight[0]) - before) == pytest.approx(0.1, rel=0.01), "whatever the gradient"
    assert int(adam.iterations) == 20
    alternating, optimizer, steps = tensorflow.Variable([0.0]), keras.optimizers.Adam(0.1), []
    for step in range(40):
        before = float(alternating[0])
        optimizer.apply_gradients([(tensorflow.constant([(-1.0) ** step]), alternating)])
        steps.append(abs(float(alternating[0]) - before))
    assert steps[-1] < steps[0] / 10
    assert kept_before != float(kept[0])


def test_no_optimizer_is_made_in_a_compiled_step(tensorflow: Any, keras: Any, tf_keras: Any) -> None:
    weight = tensorflow.Variable([1.0])
    for home in (keras.optimizers, tf_keras.optimizers):

        @tensorflow.function  # type: ignore[untyped-decorator]
        def step(gradient: Any, home: Any = home) -> None:
            home.Adam(0.1).apply_gradients([(gradient, weight)])

        with pytest.raises(ValueError, match=r"tf\.Variable|singleton|first call"):
            step(tensorflow.constant([1.0]))
