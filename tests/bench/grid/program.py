"""A training program as a user has it: one problem, one optimizer, one learning rate, 150 steps of 32 examples.

The grid probes it unmodified, and compares with what happens when nobody looks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from cells import RATES, STEPS
from problems import EXAMPLES, MAKERS

BATCH = 32
OPTIMIZERS = {
    "sgd": tf.keras.optimizers.SGD,
    "momentum": lambda rate: tf.keras.optimizers.SGD(rate, momentum=0.9),
    "adam": tf.keras.optimizers.Adam,
    "rmsprop": tf.keras.optimizers.RMSprop,
}


def train(problem: str, optimizer: str, rate: float, seed: int, steps: int = STEPS) -> Iterator[float]:
    """The loss before each update, and after the last one."""
    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    made = MAKERS[problem](rng)
    step = updates(made, OPTIMIZERS[optimizer](rate))
    for _ in range(steps):
        chosen = rng.integers(0, EXAMPLES, BATCH)
        yield float(step(tuple(tf.constant(each[chosen]) for each in made.data)))
    yield float(made.loss(made.model, tuple(tf.constant(each[:BATCH]) for each in made.data)))


def updates(problem: Any, optimizer: Any) -> Any:
    """The training step, as a graph."""
    problem.loss(problem.model, tuple(tf.constant(each[:2]) for each in problem.data))
    variables = problem.model.trainable_variables
    optimizer.build(variables)

    def step(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = problem.loss(problem.model, batch)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return tf.function(step)


def main(argv: Sequence[str] | None = None) -> int:
    """Train, and print the losses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problem", choices=sorted(MAKERS))
    parser.add_argument("optimizer", choices=sorted(RATES))
    parser.add_argument("rate", type=float)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    for loss in train(options.problem, options.optimizer, options.rate, options.seed):
        print(loss)
    return 0


if __name__ == "__main__":
    sys.exit(main())
