"""Ranges of instrumented expressions: the rewritten source calls `__gradlint_operand__(index, value)`."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from . import tensors

NAME = "__gradlint_operand__"


class Seen:
    """What one expression held so far."""

    def __init__(self) -> None:
        self.calls = 0
        self.symbolic = 0
        self.shape: Any = None
        self.dtype: Any = None
        self.low, self.high, self.smallest = math.inf, -math.inf, math.inf
        self.count = self.good = 0
        self.total = self.total_of_squares = 0.0
        self.zeros = self.negative = self.nan = self.inf = 0
        self.last: Any = None
        """The latest value itself, for the replay that changes it."""

    def add(self, value: Any) -> None:
        """One more value."""
        self.calls += 1
        values = numbers(value)
        if values is None:
            self.symbolic += 1
            return
        self.last = values
        self.shape, self.dtype = [int(n) for n in values.shape], tensors.dtype_of(values)
        self.count += int(values.size)
        with np.errstate(all="ignore"):
            for part in tensors.chunks(values):
                self._add(part)

    def _add(self, part: Any) -> None:
        self.nan += int(np.isnan(part).sum())
        self.inf += int(np.isinf(part).sum())
        self.zeros += int((part == 0).sum())
        self.negative += int((part < 0).sum())
        good = part[np.isfinite(part)]
        if good.size:
            self.low, self.high = min(self.low, float(good.min())), max(self.high, float(good.max()))
            self.smallest = min(self.smallest, float(np.abs(good).min()))
            self.good += int(good.size)
            self.total += float(good.sum())
            self.total_of_squares += float(np.dot(good, good))

    def result(self, operand: int) -> dict[str, Any]:
        """As the wire format has it."""
        mean = self.total / self.good if self.good else None
        variance = self.total_of_squares / self.good - mean * mean if mean is not None else None
        return {
            "operand": operand,
            "calls": self.calls,
            "symbolic": self.symbolic,
            "shape": self.shape,
            "dtype": self.dtype,
            "low": self.low if self.good else None,
            "high": self.high if self.good else None,
            "mean": mean,
            "std": math.sqrt(max(variance, 0.0)) if variance is not None and math.isfinite(variance) else None,
            "smallest": self.smallest if self.good else None,
            "count": self.count,
            "zeros": self.zeros,
            "negative": self.negative,
            "nan": self.nan,
            "inf": self.inf,
        }


class Operands:
    """All instrumented expressions of the run."""

    def __init__(self, probe: Any) -> None:
        self.probe = probe
        self.declared: list[dict[str, Any]] = list(probe.request["operands"])
        self.seen = [Seen() for _ in self.declared]
        setattr(builtins, NAME, self.observe)

    def observe(self, index: int, value: Any) -> Any:
        """Measure and hand back, whatever it is."""
        if self.probe.active:
            with self.probe.measuring("operand"), self.probe.lock:
                self.seen[index].add(value)
        return value

    def result(self) -> list[dict[str, Any]]:
        """Of the expressions that were reached."""
        return [seen.result(index) for index, seen in enumerate(self.seen) if seen.calls]


def numbers(value: Any) -> Any:
    """As an array of real numbers; None for what has no value yet or is no number."""
    if hasattr(value, "assign") or hasattr(value, "numpy"):
        try:
            value = tensors.array(value)
        except (AttributeError, NotImplementedError, TypeError, ValueError):
            return None
    elif hasattr(value, "graph") or type(value).__name__ == "KerasTensor":
        return None
    try:
        values = np.asarray(value)
        return values.astype(np.float64) if values.dtype.kind in "biu" else values if is_real(values) else None
    except (TypeError, ValueError):
        return None


def is_real(values: Any) -> bool:
    """Floating-point numbers, bfloat16 included."""
    return values.dtype.kind == "f" or str(values.dtype) == "bfloat16"
