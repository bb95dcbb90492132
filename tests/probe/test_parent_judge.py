"""What numbers mean: symptoms, and what becomes of static findings."""

from __future__ import annotations

import math
from dataclasses import replace

import made
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlint import pages, verdict
from gradlint.finding import Confidence, Finding, Severity, Span, Symptom, Verdict
from gradlint.observed import OperandSeen, Run, Settled, Sign, Spot
from gradlint.probe import wire
from gradlint.probe.judge import judge
from gradlint.report import View
from gradlint.report.full import to_string
from gradlint.report.probe_numbers import numbers
from gradlint.rule import all_rules

NAN, INF = math.nan, math.inf
CREATION = Span("train.py", 3, 10, 3, 40)
UPDATE = Span("train.py", 9, 5, 9, 60)
ELSEWHERE = Span("other.py", 9, 5, 9, 60)
OPERANDS = (
    wire.Operand("/w/train.py", 5, 9, "quotient"),
    wire.Operand("/w/train.py", 5, 13, "division"),
    wire.Operand("/w/train.py", 6, 5, "reward"),
    *(
        wire.Operand("/w/train.py", 7, 5, role)
        for role in ("log", "sqrt", "exp", "acos", "power", "norm", "std", "log1p")
    ),
)
DIVISION, REWARD = Span("train.py", 5, 9, 5, 20), Span("train.py", 6, 20, 6, 31)
ROLES = [each.role for each in OPERANDS[3:]]


def _of_role(role: str) -> Span:
    return Span("train.py", 7, 5 + ROLES.index(role), 7, 30)


def locate(site: wire.Site | None) -> Spot | None:
    return Spot(site.path.removeprefix("/w/"), site.line) if site is not None else None


def run(result: wire.Result, missing: str = "") -> Run:
    flagged = {DIVISION: (0, 1), REWARD: (2,)} | {_of_role(role): (n,) for n, role in enumerate(ROLES, 3)}
    return judge(result, program="train.py", missing=missing, locate=locate, operands=OPERANDS, flagged=flagged)


def signs(result: wire.Result) -> list[Sign]:
    return [each.sign for updater in run(result).updaters for each in updater.observations]


# --- symptoms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ((1.0, 0.9, 0.8), []),
        ((1.0, 4.9, 0.8), []),
        ((1.0, 5.1, 0.8), [Sign.BLOW_UP]),
        ((1.0, None, 8.0), [Sign.BLOW_UP]),
        ((-1.0, 50.0, 80.0), []),  # no ratio to a loss that is not positive
        ((0.0, 50.0), []),
        ((None, 50.0), []),
        ((1.0,), []),
    ],
)
def test_growth_of_the_loss(losses: tuple[float | None, ...], expected: list[Sign]) -> None:
    assert signs(made.result(made.steps(*losses))) == expected


def test_a_loss_that_is_not_finite_is_no_growth() -> None:
    bad = [made.step(1, 1.0), made.step(2, NAN, finite=False), made.step(3, NAN, finite=False)]
    assert signs(made.result(bad)) == [Sign.NON_FINITE]


def test_the_end_of_a_blow_up_is_told_once() -> None:
    taken = [made.step(1, 1.0), made.step(2, 1e20), made.step(3, INF, finite=False)]
    seen = run(made.result(taken))
    assert [each.sign for each in seen.updaters[0].observations] == [Sign.NON_FINITE, Sign.BLOW_UP]
    assert "grows 1e+20 times" in seen.updaters[0].headline
    assert [each.code for each in own([], seen)] == ["GL012"]


def own(settled: list[Finding], seen: Run) -> list[Finding]:
    def span(spot: Spot | None) -> Span:
        return Span(spot.path, spot.line, 1, spot.line, 2) if spot is not None else Span("train.py", 1, 1, 1, 1)

    return list(verdict.unpredicted(settled, seen, span))


