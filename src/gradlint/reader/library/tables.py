"""Tables: where pandas reads them, what happens to missing values, and the scalers of scikit-learn."""

from __future__ import annotations

from gradlint.reader import containers
from gradlint.reader.arguments import Args
from gradlint.reader.events import CleaningEvent
from gradlint.reader.library.datasets import is_from
from gradlint.reader.state import Run
from gradlint.values import (
    ANY,
    NO_MARKS,
    Const,
    Ext,
    Flows,
    Kind,
    Mark,
    Num,
    Ref,
    Seq,
    Source,
    Value,
    mark_flows,
    sequence,
)
from gradlint.vocabulary import datasets as names


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Functions of pandas and scikit-learn."""
    if not names.may_be_data(name.name):
        return None
    namespace, _, last = name.name.rpartition(".")
    if last == "nan_to_num" and is_from(run, args.get(0, "x") or ANY, "frame"):
        return _cleaned(run, args, args.flows(run.heap))
    if namespace.startswith("pandas"):
        return _of_pandas(run, name.name, last, args)
    if not namespace.startswith("sklearn."):
        return None
    if name.name in names.SPLITTERS:
        halves = [value for value in args.positional for _ in range(2)]
        return sequence(halves) if not args.open else None
    if name.name in names.SHUFFLERS:
        return args.positional[0] if len(args.positional) == 1 else sequence(args.positional)
    if last in names.SCALERS or last in names.IMPUTERS or last in names.ENCODERS:
        context = args.frame.context if args.frame is not None else 0
        return run.heap.allocate((args.where, last, context), "transformer", args.where, name=last)
    if namespace == "sklearn.preprocessing" and last in names.SCALING:
        return _scaled(run, args.get(0, "X") or ANY)
    return None


def _of_pandas(run: Run, name: str, last: str, args: Args) -> Value | None:
    if names.FRAMES.fullmatch(name):
        if args.open or any(args.get(None, keyword) not in (None, Const(True)) for keyword in names.NO_MISSING):
            return None
        context = args.frame.context if args.frame is not None else 0
        return Num(Kind.TENSOR, None, {Source("frame", args.where, context, last): NO_MARKS})
    flows = args.flows(run.heap)
    if not any(source.kind == "frame" for source in flows):
        return None
    if last in names.CLEANING:
        return _cleaned(run, args, flows)
    return Num(Kind.TENSOR, None, flows) if name in names.JOINING else None


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """Methods of tables that were read, and of scikit-learn's transformers."""
    if isinstance(receiver, Num):
        cleans = name in names.CLEANING
        if not (cleans or name in names.ROWS_AND_COLUMNS) or not is_from(run, receiver, "frame"):
            return None
        return _cleaned(run, args, receiver.flows) if cleans else receiver
    if isinstance(receiver, Ref) and run.heap.get(receiver).kind == "transformer":
        return _transformed(run, receiver, name, args)
    return None


def _cleaned(run: Run, args: Args, flows: Flows) -> Num:
    run.emit(CleaningEvent(args.where, flows))
    return Num(Kind.TENSOR, None, flows)


def _transformed(run: Run, ref: Ref, name: str, args: Args) -> Value | None:
    if name == "fit":
        return ref
    if name not in ("transform", "fit_transform"):
        return None
    given = args.get(0, "X", "y") or ANY
    kind = run.heap.get(ref).name
    if kind in names.ENCODERS:
        return Num(Kind.TENSOR)
    if kind in names.IMPUTERS:
        return _cleaned(run, args, run.heap.flows(given))
    return _scaled(run, given)


def _scaled(run: Run, given: Value) -> Value:
    if isinstance(given, Seq):
        given = containers.element(run, given)
    return Num(Kind.TENSOR, None, mark_flows(run.heap.flows(given), Mark.BOUNDED))


__all__ = ["function", "method"]
