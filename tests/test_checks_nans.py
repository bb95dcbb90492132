"""The checks of NaN checks and rewards on hand-made models: what they say, and above all where they are silent."""

from __future__ import annotations

import pytest
from test_checks import at, found, model

from gradlint.finding import Confidence
from gradlint.model import NanComparison


@pytest.mark.parametrize(
    ("operator", "outcome", "confidence"),
    [("==", False, Confidence.HIGH), ("!=", True, Confidence.HIGH), ("is not", True, Confidence.MEDIUM)],
)
def test_comparison_with_nan(operator: str, outcome: bool, confidence: Confidence) -> None:
    (match,) = found("GL403", model(nan_comparisons=(NanComparison(at(5), operator, outcome),)))
    assert f"always {str(outcome).lower()}" in match.message
    assert match.confidence is confidence
