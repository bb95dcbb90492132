"""What the pages of the clipping rules claim about TensorFlow, run on the installed TensorFlow."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gradlint.vocabulary.clip_bounds import (
    RAISES,
    Effect,
    effect_of_bound,
    effect_of_bounds,
    effect_of_keyword,
    effect_of_several,
)

pytestmark = pytest.mark.tensorflow
NAN, INF = float("nan"), float("inf")
BOUNDS = (0.0, -1.0, INF, NAN, 1.0)
STEEP, FLAT = [3.0, 4.0], [0.0, 0.0]
KEYWORDS = {"clipnorm": "norm", "clipvalue": "value", "global_clipnorm": "global norm"}


def became(steep: list[float], flat: list[float]) -> Effect | None:
    """What happened to the gradients STEEP and FLAT, in the words of the vocabulary."""
    if all(map(math.isnan, steep + flat)):
        return Effect.NAN
    if steep == [0.0, 0.0]:
        return Effect.ZERO_OR_NAN if all(map(math.isnan, flat)) else Effect.ZERO
    return Effect.OFF if steep == STEEP else None


def moved(tf: Any, optimizer: Any) -> tuple[list[float], list[float]]:
    """How far gradient descent with rate 1 moves two variables whose gradients are STEEP and FLAT."""
    variables = [tf.Variable([1.0, 1.0]), tf.Variable([1.0, 1.0])]
    optimizer.apply_gradients(zip([tf.constant(STEEP), tf.constant(FLAT)], variables, strict=True))
    steep, flat = ((1.0 - variable).numpy().tolist() for variable in variables)
    return steep, flat


# -- invalid-clip-bound ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bound", BOUNDS)
def test_bounds_of_functions(tensorflow: Any, bound: float) -> None:
    tf = tensorflow
    gradients = [tf.constant(STEEP), tf.constant(FLAT)]
    steep, flat = (each.numpy().tolist() for each in tf.clip_by_global_norm(gradients, bound)[0])
    assert became(steep, flat) is effect_of_bound("global norm", bound)
    steep, flat = (tf.clip_by_norm(each, bound).numpy().tolist() for each in gradients)
    expected = effect_of_bound("norm", bound)
    if expected is Effect.TURNED:  # in 2.21 they become 0; in 2.15 they turned around
        assert steep == [0.0, 0.0] or steep == pytest.approx([-0.6, -0.8])
    else:
        assert became(steep, flat) is expected


@pytest.mark.parametrize(("low", "high"), [(1.0, -1.0), (0.0, 0.0), (-INF, INF), (NAN, NAN), (-1.0, 1.0)])
def test_bounds_of_values(tensorflow: Any, np: Any, low: float, high: float) -> None:
    given = [-3.0, 0.0, 3.0]
    expected = effect_of_bounds(low, high)
    for found in (
        tensorflow.clip_by_value(tensorflow.constant(given), low, high).numpy().tolist(),
        np.clip(np.array(given), low, high).tolist(),
    ):
        if all(map(math.isnan, found)):
            assert expected is Effect.NAN
        elif found == given:
            assert expected is Effect.OFF
        else:
            assert (len(set(found)) == 1) == (expected is Effect.CONSTANT)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("keyword", KEYWORDS)
def test_bounds_of_keywords(tensorflow: Any, keras: Any, tf_keras: Any, keyword: str, bound: float) -> None:
    for flavour, make in (
        ("keras3", keras.optimizers.SGD),
        ("keras2", tf_keras.optimizers.SGD),
        ("keras2-legacy", tf_keras.optimizers.legacy.SGD),
    ):
        expected = effect_of_keyword(flavour, KEYWORDS[keyword], bound)
        if expected is Effect.RAISES:
            with pytest.raises(ValueError, match=">= 0"):
                make(1.0, **{keyword: bound})
        else:
            assert became(*moved(tensorflow, make(1.0, **{keyword: bound}))) is expected, flavour


# -- conflicting-clip-arguments ----------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
def test_several_keywords(tensorflow: Any, keras: Any, tf_keras: Any) -> None:
    given = {"clipnorm": 1.0, "clipvalue": 0.1, "global_clipnorm": 2.0}
    alone = {"clipnorm": [0.6, 0.8], "global_clipnorm": [1.2, 1.6]}
    for flavour, make in (
        ("keras3", keras.optimizers.SGD),
        ("keras2", tf_keras.optimizers.SGD),
        ("keras2-legacy", tf_keras.optimizers.legacy.SGD),
    ):
        for left, right in (
            ("clipnorm", "clipvalue"),
            ("clipvalue", "global_clipnorm"),
            ("clipnorm", "global_clipnorm"),
        ):
            effect = effect_of_several(flavour, (left, right))
            if effect == RAISES:
                with pytest.raises(ValueError, match="clipnorm"):
                    make(1.0, **{left: given[left], right: given[right]})
                continue
            steep, _ = moved(tensorflow, make(1.0, **{left: given[left], right: given[right]}))
            if effect is None:  # by value first: [0.1, 0.1] is within both bounds on the norm
                assert steep == pytest.approx([0.1, 0.1], rel=1e-4)
            else:
                assert steep == pytest.approx(alone[effect.removeprefix("this Keras applies ").removesuffix(" only")])


# -- huge-clip-bound, clip-after-apply ---------------------------------------------------------------------------------


def test_a_huge_bound_lets_a_huge_step_pass(tensorflow: Any, keras: Any) -> None:
    weight = tensorflow.Variable([0.0])
    keras.optimizers.SGD(1.0, global_clipnorm=1000.0).apply_gradients([(tensorflow.constant([999.0]), weight)])
    assert float(weight[0]) == -999.0


def test_clipping_afterwards_changes_no_weight(tensorflow: Any, keras: Any) -> None:
    tf = tensorflow
    weight, gradient = tf.Variable([0.0, 0.0]), tf.constant(STEEP)
    keras.optimizers.SGD(1.0).apply_gradients([(gradient, weight)])
    before = weight.numpy().tolist()
    clipped, _ = tf.clip_by_global_norm([gradient], 1.0)
    assert clipped[0].numpy().tolist() == pytest.approx([0.6, 0.8])
    assert weight.numpy().tolist() == before == [-3.0, -4.0]


# -- clip-of-none-gradients --------------------------------------------------------------------------------------------


def test_none_gradients(tensorflow: Any, keras: Any) -> None:
    tf = tensorflow
    used, unused = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        loss = used * used
    assert tape.gradient(loss, [used, unused])[1] is None
    assert float(tape.gradient(loss, [used, unused], unconnected_gradients="zero")[1]) == 0.0
    for function, more in ((tf.clip_by_norm, (1.0,)), (tf.clip_by_value, (-1.0, 1.0))):
        with pytest.raises(ValueError, match="None"):
            function(None, *more)
    with pytest.raises((AttributeError, TypeError, ValueError)):
        keras.ops.clip(None, -1.0, 1.0)
    clipped, norm = tf.clip_by_global_norm([None, tf.constant(STEEP)], 1.0)
    assert clipped[0] is None
    assert float(norm) == 5.0


# -- nan-spreading-clip ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [NAN, INF])
def test_one_nan_among_21(tensorflow: Any, keras: Any, np: Any, bad: float) -> None:
    tf = tensorflow

    def spoilt(**clipping: float) -> int:
        variables = [tf.Variable(tf.ones([2])) for _ in range(21)]
        gradients = [tf.ones([2])] * 20 + [tf.constant([1.0, bad])]
        keras.optimizers.SGD(0.1, **clipping).apply_gradients(zip(gradients, variables, strict=True))
        return sum(not np.isfinite(variable.numpy()).all() for variable in variables)

    assert spoilt() == 1
    assert spoilt(clipnorm=1.0) == 1
    assert spoilt(global_clipnorm=1.0) == 21
    gradients, _ = tf.clip_by_global_norm([tf.ones([2])] * 20 + [tf.constant([1.0, bad])], 1.0)
    assert all(bool(tf.reduce_all(tf.math.is_nan(each))) for each in gradients)


def test_update_behind_a_finite_norm_works_in_a_graph(tensorflow: Any, keras: Any) -> None:
    tf = tensorflow
    weight, optimizer = tf.Variable([1.0]), keras.optimizers.SGD(0.1)
    optimizer.build([weight])

    def update(gradient: Any) -> None:
        gradients, norm = tf.clip_by_global_norm([gradient], 1.0)
        if tf.math.is_finite(norm):
            optimizer.apply_gradients(zip(gradients, [weight], strict=True))

    step = tf.function(update)
    step(tf.constant([NAN]))
    assert float(weight[0]) == 1.0
    step(tf.constant([1.0]))
    assert float(weight[0]) == pytest.approx(0.9)


# -- clip-of-scaled-gradients ------------------------------------------------------------------------------------------


def test_clip_of_scaled_gradients(tensorflow: Any, keras: Any) -> None:
    tf = tensorflow
    weight = tf.Variable([0.0, 0.0])
    optimizer = keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(1.0))
    optimizer.build([weight])
    assert float(optimizer.scale_loss(tf.constant(1.0))) == 32768.0
    with tf.GradientTape() as tape:
        loss = optimizer.scale_loss(tf.reduce_sum(weight * tf.constant(STEEP)))
    clipped, norm = tf.clip_by_global_norm([tape.gradient(loss, weight)], 1.0)
    assert float(norm) == pytest.approx(5.0 * 32768.0)
    optimizer.apply_gradients(zip(clipped, [weight], strict=True))
    assert float(tf.norm(weight)) == pytest.approx(1.0 / 32768.0)


def test_scale_loss_of_an_optimizer_without_a_scale(tensorflow: Any, keras: Any) -> None:
    assert float(keras.optimizers.SGD(0.1).scale_loss(tensorflow.constant(3.0))) == 3.0


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_keywords_of_the_wrapper(keras: Any, tf_keras: Any, keyword: str) -> None:
    with pytest.raises(ValueError, match=f"does not support `{keyword}`"):
        keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(0.1), **{keyword: 1.0})
    with pytest.raises(TypeError, match="unexpected keyword"):
        tf_keras.mixed_precision.LossScaleOptimizer(tf_keras.optimizers.SGD(0.1), **{keyword: 1.0})
    inner = keras.optimizers.SGD(0.1, **{keyword: 1.0})
    assert keras.mixed_precision.LossScaleOptimizer(inner).inner_optimizer is inner


# -- unclipped-gradients -----------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
def test_legacy_optimizers_of_compile_clip_with_clipnorm(tensorflow: Any, tf_keras: Any) -> None:
    tf = tensorflow
    for clipping, length in (({}, 200.0), ({"clipnorm": 1.0}, 1.0)):
        model = tf_keras.Sequential([tf_keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
        model.compile(tf_keras.optimizers.legacy.SGD(1.0, **clipping), "mse")
        model.train_on_batch(tf.constant([[1.0]]), tf.constant([[100.0]]))
        assert float(model.weights[0][0][0]) == pytest.approx(length)
