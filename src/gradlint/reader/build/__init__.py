"""From the trace of one program to the training model that rules ask."""

from __future__ import annotations

import re

from gradlint.model import Noted, TrainingModel, Unfollowed, Where
from gradlint.reader.build import (
    clips,
    context,
    inputs,
    layers,
    nans,
    numerics,
    optimizers,
    pairings,
    precision,
    returns,
    rewards,
    updates,
)
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.events import PrecisionEvent
from gradlint.reader.programs import Program
from gradlint.reader.state import Run
from gradlint.reader.target import Target

_NORMALISES = re.compile(
    r"(?i)(batch|layer|group|instance|local_response|l2)_?norm|^(applications|hub|load_model)$|^bn\d*$"
)
"""Names of layers that keep activations small whatever the weights do, and of networks whose layers are not seen."""
_NEVER_RUN = "nothing in the project runs the operation that it returns"


def build(run: Run, program: Program, target: Target) -> TrainingModel:
    """The model of a program that has just been interpreted (`run` still holds its state)."""
    evidence = Evidence(run, program)
    made = optimizers.Optimizers(run, evidence, target)
    found = updates.find(run, evidence, made)
    paths = tuple(rewards.find(run, evidence, program))
    cut = (Unfollowed(Where(program.path, 0), "program", program.cut),) if program.cut else ()
    idle = [Unfollowed(where, "update", _NEVER_RUN) for where in sorted(set(updates.never_run(evidence, made)))]
    whole = context.find(run, evidence, paths)
    modules = tuple(target.modules(program.path))
    return TrainingModel(
        root=program.root,
        path=program.path,
        optimizers=made.all(found),
        updates=context.of_updates(run, evidence, found, whole, paths),
        clips=tuple(clips.find(run, evidence, found)),
        checks=tuple(updates.checks(evidence)),
        graph_checks=tuple(nans.in_graphs(run, evidence)),
        nan_replacements=tuple(nans.replacements(evidence)),
        nan_comparisons=tuple(nans.comparisons(evidence)),
        rewards=paths,
        returns=tuple(returns.find(run, evidence)),
        divisions=tuple(rewards.divisions(run, evidence)),
        hazards=tuple(numerics.find(run, evidence)),
        pairings=tuple(pairings.find(run, evidence)),
        losses=tuple(layers.losses(run, evidence)),
        recurrent_layers=tuple(layers.recurrent(evidence)),
        nan_masks=layers.nan_masks(evidence),
        context=whole,
        unfollowed=(*cut, *_unfollowed(found), *idle),
        assumes_parameters=program.assumed,
        lr_keyword=target.lr_keyword(program.path),
        target=target.describe(program.path),
        target_assumed=target.assumed(program.path),
        normalises=any(_NORMALISES.search(name) for module in modules for name in module.names),
        float16=_float16(evidence),
        images=tuple(inputs.images(run, evidence, modules)),
        observed=tuple(inputs.observations(run, evidence, modules)),
        tables=tuple(inputs.tables(run, evidence, modules)),
        precision=precision.find(run, evidence, made, not target.assumed(program.path)),
    )


def _float16(evidence: Evidence) -> Noted | None:
    """Where float16 becomes the type of weights, if no other type is set."""
    settings = [event for event, _ in evidence.of(PrecisionEvent)]
    if not settings or not all(event.half for event in settings):
        return None
    return Noted(settings[0].where, "weights are float16 from here on")


def _unfollowed(found: tuple[updates.Update, ...]) -> tuple[Unfollowed, ...]:
    gaps = []
    for update in found:
        if update.optimizer_unknown is not None:
            gaps.append(Unfollowed(update.where, "optimizer", update.optimizer_unknown))
        if update.gradients_unknown is not None:
            gaps.append(Unfollowed(update.where, "gradients", update.gradients_unknown))
    return tuple(gaps)
