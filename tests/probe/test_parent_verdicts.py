"""The verdict on every program in fixtures/probe: what its first line says is what the probe finds, and no more."""

from __future__ import annotations

from pathlib import Path

import probing
import pytest
from child_run import has, keras_version

pytestmark = pytest.mark.tensorflow
GROUPS = ("numbers", "architectures", "styles")
CONFIRMED = {
    "exploding_mse": "GL012",
    "infinite_rate": "GL209",
    "linear_rnn_growing": "GL701",
    "log_of_zero": "GL503",
    "masked_infinity": "GL505",
    "nan_at_fifth_update": "GL012",
    "nan_in_data": "GL011",
    "normalised_zero_gradient": "GL011",
    "raw_returns": "GL201",
    "sqrt_at_zero": "GL011",
    "unstable_sgd": "GL012",
    "where_trap": "GL011",
}
"""A finding that must be among the confirmed ones; all other programs are healthy."""
NEEDS_KERAS_2 = {"keras_legacy"}
NEEDS_KERAS_3 = {"accumulation_keras"}
PROGRAMS = sorted(
    path for group in GROUPS for path in (probing.FIXTURES / group).glob("*.py") if path.stem != "multi_worker"
)
"""Workers are tested in test_parent_end_to_end.py."""


def test_every_expectation_has_a_program() -> None:
    assert set(CONFIRMED) <= {path.stem for path in PROGRAMS}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_verdict(path: Path, tmp_path: Path) -> None:
    unfit = (path.stem in NEEDS_KERAS_2 and keras_version() == 3) or (
        path.stem in NEEDS_KERAS_3 and keras_version() == 2
    )
    if unfit or (path.stem.startswith("tf_keras") and not has("tf_keras")):
        pytest.skip("written for another Keras than the installed one")
    code, document = probing.probe(tmp_path, str(path), "--seed", "1")
    found = probing.confirmed(document)
    told = f"{document['reason']} {found}"
    if path.stem in CONFIRMED:
        assert (document["verdict"], code) == ("confirmed", 1), told
        assert CONFIRMED[path.stem] in found, told
    else:
        assert (document["verdict"], code) == ("not-observed", 0), told
