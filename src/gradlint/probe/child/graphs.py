"""Hooks of TensorFlow 1 programs: which run of a session trains, and what its gradients are.

The user's own `Session.run` is asked for more: losses and gradients come from the very run that updates the weights, so
queues, feeds and random numbers are those of the user's step. Weights are read before and after.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.python.client import session as client
from tensorflow.python.ops import gradients_util

from . import tensors
from .frames import Place
from .graph_origin import ancestors, intermediates
from .ledger import Ledger
from .loader import Finder
from .matching import Match
from .updates import Update


class Taken:
    """One call of tf.gradients."""

    def __init__(self, targets: list[Any], sources: list[Any], gradients: list[Any], place: Place | None) -> None:
        self.targets = targets
        self.place = place
        self.gradients = {key(source): gradient for source, gradient in zip(sources, gradients)}


def key(source: Any) -> str:
    """The same for a variable and for the tensor that stands for it in tf.gradients."""
    return str(source.op.name) if hasattr(source, "op") else str(id(source))


class Training:
    """One training operation: its optimizer, its gradients before and after the user's clipping."""

    def __init__(self, optimizer: Any, pairs: list[tuple[Any, Any]], place: Place | None) -> None:
        self.optimizer = optimizer
        self.pairs = [(gradient, variable) for gradient, variable in pairs if gradient is not None]
        self.place = place
        self.taken: Taken | None = None
        self.op: Any = None


