"""Programs with a million parameters, as users write them. One update, or as many as are asked for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

layers = tf.keras.layers
EXAMPLES, BATCH = 640, 64


def dense() -> tuple[Any, Any, Any]:
    """784 - 700 - 600 - 10: 976,310 parameters."""
    model = tf.keras.Sequential(
        [layers.Dense(700, activation="relu"), layers.Dense(600, activation="relu"), layers.Dense(10)]
    )
    rng = np.random.default_rng(0)
    return model, rng.normal(size=(EXAMPLES, 784)).astype("float32"), rng.integers(0, 10, EXAMPLES)


def convolution() -> tuple[Any, Any, Any]:
    """Three convolutions and a wide dense layer: 1,070,378 parameters."""
    sizes = [layers.Conv2D(n, 3, strides=2, activation="relu", padding="same") for n in (32, 64, 128)]
    head = [layers.Flatten(), layers.Dense(475, activation="relu"), layers.Dense(10)]
    rng = np.random.default_rng(0)
    model = tf.keras.Sequential([*sizes, *head])
    return model, rng.normal(size=(EXAMPLES, 32, 32, 3)).astype("float32"), rng.integers(0, 10, EXAMPLES)


def recurrent() -> tuple[Any, Any, Any]:
    """An embedding and an LSTM over 40 words: 1,023,682 parameters."""
    model = tf.keras.Sequential([layers.Embedding(5000, 128), layers.LSTM(256), layers.Dense(2)])
    rng = np.random.default_rng(0)
    return model, rng.integers(0, 5000, (EXAMPLES, 40)), rng.integers(0, 2, EXAMPLES)


MODELS: dict[str, Callable[[], tuple[Any, Any, Any]]] = {
    "dense": dense, "convolution": convolution, "recurrent": recurrent,
}  # fmt: skip


def fit(model: Any, inputs: Any, labels: Any, steps: int) -> None:
    """Keras' own loop."""
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=tf.keras.optimizers.Adam(0.001), loss=loss)
    model.fit(inputs[: BATCH * steps], labels[: BATCH * steps], batch_size=BATCH, verbose=0)


def loop(model: Any, inputs: Any, labels: Any, steps: int) -> None:
    """A loop of the user's, with its step as a graph."""
    model.build((None, *inputs.shape[1:]))
    optimizer = tf.keras.optimizers.Adam(0.001)

    def update(batch: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(batch, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    update = tf.function(update)
    for step in range(steps):
        part = slice(step * BATCH, (step + 1) * BATCH)
        update(tf.constant(inputs[part]), tf.constant(labels[part]))


STYLES = {"fit": fit, "loop": loop}


def main(argv: Sequence[str] | None = None) -> int:
    """Train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=sorted(MODELS))
    parser.add_argument("style", choices=sorted(STYLES))
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args(argv)
    STYLES[options.style](*MODELS[options.model](), options.steps)
    return 0


if __name__ == "__main__":
    sys.exit(main())
