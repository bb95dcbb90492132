"""Cross-entropies: what they take, and the activation that what they are given comes out of."""

from __future__ import annotations

from gradlint.model import Where
from gradlint.model.layers import LossUse, OutputActivation
from gradlint.reader.arguments import Args
from gradlint.reader.events import CrossEntropyEvent
from gradlint.reader.library import layers
from gradlint.reader.state import Run
from gradlint.values import NONE, Const, Ext, Ref, Value, options
from gradlint.vocabulary.losses import PREDICTIONS, LossSpec, find_loss, named_loss

_SPEC = "cross-entropy"
_OPTION = "from_logits"
_OPTION_WHERE = "from_logits_where"


def made(run: Run, ref: Ref, name: str, args: Args) -> None:
    """An object of a loss class is made: what it takes."""
    spec = find_loss(name)
    if spec is not None:
        entries = run.heap.edit(ref).entries
        entries[_SPEC] = Const(spec)
        entries[_OPTION] = _option(spec, args)
        entries[_OPTION_WHERE] = Const(args.place(spec.from_logits, "from_logits"))


def _option(spec: LossSpec, args: Args) -> Value:
    """The argument `from_logits`; None where it was not followed."""
    given = args.get(spec.from_logits, "from_logits")
    if given is None:
        return Const(False) if not args.open else NONE
    return given if isinstance(given, Const) and isinstance(given.value, bool) else NONE


def called(run: Run, ref: Ref, args: Args) -> None:
    """An object of a loss class is called."""
    output = layers.activation_of(run, args.get(1, *PREDICTIONS) or NONE)
    if output is not None:
        _note_object(run, ref, args.where, output, None)


def _note_object(run: Run, ref: Ref, used: Where, output: OutputActivation, model: Value | None) -> None:
    entries = run.heap.get(ref).entries
    spec, where = entries.get(_SPEC), entries.get(_OPTION_WHERE)
    if isinstance(spec, Const) and isinstance(spec.value, LossSpec) and isinstance(where, Const):
        assert isinstance(where.value, Where)
        _emit(run, spec.value, entries[_OPTION], where.value, used, output, model)


def note_function(run: Run, name: Ext, args: Args) -> None:
    """A function of a library that computes a cross-entropy is called."""
    spec = find_loss(name.name)
    if spec is None or spec.name[:1].isupper():
        return
    output = layers.activation_of(run, args.get(spec.prediction, *PREDICTIONS) or NONE)
    if output is not None:
        option = _option(spec, args) if spec.from_logits is not None else Const(True)
        place = args.place(spec.from_logits, "from_logits")
        _emit(run, spec, option, place, args.where, output, None)


def compiled(run: Run, model: Value, loss: Value, args: Args) -> None:
    """A model with one output is compiled with one loss."""
    if layers.trains_itself(run, model):
        return
    layers.run_through(run, model, args)
    output = layers.output_activation(run, model)
    if output is None:
        return
    place = args.place(1, "loss")
    for option in options(loss):
        spec: LossSpec | None = None
        if isinstance(option, Ref):
            _note_object(run, option, args.where, output, model)
        elif isinstance(option, Const) and isinstance(option.value, str):
            spec = named_loss(option.value)
        elif isinstance(option, Ext):
            spec = find_loss(option.name)
        if spec is not None:
            takes = Const(spec.from_logits is None, (), getattr(option, "assumed", False))
            _emit(run, spec, takes, place, args.where, output, model)


def _emit(
    run: Run, spec: LossSpec, takes: Value, where: Where, used: Where, output: OutputActivation, model: Value | None
) -> None:
    if not isinstance(takes, Const) or not isinstance(takes.value, bool):
        return
    use = LossUse(
        where, used, spec.name, spec.applies, takes.value, spec.from_logits is not None, output, takes.assumed
    )
    run.emit(CrossEntropyEvent(used, use, model))
