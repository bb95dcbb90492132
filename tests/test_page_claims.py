"""What the rule pages claim about TensorFlow, run on the installed TensorFlow."""

from __future__ import annotations

import math
import runpy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from gradlint import pages

pytestmark = pytest.mark.tensorflow
NOT_INSTALLED = ("tf_agents", "tf_slim", "tensorflow_addons", "tensorflow_federated", "sklearn", "torch", "tf.contrib")
NAN = float("nan")


def apply_sgd(keras: Any, gradients: Any, variables: Any, rate: float = 1.0) -> None:
    keras.optimizers.SGD(rate).apply_gradients(zip(gradients, variables, strict=False))


def losses(tf: Any, keras: Any, rate: float, scale: float, steps: int) -> list[float]:
    keras.utils.set_random_seed(0)
    x, y = tf.random.normal([64, 8]), tf.random.normal([64, 1]) * scale
    model = keras.Sequential([keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(rate)
    seen = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(y - model(x)))
        seen.append(float(loss))
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )
    return seen


def test_clipping_returns_a_pair_and_leaves_its_argument(tensorflow: Any) -> None:
    tf = tensorflow
    gradients = [tf.constant([3.0, 4.0])]
    clipped, norm = tf.clip_by_global_norm(gradients, 1.0)
    assert float(norm) == 5.0
    assert clipped[0].numpy().tolist() == pytest.approx([0.6, 0.8])
    tf.clip_by_norm(gradients[0], 1.0)
    assert gradients[0].numpy().tolist() == [3.0, 4.0]


def test_global_norm_spreads_one_nan_to_all(tensorflow: Any) -> None:
    tf = tensorflow
    clipped, _ = tf.clip_by_global_norm([tf.constant([1.0, 2.0]), tf.constant([NAN])], 1.0)
    assert all(bool(tf.reduce_all(tf.math.is_nan(gradient))) for gradient in clipped)


def test_pair_in_zip_is_an_error(tensorflow: Any, keras: Any) -> None:
    tf = tensorflow
    variables = [tf.Variable(tf.ones([3, 2])), tf.Variable(tf.ones([2]))]
    pair = tf.clip_by_global_norm([tf.ones([3, 2]), tf.ones([2])], 1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"[Ss]hapes"):
        apply_sgd(keras, pair, variables)


def test_lr_keyword(keras: Any, tf_keras: Any) -> None:
    with pytest.raises(ValueError, match="not recognized"):
        keras.optimizers.Adam(lr=1e-5)
    assert float(tf_keras.optimizers.Adam(lr=1e-5).learning_rate) == pytest.approx(1e-3)
    assert float(tf_keras.optimizers.SGD(lr=1e-5).learning_rate) == pytest.approx(1e-2)
    with pytest.warns(UserWarning, match="lr"):
        legacy = tf_keras.optimizers.legacy.Adam(lr=1e-5)
    assert float(legacy.learning_rate) == pytest.approx(1e-5)


def test_first_step_of_adam_and_every_step_of_lion(tensorflow: Any, keras: Any) -> None:
    tf = tensorflow
    for size in (1e-3, 1.0, 1e3, 1e18):
        weight = tf.Variable([1.0])
        keras.optimizers.Adam(0.1).apply_gradients([(tf.constant([size]), weight)])
        assert 1.0 - float(weight[0]) == pytest.approx(0.1, rel=0.01)
    weight, lion = tf.Variable([1.0]), keras.optimizers.Lion(0.1)
    for step, size in enumerate((1e-3, 5.0, 1e4), start=1):
        lion.apply_gradients([(tf.constant([size]), weight)])
        assert float(weight[0]) == pytest.approx(1.0 - 0.1 * step)


def test_gradient_descent_at_one_diverges(tensorflow: Any, keras: Any) -> None:
    assert not all(map(math.isfinite, losses(tensorflow, keras, rate=1.0, scale=100.0, steps=10)))
    calm = losses(tensorflow, keras, rate=0.01, scale=1.0, steps=10)
    assert calm[-1] < calm[0]


def test_gradient_grows_with_the_target(tensorflow: Any, keras: Any) -> None:
    tf = tensorflow
    prediction = tf.Variable([0.0])
    for loss, expected in ((keras.losses.MeanSquaredError(), -2e4), (keras.losses.Huber(), -1.0)):
        with tf.GradientTape() as tape:
            value = loss(tf.constant([1e4]), prediction)
        assert float(tape.gradient(value, prediction)[0]) == pytest.approx(expected)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_standard_deviation_of_equal_numbers(tensorflow: Any, keras: Any, np: Any) -> None:
    tf = tensorflow
    for rewards in (np.ones(5), np.array([7.0])):
        assert np.std(rewards) == 0.0
        assert np.isnan((rewards - rewards.mean()) / rewards.std()).all()
    x = tf.Variable([2.0, 2.0, 2.0])
    with tf.GradientTape() as tape:
        deviation = tf.math.reduce_std(x)
    assert np.isnan(tape.gradient(deviation, x).numpy()).all()
    with tf.GradientTape() as tape:
        normalised = tf.reduce_sum((x - tf.reduce_mean(x)) / (tf.math.reduce_std(x) + 1e-8))
    assert tape.gradient(normalised, x).numpy().tolist() == [0.0, 0.0, 0.0]
    layer = keras.layers.Normalization()
    layer.adapt(np.full((10, 2), 3.0, dtype="float32"))
    assert np.isfinite(np.asarray(layer(np.full((10, 2), 3.0, dtype="float32")))).all()
    assert np.float16(1e-8) == 0.0 < np.float16(1e-4)