class Graphs:
    """The training operations of all graphs."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.probe = ledger.probe
        self.taken: list[Taken] = []
        self.trainings: list[Training] = []
        self._reached: dict[Any, list[Training]] = {}

    def install(self, finder: Finder) -> None:
        """Graphs are built by these whatever the optimizer."""
        self._patch_gradients()
        self._patch_apply(tf.compat.v1.train.Optimizer)
        for package in ("keras.src", "tf_keras.src", "keras"):
            module = package + ".optimizers.legacy.optimizer_v2"
            finder.when_imported(module, lambda module: self._patch_apply(module.OptimizerV2))
        self._patch_run()
        self.probe.hooks.append("tf.compat.v1.Session")

    def _patch_gradients(self) -> None:
        original = gradients_util._GradientsHelper

        def gradients(ys: Any, xs: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(ys, xs, *args, **kwargs)
            if self.probe.active and not getattr(tf.compat.v1.get_default_graph(), "building_function", False):
                with self.probe.measuring("tf.gradients"):
                    self.probe.counts["gradient_calls"] += 1
                    place = self.probe.frames.place()
                    self.taken.append(Taken(tensors.flatten(ys), tensors.flatten(xs), list(result), place))
            return result

        gradients_util._GradientsHelper = gradients

    def _patch_apply(self, base: Any) -> None:
        original = base.apply_gradients

        def apply(optimizer: Any, grads_and_vars: Any, *args: Any, **kwargs: Any) -> Any:
            graph = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
            if graph is None or getattr(graph, "building_function", False) or not self.probe.active:
                return original(optimizer, grads_and_vars, *args, **kwargs)
            pairs = list(grads_and_vars)
            with self.probe.inside():
                op = original(optimizer, pairs, *args, **kwargs)
            with self.probe.measuring("training operation"):
                self.probe.counts["apply_calls"] += 1
                training = Training(optimizer, pairs, self.probe.frames.place())
                training.op = op
                training.taken = self._taken(training)
                self.trainings.append(training)
                self._reached.clear()
            return op

        base.apply_gradients = apply

    def _taken(self, training: Training) -> Taken | None:
        keys = {key(variable) for _, variable in training.pairs}
        return next((each for each in reversed(self.taken) if keys & set(each.gradients)), None)

    def _patch_run(self) -> None:
        original = client.BaseSession.run

        def run(session: Any, fetches: Any, feed_dict: Any = None, *args: Any, **kwargs: Any) -> Any:
            if not self.probe.active:
                return original(session, fetches, feed_dict, *args, **kwargs)
            self.probe.counts["session_runs"] += 1
            trainings: list[Training] = []
            with self.probe.measuring("session"):
                trainings = self._trainings(session.graph, fetches)
            if not trainings:
                return original(session, fetches, feed_dict, *args, **kwargs)
            self.probe.counts["train_runs"] += 1

            def ask(what: Any, feed: Any = None) -> Any:
                return original(session, what, feed, *args, **kwargs)

            return self._measured(ask, fetches, feed_dict, trainings)

        client.BaseSession.run = run
        self._patch_callables()

    def _patch_callables(self) -> None:
        """Keras in a TensorFlow 1 graph trains through these; they cannot be asked for more than they were made for."""
        original = client.BaseSession._make_callable_from_options

        def make_callable(session: Any, options: Any) -> Any:
            targets = [session.graph.get_operation_by_name(name) for name in options.target]
            if self._trainings(session.graph, targets):
                self.probe.skip(
                    "training in a TensorFlow 1 graph", "Keras runs it without Session.run: use eager execution"
                )
            return original(session, options)

        client.BaseSession._make_callable_from_options = make_callable

    def _trainings(self, graph: Any, fetches: Any) -> list[Training]:
        """The training operations that these fetches make run."""
        here = [each for each in self.trainings if each.op.graph is graph]
        if not here:
            return []
        elements = []
        for fetch in tf.nest.flatten(fetches, expand_composites=True):
            try:
                elements.append(graph.as_graph_element(fetch, allow_tensor=True, allow_operation=True))
            except (TypeError, ValueError, KeyError):
                continue  # the session itself will say what is wrong with it
        ops = frozenset(each if isinstance(each, tf.Operation) else each.op for each in elements)
        if ops not in self._reached:
            needed = ancestors(ops)
            self._reached[ops] = [each for each in here if each.op in needed]
        return self._reached[ops]

    def _measured(self, ask: Any, fetches: Any, feed: Any, trainings: list[Training]) -> Any:
        """The user's run, with everything that its training operations can tell."""
        wanted: list[tuple[Training, Update]] = []
        for training in trainings:
            entry = self.probe.entry(training.optimizer)
            level = self.probe.about_to_update(entry)
            if level is not None:
                wanted.append((training, Update(entry, level, self.probe.frames.place(), training.pairs)))
        with self.probe.inside():
            weights = ask([[variable for _, variable in training.pairs] for training, _ in wanted])
            more = [self._more(training) for training, _ in wanted]
            result, told = ask([fetches, more], feed)
            after = ask([[variable for _, variable in training.pairs] for training, _ in wanted])
        for (training, update), before, values, then in zip(wanted, weights, told, after):
            update.weights, update.after = [list(map(tensors.array, each)) for each in (before, then)]
            self._fill(training, update, values)
            with self.probe.measuring("update"), self.probe.lock:
                self.ledger.finished(update)
        for training in trainings:
            entry = self.probe.entry(training.optimizer)
            if all(training is not each for each, _ in wanted):
                self.ledger.passed(entry)
        return result

    def _more(self, training: Training) -> dict[str, Any]:
        """What else to fetch: nothing is added to the graph, it may be finalized."""
        taken = training.taken
        raw = {} if taken is None else taken.gradients
        rate = getattr(training.optimizer, "_lr_t", getattr(training.optimizer, "_learning_rate_tensor", None))
        asked: dict[str, Any] = {
            "losses": [] if taken is None else taken.targets,
            "raw": {key(v): raw[key(v)] for _, v in training.pairs if raw.get(key(v)) is not None},
            "clipped": [gradient for gradient, _ in training.pairs],
            "values": intermediates([gradient for gradient, _ in training.pairs]),
        }
        if isinstance(rate, tf.Tensor):
            asked["rate"] = rate
        return asked

    def _fill(self, training: Training, update: Update, values: dict[str, Any]) -> None:
        found = {name: tensors.array(each) for name, each in values["raw"].items()}
        update.clipped = [tensors.array(each) for each in values["clipped"]]
        update.applied = update.clipped
        update.raw = [found.get(key(variable)) for variable in update.variables]
        update.loss = sum(float(tensors.array(each).sum()) for each in values["losses"]) if values["losses"] else None
        update.learning_rate = float(values["rate"]) if "rate" in values else None
        update.match = Match([], {})
        update.place_of_gradient = training.taken.place if training.taken is not None else None
        update.graph_values = (training, values["values"])