def test_where_a_number_stopped_being_finite() -> None:
    origin = wire.NonFinite(
        0, 1, wire.Phase.FORWARD, "Log", wire.Site("/w/train.py", 7, "step"),
        (wire.Range("Relu at train.py:6", (3,), "float32", 0.0, 2.0, 2, 0, 0),), None, None, None, (),
    )  # fmt: skip
    seen = run(made.result([made.step(1, INF, finite=False)], non_finite=(origin,)))
    (observation,) = seen.updaters[0].observations
    assert observation.spot == Spot("train.py", 7)
    assert observation.message == (
        "at step 1 of SGD the loss is inf: first in Log (train.py:7); Relu at train.py:6 holds 0 to 2, 2 of them 0"
    )


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (wire.Phase.DATA, "a weight is not finite after the update: it comes in with the data"),
        (wire.Phase.UPDATE, "after the update, though all gradients are: the learning rate is 0.1"),
        (wire.Phase.CLIPPED, "though the gradients were before they were clipped"),
    ],
)
def test_where_it_came_from_if_from_no_operation(phase: wire.Phase, words: str) -> None:
    origin = wire.NonFinite(0, 1, phase, None, None, (), None, None, None, ())
    seen = run(made.result([made.step(1, 1.0, finite=False)], non_finite=(origin,)))
    assert seen.updaters[0].observations[0].message.endswith(words)


@pytest.mark.parametrize(
    ("phase", "operation", "forward", "words"),
    [
        (wire.Phase.FORWARD, "Log", None, "from below"),
        (wire.Phase.FORWARD, "RealDiv", None, "divisor"),
        (wire.Phase.BACKWARD, "SqrtGrad", "Sqrt", "under the root"),
        (wire.Phase.BACKWARD, "Mul", "Log", "from below"),
        (wire.Phase.BACKWARD, "Mul", "MatMul", "away from the point"),
        (wire.Phase.DATA, "Log", None, "in the data"),
        (wire.Phase.UPDATE, None, None, "learning rate"),
        (wire.Phase.CLIPPED, None, None, "norm"),
    ],
)
def test_the_remedy_fits_the_operation(
    phase: wire.Phase, operation: str | None, forward: str | None, words: str
) -> None:
    origin = wire.NonFinite(0, 1, phase, operation, None, (), None, forward, None, ())
    seen = run(made.result([made.step(1, 1.0, finite=False)], non_finite=(origin,)))
    assert words in seen.updaters[0].observations[0].help


def test_a_step_that_the_loss_scale_skips_is_no_symptom() -> None:
    skipped = made.step(1, 1.0, finite=False, loss_scale=wire.LossScale(65536.0, 32768.0, True))
    seen = run(made.result([skipped, made.step(2)]))
    assert seen.updaters[0].observations == ()
    assert seen.updaters[0].calm.endswith("at most 1, 1 of them skipped by the loss scale")


def test_an_update_that_dwarfs_the_weights() -> None:
    long = made.variable(weight_norm=1.0, update_norm=3.1, update_ratio=3.1)
    bias = made.variable("bias", weight_norm=0.0, update_norm=99.0, update_ratio=None, zero_initialised=True)
    assert signs(made.result([made.step(variables=(long, bias))])) == [Sign.OVERSIZED]
    short = replace(long, update_norm=2.9)
    assert signs(made.result([made.step(variables=(short, bias))])) == []
    assert signs(made.result([made.step(variables=(bias,))])) == []


def test_a_rate_beyond_the_secant() -> None:
    def taken(secant: float, loss: float) -> wire.Result:
        return made.result([made.step(1, 1.0), made.step(2, loss, secant=secant)])

    assert signs(taken(21.0, 1.6)) == [Sign.BLOW_UP]
    assert signs(taken(19.0, 1.6)) == []
    assert signs(taken(21.0, 1.4)) == []
    bounded = made.replay(made.trajectory("as-is", 1.0, 0.9))
    assert signs(replace(taken(21.0, 1.6), replays=(bounded,))) == [], "the same batch says more than the next one"


