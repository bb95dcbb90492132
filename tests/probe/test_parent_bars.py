"""Numbers as bars and curves."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlint.report.bars import ascii_only, bar, sparkline

NUMBERS = st.one_of(st.none(), st.floats())


@pytest.mark.parametrize(
    ("values", "width", "expected"),
    [
        ([1.0, 2.0, 3.0], 8, "▁▅█"),
        ([1.0, 10.0, 1e8], 8, "▁▂█"),  # magnitudes, where the numbers span more than two decades
        ([3.0, math.nan, None, math.inf], 8, "▁! !"),
        ([math.nan], 8, "!"),
        ([2.0, 2.0], 8, "▁▁"),
        ([-1.0, 1.0], 8, "▁█"),
        ([], 8, ""),
        ([-1.7e308, 1.7e308], 8, "▁█"),
        (list(map(float, range(100))), 4, "▁▃▆█"),
    ],
)
def test_curves(values: list[float | None], width: int, expected: str) -> None:
    assert sparkline(values, width) == expected


@pytest.mark.parametrize(
    ("value", "largest", "expected"),
    [
        (4.0, 4.0, "████"),
        (2.0, 4.0, "██"),
        (0.5, 4.0, "▌"),
        (1e-9, 4.0, "▏"),
        (0.0, 4.0, ""),
        (None, 4.0, ""),
        (math.nan, 4.0, "!!!!"),
        (1.0, 0.0, ""),
    ],
)
def test_bars(value: float | None, largest: float, expected: str) -> None:
    assert bar(value, largest, 4) == expected


@given(st.lists(NUMBERS, max_size=60), st.integers(2, 30))
def test_a_curve_has_its_width(values: list[float | None], width: int) -> None:
    assert len(sparkline(values, width)) == min(len(values), width)


def test_without_unicode() -> None:
    assert ascii_only(sparkline([1.0, 2.0, 3.0], 8) + bar(1.0, 1.0, 3) + " →").isascii()
