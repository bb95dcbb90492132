"""What the reader understands of images, tables and float16 on their way into training."""

from __future__ import annotations

import pytest

from gradlint import lint

NETWORK = """
import cv2
import numpy as np
import pandas as pd
import tensorflow as tf
import tensorflow_datasets as tfds
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

model = tf.keras.Sequential([tf.keras.layers.Dense(8), tf.keras.layers.Dense(1)])
model.compile("sgd", "mse")
"""


def found(code: str, body: str, before: str = NETWORK) -> list[int]:
    """Lines of the body on which a rule finds something, whatever the level."""
    report = lint.check_text(before + body.strip("\n") + "\n")
    assert not report.problems
    first = before.count("\n")
    lines = (f.span.line - first for f in (*report.findings, *report.hidden) if f.code == code)
    return sorted(lines)


@pytest.mark.parametrize(
    "scaled", ["inputs / 255", "(tf.cast(inputs, tf.float32) - 128) / 128", "tf.image.unknown(inputs)"]
)
def test_functional_networks_that_rescale(scaled: str) -> None:
    body = """
inputs = tf.keras.Input([32, 32, 3])
other = tf.keras.Model(inputs, tf.keras.layers.Conv2D(8, 3)({0}))
other.compile("sgd", "mse")
other.fit(x, y)
"""
    assert found("GL801", LOADED + body.format(scaled)) == []
    assert found("GL801", LOADED + body.format("inputs")) == [1]


LOADED = "(x, y), _ = tf.keras.datasets.cifar10.load_data()\n"


@pytest.mark.parametrize(
    "change",
    [
        "x = x.astype('float32').reshape(-1, 3072)",
        "x = np.expand_dims(x, -1)",
        "x = np.concatenate([x, x])",
        "x = x - 127.5",
        "x, z, y, w = train_test_split(x, y)",
        "x = x[np.random.permutation(len(x))]",
        "x = tf.cast(x, tf.float32)",
        "x = tf.image.resize(x, [16, 16])",
        "x = x[..., ::-1]",
    ],
)
def test_still_pixels(change: str) -> None:
    assert found("GL801", f"{LOADED}{change}\nmodel.fit(x, y)") == [1]


@pytest.mark.parametrize(
    "change",
    [
        "x = x / 255",
        "x = x.astype('float32')\nx /= 255.0",
        "x = x * (1 / 255.0)",
        "x = np.array(x, dtype='float32') * 0.00392",
        "x = (x - 127.5) / 127.5",
        "x = (x - x.mean()) / x.std()",
        "x = x - np.mean(x, axis=0)",
        "x = tf.image.convert_image_dtype(x, tf.float32)",
        "x = tf.keras.applications.resnet50.preprocess_input(x)",
        "x = tf.keras.utils.normalize(x, axis=1)",
        "x = np.where(x > 127, 1.0, 0.0)",
        "x = x > 127",
        "x = x.astype(bool)",
        "x = np.log1p(x)",
        "x = np.interp(x, (0, 255), (0, 1))",
        "x = x // 128",
        "x = np.clip(x, 0, 1)",
        "x = tf.nn.sigmoid(x)",
        "x = StandardScaler().fit_transform(x.reshape(-1, 1))",
        "if len(x) > 5:\n    x = x / 255",
    ],
)
def test_no_longer_pixels(change: str) -> None:
    assert found("GL801", f"{LOADED}{change}\nmodel.fit(x, y)") == []


@pytest.mark.parametrize(
    "load",
    [
        "data = tf.keras.utils.image_dataset_from_directory('d').cache()",
        "data = tf.keras.preprocessing.image.ImageDataGenerator(horizontal_flip=True).flow_from_directory('d')",
        "data = tfds.load('mnist', split='train', as_supervised=True).batch(8)",
        "(data, test), info = tfds.load('mnist', split=['train', 'test'], as_supervised=True, with_info=True)",
        "data = tf.data.Dataset.list_files('*').map(lambda p: tf.io.decode_png(tf.io.read_file(p)))",
        "data = np.array([cv2.resize(cv2.imread(p), (8, 8)) for p in ['a', 'b']])",
    ],
)
def test_sources_of_pixels(load: str) -> None:
    assert found("GL801", f"{load}\nmodel.fit(data)") == [1]


@pytest.mark.parametrize(
    "load",
    [
        "data = tf.keras.utils.image_dataset_from_directory('d').map(lambda x, y: (x / 255.0, y))",
        "data = tf.keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255).flow_from_directory('d')",
        "data = tfds.load('ag_news_subset', split='train', as_supervised=True)",
        "data = tf.data.Dataset.list_files('*').map(lambda p: tf.io.decode_image(p, dtype=tf.float32))",
        "(data, y), _ = tf.keras.datasets.imdb.load_data()",
    ],
)
def test_no_sources_of_pixels(load: str) -> None:
    assert found("GL801", f"{load}\nmodel.fit(data)") == []


