"""Findings about arithmetic x what their operands held: whether the pole was reached.

A pole is where an operation or its derivative has no finite value: a divisor of 0, a logarithm or a root of 0, an
exponential beyond the largest float.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gradlint.finding import Evidence, Finding, Verdict
from gradlint.observed import OperandSeen, Run, Sign, number

Answer = tuple[Verdict, tuple[Evidence, ...]]
LARGEST = {"float16": 65504.0, "bfloat16": 3.3895314e38, "float32": 3.4028235e38, "float64": 1.7976931348623157e308}
"""Of IEEE 754 and of bfloat16."""


def settle_operand(finding: Finding, run: Run) -> Answer:
    """The operation was the first whose result was not finite, or its operand was measured and reached the pole or not."""
    made = first_made(finding, run)
    if made is not None:
        return Verdict.CONFIRMED, (made,)
    if finding.span not in run.operands:
        return untested("this expression could not be measured")
    seen = run.operands[finding.span]
    skipped = never_ran(seen, run)
    if skipped is not None:
        return skipped
    if any(each.role == "division" for each in seen):
        return _division(seen)
    return _pole(next(each for each in seen if each.calls > each.symbolic))


def settle_origin(finding: Finding, run: Run) -> Answer:
    """For findings without a measured operand: whether the first number that is not finite came from these lines."""
    made = first_made(finding, run)
    if made is not None:
        return Verdict.CONFIRMED, (made,)
    if not run.updaters:
        return untested(run.missing or "no update was seen")
    if any(updater.shows(Sign.NON_FINITE) for updater in run.updaters):
        return untested("numbers stopped being finite, but not first at these lines")
    if any(updater.skipped for updater in run.updaters):
        return untested(
            "the loss scale skipped updates that were not finite, and where those came from was not followed"
        )
    return Verdict.NOT_OBSERVED, tuple(Evidence(each.calm) for each in run.updaters)


def first_made(finding: Finding, run: Run) -> Evidence | None:
    """The first number that is not finite, if it was made at the lines of the finding."""
    seen = (updater.shows(Sign.NON_FINITE) for updater in run.updaters)
    return next(
        (each.evidence for each in seen if each and each.spot and any(each.spot.within(s) for s in finding.spans)), None
    )


def never_ran(operands: Sequence[OperandSeen], run: Run) -> Answer | None:
    """Nothing was measured, and why."""
    if not operands or not any(each.calls for each in operands):
        return untested("this expression was not reached" + (f": {run.missing}" if run.missing else ""))
    if all(each.symbolic >= each.calls for each in operands):
        return untested("this expression was only seen in a graph under construction, without values")
    return None


def untested(why: str) -> Answer:
    """The run decides nothing, and why."""
    return Verdict.UNTESTED, (Evidence(why),)


def _division(seen: Sequence[OperandSeen]) -> Answer:
    divisors = [each for each in seen if each.role == "division"]
    zeros, bad = sum(each.zeros for each in divisors), sum(each.nan + each.inf for each in seen)
    calls = _calls(max(each.calls for each in seen))
    if zeros or bad:
        text = f"the divisor was 0 {zeros} times" if zeros else f"{bad} numbers that are not finite came out"
        return Verdict.CONFIRMED, (Evidence(f"{text} in {calls}", "smallest-divisor", 0.0, 0.0),)
    least = min((each.smallest for each in divisors if each.smallest is not None), default=None)
    return Verdict.NOT_OBSERVED, (Evidence(f"the smallest divisor was {number(least)} in {calls}"),)


@dataclass(frozen=True, slots=True)
class _Pole:
    """Where an operation stops being finite, on one side of its operand."""

    operand: str
    at: Callable[[OperandSeen], float]
    value: Callable[[float, float], float]
    """From the smallest and the largest number to the one that is nearest to the pole."""
    beyond: Callable[[float, float], bool]
    """Whether that number has reached it."""


def _overflow(seen: OperandSeen) -> float:
    return math.log(LARGEST.get(seen.dtype or "", LARGEST["float32"]))


def _largest(low: float, high: float) -> float:
    return max(low, high, key=abs)


def _zero(_: OperandSeen) -> float:
    return 0.0


_POLES: Mapping[str, _Pole] = {
    "log": _Pole("smallest argument of the logarithm", _zero, min, lambda value, at: value <= at),
    "log1p": _Pole("smallest argument of log1p", lambda _: -1.0, min, lambda value, at: value <= at),
    "sqrt": _Pole("smallest argument of the root", _zero, min, lambda value, at: value <= at),
    "exp": _Pole("largest argument of the exponential", _overflow, max, lambda value, at: value > at),
    "acos": _Pole("largest argument", lambda _: 1.0, _largest, lambda value, at: abs(value) >= at),
    "power": _Pole("smallest base", _zero, min, lambda value, at: value < at),
    "norm": _Pole("largest entry under the norm", _zero, _largest, lambda value, at: value == at),
}


def _pole(seen: OperandSeen) -> Answer:
    """Of one operand. Numbers that came in spoilt say nothing about this operation, unless finite ones have reached the pole."""
    spoilt = untested("its operand was not finite already: the cause lies before it")
    if seen.low is None or seen.high is None:
        return spoilt
    verdict, evidence = _deviation(seen) if seen.role == "std" else _reached(_POLES[seen.role], seen)
    if verdict is Verdict.CONFIRMED:
        return verdict, evidence
    if seen.nan or seen.inf:
        return spoilt
    if seen.role in ("power", "norm") and seen.zeros:
        return untested("some numbers were 0, which is a pole for some exponents and axes only")
    return verdict, evidence


def _deviation(seen: OperandSeen) -> Answer:
    text = (
        f"the numbers under the deviation went from {number(seen.low)} to {number(seen.high)} in {_calls(seen.calls)}"
    )
    return (Verdict.CONFIRMED if seen.low == seen.high else Verdict.NOT_OBSERVED), (Evidence(text),)


def _reached(pole: _Pole, seen: OperandSeen) -> Answer:
    at, value = pole.at(seen), pole.value(seen.low or 0.0, seen.high or 0.0)
    text = f"the {pole.operand} was {number(value)} in {_calls(seen.calls)}"
    verdict = Verdict.CONFIRMED if pole.beyond(value, at) else Verdict.NOT_OBSERVED
    return verdict, (Evidence(text, "operand-nearest-to-pole", value, at),)


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count} calls"
