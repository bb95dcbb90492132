"""Set all hooks. Imported after TensorFlow."""

from __future__ import annotations

import sys
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops

from .by_hand import ByHand
from .graphs import Graphs
from .headroom import headroom
from .ledger import Ledger
from .loader import Finder
from .optimizers import Optimizers
from .origin import non_finite_origin
from .recurrent import Recurrent, gradients_through_time
from .replay import replay
from .state import Probe
from .tape import Tapes


def install(probe: Probe, finder: Finder) -> None:
    """Everything that must be in place before the script's first line."""
    run_eagerly(probe)
    tapes = Tapes(probe)
    ledger = Ledger(probe, tapes)
    tapes.install()
    Optimizers(ledger).install(finder)
    ByHand(ledger).install()
    Graphs(ledger).install(finder)
    Recurrent(probe).install(finder)
    ledger.gauges += [non_finite_origin, gradients_through_time, headroom, replay]


def run_eagerly(probe: Probe) -> None:
    """Functions run as plain Python, and the script cannot change that: inside a graph there is nothing to look at."""
    original = tf.config.run_functions_eagerly
    original(True)

    def keep_eager(run_eagerly: Any) -> None:
        if not run_eagerly:
            probe.skip("run_functions_eagerly(False)", "the probe needs eager execution and kept it")

    disable = ops.disable_eager_execution

    def disable_eager_execution() -> None:
        original(False)  # Keras would take the user's graph for an eager program
        disable()

    modules: list[Any] = [ops, tf.compat.v1, sys.modules.get("tensorflow.compat.v1", ops)]
    for module in modules:
        module.disable_eager_execution = disable_eager_execution
    for owner in (tf.config, tf.compat.v1.config, getattr(tf.compat, "v2", tf).config):
        owner.run_functions_eagerly = keep_eager