@pytest.mark.parametrize(
    ("losses", "trusted", "expected"),
    [
        ((1.0, 11.0), True, [Sign.BLOW_UP]),
        ((1.0, 9.0), True, []),
        ((1.0, NAN), True, [Sign.BLOW_UP]),
        ((1.0, 11.0), False, []),
    ],
)
def test_replayed_steps(losses: tuple[float, ...], trusted: bool, expected: list[Sign]) -> None:
    replay = made.replay(made.trajectory("as-is", *losses), trusted=trusted)
    assert signs(made.result(made.steps(1.0, 1.0), replays=(replay,))) == expected


def test_what_was_not_finite_from_the_beginning_is_told_once() -> None:
    replay = made.replay(made.trajectory("as-is", 1.0, NAN))
    bad = made.step(1, 1.0, finite=False, global_norm_raw=NAN)
    assert signs(made.result([bad], replays=(replay,))) == [Sign.NON_FINITE]


def test_growth_through_time() -> None:
    def layer(growth: float | None, count: int) -> wire.Recurrent:
        return wire.Recurrent("rnn", "SimpleRNNCell", 0, 1, count, (), growth, None, 1)

    for growth, count, expected in (
        (1.5, 20, [Sign.RECURRENT]),
        (1.5, 17, []),
        (0.9, 200, []),
        (None, 9, []),
        (9e9, 999, [Sign.RECURRENT]),
    ):
        assert signs(made.result([made.step()], recurrent=(layer(growth, count),))) == expected
    again = (layer(1.5, 20), layer(1.5, 20))
    assert signs(made.result([made.step()], recurrent=again)) == [Sign.RECURRENT]


def test_optimizers_are_kept_apart() -> None:
    taken = [made.step(1, 1.0), made.step(1, 900.0, optimizer=1), made.step(2, 1.0), made.step(2, 900.0, optimizer=1)]
    first = made.result([made.step()]).optimizers[0]
    assert signs(made.result(taken, optimizers=(first, replace(first, name="Adam")))) == []


ANY = st.one_of(st.none(), st.floats())


@given(st.lists(st.tuples(ANY, ANY, ANY, ANY), min_size=1, max_size=5), st.floats(), st.lists(st.floats(), min_size=1))
def test_no_number_is_too_strange(taken: list[tuple[float | None, ...]], other: float, losses: list[float]) -> None:
    held = made.variable(
        weight_norm=other, update_norm=taken[0][1], update_ratio=taken[0][2], raw=taken[0][3], max_abs=other
    )
    steps = [
        made.step(index, each[0], secant=each[1], learning_rate=each[2], global_norm_raw=each[3], variables=(held,))
        for index, each in enumerate(taken, 1)
    ]
    recurrent = (wire.Recurrent("rnn", "cell", 0, 1, 10**6, tuple(losses), other, other, 1),)
    replay = made.replay(made.trajectory("as-is", *losses), made.trajectory("lr/10", *losses, rate=other))
    result = made.result(steps, recurrent=recurrent, replays=(replay,))
    seen = run(result)
    for found in own([], seen):
        assert not any(math.isnan(each.value or 0.0) for each in found.evidence)
    for width in (40, 80):
        assert to_string([row for block in numbers(result, locate, View(width=width)) for row in block], View())


# --- static findings ---------------------------------------------------------------------------------------------


def finding(code: str, span: Span, *, text: str = "") -> Finding:
    rule = next(rule for rule in all_rules() if rule.code == code)
    return Finding(code, rule.name, Severity.WARNING, Confidence.HIGH, text or rule.summary, span, rule.predicts, "")


def settled(found: Finding, seen: Run) -> Finding:
    (only,) = verdict.settle([found], seen)
    return only


def with_number(result: wire.Result, span: Span, number: float) -> Run:
    """A run in which one number was measured at the place of a finding."""
    held = OperandSeen("bound", 1, 0, number, number, number, 0, 0, 0)
    return replace(run(result), operands={span: (held,)})


