"""Losses with the outputs that go into them, and recurrent layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradlint.model import Where
from gradlint.model.layers import LossUse, RecurrentLayer
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.events import CrossEntropyEvent, FitEvent, LayerEvent, NanMaskEvent
from gradlint.reader.state import Run
from gradlint.values import Ref, Value, options


def losses(run: Run, evidence: Evidence) -> Iterator[LossUse]:
    """Every meeting of a loss and an output once; those of models that are never trained by themselves are none.

    A loss that is made once and used for several outputs is reported where it is used: there is no one place to change.
    """
    fits = [fit.model for fit, _ in evidence.of(FitEvent)]
    trained = {where for model in fits for where in _made(run, model)}
    unknown = any(not isinstance(option, Ref) for model in fits for option in options(model))
    uses: dict[Where, dict[tuple[Where, Where], LossUse]] = {}
    for event, _ in evidence.of(CrossEntropyEvent):
        seen = event.model is None or bool(trained & _made(run, event.model))
        if seen or unknown or not fits:
            use = replace(event.use, trained=True if seen else None if not fits else False)
            uses.setdefault(use.where, {}).setdefault((use.used, use.output.where), use)
    for where in sorted(uses):
        found = list(uses[where].values())
        several = len({use.output.name for use in found}) > 1
        for use in found if several else found[:1]:
            yield replace(use, where=use.used) if several else use


def _made(run: Run, model: Value) -> set[Where]:
    return {run.heap.get(option).where for option in options(model) if isinstance(option, Ref)}


def recurrent(evidence: Evidence) -> Iterator[RecurrentLayer]:
    """Every recurrent layer once."""
    found: dict[Where, RecurrentLayer] = {}
    for event, _ in evidence.of(LayerEvent):
        found.setdefault(event.where, event.layer)
    yield from (found[where] for where in sorted(found))


def nan_masks(evidence: Evidence) -> tuple[Where, ...]:
    """Where a layer is to mask entries that are equal to NaN."""
    return tuple(sorted({event.where for event, _ in evidence.of(NanMaskEvent)}))