@pytest.mark.parametrize(
    "change",
    [
        "",
        "d = d.drop(columns=['b']).sort_values('a').set_index('a')",
        "d = (d - d.mean()) / (d.std() + 1e-8)",
        "d = pd.concat([d, d])",
        "d = d[['a', 'b']]",
        "d = d.iloc[10:]",
    ],
)
def test_missing_values_stay(change: str) -> None:
    assert found("GL802", f"d = pd.read_csv('d.csv')\n{change}\nmodel.fit(d.values, d['a'])") == [1]


@pytest.mark.parametrize(
    "change",
    [
        "assert not np.isnan(d.values).any()",
        "d.dropna(inplace=True)",
        "d = d.fillna(0)",
        "d = pd.DataFrame(SimpleImputer().fit_transform(d))",
        "for c in d.columns:\n    d[c] = d[c].fillna(0)",
        "d = np.nan_to_num(d)",
        "if d.isnull().values.any():\n    raise ValueError",
        "d = tf.debugging.check_numerics(d, 'd')",
        "d = d[np.isfinite(d).all(axis=1)]",
        "d = d[d['a'].notna()]",
        "d = d.replace({np.nan: 0})",
        "d = d.mask(d < 0)",
        "import elsewhere\nd = elsewhere.clean(d)",
    ],
)
def test_missing_values_are_handled(change: str) -> None:
    assert found("GL802", f"d = pd.read_csv('d.csv')\n{change}\nmodel.fit(d, d['a'])") == []


def test_tables_of_other_estimators() -> None:
    assert found("GL802", "from sklearn.svm import SVC\nd = pd.read_csv('d.csv')\nSVC().fit(d, d['a'])") == []
    assert found("GL802", "d = pd.read_csv('d.csv', na_filter=False)\nmodel.fit(d, d['a'])") == []


MIXED = "import tensorflow as tf\nimport numpy as np\ntf.keras.mixed_precision.set_global_policy('mixed_float16')\n"
LAYER = """
class Own(tf.keras.layers.Layer):
    def call(self, x, mask=None):
        {0}
        return x

inputs = tf.keras.Input([4])
model = tf.keras.Model(inputs, Own()(inputs, mask=inputs))
"""


@pytest.mark.parametrize(
    "line",
    [
        "x = x + 1e-8",
        "x = x / (tf.reduce_sum(x) + 1e-10)",
        "x = tf.maximum(x, 1e-12)",
        "x = x + (1.0 - tf.cast(mask, x.dtype)) * -1e9",
        "x = tf.keras.layers.Dense(3)(x) - 1e9",
        "x = tf.where(mask > 0, x, -1e9)",
        "x = tf.cast(x, self.compute_dtype) * 1e-9",
    ],
)
def test_constants_beside_float16(line: str) -> None:
    assert len(found("GL902", LAYER.format(line), MIXED)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "x = x + 1e-4",
        "x = x * -6e4",
        "x = tf.cast(x, tf.float32) + 1e-8",
        "x = tf.keras.layers.Dense(3, dtype='float32')(x) + 1e-8",
        "x = tf.cast(x, 'bfloat16') + 1e-8",
        "y = np.zeros(3) + 1e-8",
        "x = x + 0.0",
        "x = x if self.rate > 1e-8 else -x",
    ],
)
def test_constants_that_stay(line: str) -> None:
    assert found("GL902", LAYER.format(line), MIXED) == []


def test_other_callables_get_what_they_are_given() -> None:
    module = (
        LAYER.format("x = x + 1e-8").replace("tf.keras.layers.Layer", "tf.Module").replace("def call", "def __call__")
    )
    assert found("GL902", module, MIXED) == []


def test_layers_with_a_type_of_their_own() -> None:
    plain = LAYER.format("x = x + 1e-8")
    assert found("GL902", plain.replace("Own()(", "Own(dtype='float32')("), MIXED) == []
    assert found("GL902", plain, MIXED.replace("mixed_float16", "mixed_bfloat16")) == []


AGENT = """
import random
from collections import deque

import gymnasium as gym
import numpy as np
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(8), tf.keras.layers.Dense(2)])
model.compile("sgd", "mse")
memory = deque(maxlen=100)
"""

EPISODE = """
state, _ = env.reset()
for _ in range(100):
    following, reward, done, _, _ = env.step(1)
    memory.append((state, reward, following, done))
    state = following
    batch = random.sample(memory, 8)
    states = np.array([each[0] for each in batch])
    model.fit(states, model.predict(states))
"""


