"""One update of the weights, from just before the optimizer's call to just after it."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import tensors
from .frames import Place
from .matching import Match, consume, match
from .state import Entry, Probe
from .tape import Gradient, Tapes

Array = Any


class Update:
    """What an optimizer was given, and what became of the weights."""

    def __init__(self, entry: Entry, level: str, place: Place | None, pairs: list[tuple[Any, Any]]) -> None:
        self.entry = entry
        self.level = level
        self.place = place
        self.variables = [variable for _, variable in pairs]
        self.keys = [tensors.key(variable) for variable in self.variables]
        self.match = Match([], {})
        self.place_of_gradient: Place | None = None
        self.loss: float | None = None
        self.raw: list[Array | None] = []
        self.clipped: list[Array] = []
        self.applied: list[Array] | None = None
        self.weights: list[Array] = []
        self.after: list[Array] = []
        self.learning_rate: float | None = None
        self.state: Any = None
        """The optimizer's own variables before the update, for the replay."""
        self.scale: float | None = None
        """What the gradients handed over are still multiplied with (loss scaling), None: nothing."""
        self.scale_after: float | None = None
        self.micro_steps = 0
        self.replicas = 1
        self.per_replica = False
        """`applied` was seen before the replicas' gradients were added up."""
        self.parts: list[Update] = []
        """The calls of the other replicas, and those that only accumulated."""
        self.graph_values: Any = None
        """In a TensorFlow 1 graph: the training operation, and the tensors on the way to its gradients by name."""

    def tapes_of_all_replicas(self) -> list[Gradient]:
        """The tapes of this call and of its parts."""
        return [tape for part in (*self.parts, self) for tape in part.match.tapes]


def begin(probe: Probe, tapes: Tapes, entry: Entry, pairs: Any, place: Place | None) -> Update | None:
    """Look at what an optimizer is about to be given; None when enough of it was seen."""
    pairs = [(gradient, variable) for gradient, variable in pairs if gradient is not None]
    level = probe.about_to_update(entry)
    if level is None or not pairs:
        consume(tapes.pending, [tensors.key(variable) for _, variable in pairs])
        return None
    update = Update(entry, level, place, pairs)
    update.match = match(tapes.pending, update.keys, [gradient for gradient, _ in pairs])
    consume(tapes.pending, update.keys)
    update.loss = update.match.loss
    update.place_of_gradient = update.match.tapes[-1].place if update.match.tapes else None
    update.raw = [update.match.raw.get(key) for key in update.keys]
    update.clipped = [tensors.array(gradient) for gradient, _ in pairs]
    update.weights = [tensors.copied(variable) for variable in update.variables]
    return update


def end(update: Update, applied: list[Any] | None) -> None:
    """Look at the weights after the call. `applied` are the gradients after the optimizer's own clipping."""
    update.after = [tensors.copied(variable) for variable in update.variables]
    if update.scale is not None:
        update.clipped = [each.astype(np.float64) / update.scale for each in update.clipped]
    if applied is not None and len(applied) == len(update.variables):
        update.applied = [tensors.array(each) for each in applied]


def combine(parts: list[Update], mean: bool) -> Update:
    """Add up the calls of replicas, or average calls that accumulated (as Keras does), into the last of them."""
    whole = parts[-1]
    if len(parts) > 1:
        whole.parts = [*whole.parts, *parts[:-1]]
        share = 1.0 / len(parts) if mean else 1.0
        whole.loss = _add([each.loss for each in parts], share)
        whole.raw = [_add(list(each), share) for each in zip(*(part.raw for part in parts))]
        whole.clipped = [_add(list(each), share) for each in zip(*(part.clipped for part in parts))]
        if whole.per_replica and not mean and all(part.applied is not None for part in parts):
            whole.applied = [_add(list(each), share) for each in zip(*(part.applied or () for part in parts))]
    return whole


def _add(values: list[Any], share: float) -> Any:
    if any(each is None for each in values):
        return None
    return sum(values[1:], values[0]) * share
