"""From what the child measured to what it means: each optimizer with its symptoms, or with what was calm."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gradlint.finding import Span
from gradlint.observed import Failure, OperandSeen, Run, Updater, number, steps
from gradlint.probe.changes import counterfactuals
from gradlint.probe.symptoms import Locate, Seen, observations, stepped
from gradlint.probe.wire import Level, Operand, Result, Step


def judge(
    result: Result, *, program: str, missing: str, locate: Locate, operands: Sequence[Operand],
    flagged: Mapping[Span, Sequence[int]],
) -> Run:  # fmt: skip
    """Judge a run.

    Args:
        result: what was measured.
        program: what was run, as the user named it.
        missing: why less was seen than was asked for, empty otherwise.
        locate: from a line of the run to a line as findings have it.
        operands: the measured expressions.
        flagged: for the span of a finding, the numbers of the operands that were measured for it.
    """
    error = result.error
    return Run(
        program=program,
        updaters=tuple(_updater(seen) for seen in seen_in(result, locate)),
        missing=missing,
        operands={span: tuple(_operands(result, numbers, operands)) for span, numbers in flagged.items()},
        failure=Failure(error.type, error.message, locate(error.site)) if error is not None else None,
    )


def seen_in(result: Result, locate: Locate) -> Iterator[Seen]:
    """What belongs to each optimizer that has taken a step."""
    for index, optimizer in enumerate(result.optimizers):
        steps = tuple(step for step in result.steps if step.optimizer == index)
        if steps:
            yield Seen(
                optimizer,
                steps,
                tuple(each for each in result.non_finite if each.optimizer == index),
                tuple(each for each in result.recurrent if each.optimizer == index),
                tuple(each for each in result.replays if each.optimizer == index),
                tuple(each for each in result.headroom if each.optimizer == index),
                locate,
            )


def _operands(result: Result, numbers: Sequence[int], operands: Sequence[Operand]) -> Iterator[OperandSeen]:
    """What was measured for one finding; an expression that was never reached is not in the result."""
    for each in result.operands:
        if each.operand in numbers:
            yield OperandSeen(
                operands[each.operand].role, each.calls, each.symbolic, each.low, each.high, each.smallest, each.zeros,
                each.nan, each.inf, each.dtype,
            )  # fmt: skip


def _updater(seen: Seen) -> Updater:
    sites = [site for step in seen.steps for site in (step.sites.created, step.sites.gradient, step.sites.applied)]
    spots = {seen.locate(site) for site in [seen.optimizer.created, *sites]}
    full = [step for step in seen.steps if step.level is Level.FULL]
    mismatched = _mismatched(full)
    return Updater(
        name=seen.name,
        created=seen.locate(seen.optimizer.created),
        spots=frozenset(spot for spot in spots if spot is not None),
        steps=len(seen.steps),
        observations=observations(seen),
        calm=_calm(seen),
        learning_rate=seen.steps[0].learning_rate,
        raw=_largest(step.global_norm_raw for step in seen.steps),
        handed=_largest(step.global_norm_clipped for step in seen.steps),
        stepped=stepped(seen.steps),
        mismatched=mismatched,
        paired=not mismatched and any(v.raw is not None for step in full for v in step.variables),
        counterfactuals=tuple(counterfactuals(seen.replay)),
        recurrent_layers=len({each.layer for each in seen.recurrent}),
        skipped=sum(1 for step in seen.steps if step.loss_scale and step.loss_scale.skipped),
    )


def _largest(norms: Iterable[float | None]) -> float | None:
    known = [norm for norm in norms if norm is not None]
    return next((norm for norm in known if math.isnan(norm)), max(known, default=None))


def _mismatched(steps: Sequence[Step]) -> tuple[str, ...]:
    """Variables with a gradient that no tape gave, in a step whose other variables have one that a tape gave."""
    found: list[str] = []
    for step in steps:
        if any(variable.raw is not None for variable in step.variables):
            found += [v.name for v in step.variables if v.raw is None and v.clipped is not None]
    return tuple(dict.fromkeys(found))


def _calm(seen: Seen) -> str:
    count = len(seen.steps)
    text = f"{steps(count)} of {seen.name}"
    if seen.losses[0] is not None:
        text += f", loss {number(seen.losses[0])}" + (f" to {number(seen.losses[-1])}" if count > 1 else "")
    kept = [step for step in seen.steps if not (step.loss_scale and step.loss_scale.skipped)]
    norm = _largest(step.global_norm_raw for step in kept)
    text += f", global norm of the gradients at most {number(norm)}" if norm is not None else ""
    return text + (f", {count - len(kept)} of them skipped by the loss scale" if len(kept) < count else "")