@pytest.mark.parametrize(
    "env",
    [
        "gym.make('Humanoid-v5')",
        "gym.make('HumanoidStandup-v4')",
        "gym.make('ALE/Breakout-v5')",
        "gym.make('PongNoFrameskip-v4')",
        "gym.make('MsPacman-ram-v0')",
        "gym.make('CarRacing-v3', continuous=False)",
        "gym.wrappers.TimeLimit(gym.make('Humanoid-v5'), 100)",
        "gym.wrappers.ResizeObservation(gym.make('ALE/Breakout-v5'), (84, 84))",
        "gym.wrappers.NormalizeReward(gym.make('Humanoid-v5'))",
        "gym.wrappers.AtariPreprocessing(gym.make('ALE/Breakout-v5'), scale_obs=False)",
    ],
)
def test_large_observations(env: str) -> None:
    assert found("GL804", f"env = {env}\n{EPISODE}", AGENT) == [1]


@pytest.mark.parametrize(
    "env",
    [
        "gym.make('CartPole-v1')",
        "gym.make('Ant-v5')",
        "gym.make('LunarLander-v3')",
        "gym.make('HumanoidShop-v0')",
        "gym.make(name)",
        "gym.wrappers.NormalizeObservation(gym.make('Humanoid-v5'))",
        "gym.wrappers.TransformObservation(gym.make('Humanoid-v5'), lambda seen: seen / 100, None)",
        "gym.wrappers.RescaleObservation(gym.make('ALE/Breakout-v5'), 0, 1)",
        "gym.wrappers.AtariPreprocessing(gym.make('ALE/Breakout-v5'), scale_obs=True)",
        "VecNormalize(gym.make('Humanoid-v5'))",
        "Unknown(gym.make('Humanoid-v5'))",
    ],
)
def test_small_scaled_and_unknown_observations(env: str) -> None:
    wrappers = "from wrappers import Unknown\nfrom stable_baselines.common.vec_env import VecNormalize\n"
    assert found("GL804", f"{wrappers}env = {env}\n{EPISODE}", AGENT) == []


@pytest.mark.parametrize(
    ("observed", "lines"),
    [
        ("seen[20:80]", [4]),
        ("np.moveaxis(seen, 0, -1)", [4]),
        ("seen / 255.0", []),
        ("np.float32(seen) * (1 / 255)", []),
    ],
)
def test_wrappers_of_the_project(observed: str, lines: list[int]) -> None:
    wrapper = f"""
class Seen(gym.ObservationWrapper):
    def observation(self, seen):
        return {observed}
env = Seen(gym.make("ALE/Breakout-v5"))
"""
    assert found("GL804", wrapper + EPISODE, AGENT) == lines


@pytest.mark.parametrize(
    ("space", "lines"),
    [
        ("spaces.Box(low=0, high=1000, shape=(2,))", [7]),
        ("spaces.Box(np.array([0.0, -200.0]), np.array([1.0, 200.0]))", [7]),
        ("spaces.Box(low=-10.0, high=10.0, shape=(2,))", []),
        ("spaces.Box(low=-np.inf, high=np.inf, shape=(2,))", []),
        ("spaces.Box(low=0, high=np.finfo(np.float32).max, shape=(2,))", []),
        ("spaces.Box(low=0, high=3.4e38, shape=(2,))", []),
        ("spaces.Box(low=0, high=limit, shape=(2,))", []),
        ("spaces.Discrete(1000)", []),
    ],
)
@pytest.mark.parametrize("scaled", [False, True])
def test_declared_spaces(space: str, lines: list[int], scaled: bool) -> None:
    own = f"""
from box import Box
from gymnasium import spaces
from settings import limit
class Shop(gym.Env):
    def __init__(self):
        self.observation_space = {space}
    def reset(self, seed=None):
        self.state = np.zeros(2)
        return self.state, {{}}
    def step(self, action):
        self.state = self.state + action
        return self.state, 0.0, False, False, {{}}
env = Shop()
"""
    body = EPISODE.replace("each[0] for", "each[0] / 1000.0 for") if scaled else EPISODE
    assert found("GL804", own.lstrip() + body, AGENT) == ([] if scaled else [line - 1 for line in lines])


def test_a_wrapper_that_a_loop_puts_around_itself() -> None:
    own = """
class Skip(gym.Wrapper):
    pass
env = gym.make("ALE/Breakout-v5")
for _ in range(3):
    env = Skip(env)
"""
    assert found("GL804", own + EPISODE, AGENT) == [3]
