"""Optimizers that are made anew for every update although what they update is older."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from gradlint.model import Noted, Where
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.events import CompileEvent, FitEvent, MadeEvent, UpdateEvent
from gradlint.reader.ir import Def, For, Name
from gradlint.reader.trace import Occurrence
from gradlint.reader.walk import walk
from gradlint.values import Ref, Source, Value, options

_STARTS_OVER = frozenset(
    {"set_weights", "load_weights", "clone_model", "load_model", "restore", "deepcopy", "function"}
)
"""Names in a file whose weights may start over with each optimizer (folds, clients, inner loops of meta-learning), or
whose step may be compiled: TensorFlow refuses to make variables there."""

_NETWORKS = re.compile(r"(?i)model|net|agent|learner|member|expert|client|critic|actor|policy")
"""Names of loop variables that may well be another network in every pass."""


def find(evidence: Evidence) -> dict[Where, Noted]:
    """The optimizers by where they are made, each with the update that it makes before it is thrown away."""
    made: dict[Ref, list[Occurrence]] = defaultdict(list)
    for event, seen in evidence.of(MadeEvent):
        made[event.made].append(seen)
    found: dict[Where, Noted] = {}
    for optimizer, models, where, seen in _updates(evidence):
        mine, owners = made.get(optimizer, []), [made.get(model, []) for model in models]
        if not mine or not owners or not seen.loops or _over_networks(seen.loops[-1]):
            continue
        if _may_start_over(evidence, (seen, *mine)):
            continue
        each_pass = all(other.loops == seen.loops and set(other.guards) <= set(seen.guards) for other in mine)
        older = all(others and all(seen.loops[-1] not in other.loops for other in others) for others in owners)
        if each_pass and older:
            note = Noted(where, "it makes this one update, then the next pass of the loop makes another optimizer")
            found[evidence.run.heap.get(optimizer).where] = note
    return found


def _updates(evidence: Evidence) -> Iterator[tuple[Ref, list[Ref], Where, Occurrence]]:
    """Single updates, each with an optimizer and the models whose variables it changes (none where some are unknown)."""
    for event, seen in evidence.of(UpdateEvent):
        owners = list(_owners(evidence.run.heap.flows(event.variables)))
        for optimizer in _refs(event.optimizer):
            yield optimizer, owners, event.where, seen
    single = [(fit, seen) for fit, seen in evidence.of(FitEvent) if fit.method == "train_on_batch"]
    for compiled, _ in evidence.of(CompileEvent):
        models = _refs(compiled.model)
        for fit, seen in single:
            for optimizer in _refs(compiled.optimizer) if models and models == _refs(fit.model) else ():
                yield optimizer, models, fit.where, seen


def _owners(variables: Iterable[Source]) -> Iterator[Ref]:
    sources = list(variables)
    known = [s.detail.partition(":")[2] for s in sources if s.kind == "parameters"]
    if len(known) == len(sources) and all(number.isdigit() for number in known):
        yield from (Ref(int(number)) for number in known)


def _refs(value: Value) -> list[Ref]:
    """The objects that a value is; none where it may be something else."""
    found = list(options(value))
    return [each for each in found if isinstance(each, Ref)] if all(isinstance(each, Ref) for each in found) else []


def _over_networks(loop: object) -> bool:
    """`for model in models:` gives each its own optimizer."""
    return isinstance(loop, For) and any(
        isinstance(each, Name) and _NETWORKS.search(each.id) is not None for each in walk(loop.target)
    )


def _may_start_over(evidence: Evidence, occurrences: Iterable[Occurrence]) -> bool:
    for occurrence in occurrences:
        for activation in occurrence.stack:
            module = evidence.run.project.module(activation.path) if activation.path else None
            if module is not None and module.names & _STARTS_OVER:
                return True
            if isinstance(activation.definition, Def) and activation.definition.decorators:
                return True
    return False