CALM = made.result(made.steps(1.0, 0.9, 0.8))
GROWN = made.result(made.steps(1.0, 40.0))
DEAD = made.result([made.step(1, NAN, finite=False)])
DIED = made.result([made.step(1, 1.0), made.step(2, NAN, finite=False)])
TOO_LONG = made.result([made.step(1, 1.0, finite=False)])


@pytest.mark.parametrize(
    ("code", "span", "result", "expected"),
    [
        ("GL101", UPDATE, GROWN, Verdict.CONFIRMED),
        ("GL101", UPDATE, DEAD, Verdict.NOT_OBSERVED),  # clipping does not help against NaN
        ("GL101", UPDATE, DIED, Verdict.CONFIRMED),
        ("GL201", CREATION, DEAD, Verdict.NOT_OBSERVED),  # no step had been taken
        ("GL201", CREATION, DIED, Verdict.CONFIRMED),
        ("GL201", CREATION, TOO_LONG, Verdict.CONFIRMED),
        ("GL101", UPDATE, CALM, Verdict.NOT_OBSERVED),
        ("GL101", ELSEWHERE, GROWN, Verdict.UNTESTED),
        ("GL201", CREATION, GROWN, Verdict.CONFIRMED),
        ("GL201", CREATION, CALM, Verdict.NOT_OBSERVED),
        ("GL201", ELSEWHERE, GROWN, Verdict.UNTESTED),
        ("GL204", CREATION, GROWN, Verdict.CONFIRMED),
        ("GL207", CREATION, GROWN, Verdict.CONFIRMED),
        ("GL209", CREATION, DIED, Verdict.CONFIRMED),
        ("GL401", UPDATE, DEAD, Verdict.CONFIRMED),
        ("GL401", UPDATE, GROWN, Verdict.NOT_OBSERVED),
        ("GL402", UPDATE, DEAD, Verdict.CONFIRMED),
        ("GL402", UPDATE, CALM, Verdict.NOT_OBSERVED),
        ("GL412", UPDATE, CALM, Verdict.NOT_OBSERVED),
        ("GL103", UPDATE, CALM, Verdict.NOT_OBSERVED),
    ],
)
def test_settled_by_the_updates_at_its_lines(code: str, span: Span, result: wire.Result, expected: Verdict) -> None:
    after = settled(finding(code, span), run(result))
    assert after.verdict is expected
    assert after.evidence


def test_every_rule_is_settled_and_says_why() -> None:
    for rule in all_rules():
        nothing = settled(finding(rule.code, UPDATE), Run("train.py", (), "the script raised ValueError: x"))
        assert nothing.verdict is Verdict.UNTESTED
        assert nothing.evidence[0].message


def test_clipping_is_the_cause_only_if_it_helps() -> None:
    def with_clip(*losses: float) -> Run:
        replay = made.replay(made.trajectory("as-is", 1.0, 40.0), made.trajectory("clip-1", *losses))
        return run(made.result(made.steps(1.0, 40.0), replays=(replay,)))

    helped = settled(finding("GL101", UPDATE), with_clip(1.0, 0.9))
    assert helped.verdict is Verdict.CONFIRMED
    assert helped.evidence[-1].message == "with the gradients clipped to a global norm of 1 the loss falls over 1 step"
    useless = settled(finding("GL101", UPDATE), with_clip(1.0, 50.0))
    assert useless.verdict is Verdict.NOT_OBSERVED
    assert "not the cause" in useless.evidence[-1].message


@pytest.mark.parametrize("code", ["GL102", "GL104"])
@pytest.mark.parametrize(
    ("raw", "handed", "expected"),
    [(30.0, 30.0, Verdict.CONFIRMED), (3.0, 3.0, Verdict.NOT_OBSERVED), (30.0, 5.0, Verdict.NOT_OBSERVED)],
)
def test_an_unused_clip_needs_a_norm_beyond_its_bound(raw: float, handed: float, expected: Verdict, code: str) -> None:
    result = made.result([made.step(global_norm_raw=raw, global_norm_clipped=handed)])
    assert settled(finding(code, UPDATE), with_number(result, UPDATE, 5.0)).verdict is expected
    assert settled(finding(code, UPDATE), run(result)).verdict is Verdict.UNTESTED


