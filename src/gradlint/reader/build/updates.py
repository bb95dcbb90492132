"""Updates of the model: where gradients reach weights, with their clipping and the checks around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradlint.finding import Confidence
from gradlint.model import Certainty, FiniteCheck, Noted, Optimizer, Update, Where
from gradlint.reader.build import clips, finite, nans
from gradlint.reader.build.optimizers import Optimizers, same_model
from gradlint.reader.build.resolve import Evidence, all_of, certainty, either
from gradlint.reader.events import CompileEvent, FitEvent, RunEvent, UpdateEvent
from gradlint.reader.ir import unpack
from gradlint.reader.state import ClassInfo, Run
from gradlint.values import Const, Mark, Num, Ref, Value, options

_NO_OPTIMIZER = Const("none")


def find(run: Run, evidence: Evidence, made: Optimizers) -> tuple[Update, ...]:
    """All updates, by place; the contexts in which one place was evaluated are joined."""
    found: dict[tuple[Where, tuple[Where, ...]], Update] = {}
    for update in (*_applied(run, evidence, made), *_compiled(run, evidence, made)):
        key = (update.where, tuple(o.where for o in update.optimizers))
        known = found.get(key)
        found[key] = update if known is None else _join(known, update)
    known_places = {key[0] for key, update in found.items() if update.optimizers}
    kept = [u for key, u in found.items() if u.optimizers or key[0] not in known_places]
    return tuple(sorted(kept, key=lambda update: (update.where, tuple(o.where for o in update.optimizers))))


def _join(left: Update, right: Update) -> Update:
    """One place in several contexts; contexts whose training was seen count more than those that only build."""
    if left.runner_seen != right.runner_seen:
        return left if left.runner_seen else right
    late = {check.where: check for check in (*left.late_checks, *right.late_checks)}
    gradients = {noted.where: noted for noted in (*left.gradients, *right.gradients)}
    return replace(
        left,
        gradients=tuple(gradients.values()),
        gradients_unknown=left.gradients_unknown and right.gradients_unknown,
        optimizer_unknown=left.optimizer_unknown and right.optimizer_unknown,
        clipping=all_of((left.clipping, right.clipping)),
        finite_check=all_of((left.finite_check, right.finite_check)),
        late_checks=tuple(late.values()),
        reported_checks=left.reported_checks if left.reported_checks == right.reported_checks else (),
        in_loop=left.in_loop or right.in_loop,
        caller_may_clip=left.caller_may_clip and right.caller_may_clip,
        made_here=left.made_here and right.made_here,
        by_global_norm=tuple(dict.fromkeys((*left.by_global_norm, *right.by_global_norm))),
        of_sum=left.of_sum or right.of_sum,
        confidence=max(left.confidence, right.confidence),
    )


# -- the project applies gradients itself -----------------------------------------------------------------------------------


def _applied(run: Run, evidence: Evidence, made: Optimizers) -> Iterator[Update]:
    for event, seen in evidence.of(UpdateEvent):
        if _never_run(evidence, event, made):
            continue
        flows = evidence.flows(event.gradients)
        sources = {s: m for s, m in flows.items() if s.kind == "gradient"}
        if event.optimizer == _NO_OPTIMIZER:
            optimizers: tuple[Optimizer, ...] = ()
            reason: str | None = None
        else:
            optimizers, reason = made.of(event.optimizer)
        own = all_of(certainty(marks, Mark.CLIPPED) for marks in sources.values())
        by_optimizer = (
            all_of(o.clips for o in optimizers)
            if optimizers
            else Certainty.NEVER
            if reason is None
            else Certainty.UNKNOWN
        )
        outside = own is Certainty.NEVER and (reason is not None or _caller_may_clip(optimizers))
        around = finite.around(evidence, event, seen, flows)
        checked = around.protected
        if made.skips(event.optimizer):
            checked = Certainty.ALWAYS
        elif event.method == "agent":  # agents of libraries check their losses, or not: their code is not read
            checked = Certainty.UNKNOWN
        yield Update(
            where=event.where,
            method=event.method,
            optimizers=optimizers,
            optimizer_unknown=reason,
            gradients=tuple(
                Noted(s.where, "the gradients are computed here")
                for s in sorted(sources, key=lambda s: s.where)
                if s.where != event.where
            ),
            gradients_unknown=None if sources else _why(event.gradients),
            clipping=either(own, by_optimizer),
            finite_check=checked,
            late_checks=around.late,
            custom_loop=event.method != "agent",
            in_loop=bool(seen.loops),
            confidence=Confidence.LOW if _scalars_only(evidence, event) else _confidence(evidence, optimizers),
            runner_seen=not (evidence.program.assumed and _graph_only(evidence, optimizers)),
            caller_may_clip=outside,
            reported_checks=() if checked is Certainty.ALWAYS else around.reported,
            none_checks=tuple(finite.of_none(evidence, flows)),
            made_here=bool(optimizers) and all(_within(o.where, event.where) for o in optimizers),
            by_global_norm=()
            if clips.depends_on(seen, sources)
            else (*clips.by_global_norm(evidence, sources.values()), *_by_global_norm(optimizers)),
            of_sum=any(clips.of_sum(evidence, source) for source in sources),
        )


def _within(inner: Where, outer: Where) -> bool:
    """One place lies in the other."""
    (first, last, _), (start, end, _) = unpack(inner.loc), unpack(outer.loc)
    return inner.path == outer.path and start <= first and last <= end


def _caller_may_clip(optimizers: tuple[Optimizer, ...]) -> bool:
    """Each of them clips only if a caller who was not seen makes it, or not at all."""
    return any(o.caller_may_clip for o in optimizers) and all(
        o.caller_may_clip or o.clips is Certainty.NEVER for o in optimizers
    )


def _by_global_norm(optimizers: tuple[Optimizer, ...]) -> Iterator[Noted]:
    """Keywords of the optimizers that clip by one norm over all gradients."""
    for optimizer in optimizers:
        for bound in optimizer.bounds:
            off = bound.high is not None and bound.high.low <= 0
            if bound.by == "global norm" and not off:
                yield Noted(bound.where, bound.keyword)


def never_run(evidence: Evidence, made: Optimizers) -> Iterator[Where]:
    """Updates of a TensorFlow 1 graph that nothing runs."""
    for event, _ in evidence.of(UpdateEvent):
        if _never_run(evidence, event, made):
            yield event.where


def _scalars_only(evidence: Evidence, event: UpdateEvent) -> bool:
    """All that is updated are single numbers, such as the temperature of soft actor-critic."""
    flows = evidence.run.heap.flows(event.variables)
    return bool(flows) and all(source.kind == "variable" and source.detail == "scalar" for source in flows)


def _never_run(evidence: Evidence, event: UpdateEvent, made: Optimizers) -> bool:
    """A TensorFlow 1 operation that stays in a local variable that nothing reads: the graph is built for another use."""
    if event.method == "agent":
        return False
    optimizers, _ = made.of(event.optimizer)
    graph = bool(optimizers) and all(o.flavour in ("tf1", "contrib") for o in optimizers)
    return graph and not any(source.where == event.where for source in evidence.run.used_updates)


def _graph_only(evidence: Evidence, optimizers: tuple[Optimizer, ...]) -> bool:
    """The program builds a TensorFlow 1 graph that something else runs."""
    return any(o.flavour in ("tf1", "contrib") for o in optimizers) and not evidence.of(RunEvent)


def _why(value: Value) -> str:
    for option in options(value):
        if isinstance(option, Num) and option.unknown:
            return option.unknown
    return "the gradients come from code that was not followed"


def _confidence(evidence: Evidence, optimizers: tuple[Optimizer, ...]) -> Confidence:
    return Confidence.HIGH if optimizers or not evidence.program.assumed else Confidence.MEDIUM


# -- the framework applies them ---------------------------------------------------------------------------------------------


def _compiled(run: Run, evidence: Evidence, made: Optimizers) -> Iterator[Update]:
    fits = evidence.of(FitEvent)
    for event, seen in evidence.of(CompileEvent):
        if not event.named or any(_own_step(run, option) for option in options(event.model)):
            continue
        mine = [fit for fit, _ in fits if same_model(event.model, fit.model)]
        optimizers, reason = made.of(event.optimizer)
        clipping = all_of(o.clips for o in optimizers) if optimizers else Certainty.UNKNOWN
        trained = bool(mine)
        confidence = (
            Confidence.HIGH
            if trained
            else Confidence.LOW
            if fits or not evidence.program.assumed
            else Confidence.MEDIUM
        )
        checked = finite.in_callbacks(run, evidence, [fit.callbacks for fit in mine], mine)
        yield Update(
            where=event.where,
            method="fit" if not mine else mine[0].method,
            optimizers=optimizers,
            optimizer_unknown=reason,
            gradients=tuple(Noted(fit.where, f"{fit.method} trains here") for fit in mine[:2]),
            gradients_unknown=None,
            clipping=clipping,
            finite_check=Certainty.ALWAYS if made.skips(event.optimizer) else checked,
            late_checks=(),
            custom_loop=False,
            in_loop=bool(seen.loops),
            confidence=confidence,
            checkpoints=tuple(nans.checkpoints(run, mine)),
            runner_seen=trained,
            caller_may_clip=_caller_may_clip(optimizers),
            by_global_norm=tuple(_by_global_norm(optimizers)),
        )


def _own_step(run: Run, value: Value) -> bool:
    """A model of the project that overrides train_step applies its gradients itself."""
    from gradlint.reader import classes

    if isinstance(value, Ref):
        info = run.heap.get(value).cls
        return isinstance(info, ClassInfo) and any(
            classes.find(info, name) for name in ("train_step", "make_train_function")
        )
    return False


# -- checks ------------------------------------------------------------------------------------------------------------------


def checks(evidence: Evidence) -> Iterator[FiniteCheck]:
    """Every check of the program, once per place."""
    seen: set[Where] = set()
    for check in finite.all_checks(evidence):
        if check.where not in seen:
            seen.add(check.where)
            yield check


__all__ = ["Update", "checks", "find"]
