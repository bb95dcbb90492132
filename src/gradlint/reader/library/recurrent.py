"""Recurrent layers and cells: the activations and the start of the weights that carry their state through time."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

from gradlint.model.layers import Initializer, OutputActivation, RecurrentLayer
from gradlint.reader import containers
from gradlint.reader.arguments import Args
from gradlint.reader.events import LayerEvent, NanMaskEvent
from gradlint.reader.library import layers
from gradlint.reader.names import split
from gradlint.reader.state import Run
from gradlint.values import NONE, Const, Ext, Ref, Value, number_of
from gradlint.vocabulary.initializers import InitializerSpec, find_initializer, numbers
from gradlint.vocabulary.layers import RECURRENT

_INITIALIZERS = ("keras.initializers", "tf", "tf.initializers", "keras.initializers.initializers")


def note(run: Run, name: Ext, args: Args) -> None:
    """A layer or cell is made: how far its state can grow, and whether a mask can ever match."""
    last = split(name.name)[1]
    if last in RECURRENT:
        run.emit(LayerEvent(args.where, _layer(run, last, args)))
    elif last == "Masking" and name.name.startswith("keras."):
        value = number_of(args.get(0, "mask_value") or NONE)
        if value is not None and isnan(value):
            run.emit(NanMaskEvent(args.place(0, "mask_value")))


def _layer(run: Run, name: str, args: Args) -> RecurrentLayer:
    units = number_of(args.get(0, "units", "num_units", "filters", "output_dim") or NONE)
    keras = RECURRENT[name]
    return RecurrentLayer(
        where=args.where,
        name=name,
        activation=_activation(run, name, args, 1 if keras else None, "activation"),
        gate=_activation(run, name, args, None, "recurrent_activation", "inner_activation"),
        initializer=_initializer(run, args) if not name.startswith("ConvLSTM") else None,
        units=units,
        steps=_steps(run, args),
    )


def _activation(run: Run, name: str, args: Args, position: int | None, *keywords: str) -> OutputActivation | None:
    given = args.get(position, *keywords)
    if given is None or (
        given == NONE and not RECURRENT[name]
    ):  # what None means differs between the cells of TensorFlow 1
        return None
    found = layers.named(run, given, args.where, name)
    return replace(found, where=args.place(position, *keywords)) if found is not None else None


def _steps(run: Run, args: Args) -> float | None:
    """The first number of `input_shape`, the second of `batch_input_shape`."""
    for keyword, index in (("input_shape", 0), ("batch_input_shape", 1)):
        shape = containers.iterate_items(run, args.keywords.get(keyword, NONE))
        if shape is not None and len(shape) > index:
            return number_of(shape[index])
    return number_of(args.keywords.get("input_length", NONE))


def _initializer(run: Run, args: Args) -> Initializer | None:
    given = args.get(None, "recurrent_initializer", "inner_init")
    if given is None:
        return None
    made = layers.initializer_of(run, given)
    if made is None:
        name = given.value if isinstance(given, Const) else split(given.name)[1] if isinstance(given, Ext) else None
        spec = find_initializer(name) if isinstance(name, str) else None
        made = _initializer_of(spec, {}, args) if spec is not None else None
    return replace(made, where=args.place(None, "recurrent_initializer", "inner_init")) if made is not None else None


def note_initializer(run: Run, name: Ext, args: Args, result: Value) -> Value:
    """What a constructor of an initializer gives, remembered with its numbers."""
    namespace, last = split(name.name)
    spec = find_initializer(last) if namespace in _INITIALIZERS else None
    if spec is None or args.open or isinstance(result, Ref):
        return result
    values: dict[str, float] = {}
    for position, (parameter, _) in enumerate(spec.parameters):
        given = args.get(position, parameter)
        number = number_of(given) if given is not None else None
        if given is not None and number is None:
            return result
        if number is not None:
            values[parameter] = number
    return layers.remember(run, result, _initializer_of(spec, values, args))


def _initializer_of(spec: InitializerSpec, values: dict[str, float], args: Args) -> Initializer:
    spread, mean, gain = numbers(spec, values)
    return Initializer(spec.name, args.where, spread, mean, gain)
