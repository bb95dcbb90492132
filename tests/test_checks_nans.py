"""The checks of NaN checks and rewards on hand-made models: what they say, and above all where they are silent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_checks import DIVISION, UPDATE, at, found, model, number

from gradlint.finding import Confidence, Severity
from gradlint.model import Certainty, FiniteCheck, GraphCheck, NanComparison, NanReplacement, Noted, Return


@pytest.mark.parametrize(
    ("operator", "outcome", "confidence"),
    [("==", False, Confidence.HIGH), ("!=", True, Confidence.HIGH), ("is not", True, Confidence.MEDIUM)],
)
def test_comparison_with_nan(operator: str, outcome: bool, confidence: Confidence) -> None:
    (match,) = found("GL403", model(nan_comparisons=(NanComparison(at(5), operator, outcome),)))
    assert f"always {str(outcome).lower()}" in match.message
    assert match.confidence is confidence


ISNAN = FiniteCheck(at(30), "tf.is_nan", "loss", stops=False, finds=frozenset({"nan"}))


def test_look_at_a_graph() -> None:
    of = model(graph_checks=(GraphCheck(at(5), ".numpy()", "train_step"),))
    (match,) = found("GL406", of)
    assert ".numpy()" in match.message
    assert "train_step" in match.message
    assert match.confidence is Confidence.HIGH
    (assumed,) = found("GL406", replace(of, assumes_parameters=True))
    assert assumed.confidence is Confidence.MEDIUM


def test_reported_and_applied() -> None:
    (match,) = found("GL405", model(replace(UPDATE, reported_checks=(ISNAN,))))
    assert "NaN in the loss is reported here" in match.message
    assert not found("GL405", model())


@pytest.mark.parametrize("other", ["inf", "nan inf"])
def test_check_for_infinity_anywhere_is_enough(other: str) -> None:
    also = replace(ISNAN, where=at(31), finds=frozenset(other.split()))
    assert found("GL404", model(checks=(ISNAN,)))
    assert not found("GL404", model(checks=(ISNAN, also)))
    assert found("GL404", model(checks=(ISNAN, replace(also, subject="data"))))


@pytest.mark.parametrize("subject", ["data", "unknown"])
def test_check_of_something_else_may_look_for_nan_only(subject: str) -> None:
    assert not found("GL404", model(checks=(replace(ISNAN, subject=subject),)))


@pytest.mark.parametrize("checked", [Certainty.ALWAYS, Certainty.SOMETIMES, Certainty.UNKNOWN])
def test_overwritten_checkpoint(checked: Certainty) -> None:
    update = replace(UPDATE, checkpoints=(Noted(at(7), "every epoch writes here"),), finite_check=Certainty.NEVER)
    (match,) = found("GL408", model(update))
    assert match.where == at(7)
    assert not found("GL408", model(replace(update, finite_check=checked)))
    assert not found("GL408", model())


def test_check_of_none() -> None:
    (match,) = found("GL410", model(replace(UPDATE, none_checks=(replace(ISNAN, subject="gradients"),))))
    assert "None" in match.message
    assert not found("GL410", model())


@pytest.mark.parametrize(("subject", "confidence"), [("gradients", Confidence.HIGH), ("loss", Confidence.MEDIUM)])
def test_replaced(subject: str, confidence: Confidence) -> None:
    (match,) = found("GL411", model(nan_replacements=(NanReplacement(at(5), subject, at(20)),)))
    assert f"NaN in the {subject}" in match.message
    assert match.confidence is confidence


@pytest.mark.parametrize(
    ("discount", "bootstraps", "severity"),
    [
        (1.05, False, Severity.ERROR),
        (1.05, True, Severity.ERROR),
        (1.0, True, None),
        (1.0, False, "silent"),
        (0.99, True, "silent"),
    ],
)
def test_discount(discount: float, bootstraps: bool, severity: object) -> None:
    matches = found("GL305", model(returns=(Return(at(5), number(discount), at(4), bootstraps),)))
    assert [match.severity for match in matches] == ([] if severity == "silent" else [severity])


def test_unknown_discount_is_silent_and_a_default_is_doubtful() -> None:
    assert not found("GL305", model(returns=(Return(at(5), None, at(4), True),)))
    default = replace(number(1.0), assumed=True)
    (match,) = found("GL305", model(returns=(Return(at(5), default, at(4), True),)))
    assert match.confidence is Confidence.LOW


def test_target_in_the_gradient() -> None:
    of = Return(at(5), number(0.99), at(4), True)
    assert not found("GL306", model(returns=(of,)))
    (match,) = found("GL306", model(returns=(replace(of, differentiated=(Noted(at(9), "here"),)),)))
    assert match.where == at(5)


@pytest.mark.parametrize(
    "change",
    [{"sample": False}, {"of": "data"}, {"attains_zero": True}],
    ids=["of all", "of data", "without an epsilon"],
)
def test_other_deviations_are_silent(change: dict[str, object]) -> None:
    sample = replace(DIVISION, attains_zero=False, sample=True)
    assert found("GL304", model(divisions=(sample,)))
    assert not found("GL304", model(divisions=(replace(sample, **change),)))  # type: ignore[arg-type]
