"""Updates without an optimizer: `w.assign_sub(rate * g)` of a variable that a tape has just differentiated."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.ops import resource_variable_ops

from . import tensors
from .ledger import Ledger
from .matching import consume, match
from .updates import Update

ASSIGNMENTS = ("assign", "assign_add", "assign_sub")
PROPORTIONAL = 1e-3
"""Relative distance up to which an update counts as a multiple of the gradient."""


class ByHand:
    """Collects assignments until every differentiated variable had its own, or the next tape opens."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.probe = ledger.probe

    def install(self) -> None:
        """Variables of Keras assign through these, too."""
        for owner in (resource_variable_ops.BaseResourceVariable, resource_variable_ops.ResourceVariable):
            for method in ASSIGNMENTS:
                if method in vars(owner):
                    self._patch(owner, method)
        self.ledger.tapes.before_tape.append(self.over)
        self.probe.endings.append(self.over)
        self.probe.hooks.append("assignments to variables")

    def _patch(self, owner: Any, method: str) -> None:
        original = getattr(owner, method)

        def assign(variable: Any, *args: Any, **kwargs: Any) -> Any:
            if not (self.probe.active and tf.executing_eagerly() and self._differentiated(variable)):
                return original(variable, *args, **kwargs)
            with self.probe.measuring("update by hand"):
                self._before(variable)
            with self.probe.inside():
                result = original(variable, *args, **kwargs)
            with self.probe.measuring("update by hand"):
                self._after(variable)
            return result

        setattr(owner, method, assign)

    def _differentiated(self, variable: Any) -> bool:
        pending = getattr(self.probe.local, "pending", None)
        if not pending:
            return False
        key = tensors.key(variable)
        return any(each.gradients.get(key) is not None for each in pending)

    @property
    def current(self) -> Update | None:
        """The update that this thread is in the middle of."""
        return getattr(self.probe.local, "by_hand", None)

    def _before(self, variable: Any) -> None:
        key = tensors.key(variable)
        if self.current is None:
            entry = self.probe.entry(None)
            self.probe.local.by_hand = Update(
                entry, self.probe.about_to_update(entry) or "", self.probe.frames.place(), []
            )
        update = self.current
        assert update is not None
        if key not in update.keys:  # `w.assign(...)` twice in one update: the first value is the one before it
            update.keys.append(key)
            update.variables.append(self._as_differentiated(key, variable))
            update.weights.append(tensors.copied(variable))

    def _as_differentiated(self, key: str, variable: Any) -> Any:
        """Keras's own variable, which has the better name, if that is what the tape was given."""
        for each in self.ledger.tapes.pending:
            if key in each.variables:
                return each.variables[key]
        return variable

    def _after(self, variable: Any) -> None:
        update = self.current
        assert update is not None
        pending = self.ledger.tapes.pending
        left = {key for each in pending for key, gradient in each.gradients.items() if gradient is not None}
        if left <= set(update.keys):
            self._finish()

    def over(self) -> None:
        """Whatever was assigned so far was the whole update."""
        if self.current is not None:
            with self.probe.measuring("update by hand"):
                self._finish()

    def _finish(self) -> None:
        update = self.current
        self.probe.local.by_hand = None
        assert update is not None
        pending = self.ledger.tapes.pending
        update.after = [tensors.copied(each) for each in update.variables]
        moved = [before.astype(np.float64) - after for before, after in zip(update.weights, update.after)]
        update.match = match(pending, update.keys, moved)
        consume(pending, update.keys)
        with self.probe.lock:
            if not update.level:
                self.ledger.passed(update.entry)
                return
            update.loss = update.match.loss
            update.place_of_gradient = update.match.tapes[-1].place if update.match.tapes else None
            update.raw = [update.match.raw.get(key) for key in update.keys]
            update.learning_rate = rate(moved, update.raw)
            self.ledger.finished(update)


def rate(moved: list[Any], gradients: list[Any]) -> float | None:
    """The factor between gradient and update, where there is one: plain gradient descent."""
    if any(each is None for each in gradients):
        return None
    pairs = list(zip(moved, gradients))
    with np.errstate(all="ignore"):
        across = sum(float(np.dot(m.ravel(), g.ravel().astype(np.float64))) for m, g in pairs)
        square = sum(tensors.squares(each) for each in gradients)
        factor = across / square if square > 0 else 0.0
        left = tensors.global_norm([m - factor * g.astype(np.float64) for m, g in pairs])
    good = left <= PROPORTIONAL * tensors.global_norm(moved)
    return float(factor) if good and np.isfinite(factor) and factor > 0 else None
