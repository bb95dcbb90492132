"""From the calls of optimizers to steps: joins replicas and accumulated calls, then has everything measured."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from . import steps, tensors
from .learning_rates import inner, own_variables
from .state import Entry, Probe
from .tape import Tapes
from .updates import Update, combine


class Ledger:
    """Where a finished update goes. Several threads may come here: they take turns."""

    def __init__(self, probe: Probe, tapes: Tapes) -> None:
        self.probe = probe
        self.tapes = tapes
        self.gauges: list[Any] = []
        """Called with (update, step) for every step that was measured."""

    def told(self, update: Update, optimizer: Any) -> None:
        """An optimizer's call has ended."""
        with self.probe.lock:
            entry = update.entry
            wrapped = inner(optimizer)
            if wrapped is not optimizer and wrapped is not None:
                within = self.probe.entry(wrapped)
                within.inner_of = entry
                entry.created = entry.created or within.created
            parts = self._replicas(update)
            if parts is None:
                return
            update = combine(parts, mean=False)
            if self._only_accumulated(wrapped):
                entry.micro.append(update)
                return
            micro, entry.micro = [*entry.micro, update], []
            update = combine(micro, mean=True)
            update.micro_steps = len(micro) - 1
            self.finished(update)

    def passed(self, entry: Entry) -> None:
        """An update beyond those that were asked for."""
        with self.probe.lock:
            self.probe.updated(entry)

    def finished(self, update: Update) -> None:
        """Report the step, let the gauges look at it, and see whether it was the last."""
        step = steps.report(self.probe, update)
        for gauge in self.gauges:
            with self.probe.measuring(gauge.__name__.replace("_", " ")):
                gauge(self.probe, update, step)
        self.probe.updated(update.entry)

    def state_of(self, optimizer: Any) -> Any:
        """Copies of the optimizer's own variables: what a copy of it needs to go on from here."""
        return [tensors.array(each).copy() for each in own_variables(inner(optimizer))]

    def _replicas(self, update: Update) -> Any:
        """The calls of all replicas in this process once they are there, else None."""
        context = tf.distribute.get_replica_context()
        strategy = tf.distribute.get_strategy()
        update.replicas = int(strategy.num_replicas_in_sync)
        if update.replicas == 1 or context is None:
            return [update]
        local = len(strategy.extended.worker_devices)
        entry = update.entry
        entry.replicas[int(context.replica_id_in_sync_group)] = update
        if len(entry.replicas) < local:
            return None
        parts = [entry.replicas[each] for each in sorted(entry.replicas)]
        entry.replicas = {}
        for part in parts:
            part.local_replicas = local
        return parts

    def _only_accumulated(self, optimizer: Any) -> bool:
        """Keras 3's gradient_accumulation_steps: `iterations` is divided already, `_iterations` counts the calls."""
        every = getattr(optimizer, "gradient_accumulation_steps", None)
        return every is not None and int(tensors.array(optimizer._iterations)) % int(every) != 0
