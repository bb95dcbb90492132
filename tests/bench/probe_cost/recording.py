"""What recording adds to a step that runs eagerly: steps with and without it, in turns, in one process.

    python tests/bench/probe_cost/recording.py MODEL ROUNDS

Prints a line of JSON: the medians in seconds. The recording is the probe's own, from the opening of the tape to its gradient.
"""

from __future__ import annotations

import json
import sys
import time
from statistics import median
from typing import Any

import tensorflow as tf
from million import BATCH, MODELS

from gradlint.probe.child.frames import Frames
from gradlint.probe.child.recording import Recording


def main() -> int:
    """Measure one model."""
    name, rounds = sys.argv[1], int(sys.argv[2])
    model, inputs, labels = MODELS[name]()
    tf.config.run_functions_eagerly(True)
    model.build((None, *inputs.shape[1:]))
    optimizer = tf.keras.optimizers.Adam(0.001)
    batch, targets = tf.constant(inputs[:BATCH]), tf.constant(labels[:BATCH])
    frames = Frames([__file__.rpartition("/")[0]])

    def step(recording: Any) -> float:
        start = time.perf_counter()
        if recording is not None:
            recording.start()
        with tf.GradientTape() as tape:
            logits = model(batch, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits))
        gradients = tape.gradient(loss, model.trainable_variables)
        if recording is not None:
            recording.stop()
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        float(loss)
        return time.perf_counter() - start

    plain: list[float] = []
    recorded: list[float] = []
    for number in range(rounds + 2):
        turns: list[tuple[list[float], Any]] = [(plain, None), (recorded, Recording(frames))]
        for times, recording in turns if number % 2 == 0 else turns[::-1]:
            times.append(step(recording))
    print(json.dumps({"plain": median(plain[2:]), "recorded": median(recorded[2:])}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
