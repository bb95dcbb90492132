"""Calls of array and tensor operations: what the vocabulary of ranges says of the result, and hazards of the operands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradlint.ranges import DATA, UNBOUNDED, Range
from gradlint.reader import by_hand, containers, hazards, tensors
from gradlint.reader.arguments import Args
from gradlint.reader.state import Run
from gradlint.reader.tensors import Site
from gradlint.values import ANY, Const, Kind, Num, Value, join_flows, number_of
from gradlint.vocabulary import tensors as known

EPSILON = 1e-7
"""What `keras.backend.epsilon()` is unless somebody sets it."""

_FILLED = {"zeros": 0.0, "ones": 1.0, "zeros_like": 0.0, "ones_like": 1.0}
_COMPARISONS = {
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
    "not_equal": "!=",
    "logical_not": "not",
}


def ranged(run: Run, name: str, operands: list[Value], args: Args, result: Value, *, single: bool) -> Value:
    """The result with its range and term; `single` where TensorFlow or Keras computes it."""
    site = Site(args.where, args.context, single)
    if name == "epsilon" and not args.positional:
        return Const(EPSILON)
    if name in _COMPARISONS:
        flows = hazards.left_behind(result.flows if isinstance(result, Num) else {})
        return Num(Kind.BOOLEAN, None, flows, term=tensors.comparison(_COMPARISONS[name], operands, site))
    if name in known.JOINED and (parts := containers.iterate_items(run, operands[0])):
        return _joined(run, parts, result, site)
    if not isinstance(result, Num) or result.kind is Kind.STD or name in ("where", "select", *known.EXTREMES):
        return result
    found = hazards.function(run, name, operands, site, args.place(0))
    by_hand.logarithm(run, name, operands[0], args.where)
    flows = join_flows(result.flows, found)
    if name in _FILLED and single:
        return replace(result, range=Range(_FILLED[name], _FILLED[name]), flows=flows)
    if name in known.DRAWS:
        return replace(result, range=_drawn(args), term=tensors.source("uniform", site))
    made = tensors.function(name, operands, site)
    if made.range is None and made.term is None:
        return result if not found else replace(result, flows=flows)
    kind = Kind.TENSOR if result.kind is Kind.BOOLEAN else result.kind
    return replace(result, kind=kind, range=made.range, flows=flows, term=made.term)


def _joined(run: Run, parts: Sequence[Value], result: Value, site: Site) -> Value:
    """Tensors of one range that are put together have it; of a mixture nobody knows which part is taken later."""
    ranges = {part.range if isinstance(part, Num) and part.kind is Kind.TENSOR else None for part in parts}
    shared = ranges.pop() if len(ranges) == 1 else None
    if shared is None and isinstance(result, Num) and any(_is_true(run, part) for part in parts):
        return replace(result, term=tensors.source("nonzero", site))
    if shared is None:
        return result
    return Num(Kind.TENSOR, shared, run.heap.flows(result), term=tensors.source("joined", site))


def _is_true(run: Run, part: Value) -> bool:
    """A list of `True`: what is put together with it selects something."""
    items = containers.iterate_items(run, part)
    return bool(items) and all(isinstance(item, Const) and item.value is True for item in items or ())


def _drawn(args: Args) -> Range | None:
    """Uniform random numbers: the lower bound is drawn once in some million times, the upper one never."""
    low, high = (number_of(args.get(position, name) or ANY) for position, name in ((1, "minval"), (2, "maxval")))
    if (low is None and args.get(1, "minval") is not None) or "low" in args.keywords or "high" in args.keywords:
        return None
    return Range(low or 0.0, high if high is not None else 1.0, low_attained=True, high_attained=False, saturates=True)


__all__ = ["DATA", "UNBOUNDED", "ranged"]
