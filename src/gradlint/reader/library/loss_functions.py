"""Loss functions of the project: compile hands them targets and predictions, and differentiates what they return."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.model import Where
from gradlint.model.layers import OutputActivation
from gradlint.ranges import DATA
from gradlint.reader import classes, containers, functions
from gradlint.reader.arguments import Args
from gradlint.reader.events import LossEvent
from gradlint.reader.ir import Def
from gradlint.reader.library import layers, outputs
from gradlint.reader.state import ClassInfo, Run
from gradlint.reader.tensors import Site, layer_output, source
from gradlint.values import ANY, NO_MARKS, Fn, Kind, Num, Ref, Seq, Source, Value, options
from gradlint.vocabulary.tensors import LOSS_PARAMETERS, OUTPUTS


def compiled(run: Run, model: Value, loss: Value, args: Args) -> None:
    """Call the loss functions that a model is compiled with; what the model itself computes gets into any loss."""
    for option in options(model):
        output = run.heap.get(option).entries.get("output") if isinstance(option, Ref) else None
        if output is not None:
            run.emit(LossEvent(args.where, output))
    layers.run_through(run, model, args)
    output = outputs.inside(run, model) if isinstance(model, Ref) else ANY
    for function, predicted, doubts in _functions(run, loss, output):
        activation = layers.activation_of(run, predicted)
        if activation is None and predicted is output:
            activation = layers.output_activation(run, model)
        given = list(_arguments(args, activation))
        result = functions.call_function(run, function, Args(None, args.where, given, {}))
        run.emit(LossEvent(args.where, result, doubts))


def _functions(run: Run, loss: Value, output: Value) -> Iterator[tuple[Fn, Value, int]]:
    """The loss functions of the project, each with the output that it is for and how doubtful it is that it is used.

    Of a whole registry of losses, most are made for other outputs and other arguments than these.
    """
    doubts = 2 if len(options(loss)) > 2 else 0
    for option in options(loss):
        if isinstance(option, Fn):
            yield option, output, doubts
        elif isinstance(option, Ref) and run.heap.get(option).kind == "dict":
            named = run.heap.get(output).entries if isinstance(output, Ref) else {}
            for name, each in run.heap.get(option).entries.items():
                yield from _functions(run, each, named.get(name, ANY))
        elif isinstance(option, Seq) or (isinstance(option, Ref) and run.heap.get(option).kind == "list"):
            found = containers.iterate_items(run, option) or (containers.element(run, option),)
            several = containers.iterate_items(run, output) or ()
            for number, each in enumerate(found):
                yield from _functions(run, each, several[number] if len(several) == len(found) else ANY)
        elif isinstance(option, Ref):
            yield from ((function, output, doubts) for function in _called(run, option))


def _called(run: Run, ref: Ref) -> Iterator[Fn]:
    """What an object of a loss class computes with."""
    info = run.heap.get(ref).cls
    for name in ("call", "__call__"):
        found = classes.find(info, name) if isinstance(info, ClassInfo) else None
        if found is not None and isinstance(found[1], Fn):
            yield Fn(found[1].definition, found[1].frame, ref, found[0])
            return


def _arguments(args: Args, activation: OutputActivation | None) -> Iterator[Value]:
    """Targets, and predictions that come out of this activation."""
    site = Site(args.where, args.context, True)
    for name, op in zip(LOSS_PARAMETERS, (LOSS_PARAMETERS[0], activation.name if activation else ""), strict=True):
        flows = {Source("parameter", args.where, args.context, name): NO_MARKS}
        yield Num(
            Kind.TENSOR,
            OUTPUTS.get(op, DATA),
            flows,
            term=layer_output(op, site) if op in OUTPUTS else source(name, site),
        )


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
        run.emit(LossEvent(where, result, doubts=1))
