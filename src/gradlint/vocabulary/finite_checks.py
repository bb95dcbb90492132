"""What looks for NaN and Inf."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache


class Style(Enum):
    """How a check reports what it finds."""

    ELEMENT = "element"
    """Returns booleans; whether the program stops is up to the code that reads them."""
    ASSERT = "assert"
    """Raises."""
    CALLBACK = "callback"
    """Ends a training loop that is not in the project."""
    GLOBAL_SWITCH = "global switch"
    """From here on every operation is checked."""


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One function or class that looks for non-finite numbers."""

    style: Style
    bad_when: bool | None = None
    """Of an element check: the answer that means trouble (is_nan: True, is_finite: False)."""
    subject: int | None = 0
    """Position of what is checked, None where it is everything or the loss of the loop."""
    passes_through: bool = False
    """It returns its subject unchanged."""
    finds: frozenset[str] = frozenset({"nan", "inf"})
    """What it takes for trouble."""


_NAN = CheckSpec(Style.ELEMENT, True, finds=frozenset({"nan"}))
_INF = CheckSpec(Style.ELEMENT, True, finds=frozenset({"inf"}))
_GOOD = CheckSpec(Style.ELEMENT, False)
_RETURNS = CheckSpec(Style.ASSERT, passes_through=True)
_CALLBACK = CheckSpec(Style.CALLBACK, subject=None)
_SWITCH = CheckSpec(Style.GLOBAL_SWITCH, subject=None)

FINITE_CHECKS: dict[str, CheckSpec] = {
    **{
        f"{module}.{name}": spec
        for module, names in {
            "tf.math": ("is_nan", "is_inf", "is_finite"),
            "tf": ("is_nan", "is_inf", "is_finite"),
            "tf.debugging": ("is_nan", "is_inf", "is_finite"),
            "tf.experimental.numpy": ("isnan", "isinf", "isfinite"),
            "keras.ops": ("isnan", "isinf", "isfinite"),
            "np": ("isnan", "isinf", "isfinite", "isneginf", "isposinf"),
            "math": ("isnan", "isinf", "isfinite"),
        }.items()
        for name in names
        for spec in (_GOOD if "finite" in name else _INF if "inf" in name else _NAN,)
    },
    "pandas.isna": _NAN,
    "pandas.isnull": _NAN,
    "tf.debugging.check_numerics": _RETURNS,
    "tf.check_numerics": _RETURNS,
    "tf.debugging.assert_all_finite": _RETURNS,
    "tf.verify_tensor_all_finite": _RETURNS,
    "tf.add_check_numerics_ops": CheckSpec(Style.ASSERT, subject=None),
    "np.asarray_chkfinite": _RETURNS,
    "tf.debugging.enable_check_numerics": _SWITCH,
    "np.seterr": _SWITCH,
    "keras.callbacks.TerminateOnNaN": _CALLBACK,
    "tf.train.NanTensorHook": _CALLBACK,
    "tf.estimator.NanTensorHook": _CALLBACK,
    "stable_baselines.common.vec_env.VecCheckNan": _CALLBACK,
}
"""Canonical name -> specification."""

NAN_CONSTANTS = frozenset({"np.nan", "np.NaN", "np.NAN", "math.nan", "jax.numpy.nan"})
"""Canonical names of NaN itself."""

COMPARISONS: dict[str, str] = {
    f"{module}.{name}": operator
    for name, operator in (("equal", "=="), ("not_equal", "!="))
    for module in ("tf", "np", "keras.ops", "keras.backend")
}
"""Functions that compare as an operator does; `tf.math.equal` is `tf.equal` here."""

NUMPY_SWITCH_VALUES = frozenset({"raise"})
"""np.seterr(all="raise") and np.seterr(invalid="raise") switch checking on; other values do not."""


@cache
def find_check(canonical: str) -> CheckSpec | None:
    """The check behind a canonical dotted name."""
    return FINITE_CHECKS.get(canonical)
