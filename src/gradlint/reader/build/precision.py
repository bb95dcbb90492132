"""What float16 does in one program: unscaled losses, lost constants, and scaling that does not work."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.finding import Confidence
from gradlint.model import Noted, Where
from gradlint.model.precision import HalfFloatx, HalfOutput, LostConstant, Precision, ScaleMisuse, UnscaledLoss
from gradlint.reader.build.numbers import number
from gradlint.reader.build.optimizers import Optimizers
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.events import (
    CompileEvent,
    EpsilonEvent,
    HalfConstantEvent,
    PrecisionEvent,
    ScaleEvent,
    UnscaledCompileEvent,
    UpdateEvent,
)
from gradlint.reader.heap import Obj
from gradlint.reader.state import ClassInfo, Run
from gradlint.reader.trace import Occurrence
from gradlint.values import Mark, Marks, Ref, Value, options
from gradlint.vocabulary.precision import HALF_POLICIES, SCALES_BY_HAND, lost

_UPDATES = frozenset({"apply_gradients", "apply", "minimize"})
_KERAS_3 = "keras.optimizers.LossScaleOptimizer"
"""Keras 2 has it in `keras.mixed_precision` only."""


def find(run: Run, evidence: Evidence, made: Optimizers, known_keras: bool) -> Precision:
    """All of it; `known_keras`: it is known for which Keras the program is written."""
    policy = _policy(evidence)
    return Precision(
        unscaled=tuple(_unscaled(run, evidence, made, policy)) if policy is not None else (),
        constants=tuple(_constants(evidence)),
        floatx=tuple(_floatx(run, evidence)),
        misuses=tuple(_misuses(run, evidence, made, policy, known_keras)),
        outputs=tuple(_outputs(run, evidence, made, policy)) if policy is not None else (),
    )


def _policy(evidence: Evidence) -> tuple[Noted, Occurrence] | None:
    """Where the program chooses to compute in float16; None if it (also) chooses something else."""
    settings = evidence.of(PrecisionEvent)
    if not settings or not all(event.policy in HALF_POLICIES for event, _ in settings):
        return None
    event, seen = settings[0]
    return Noted(event.where, f"layers compute in float16 from here on ({event.policy})"), seen


def _confidence(seen: Occurrence) -> Confidence:
    """A policy that only some runs choose is one assumption more."""
    return Confidence.MEDIUM if seen.guards else Confidence.HIGH


# -- GL901 -------------------------------------------------------------------------------------------------------------------


def _unscaled(
    run: Run, evidence: Evidence, made: Optimizers, policy: tuple[Noted, Occurrence]
) -> Iterator[UnscaledLoss]:
    """Updates by plain optimizers with gradients of plain losses; `fit` wraps its optimizer itself."""
    noted, seen = policy
    compiled = _compiled(evidence)
    if not run.heap.of_kind("model") and not run.heap.of_kind("layer"):
        return
    found: dict[Where, UnscaledLoss] = {}
    for update, _ in evidence.of(UpdateEvent):
        plain = _plain(run, update.optimizer)
        flows = evidence.flows(update.gradients)
        gradients = [(source, marks) for source, marks in flows.items() if source.kind == "gradient"]
        if update.method not in _UPDATES or not plain or not gradients or compiled & set(options(update.optimizer)):
            continue
        paths = {update.where.path, *(source.where.path for source, _ in gradients)}
        if any(_is_scaled(marks) for _, marks in gradients) or _scales_by_hand(run, paths):
            continue
        found.setdefault(
            update.where, UnscaledLoss(update.where, update.method, noted, plain[0].where, _confidence(seen))
        )
    for compile_, _ in evidence.of(UnscaledCompileEvent):
        plain = _plain(run, compile_.optimizer)
        if plain:
            made_at = plain[0].where
            found.setdefault(compile_.where, UnscaledLoss(compile_.where, "compile", noted, made_at, _confidence(seen)))
    yield from (found[where] for where in sorted(found))


def _compiled(evidence: Evidence) -> set[Value]:
    return {option for event, _ in evidence.of(CompileEvent) for option in options(event.optimizer)}


def _plain(run: Run, optimizer: Value) -> list[Obj]:
    """The optimizers that a value may be, if all are known and none is wrapped or changed by the project."""
    objects = [run.heap.get(option) if isinstance(option, Ref) else None for option in options(optimizer)]
    plain = [obj for obj in objects if obj is not None and obj.kind == "optimizer" and obj.cls is None]
    plain = [obj for obj in plain if not {"@inner", "@skips", "@loss_scale_factor"} & set(obj.attrs)]
    return plain if len(plain) == len(objects) else []


def _is_scaled(marks: Marks) -> bool:
    return bool(marks.may & (Mark.SCALED | Mark.OPAQUE))


def _scales_by_hand(run: Run, paths: set[str]) -> bool:
    """Some name tells that the loss is multiplied and the gradients are divided again."""
    modules = [run.project.module(path) for path in paths]
    return any(m is None or any(SCALES_BY_HAND.search(name) for name in m.names) for m in modules)


# -- GL902, GL903 ------------------------------------------------------------------------------------------------------------


def _constants(evidence: Evidence) -> Iterator[LostConstant]:
    found: dict[Where, LostConstant] = {}
    for event, _ in evidence.of(HalfConstantEvent):
        becomes = lost(event.number)
        assert becomes is not None
        noted = Noted(event.half, "the numbers beside it are float16 from here on")
        selects = becomes != "0" and event.op in (
            "where",
            "select",
            "+",
            "-",
            "maximum",
            "minimum",
            "full_like",
            "cast",
        )
        found.setdefault(event.where, LostConstant(event.where, f"{event.number:g}", becomes, noted, selects))
    yield from (found[where] for where in sorted(found))


def _floatx(run: Run, evidence: Evidence) -> Iterator[HalfFloatx]:
    settings = evidence.of(PrecisionEvent)
    if not settings or not all(event.policy == "float16" and event.setter == "set_floatx" for event, _ in settings):
        return
    epsilons = [event for event, _ in evidence.of(EpsilonEvent)]
    epsilon = number(run, epsilons[-1].value) if epsilons else None
    yield HalfFloatx(settings[0][0].where, epsilon, bool(epsilons) and epsilon is None)


# -- GL904 -------------------------------------------------------------------------------------------------------------------


def _misuses(
    run: Run, evidence: Evidence, made: Optimizers, policy: tuple[Noted, Occurrence] | None, known_keras: bool
) -> Iterator[ScaleMisuse]:
    found: dict[Where, ScaleMisuse] = {}
    for event, seen in evidence.of(ScaleEvent):
        wrappers = _wrappers(run, event.optimizer)
        if event.method == "scale_loss" or not wrappers or seen.guards:
            continue
        optimizers, _ = made.of(event.optimizer)
        sure = all(obj.name == _KERAS_3 for obj in wrappers)
        if sure or (known_keras and optimizers and all(each.flavour == "keras3" for each in optimizers)):
            noted = Noted(wrappers[0].where, "the optimizer is wrapped here")
            found.setdefault(event.where, ScaleMisuse(event.where, "removed", event.method, noted, Confidence.HIGH))
    for update, _ in evidence.of(UpdateEvent):
        optimizers, _ = made.of(update.optimizer)
        if not optimizers or any(each.flavour != "keras3" for each in optimizers):
            continue  # the wrapper of Keras 2 divides where get_unscaled_gradients is called, and only there
        wrapper = _wrapper(run, evidence, update.optimizer, policy)
        flows = evidence.flows(update.gradients)
        gradients = [(source, marks) for source, marks in flows.items() if source.kind == "gradient"]
        if update.method not in ("apply_gradients", "apply") or wrapper is None or not gradients:
            continue
        paths = {update.where.path, *(source.where.path for source, _ in gradients)}
        if any(_is_scaled(marks) for _, marks in gradients) or evidence.of(ScaleEvent) or _by_factor(run, paths):
            continue
        found.setdefault(update.where, ScaleMisuse(update.where, "unused", update.method, wrapper, Confidence.HIGH))
    yield from (found[where] for where in sorted(found))


def _by_factor(run: Run, paths: set[str]) -> bool:
    """The files mention the scale itself."""
    modules = [run.project.module(path) for path in paths]
    words = {"loss_scale", "dynamic_scale", "scale_loss", "get_scaled_loss", "scaled_loss"}
    return any(m is None or m.names & words for m in modules)


def _wrappers(run: Run, optimizer: Value) -> list[Obj]:
    """The loss-scaling wrappers that a value may be, if it can be nothing else."""
    objects = [run.heap.get(option) if isinstance(option, Ref) else None for option in options(optimizer)]
    wrappers = [obj for obj in objects if obj is not None and "@skips" in obj.attrs]
    return wrappers if len(wrappers) == len(objects) else []


def _wrapper(run: Run, evidence: Evidence, optimizer: Value, policy: tuple[Noted, Occurrence] | None) -> Noted | None:
    """Where the optimizer was wrapped: by the program, or by `compile` under the policy."""
    wrappers = _wrappers(run, optimizer)
    if wrappers:
        return Noted(wrappers[0].where, "the optimizer is wrapped here")
    if policy is None or policy[1].guards or "mixed" not in policy[0].note or evidence.of(UnscaledCompileEvent):
        return None
    wanted = set(options(optimizer))
    for event, _ in evidence.of(CompileEvent):
        if wanted and wanted <= set(options(event.optimizer)) and _plain(run, optimizer):
            return Noted(event.where, "compile wraps the optimizer in mixed_float16")
    return None


# -- GL905 -------------------------------------------------------------------------------------------------------------------


def _outputs(run: Run, evidence: Evidence, made: Optimizers, policy: tuple[Noted, Occurrence]) -> Iterator[HalfOutput]:
    """Last layers of compiled networks that have no type of their own, and so that of the policy."""
    found: dict[Where, HalfOutput] = {}
    for event, _ in evidence.of(CompileEvent):
        optimizers, _ = made.of(event.optimizer)
        keras3 = not optimizers or any(each.flavour == "keras3" for each in optimizers)
        for option in options(event.model):
            value = run.heap.get(option).attrs.get("@outputs") if isinstance(option, Ref) else None
            for obj in _layers(run, value) if value is not None else ():
                known = obj.kind == "layer" and not isinstance(obj.cls, ClassInfo)
                if known and "dtype" not in obj.entries and not policy[1].guards:
                    name = obj.name.rpartition(".")[2]
                    found.setdefault(obj.where, HalfOutput(obj.where, name, policy[0], keras3))
    yield from (found[where] for where in sorted(found))


def _layers(run: Run, value: Value) -> list[Obj]:
    """The layers that a value is, or comes out of; none if some of it comes from elsewhere."""
    found: list[Obj] = []
    for option in options(value):
        if isinstance(option, Ref):
            found.append(run.heap.get(option))
            continue
        flows = run.heap.flows(option)
        if all(source.kind != "half" for source in flows):
            return []
        makers = [source for source in flows if source.kind != "half"]
        numbers = [source.detail.partition(":")[2] for source in makers if source.detail.startswith("layer:")]
        if len(numbers) != 1 or len(makers) != 1 or not numbers[0].isdigit():
            return []
        found.append(run.heap.get(Ref(int(numbers[0]))))
    return found


__all__ = ["find"]