def test_nan_gradient_stays_for_good(tensorflow: Any, keras: Any, np: Any) -> None:
    tf = tensorflow
    weight, optimizer = tf.Variable([1.0]), keras.optimizers.Adam(1e-3)
    optimizer.apply_gradients([(tf.constant([NAN]), weight)])
    optimizer.apply_gradients([(tf.constant([1.0]), weight)])
    assert np.isnan(weight.numpy()).all()
    assert sum(bool(np.isnan(np.asarray(each)).any()) for each in optimizer.variables) == 2, "both averages"


def test_loss_scaling_leaves_the_weights_alone(tensorflow: Any, keras: Any) -> None:
    tf = tensorflow
    weight = tf.Variable([1.0])
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    optimizer.build([weight])
    optimizer.apply([tf.constant([NAN])], [weight])
    assert float(weight[0]) == 1.0


def test_check_numerics_raises_although_dropped(tensorflow: Any) -> None:
    tf = tensorflow

    @tf.function  # type: ignore[untyped-decorator]
    def step(x: Any) -> Any:
        tf.debugging.check_numerics(x, "loss")
        return x

    with pytest.raises(tf.errors.InvalidArgumentError, match="loss"):
        step(tf.constant(NAN))


def test_terminate_on_nan_comes_after_the_update(keras: Any, np: Any) -> None:
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    stop = keras.callbacks.TerminateOnNaN()
    model.fit(np.full((8, 2), np.nan, "float32"), np.ones((8, 1)), callbacks=[stop], verbose=0)
    assert all(np.isnan(weight).all() for weight in model.get_weights())


def test_pairs_that_do_not_fit(tensorflow: Any, keras: Any) -> None:
    tf = tensorflow
    gradients = [tf.constant([1.0]), tf.constant([1.0])]
    variables = [tf.Variable([1.0]), tf.Variable([1.0])]
    with pytest.raises(AttributeError, match="_unique_id"):
        apply_sgd(keras, variables, gradients)
    apply_sgd(keras, gradients[:1], variables)
    assert [float(each[0]) for each in variables] == [0.0, 1.0], "the longer list is cut without a word"
    others = [tf.Variable([1.0]), tf.Variable([1.0])]
    apply_sgd(keras, gradients, others)
    assert [float(each[0]) for each in others] == [0.0, 0.0], "variables of another model with equal shapes"


class Environment:
    """Stands in for gymnasium: the page examples train a few steps on it."""

    def __init__(self, np: Any) -> None:
        self.np = np
        self.time = 0
        self.action_space = SimpleNamespace(sample=lambda: 1)

    def reset(self) -> tuple[Any, dict[str, Any]]:
        self.time = 0
        return self.np.zeros(8, dtype="float32"), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.time += 1
        return self.np.full(8, self.time, dtype="float32"), 1.0, self.time > 4, False, {}


def put_data(tf: Any, np: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files and the downloads that the page examples read, small and made here."""
    (folder / "houses.csv").write_text("area,income,rooms\n50,30000,2\n80,52000,3\n120,,5\n", encoding="utf-8")
    noise = np.random.default_rng(0)
    for kind in "abcde":
        (folder / "flowers" / kind).mkdir(parents=True)
        picture = tf.io.encode_png(noise.integers(0, 256, [64, 64, 3], "uint8"))
        (folder / "flowers" / kind / "one.png").write_bytes(picture.numpy())
    digits = noise.integers(0, 256, [4, 28, 28])
    digits[:, 0, 0] = 0
    np.save(folder / "digits.npy", digits)
    np.save(folder / "labels.npy", noise.integers(0, 10, 4))
    for name, shape in (("mnist", [28, 28]), ("cifar10", [32, 32, 3])):
        images, labels = noise.integers(0, 256, [4, *shape], "uint8"), noise.integers(0, 10, 4)
        downloads = getattr(tf.keras.datasets, name)
        monkeypatch.setattr(downloads, "load_data", lambda a=images, b=labels: ((a, b), (a, b)))


GOOD = [
    pytest.param(example, id=f"{page.name}:{example.line}")
    for page in map(pages.load, pages.names())
    for example in page.examples
    if example.heading != "Example" and not any(name in example.code for name in NOT_INSTALLED)
]


@pytest.mark.parametrize("example", GOOD)
@pytest.mark.filterwarnings("ignore")
def test_good_example_runs(
    example: pages.Example, tensorflow: Any, np: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = ModuleType("gymnasium")
    unchanged = SimpleNamespace(NormalizeReward=lambda env, gamma: env, NormalizeObservation=lambda env: env)
    vars(stub).update(make=lambda _: Environment(np), wrappers=unchanged)
    monkeypatch.setitem(sys.modules, "gymnasium", stub)
    monkeypatch.setattr(sys, "argv", ["example.py"])
    monkeypatch.chdir(tmp_path)
    put_data(tensorflow, np, tmp_path, monkeypatch)
    script = tmp_path / "example.py"
    script.write_text(example.code, encoding="utf-8")
    try:
        runpy.run_path(str(script), run_name="__main__")
    finally:  # what an example sets for the process must not reach the next one
        tensorflow.keras.mixed_precision.set_global_policy("float32")
        tensorflow.keras.config.set_floatx("float32")
        tensorflow.keras.config.set_epsilon(1e-7)
        if "enable_check_numerics" in example.code:
            tensorflow.debugging.disable_check_numerics()
