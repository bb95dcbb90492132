"""Numbers of tensors, gradients and variables, taken with numpy so that no TensorFlow operation of ours is recorded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Array = Any
"""A numpy array of any dtype, bfloat16 included."""

CHUNK = 1 << 20
"""Numbers looked at in one go: bounds the memory of float64 copies."""
BLOCK = 1 << 16
"""Numbers added up in one go: few enough for float32 to keep six digits."""


def array(value: Any) -> Array:
    """The numbers of an eager tensor, a variable, or a sparse gradient (made dense: rows that occur twice are added)."""
    if type(value).__name__ in ("IndexedSlices", "IndexedSlicesValue"):
        return _dense(value)
    if hasattr(value, "_numpy"):
        return np.asarray(value._numpy())  # an eager tensor never changes, so there is no need for a copy
    return np.asarray(value.numpy() if hasattr(value, "numpy") else value)


def _dense(slices: Any) -> Array:
    values = array(slices.values)
    shape = array(slices.dense_shape) if slices.dense_shape is not None else None
    if shape is None:
        raise ValueError("a sparse gradient of unknown shape")
    dense: Array = np.zeros(tuple(int(n) for n in shape), dtype=np.float64)
    np.add.at(dense, array(slices.indices), values.astype(np.float64))
    return dense


def copied(variable: Any) -> Array:
    """The numbers of a variable that is about to change."""
    values = array(variable)
    return values if values.flags.owndata else values.copy()


def underlying(variable: Any) -> Any:
    """TensorFlow's variable inside Keras 3's."""
    value = getattr(variable, "value", None)
    return variable if value is None or callable(value) else value


def key(variable: Any) -> str:
    """One name per variable, the same for Keras's wrapper, TensorFlow's variable and its copies on replicas."""
    variable = underlying(variable)
    container = getattr(variable, "_distributed_container", None)
    if callable(container):
        variable = container() or variable
    return str(getattr(variable, "_unique_id", id(variable)))


def name(variable: Any) -> str:
    """As its owner calls it."""
    return str(getattr(variable, "path", None) or getattr(variable, "name", None) or type(variable).__name__)


def is_variable(value: Any) -> bool:
    """Something that can be updated: a Keras or TensorFlow variable."""
    return hasattr(value, "assign")


def chunks(values: Array) -> Iterable[Array]:
    """The numbers as float64, some at a time."""
    flat = values.reshape(-1)
    for start in range(0, flat.size, CHUNK):
        yield flat[start : start + CHUNK].astype(np.float64)


def squares(values: Array) -> float:
    """Sum of squares. In float64 wherever float32 would overflow, as it does at norms that gradients reach, or underflow."""
    flat = values.reshape(-1)
    total = 0.0
    with np.errstate(all="ignore"):
        for start in range(0, flat.size, BLOCK):
            part = flat[start : start + BLOCK]
            fast = float(np.dot(part, part)) if part.dtype == np.float32 else 0.0
            if not 1e-20 < fast < 1e30:
                part = part.astype(np.float64)
                fast = float(np.dot(part, part))
            total += fast
    return total


def norm(values: Array) -> float:
    """Euclidean norm."""
    return math.sqrt(squares(values))


def global_norm(values: Iterable[Array]) -> float:
    """Euclidean norm of all of them together (tf.linalg.global_norm)."""
    return math.sqrt(sum(squares(each) for each in values))


def difference_norm(new: Sequence[Array], old: Sequence[Array]) -> float:
    """Global norm of new - old."""
    with np.errstate(all="ignore"):
        return global_norm(left - right for left, right in zip(new, old))


def is_float(value: Any) -> bool:
    """Floating-point numbers that numpy has loaded; complex and quantised ones are left out."""
    dtype = getattr(value, "dtype", None)
    return bool(getattr(dtype, "is_floating", False)) or getattr(dtype, "kind", "") == "f" or str(dtype) == "bfloat16"


class Norms:
    """Norms that are each computed once: gradients that nobody clips are the same numbers at the same place in memory."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[Array, float]] = {}

    def of(self, values: Array) -> float:
        """Euclidean norm."""
        key = (values.ctypes.data, values.shape, values.strides, values.dtype)
        if key not in self._known:
            self._known[key] = (values, norm(values))  # held, so that its place is not used again
        return self._known[key][1]

    def of_all(self, values: Iterable[Array]) -> float:
        """Global norm."""
        return math.sqrt(sum(self.of(each) ** 2 for each in values))


def finite(values: Array) -> bool:
    """No NaN and no infinity."""
    return all(bool(np.isfinite(part).all()) for part in chunks(values))


def tally(values: Array) -> dict[str, Any]:
    """Counts and extremes of the finite numbers: nan, inf, zeros, low, high, max_abs."""
    low, high, nan, inf, zeros = math.inf, -math.inf, 0, 0, 0
    for part in chunks(values):
        nan += int(np.isnan(part).sum())
        inf += int(np.isinf(part).sum())
        zeros += int((part == 0).sum())
        good = part[np.isfinite(part)]
        if good.size:
            low, high = min(low, float(good.min())), max(high, float(good.max()))
    known = high >= low
    return {
        "nan": nan,
        "inf": inf,
        "zeros": zeros,
        "low": low if known else None,
        "high": high if known else None,
        "max_abs": max(abs(low), abs(high)) if known else None,
    }


def headroom_bits(dtype: str, max_abs: float | None) -> float | None:
    """log2(largest number of the dtype / largest magnitude): how often it can double before it overflows."""
    if not max_abs or dtype not in LARGEST:
        return None
    return math.log2(LARGEST[dtype]) - math.log2(max_abs)


# float16: 65504; bfloat16: 0x7f7f; float32 and float64: IEEE 754
LARGEST = {
    "float16": 65504.0,
    "bfloat16": 3.3895313892515355e38,
    "float32": 3.4028234663852886e38,
    "float64": 1.7976931348623157e308,
}


def dtype_of(value: Any) -> str:
    """Its dtype's plain name."""
    dtype = getattr(value, "dtype", None)
    return str(getattr(dtype, "name", dtype))


def flatten(structure: Any) -> list[Any]:
    """Tensors and variables of a nest, sparse gradients in one piece."""
    import tensorflow as tf

    return list(tf.nest.flatten(structure, expand_composites=False))
