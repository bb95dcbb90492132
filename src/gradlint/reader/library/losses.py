"""Loss functions of the project: compile hands them targets and predictions, and differentiates what they return."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.model import Where
from gradlint.ranges import DATA
from gradlint.reader import classes, containers, functions
from gradlint.reader.arguments import Args
from gradlint.reader.ir import Def
from gradlint.reader.state import ClassInfo, Run
from gradlint.reader.tensors import Site, source
from gradlint.reader.trace import LossEvent
from gradlint.values import NO_MARKS, Fn, Kind, Num, Ref, Seq, Source, Value, options
from gradlint.vocabulary.tensors import LOSS_PARAMETERS


def compiled(run: Run, model: Value, loss: Value, args: Args) -> None:
    """Call the loss functions that a model is compiled with."""
    for function in _functions(run, loss):
        result = functions.call_function(run, function, Args(None, args.where, list(_arguments(args)), {}))
        run.emit(LossEvent(args.where, result))


def _functions(run: Run, loss: Value) -> Iterator[Fn]:
    for option in options(loss):
        if isinstance(option, Fn):
            yield option
        elif isinstance(option, Ref) and run.heap.get(option).kind in ("list", "dict"):
            for each in containers.iterate_items(run, option) or (containers.element(run, option),):
                yield from _functions(run, each)
            for each in run.heap.get(option).entries.values():
                yield from _functions(run, each)
        elif isinstance(option, Ref):
            yield from _called(run, option)
        elif isinstance(option, Seq):
            for each in option.items or (option.elem,):
                yield from _functions(run, each)


def _called(run: Run, ref: Ref) -> Iterator[Fn]:
    """What an object of a loss class computes with."""
    info = run.heap.get(ref).cls
    for name in ("call", "__call__"):
        found = classes.find(info, name) if isinstance(info, ClassInfo) else None
        if found is not None and isinstance(found[1], Fn):
            yield Fn(found[1].definition, found[1].frame, ref, found[0])
            return


def _arguments(args: Args) -> Iterator[Value]:
    """Targets and predictions: numbers of which nothing more is known."""
    for name in LOSS_PARAMETERS:
        flows = {Source("parameter", args.where, args.context, name): NO_MARKS}
        yield Num(Kind.TENSOR, DATA, flows, term=source(name, Site(args.where, args.context, True)))


def by_name(definition: object) -> bool:
    """The function calls itself a loss, or takes the targets and predictions that Keras gives to losses."""
    if not isinstance(definition, Def):
        return False
    names = [param.name for param in definition.params]
    return "loss" in definition.name.lower() and (
        "metric" not in definition.name.lower() or names[:2] == list(LOSS_PARAMETERS)
    )


def unreached(run: Run, where: Where, definition: object, result: Value) -> None:
    """Note what a function returns that nobody calls, if by its name it is a loss."""
    if by_name(definition):
        run.emit(LossEvent(where, result, by_name=True))
