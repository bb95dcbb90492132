"""Twelve small problems, each with data, a model and a loss that starts above zero.

None of them is among those on which the probe's criteria were chosen: regression and classification by small dense networks,
one with raw pixels as input, and the mean of a sequence by a recurrent one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

EXAMPLES = 512
layers = tf.keras.layers
Array = Any
Model = Any
Tensor = Any


@dataclass(frozen=True)
class Problem:
    """What is learned: a batch is a tuple of arrays, and the loss is a scalar."""

    data: tuple[Array, ...]
    model: Model
    loss: Callable[[Model, tuple[Tensor, ...]], Tensor]


def cross_entropy(labels: Tensor, logits: Tensor) -> Tensor:
    """Mean over everything but the classes."""
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))


def squared(targets: Tensor, predictions: Tensor) -> Tensor:
    """Mean squared error."""
    return tf.reduce_mean(tf.square(targets - predictions))


def text(rng: Any) -> Problem:
    """Bags of words: a class by which half of the vocabulary is used more."""
    labels = rng.integers(0, 2, EXAMPLES)
    words = rng.integers(0, 100, (EXAMPLES, 25)) + 100 * (rng.random((EXAMPLES, 25)) < 0.3 + 0.4 * labels[:, None])
    model = tf.keras.Sequential([layers.Embedding(200, 32), layers.GlobalAveragePooling1D(), layers.Dense(2)])
    return Problem((words.astype("int32"), labels.astype("int32")), model, lambda m, b: cross_entropy(b[1], m(b[0])))


def language(rng: Any) -> Problem:
    """The next of 20 symbols, by an LSTM; each symbol is the sum of the two before, or random."""
    symbols = rng.integers(0, 20, (EXAMPLES, 31))
    for at in range(2, 31):
        follows = rng.random(EXAMPLES) < 0.8
        symbols[:, at] = np.where(follows, (symbols[:, at - 1] + symbols[:, at - 2]) % 20, symbols[:, at])
    model = tf.keras.Sequential([layers.Embedding(20, 16), layers.LSTM(32, return_sequences=True), layers.Dense(20)])
    loss = lambda m, b: cross_entropy(b[0][:, 1:], m(b[0][:, :-1]))  # noqa: E731
    return Problem((symbols.astype("int32"),), model, loss)


def forecast(rng: Any) -> Problem:
    """The next value of a price that nobody has normalised, by a GRU."""
    prices = 40 + np.cumsum(rng.normal(0, 1, (EXAMPLES, 31)), axis=1)
    model = tf.keras.Sequential([layers.GRU(24), layers.Dense(1)])
    past, following = prices[:, :30, None].astype("float32"), prices[:, 30:].astype("float32")
    return Problem((past, following), model, lambda m, b: squared(b[1], m(b[0])))


def autoencoder(rng: Any) -> Problem:
    """Binary patterns through a bottleneck."""
    causes = rng.integers(0, 2, (EXAMPLES, 6))
    patterns = (causes @ rng.normal(size=(6, 64)) > 0.5).astype("float32")
    sizes = ((48, "relu"), (8, "tanh"), (48, "relu"), (64, None))
    model = tf.keras.Sequential([layers.Dense(size, activation=activation) for size, activation in sizes])
    loss = tf.nn.sigmoid_cross_entropy_with_logits
    return Problem((patterns,), model, lambda m, b: tf.reduce_mean(loss(labels=b[0], logits=m(b[0]))))


def variational(rng: Any) -> Problem:
    """A variational autoencoder: the exponential of a learned log-variance is in the loss."""
    points = (rng.normal(size=(EXAMPLES, 3)) @ rng.normal(size=(3, 20))).astype("float32")
    noise = rng.normal(size=(EXAMPLES, 4)).astype("float32")
    inputs, drawn = tf.keras.Input((20,)), tf.keras.Input((4,))
    hidden = layers.Dense(32, activation="relu")(inputs)
    mean, log_variance = layers.Dense(4)(hidden), layers.Dense(4)(hidden)
    code = layers.Add()([mean, layers.Multiply()([drawn, layers.Activation("exponential")(0.5 * log_variance)])])
    restored = layers.Dense(20)(layers.Dense(32, activation="relu")(code))
    model = tf.keras.Model([inputs, drawn], [restored, mean, log_variance])

    def loss(model: Model, batch: tuple[Tensor, ...]) -> Tensor:
        restored, mean, log_variance = model(list(batch))
        divergence = 0.5 * tf.reduce_sum(tf.exp(log_variance) + mean**2 - 1.0 - log_variance, axis=1)
        return tf.reduce_mean(tf.reduce_sum(tf.square(batch[0] - restored), axis=1) + divergence)

    return Problem((points, noise), model, loss)


def factors(rng: Any) -> Problem:
    """Ratings as the product of two embeddings."""
    users, items = rng.integers(0, 60, EXAMPLES), rng.integers(0, 40, EXAMPLES)
    taste, kind = rng.normal(size=(60, 3)), rng.normal(size=(40, 3))
    ratings = np.clip(np.round(3 + (taste[users] * kind[items]).sum(1)), 1, 5)
    user, item = tf.keras.Input((1,)), tf.keras.Input((1,))
    product = layers.Dot(axes=2)([layers.Embedding(60, 8)(user), layers.Embedding(40, 8)(item)])
    model = tf.keras.Model([user, item], layers.Flatten()(product))
    data = (users[:, None].astype("int32"), items[:, None].astype("int32"), ratings[:, None].astype("float32"))
    return Problem(data, model, lambda m, b: squared(b[2], m([b[0], b[1]])))


def counts(rng: Any) -> Problem:
    """Poisson regression with its usual link, the exponential. The loss is the deviance, which is never negative."""
    features = rng.normal(size=(EXAMPLES, 12))
    observed = rng.poisson(np.exp(1 + 0.3 * features @ rng.normal(size=12))).astype("float32")[:, None]
    model = tf.keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(1)])

    def loss(model: Model, batch: tuple[Tensor, ...]) -> Tensor:
        logarithm, count = model(batch[0]), batch[1]
        of_itself = count - count * tf.math.log(tf.maximum(count, 1.0))  # the same at the best logarithm, log(count)
        return tf.reduce_mean(tf.exp(logarithm) - count * logarithm - of_itself)

    return Problem((features.astype("float32"), observed), model, loss)


def gaussian(rng: Any) -> Problem:
    """Mean and spread of a target: the likelihood divides by a learned variance."""
    features = rng.normal(size=(EXAMPLES, 8)).astype("float32")
    targets = 3 * np.sin(features[:, :1]) + rng.normal(size=(EXAMPLES, 1)) * (0.3 + np.abs(features[:, 1:2]))
    model = tf.keras.Sequential([layers.Dense(32, activation="tanh"), layers.Dense(2)])

    def loss(model: Model, batch: tuple[Tensor, ...]) -> Tensor:
        mean, log_spread = tf.split(model(batch[0]), 2, axis=1)
        return tf.reduce_mean(0.5 * tf.square((batch[1] - mean) / tf.exp(log_spread)) + log_spread)

    return Problem((features, targets.astype("float32")), model, loss)


def attention(rng: Any) -> Problem:
    """Which of two marked symbols comes first, by one block of a transformer."""
    symbols = rng.integers(2, 12, (EXAMPLES, 16))
    places = np.array([rng.permutation(16)[:2] for _ in range(EXAMPLES)])
    for mark in (0, 1):
        symbols[np.arange(EXAMPLES), places[:, mark]] = mark
    inputs = tf.keras.Input((16,))
    hidden = layers.Embedding(12, 24)(inputs) + layers.Embedding(16, 24)(tf.range(16))
    attended = layers.MultiHeadAttention(2, 12)(hidden, hidden)
    hidden = layers.LayerNormalization()(hidden + attended)
    hidden = layers.LayerNormalization()(hidden + layers.Dense(24)(layers.Dense(48, activation="relu")(hidden)))
    model = tf.keras.Model(inputs, layers.Dense(2)(layers.Flatten()(hidden)))
    labels = (places[:, 0] < places[:, 1]).astype("int32")
    return Problem((symbols.astype("int32"), labels), model, lambda m, b: cross_entropy(b[1], m(b[0])))


def temporal(rng: Any) -> Problem:
    """Values of states by temporal differences, with raw rewards; the target moves with the network."""
    states = rng.normal(size=(EXAMPLES, 6))
    following = 0.9 * states + 0.3 * rng.normal(size=(EXAMPLES, 6))
    rewards = 20 * (states[:, :1] > 0) + 5 * states[:, 1:2]
    model = tf.keras.Sequential(
        [layers.Dense(32, activation="relu"), layers.Dense(32, activation="relu"), layers.Dense(1)]
    )

    def loss(model: Model, batch: tuple[Tensor, ...]) -> Tensor:
        state, reward, after = batch
        target = reward + 0.95 * tf.stop_gradient(model(after))
        return tf.reduce_mean(tf.square(target - model(state)))

    return Problem(tuple(each.astype("float32") for each in (states, rewards, following)), model, loss)


def images(rng: Any) -> Problem:
    """Horizontal or vertical stripes, by convolutions with batch normalisation."""
    labels = rng.integers(0, 2, EXAMPLES)
    waves = np.sin(np.arange(16)[None] * rng.uniform(0.5, 2, (EXAMPLES, 1)))
    stripes = np.where(labels[:, None, None] == 1, waves[:, None, :], waves[:, :, None])
    pictures = (stripes + rng.normal(0, 0.5, (EXAMPLES, 16, 16)))[..., None].astype("float32")
    model = tf.keras.Sequential(
        [
            layers.Conv2D(8, 3, strides=2), layers.BatchNormalization(), layers.ReLU(),
            layers.Conv2D(16, 3, strides=2), layers.ReLU(), layers.Flatten(), layers.Dense(2),
        ]
    )  # fmt: skip
    return Problem((pictures, labels.astype("int32")), model, lambda m, b: cross_entropy(b[1], m(b[0], training=True)))


def deep(rng: Any) -> Problem:
    """Ten layers without normalisation, and features of very different scales."""
    features = rng.normal(size=(EXAMPLES, 10)) * np.logspace(-1, 1, 10)
    targets = np.abs(features[:, :1]) + 0.1 * features[:, 9:]
    sizes = [layers.Dense(24, activation="relu", kernel_initializer="he_normal") for _ in range(10)]
    model = tf.keras.Sequential([*sizes, layers.Dense(1)])
    data = (features.astype("float32"), targets.astype("float32"))
    return Problem(data, model, lambda m, b: squared(b[1], m(b[0])))


MAKERS: dict[str, Callable[[Any], Problem]] = {
    each.__name__: each
    for each in (
        attention, autoencoder, counts, deep, factors, forecast, gaussian, images, language, temporal, text, variational,
    )
}  # fmt: skip
