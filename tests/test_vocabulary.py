"""The tables against the installed TensorFlow, Keras 3 and tf_keras, and the lookups against themselves."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import pytest

from gradlint.vocabulary import clipping, finite_checks, optimizers, recurrent, rewards, schedules, thresholds

REAL = pytest.mark.tensorflow


def check_constructor(constructor: Any, spec: optimizers.OptimizerSpec, whole: bool) -> None:
    parameters = list(inspect.signature(constructor).parameters.values())
    order = tuple(parameter.name for parameter in parameters if parameter.kind is not inspect.Parameter.VAR_KEYWORD)
    assert order[: len(spec.positional)] == spec.positional
    defaults = {parameter.name: parameter.default for parameter in parameters}
    required = defaults["learning_rate"] is inspect.Parameter.empty
    assert spec.default_rate == (None if required else defaults["learning_rate"])
    if spec.default_momentum is not None:
        assert spec.default_momentum == defaults["momentum"]
    if whole:
        assert set(spec.clip_arguments) == {"clipnorm", "clipvalue", "global_clipnorm"} & set(order)


@REAL
@pytest.mark.parametrize("name", optimizers.KERAS)
def test_keras3_constructor(name: str, keras: ModuleType) -> None:
    check_constructor(getattr(keras.optimizers, name), optimizers.VARIANTS["keras3"][name], whole=True)


@REAL
@pytest.mark.parametrize("name", optimizers.VARIANTS["keras2"])
def test_keras2_constructor(name: str, tf_keras: ModuleType) -> None:
    check_constructor(getattr(tf_keras.optimizers, name), optimizers.VARIANTS["keras2"][name], whole=True)


@REAL
@pytest.mark.parametrize("name", optimizers.LEGACY)
def test_legacy_constructor(name: str, tf_keras: ModuleType) -> None:
    check_constructor(getattr(tf_keras.optimizers.legacy, name), optimizers.LEGACY[name], whole=False)
    assert getattr(tf_keras.optimizers.legacy, name)(global_clipnorm=1.0).global_clipnorm == 1.0


@REAL
def test_tf1_constructors(tensorflow: ModuleType) -> None:
    train = tensorflow.compat.v1.train
    shared = [name for name in optimizers.TF1 if hasattr(train, name)]
    assert len(shared) == 10
    for name in shared:
        check_constructor(getattr(train, name), optimizers.TF1[name], whole=False)


@REAL
def test_every_keras_optimizer_is_in_the_tables(keras: ModuleType, tf_keras: ModuleType) -> None:
    for module, flavour in ((keras.optimizers, "keras3"), (tf_keras.optimizers, "keras2")):
        real = {
            name
            for name, value in vars(module).items()
            if inspect.isclass(value) and issubclass(value, module.Optimizer) and value is not module.Optimizer
        }
        assert real <= set(optimizers.VARIANTS[flavour]) | set(optimizers.WRAPPERS)


@REAL
def test_compile_strings(keras: ModuleType) -> None:
    for string, name in optimizers.COMPILE_STRINGS.items():
        assert type(keras.optimizers.get(string)).__name__ == name
        assert type(keras.optimizers.get(string.upper())).__name__ == name
    with pytest.raises(ValueError, match="lamb"):
        keras.optimizers.get("lamb")


@REAL
def test_schedules(keras: ModuleType, tensorflow: ModuleType) -> None:
    homes = (keras.optimizers.schedules, tensorflow.compat.v1.train)
    real = {name: getattr(home, name) for home in homes for name in schedules.SCHEDULES if hasattr(home, name)}
    assert len(real) == 16
    for name, function in real.items():
        order = list(inspect.signature(function).parameters)
        for rate in schedules.SCHEDULES[name].rates:
            assert order[rate.position] == rate.keyword, name


@REAL
def test_functions_exist_with_these_parameters(tensorflow: ModuleType, keras: ModuleType) -> None:
    for name, spec in clipping.CLIP_FUNCTIONS.items():
        if name.startswith("tf.") and name != "tf.clip_by_average_norm":
            order = list(inspect.signature(_resolve(tensorflow, name)).parameters)
            assert (order[spec.gradients[1]], order[spec.bound[1]]) == (spec.gradients[0], spec.bound[0])
    assert list(inspect.signature(keras.ops.clip).parameters)[:3] == ["x", "x_min", "x_max"]
    gone = {"tf.is_nan", "tf.is_inf", "tf.is_finite", "tf.check_numerics", "tf.verify_tensor_all_finite"}
    gone |= {"tf.add_check_numerics_ops", "tf.train.NanTensorHook", "tf.estimator.NanTensorHook"}
    gone |= {"tf.debugging.is_nan", "tf.debugging.is_inf", "tf.debugging.is_finite"}
    for name in finite_checks.FINITE_CHECKS:
        if name.startswith("tf."):
            assert (_resolve(tensorflow, name) is None) == (name in gone), name
        elif name.startswith("keras."):
            assert _resolve(keras, name) is not None, name


@REAL
def test_recurrent_layers_exist(keras: ModuleType) -> None:
    gone = {"CuDNNLSTM", "CuDNNGRU", "ConvRecurrent2D", "PeepholeLSTMCell", "ConvLSTM2DCell"}
    for name in recurrent.RECURRENT_LAYERS - gone:
        assert hasattr(keras.layers, name), name


def _resolve(module: Any, name: str) -> Any:
    for part in name.split(".")[1:]:
        module = getattr(module, part, None)
    return module


@pytest.mark.parametrize(
    ("canonical", "flavour", "name", "position"),
    [
        ("keras.optimizers.Adam", "keras3", "Adam", 0),
        ("keras.optimizers.legacy.SGD", "keras2", "SGD", 0),
        ("keras.optimizers.adam_v2.Adam", "keras2", "Adam", 0),
        ("keras.optimizers.adam", "keras-standalone", "Adam", 0),
        ("keras.optimizer_v2.adam.Adam", "keras2-legacy", "Adam", 0),
        ("tf.optimizers.RMSprop", "keras3", "RMSprop", 0),
        ("tf.train.GradientDescentOptimizer", "tf1", "SGD", 0),
        ("contrib.opt.AdamWOptimizer", "contrib", "AdamW", 1),
        ("contrib.opt.ShampooOptimizer", "contrib", "Shampoo", 6),
        ("tfa.optimizers.AdamW", "keras2", "AdamW", 1),
        ("tfa.optimizers.SGDW", "", "SGD", 1),
        ("keras.optimizers.AdamW", "keras3", "AdamW", 0),
        ("snt.optimizers.Momentum", "sonnet", "SGD", 0),
        ("official.modeling.optimization.lars.LARS", "", "LARS", 0),
    ],
)
def test_find_optimizer(canonical: str, flavour: str, name: str, position: int) -> None:
    spec = optimizers.find_optimizer(canonical, flavour)
    assert spec is not None
    assert (spec.name, spec.rate_position) == (name, position)


@pytest.mark.parametrize("canonical", ["torch.optim.Adam", "my.module.Adam", "Adam", "keras.layers.LSTM", "keras.Adam"])
def test_find_optimizer_leaves_others_alone(canonical: str) -> None:
    assert optimizers.find_optimizer(canonical, "keras3") is None


def test_legacy_namespace_beats_the_flavour() -> None:
    spec = optimizers.find_optimizer("keras.optimizers.legacy.Adam", "keras2")
    assert spec is optimizers.LEGACY["Adam"]


@pytest.mark.parametrize(
    "canonical",
    ["keras.mixed_precision.LossScaleOptimizer", "tfa.optimizers.Lookahead", "horovod.tensorflow.DistributedOptimizer"],
)
def test_find_wrapper(canonical: str) -> None:
    assert optimizers.find_wrapper(canonical) is not None
    assert optimizers.find_wrapper(f"project.{canonical.rpartition('.')[2]}") is None


def test_default_rates() -> None:
    assert optimizers.default_rate("adadelta", "keras-standalone") == 1.0
    assert optimizers.default_rate("ADAM", "keras3") == 0.001
    assert optimizers.default_rate("Lion", "keras2") == 0.0001
    assert optimizers.default_rate("Unheard", "keras3") is None


def test_rate_limits() -> None:
    plain = {"explosive": False, "clipped": False}
    limit = thresholds.rate_limit("SGD", **plain)
    assert limit is not None
    assert (limit.warn_above, limit.error_from) == (0.5, 1.0)
    recurrent_limit = thresholds.rate_limit("SGD", **(plain | {"explosive": True}))
    clipped = thresholds.rate_limit("SGD", explosive=True, clipped=True)
    assert recurrent_limit is not None
    assert clipped is not None
    assert recurrent_limit.warn_above == 0.05
    assert (clipped.warn_above, clipped.error_from) == (0.5, None)
    language_model = thresholds.rate_limit("SGD", explosive=True, clipped=True, through_time=True)
    assert language_model is not None
    assert (language_model.warn_above, language_model.error_from) == (1.0, None)
    assert thresholds.rate_limit("LARS", **plain) is None
    assert thresholds.rate_limit("Unheard", **plain) is None


def test_every_optimizer_with_a_limit_exists() -> None:
    known = {spec.name for table in (*optimizers.VARIANTS.values(), optimizers.OTHERS) for spec in table.values()}
    assert set(thresholds.LIMITS) - known == {"KFAC"}, "KFAC comes from stable-baselines"


def test_defaults_are_below_their_limits() -> None:
    for flavour, table in optimizers.VARIANTS.items():
        for name, spec in table.items():
            limit = thresholds.LIMITS.get(spec.name)
            if limit and spec.default_rate is not None:
                assert spec.default_rate <= limit.warn_above, f"{flavour} {name}"


@pytest.mark.parametrize(
    ("environment", "small"),
    [
        ("CartPole-v1", True),
        ("Pendulum-v1", True),
        ("PongNoFrameskip-v4", True),
        ("ALE/Pong-v5", True),
        ("MountainCar-v0", True),
        ("MountainCarContinuous-v0", False),
        ("LunarLander-v3", False),
        ("BipedalWalker-v3", False),
        ("CliffWalking-v0", False),
        ("InvertedDoublePendulum-v4", False),
    ],
)
def test_small_rewards(environment: str, small: bool) -> None:
    assert (rewards.small_reward(environment) is not None) is small


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("reward", "rewards"),
        ("ep_rs", "rewards"),
        ("reward_to_go", "returns"),
        ("discounted_rewards", "returns"),
        ("td_target", "returns"),
        ("advantages", "advantages"),
        ("gae", "advantages"),
        ("advance", None),
        ("data", None),
        ("retry", None),
    ],
)
def test_kind_of_name(name: str, kind: str | None) -> None:
    assert rewards.kind_of_name(name) == kind


def test_recurrent_and_reinforcement_evidence() -> None:
    for name in (
        "keras.layers.LSTM",
        "tf.nn.dynamic_rnn",
        "contrib.rnn.BasicLSTMCell",
        "snt.LSTM",
        "keras.layers.rnn.gru.GRU",
    ):
        assert recurrent.is_recurrent(name), name
    for name in ("keras.layers.Dense", "project.LSTM", "contrib.rnn.static_bidirectional"):
        assert not recurrent.is_recurrent(name), name
    assert recurrent.rl_package("gymnasium.wrappers") == "gymnasium"
    assert recurrent.rl_package("ray.rllib.agents") == "ray.rllib"
    assert recurrent.rl_package("ray.tune") is None
    assert recurrent.rl_package("rlcompleter") is None


def test_clips_are_found_under_their_module_too() -> None:
    assert clipping.find_clip("tf.clip_ops.clip_by_norm") is clipping.CLIP_FUNCTIONS["tf.clip_by_norm"]
    assert clipping.find_clip("tf.norm") is None
    assert finite_checks.find_check("tf.math.is_finite") == finite_checks.CheckSpec(finite_checks.Style.ELEMENT, False)