def test_the_rate_that_is_used_and_the_one_that_was_written() -> None:
    for written, expected in ((0.5, Verdict.CONFIRMED), (0.1, Verdict.NOT_OBSERVED)):
        assert settled(finding("GL202", CREATION), with_number(CALM, CREATION, written)).verdict is expected
    assert settled(finding("GL202", CREATION), run(CALM)).verdict is Verdict.UNTESTED


@pytest.mark.parametrize("code", ["GL103", "GL202", "GL412"])
def test_the_failure_at_the_line_confirms(code: str) -> None:
    error = wire.Error("ValueError", "lr is not recognized\nmore", "", wire.Site("/w/train.py", 3, "f"))
    failed = run(made.result(error=error, reason=wire.Reason.SCRIPT_RAISED), "the script raised ValueError")
    after = settled(finding(code, CREATION), failed)
    assert after.verdict is Verdict.CONFIRMED
    assert after.evidence[0].message == "the script raises ValueError here: lr is not recognized"
    assert settled(finding(code, ELSEWHERE), failed).verdict is Verdict.UNTESTED


def operand(number: int, **changes: object) -> wire.OperandRange:
    plain: dict[str, object] = {
        "operand": number, "calls": 4, "symbolic": 0, "shape": (), "dtype": "float64", "low": 0.5, "high": 2.0,
        "mean": 1.0, "std": 0.1, "smallest": 0.5, "count": 4, "zeros": 0, "negative": 0, "nan": 0, "inf": 0,
    }  # fmt: skip
    return wire.OperandRange(**(plain | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "expected", "words"),
    [
        ([operand(0), operand(1)], Verdict.NOT_OBSERVED, "the smallest divisor was 0.5 in 4 calls"),
        ([operand(0), operand(1, zeros=2)], Verdict.CONFIRMED, "the divisor was 0 2 times"),
        ([operand(0, nan=1), operand(1)], Verdict.CONFIRMED, "1 numbers that are not finite"),
        ([operand(0, zeros=4), operand(1)], Verdict.NOT_OBSERVED, "smallest divisor"),
        ([], Verdict.UNTESTED, "not reached: the time limit"),
        ([operand(0, symbolic=4), operand(1, symbolic=4)], Verdict.UNTESTED, "without values"),
    ],
)
def test_divisions(seen: list[wire.OperandRange], expected: Verdict, words: str) -> None:
    after = settled(finding("GL302", DIVISION), run(made.result([made.step()], operands=tuple(seen)), "the time limit"))
    assert after.verdict is expected
    assert words in after.evidence[0].message


