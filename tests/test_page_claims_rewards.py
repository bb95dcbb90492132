"""What the pages of the rules about NaN checks and rewards claim, run on the installed TensorFlow."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow
NAN = float("nan")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nothing_equals_nan(tensorflow: Any, np: Any) -> None:
    computed = np.float32("inf") * np.float32(0.0)
    for value in (NAN, computed, 1.0):
        assert bool(value == np.nan) is False
        assert value != np.nan
        assert not bool(tensorflow.equal(value, np.nan))
    assert np.isnan(computed)
    assert computed is not np.nan
    assert (tensorflow.constant(NAN) is np.nan) is False
