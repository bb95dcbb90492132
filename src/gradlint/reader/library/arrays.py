"""Operations on arrays and tensors: how ranges and flows pass through them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from gradlint.reader import arithmetic, containers, hazards, returns, tensors
from gradlint.reader.arguments import Args
from gradlint.reader.library import finite, memories, precision, tensor_calls
from gradlint.reader.names import split
from gradlint.reader.state import Run
from gradlint.reader.tensors import Site
from gradlint.values import (
    ANY,
    NO_MARKS,
    NON_NEGATIVE,
    NONE,
    POSITIVE,
    Const,
    Ext,
    Flows,
    Kind,
    Mark,
    Method,
    Num,
    Record,
    Ref,
    Seq,
    Source,
    Value,
    join,
    join_flows,
    mark_flows,
    maybe_flows,
    mix_flows,
    number_of,
    options,
    range_of,
    unknown,
)
from gradlint.vocabulary import operations as ops
from gradlint.vocabulary.precision import CASTS
from gradlint.vocabulary.rewards import BOUNDING_NAMES

_STRUCTURED = frozenset(
    {
        "array",
        "asarray",
        "vstack",
        "stack",
        "concatenate",
        "hstack",
        "convert_to_tensor",
        "copy",
        "tolist",
        "stop_gradient",
        "identity",
        "cast",
        "astype",
        "reshape",
        "squeeze",
        "constant",
        "float32",
        "expand_dims",
        "numpy",
        "flatten",
        "ravel",
        "transpose",
        "split",
        "unstack",
        "roll",
        "flip",
    }
)
"""Operations that keep rows recognisable: an array of tuples can still be taken apart."""

_ALLOCATORS = frozenset({"zeros", "empty", "ones", "full", "zeros_like", "empty_like", "ones_like", "full_like"})
"""Arrays that are made to be filled: what is stored in them later flows from where they were made."""

_OVER_ALL = frozenset({"any", "all", "reduce_any", "reduce_all"})

_SECOND = {
    "add": "+",
    "subtract": "-",
    "sub": "-",
    "multiply": "*",
    "mul": "*",
    "divide": "/",
    "div": "/",
    "truediv": "/",
    "true_divide": "/",
    "pow": "**",
    "power": "**",
    "scalar_mul": "*",
}


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """A function of an arithmetic namespace."""
    namespace, last = split(name.name)
    if not ops.is_arithmetic(namespace):
        return None
    if last in _IN_PLACE and len(args.positional) >= 2:
        return _fill(run, args)
    if last == "discount_cumsum" or (namespace.startswith("tfp.") and last[:1].isupper()):
        return None
    subject = args.get(
        0,
        "x",
        "a",
        "input_tensor",
        "tensor",
        "input",
        "values",
        "arr",
        "object",
        "value",
        "t",
        "data",
        "inputs",
        "tensors",
        "arrays",
    )
    if name.raw.startswith("numpy.random.") and last in ops.DRAWS and args.all():
        return Num(Kind.TENSOR, None, {Source("drawn", args.where, args.context): NO_MARKS})
    given = subject if subject is not None else ANY
    result = operation(run, last, given, args, is_function=True)
    single = namespace.startswith(_SINGLE)
    found = tensor_calls.ranged(run, last, [given, *_others(args, 1)], args, result, single=single)
    return returns.stopped(found) if last == "stop_gradient" or name.raw.startswith("numpy.") else found


_SINGLE = ("tf", "keras", "contrib", "tfp")
"""Namespaces that compute in float32."""


def _others(args: Args, first: int) -> list[Value]:
    """The operands of an operation behind its subject."""
    named = args.get(None, "y", "x2", "b", "exponent")
    return args.positional[first:] or ([named] if named is not None else [])


_IN_PLACE = frozenset({"put_along_axis", "put", "copyto", "place", "putmask", "put_along"})


def _fill(run: Run, args: Args) -> Value:
    """Functions that write into their first argument."""
    from gradlint.reader import statements
    from gradlint.reader.ir import Attr, Name

    target = args.node.args[0].value if args.node is not None and args.node.args else None
    holder = args.positional[0]
    if isinstance(holder, Num | Seq) and isinstance(target, Name | Attr) and args.frame is not None:
        statements.assign(run, target, containers.absorb(run, holder, ANY, args.positional[-1]), args.frame)
    return NONE


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """A method of an array or tensor."""
    if name == "sample" and isinstance(receiver, Method | Num):  # of a distribution, or of a memory
        return memories.draw(run, receiver)
    if isinstance(receiver, Num) and name == "numpy":
        finite.note_look(run, args.where, ".numpy()", receiver.flows)
        receiver = returns.stopped(receiver)
    if isinstance(receiver, Num | Seq | Record) or (
        isinstance(receiver, Ref) and run.heap.get(receiver).kind in ("list",)
    ):
        if _known(name):
            result = operation(run, name, receiver, args, is_function=False)
            return tensor_calls.ranged(run, name, [receiver, *_others(args, 0)], args, result, single=False)
        if isinstance(receiver, Num) and name in ("item", "numpy", "tolist", "copy", "cpu", "read_value", "values"):
            return receiver
        if isinstance(receiver, Num) and name in (
            "append",
            "extend",
            "add",
            "put",
            "push",
            "store",
            "write",
            "remember",
        ):
            return None
    if isinstance(receiver, Method | Num) and name in (
        "log_prob",
        "prob",
        "entropy",
        "kl_divergence",
        "mode",
    ):
        return tensor_calls.ranged(run, name, [receiver], args, Num(Kind.TENSOR), single=True)
    for option in options(receiver):
        if isinstance(option, Const) and isinstance(option.value, str):
            return ANY
    return None


def _known(name: str) -> bool:
    return any(
        name in table
        for table in (
            ops.SAME,
            ops.REDUCE,
            ops.DEVIATION,
            ops.VARIANCE,
            ops.STATISTIC,
            ops.BOUND,
            ops.ELEMENTWISE,
            ops.DROP,
            ops.COMPARE,
        )
    )


def operation(run: Run, name: str, subject: Value, args: Args, *, is_function: bool) -> Value:
    """The result of one named operation on its subject and other arguments."""
    context = args.frame.context if args.frame is not None else 0
    flows = mix_flows(run.heap.flows(subject), args.flows(run.heap))
    if (name in ops.DEVIATION or name in ops.VARIANCE) and (is_function or not hazards.foreign(run, args.where.path)):
        return _deviation(name, subject, flows, args, context, is_function)
    if name in ops.STATISTIC:
        return Num(Kind.TENSOR, None, mark_flows(flows, Mark.STATISTIC))
    if name in ("reduce_sum", "sum") and args.get(int(is_function), "axis", "reduction_indices") in (None, NONE):
        flows = mark_flows(flows, Mark.SUMMED)
    if name in ops.REDUCE:
        return _reduced(run, name, subject, flows, args, context)
    if name in ops.BOUND:
        return Num(_kept(subject), None, mark_flows(flows, Mark.BOUNDED | Mark.CLIPPED))
    if name in ops.COMPARE:
        return Num(Kind.BOOLEAN, None, finite.reduced(flows) if name in _OVER_ALL else flows)
    if name == "nan_to_num":
        flows = join_flows(flows, finite.note_replacement(run, args.where, subject))
    if name in ops.SAME:
        same = _same(run, name, subject, flows, args)
        return precision.recast(run, name, same, args, is_function=is_function) if name in CASTS else same
    if name in ops.ELEMENTWISE:
        return _elementwise(run, name, subject, flows, args, is_function)
    if name in ops.DROP:
        made = name in _ALLOCATORS and is_function
        tested = {source: marks for source, marks in flows.items() if source.kind == "std"}  # counts of zeros are tests
        return Num(Kind.TENSOR, None, {Source("array", args.where, context): NO_MARKS} if made else tested)
    if BOUNDING_NAMES.search(name):
        return Num(Kind.TENSOR, None, maybe_flows(flows, Mark.BOUNDED | Mark.CLIPPED))
    result = unknown(f"{name} is not in the vocabulary", flows)
    return replace(result, flows=join_flows(result.flows, {Source("call", args.where, context): NO_MARKS}))


def _kept(subject: Value) -> Kind:
    return subject.kind if isinstance(subject, Num) and subject.kind in (Kind.GRADIENT, Kind.LOSS) else Kind.TENSOR


def _deviation(name: str, subject: Value, flows: Flows, args: Args, context: int, is_function: bool) -> Num:
    """Standard deviation and variance: 0 for constant data, and that does occur, but not in what was drawn at random."""
    axis = args.get(int(is_function), "axis") or NONE
    told = {
        "sample": (number_of(args.get(None, "ddof") or ANY) or 0) >= 1,
        "variance": name in ops.VARIANCE,
        "columns": number_of(axis) == 0,
        # a function of NumPy, for DataFrame.std() is one of each column
        "whole": is_function and axis == NONE and any(source.kind == "frame" for source in flows),
    }
    source = Source("std", args.where, context, " ".join(word for word, holds in told.items() if holds))
    marked = {**mark_flows(flows, Mark.STATISTIC), source: NO_MARKS}
    return Num(Kind.STD, POSITIVE if _drawn(flows) else NON_NEGATIVE, marked)


def _drawn(flows: Flows) -> bool:
    """Made of random numbers and of nothing else, by what was read."""
    kinds = {source.kind for source in flows}
    return "drawn" in kinds <= {"drawn", "std", "call"} and not any(marks.may & Mark.OPAQUE for marks in flows.values())


def _reduced(run: Run, name: str, subject: Value, flows: Flows, args: Args, context: int) -> Num:
    kind = Kind.GRADIENT if isinstance(subject, Num) and subject.kind is Kind.GRADIENT else Kind.LOSS
    if isinstance(subject, Num) and subject.kind is Kind.STD:
        return subject
    flows = finite.reduced(flows)
    own = {Source("call", args.where, context): NO_MARKS} if flows and kind is Kind.LOSS else {}
    return Num(kind if flows else Kind.TENSOR, None, join_flows(flows, own))


def _same(run: Run, name: str, subject: Value, flows: Flows, args: Args) -> Value:
    """Rearranged numbers: rows of tuples stay recognisable."""
    if name in _STRUCTURED:
        if isinstance(subject, Num):
            return replace(subject, flows=flows) if subject.flows != flows else subject
        if isinstance(subject, Const):
            return subject
        if isinstance(subject, Seq | Ref | Record):
            inner = containers.element(run, subject)
            items = containers.iterate_items(run, subject)
            if isinstance(inner, Seq | Record) and name not in ("concatenate", "hstack", "flatten", "ravel"):
                return Seq(inner, items)
            if (
                items is not None
                and 1 < len(items) <= 8
                and name in ("array", "asarray", "stack", "constant", "convert_to_tensor", "split", "unstack")
            ):
                return Seq(_numeric(inner, flows), items)
            return _numeric(inner, flows)
    if isinstance(subject, Num):
        return replace(subject, flows=flows, range=subject.range)
    return _numeric(subject, flows)


def _numeric(value: Value, flows: Flows) -> Num:
    if isinstance(value, Num):
        return replace(value, flows=flows)
    return Num(Kind.TENSOR, range_of(value), flows)


def _elementwise(run: Run, name: str, subject: Value, flows: Flows, args: Args, is_function: bool) -> Value:
    others = args.positional[1:] if is_function else args.positional
    if name in ("where", "select"):
        return _where(run, args, flows)
    if name in _SECOND:
        right = others[0] if others else args.get(None, "y", "x2") or ANY
        if _SECOND[name] == "/" and "where" not in args.keywords:  # np.divide(a, b, where=b != 0)
            arithmetic.note_division(run, subject, right, args.where, args.place(1, "y", "x2"), _node(args), args.frame)  # type: ignore[arg-type]
        place = args.place(1 if is_function else 0, "y", "x2") if _SECOND[name] != "**" else args.place(0, "x")
        return arithmetic.operate(run, _SECOND[name], subject, right, Site(args.where, args.context), place)
    if name in ("maximum", "minimum"):
        right = others[0] if others else args.get(None, "y", "x2") or ANY
        return arithmetic.extreme(run, name, subject, right, flows, Site(args.where, args.context))
    if name in ("divide_no_nan", "div_no_nan", "multiply_no_nan"):
        other = run.heap.flows(others[0]) if others else {}
        return Num(Kind.TENSOR, None, arithmetic.divided(run.heap.flows(subject), other, others[0] if others else ANY))
    if name in ("square", "squared_difference"):
        flows = mark_flows(flows, Mark.SQUARED)
    if name in ("sqrt", "square", "abs", "absolute", "fabs") and isinstance(subject, Num) and subject.kind is Kind.STD:
        return subject
    number = number_of(subject)
    if number is not None and name in _FOLD:
        try:
            return Const(_FOLD[name](number), getattr(subject, "origins", ()), getattr(subject, "assumed", False))
        except (ValueError, OverflowError):
            return ANY
    return Num(_kept(subject), None, flows)


_FOLD: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
    "square": lambda x: x * x,
    "log10": math.log10,
}


def _node(args: Args):  # type: ignore[no-untyped-def]
    return args.node.args[0].value if args.node is not None and args.node.args else None


def _where(run: Run, args: Args, flows: Flows) -> Value:
    """Selection: a deviation that the condition looks at is guarded."""
    site = Site(args.where, args.context)
    if len(args.positional) < 2 and not args.keywords:
        return Num(Kind.TENSOR, term=tensors.source("indices", site))
    condition = args.get(0, "condition") or ANY
    if isinstance(condition, Num):
        arithmetic.note_mask(run, condition, args.where)
    tested = {source for source in run.heap.flows(condition) if source.kind == "std"}
    test = tensors.term_of(condition)
    branches = [arithmetic.constant(value) for value in (args.get(1, "x"), args.get(2, "y")) if value is not None]
    flows = join_flows(flows, hazards.masked(branches, site))
    flows = join_flows(flows, finite.note_choice(run, args.where, run.heap.flows(condition), branches))
    if finite.chooses(run, run.heap.flows(condition), branches):
        flows = hazards.healed(flows)
    hazards.selected(run, condition, branches, args.where)
    joined: Value = ANY
    for number, value in enumerate(branches):
        guarded = tensors.tested(value, test, number == 0) if isinstance(value, Num) else value
        if isinstance(value, Num) and value.kind is Kind.STD and tested & set(value.flows) and value.range is not None:
            guarded = replace(value, range=replace(value.range, low_attained=False))
        joined = guarded if number == 0 else join(joined, guarded)
    merged = joined if isinstance(joined, Num) else Num(Kind.TENSOR, range_of(joined), flows)
    if merged.kind is not Kind.STD:
        merged = replace(merged, term=tensors.selected([condition, *branches], site))
    if isinstance(merged, Num) and Kind.STD in {b.kind for b in branches if isinstance(b, Num)}:
        return replace(
            merged, kind=Kind.STD, flows=join_flows(merged.flows, run.heap.flows(condition)), range=range_of(joined)
        )
    return replace(merged, flows=flows)


__all__ = ["NONE", "NO_MARKS", "function", "method", "operation"]