@pytest.mark.parametrize(
    ("code", "role", "held", "expected", "words"),
    [
        ("GL501", "log", {"low": 0.0}, Verdict.CONFIRMED, "the smallest argument of the logarithm was 0 in 4 calls"),
        ("GL501", "log", {"low": 1e-9}, Verdict.NOT_OBSERVED, "logarithm was 1e-09"),
        ("GL501", "log", {"low": -2.0}, Verdict.CONFIRMED, "logarithm was -2"),
        ("GL501", "log", {"nan": 1}, Verdict.UNTESTED, "the cause lies before it"),
        ("GL501", "log", {"low": 0.0, "nan": 1}, Verdict.CONFIRMED, "logarithm was 0"),
        ("GL501", "log", {"low": None, "high": None, "nan": 1}, Verdict.UNTESTED, "the cause lies before it"),
        ("GL501", "log", {"symbolic": 4}, Verdict.UNTESTED, "without values"),
        ("GL501", "log1p", {"low": -1.0}, Verdict.CONFIRMED, "log1p was -1"),
        ("GL505", "sqrt", {"low": 0.0}, Verdict.CONFIRMED, "root was 0"),
        ("GL505", "sqrt", {"low": 1e-6}, Verdict.NOT_OBSERVED, "root was 1e-06"),
        ("GL508", "exp", {"high": 88.0, "dtype": "float32"}, Verdict.NOT_OBSERVED, "exponential was 88"),
        ("GL508", "exp", {"high": 89.0, "dtype": "float32"}, Verdict.CONFIRMED, "exponential was 89"),
        ("GL508", "exp", {"high": 89.0, "dtype": "float64"}, Verdict.NOT_OBSERVED, "exponential was 89"),
        ("GL604", "exp", {"high": 12.0, "dtype": "float16"}, Verdict.CONFIRMED, "exponential was 12"),
        ("GL510", "acos", {"low": -1.0, "high": 0.9}, Verdict.CONFIRMED, "the largest argument was -1"),
        ("GL510", "acos", {"low": -0.5, "high": 0.9}, Verdict.NOT_OBSERVED, "the largest argument was 0.9"),
        ("GL511", "power", {"low": -0.5}, Verdict.CONFIRMED, "base was -0.5"),
        ("GL511", "power", {"low": 0.0, "zeros": 1}, Verdict.UNTESTED, "for some exponents"),
        ("GL505", "norm", {"low": 0.0, "high": 0.0, "zeros": 8}, Verdict.CONFIRMED, "entry under the norm was 0"),
        ("GL505", "norm", {"low": 0.0, "high": 2.0, "zeros": 8}, Verdict.UNTESTED, "for some exponents and axes"),
        ("GL304", "std", {"low": 2.0, "high": 2.0}, Verdict.CONFIRMED, "from 2 to 2"),
        ("GL304", "std", {"low": 2.0, "high": 3.0}, Verdict.NOT_OBSERVED, "from 2 to 3"),
    ],
)
def test_poles(code: str, role: str, held: dict[str, object], expected: Verdict, words: str) -> None:
    seen = operand(3 + ROLES.index(role), **held)
    after = settled(finding(code, _of_role(role)), run(made.result([made.step()], operands=(seen,))))
    assert after.verdict is expected
    assert words in after.evidence[0].message


@given(st.sampled_from(["float16", "float32", "float64"]), st.floats(-1000, 1000))
def test_an_exponential_is_confirmed_where_numpy_overflows(dtype: str, value: float) -> None:
    with np.errstate(over="ignore"):
        argument = np.dtype(dtype).type(value)
        finite = bool(np.isfinite(np.exp(argument)))
    number = 3 + ROLES.index("exp")
    seen = operand(number, low=float(argument), high=float(argument), dtype=dtype)
    after = settled(finding("GL508", _of_role("exp")), run(made.result([made.step()], operands=(seen,))))
    assert after.verdict is (Verdict.NOT_OBSERVED if finite else Verdict.CONFIRMED)


def test_the_line_where_a_number_stopped_being_finite_confirms_the_finding_there() -> None:
    origin = wire.NonFinite(
        0, 1, wire.Phase.FORWARD, "Log", wire.Site("/w/train.py", 7, "step"), (), None, None, None, ()
    )
    seen = run(made.result([made.step(1, INF, finite=False)], non_finite=(origin,)))
    for code in ("GL501", "GL802"):
        there = settled(finding(code, Span("train.py", 7, 5, 7, 60)), seen)
        assert there.verdict is Verdict.CONFIRMED
        assert own([there], seen) == [], "what a finding has explained is told once"
        assert settled(finding(code, ELSEWHERE), seen).verdict is Verdict.UNTESTED
    calm = settled(finding("GL802", ELSEWHERE), run(made.result([made.step()])))
    assert calm.verdict is Verdict.NOT_OBSERVED
    scaled = made.step(1, INF, loss_scale=wire.LossScale(32768.0, 16384.0, True))
    assert settled(finding("GL902", ELSEWHERE), run(made.result([scaled]))).verdict is Verdict.UNTESTED


def test_growth_through_time_settles_what_is_said_of_recurrent_layers() -> None:
    def of(*growth: float) -> Run:
        measured = (
            wire.Recurrent(f"rnn_{n}", "SimpleRNNCell", 0, 1, 50, (1.0,), g, None, 1) for n, g in enumerate(growth)
        )
        return run(made.result([made.step()], recurrent=tuple(measured)))

    for code in ("GL701", "GL702"):
        assert settled(finding(code, ELSEWHERE), of(1.5)).verdict is Verdict.CONFIRMED
        assert settled(finding(code, ELSEWHERE), of(0.9)).verdict is Verdict.NOT_OBSERVED
        mixed = settled(finding(code, ELSEWHERE), of(1.5, 0.9))
        assert mixed.verdict is Verdict.UNTESTED
        assert "1 of 2 recurrent layers" in mixed.evidence[0].message
        assert settled(finding(code, ELSEWHERE), of()).verdict is Verdict.UNTESTED


def test_what_is_fed_in_is_settled_by_any_update() -> None:
    assert settled(finding("GL801", ELSEWHERE), run(GROWN)).verdict is Verdict.CONFIRMED
    assert settled(finding("GL801", ELSEWHERE), run(CALM)).verdict is Verdict.NOT_OBSERVED


def test_a_page_promises_a_measurement_if_and_only_if_there_is_one() -> None:
    calm = run(made.result([made.step()]))
    for rule in all_rules():
        promised = pages.load(rule.name).sections["What the probe looks for"].strip()
        nothing = settled(finding(rule.code, UPDATE), calm).evidence[0].message.startswith("the probe measures nothing")
        if promised.startswith("Nothing"):
            assert nothing, rule.name
        elif not promised.startswith("An exception"):  # of which a calm run shows nothing
            assert not nothing, rule.name


def test_rewards() -> None:
    large = settled(finding("GL301", REWARD), run(made.result([made.step()], operands=(operand(2, low=-100.0),))))
    assert (large.verdict, large.evidence[0].value) == (Verdict.CONFIRMED, 100.0)
    small = settled(finding("GL301", REWARD), run(made.result([made.step()], operands=(operand(2),))))
    assert small.verdict is Verdict.NOT_OBSERVED
    unnamed = settled(finding("GL301", ELSEWHERE), run(made.result([made.step()])))
    assert "no name" in unnamed.evidence[0].message
    better = made.replay(made.trajectory("as-is", 1.0, 40.0), made.trajectory("normalised-rewards", 1.0, 0.9))
    after = settled(finding("GL301", ELSEWHERE), run(made.result(made.steps(1.0, 40.0), replays=(better,))))
    assert after.verdict is Verdict.CONFIRMED


def test_a_gradient_of_another_variable() -> None:
    mixed = (made.variable("a"), made.variable("b", raw=None))
    after = settled(finding("GL412", UPDATE), run(made.result([made.step(variables=mixed)])))
    assert after.verdict is Verdict.CONFIRMED
    assert after.evidence[0].message.endswith(": b")


def test_what_is_confirmed_is_not_told_twice() -> None:
    seen = run(GROWN)
    confirmed = settled(finding("GL201", CREATION), seen)
    assert own([confirmed], seen) == []
    assert [each.name for each in own([], seen)] == ["loss-blow-up"]
    check = settled(finding("GL401", UPDATE), run(DEAD))
    assert check.verdict is Verdict.CONFIRMED
    assert [each.name for each in own([check], run(DEAD))] == ["non-finite-step"], "a missing check is no cause"


def test_the_verdict_on_the_run() -> None:
    assert verdict.overall([settled(finding("GL201", CREATION), run(GROWN))], run(GROWN)) is Settled.CONFIRMED
    assert verdict.overall([settled(finding("GL201", CREATION), run(CALM))], run(CALM)) is Settled.NOT_OBSERVED
    assert verdict.overall([], run(CALM, "the time limit")) is Settled.INCONCLUSIVE
    assert verdict.overall([], run(made.result())) is Settled.INCONCLUSIVE


def test_predictions_and_observations_share_their_words() -> None:
    assert {rule.predicts for rule in all_rules()} <= set(Symptom)
