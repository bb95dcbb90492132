"""Layers and the activations that tensors come out of.

Whether a tensor is *exactly* what an activation returned is kept by the identity of the value: any operation on it makes
another value, of which nothing is known.
"""

from __future__ import annotations

from dataclasses import replace

from gradlint.model import Where
from gradlint.model.layers import Initializer, OutputActivation
from gradlint.reader import calls, classes, containers
from gradlint.reader.arguments import Args
from gradlint.reader.library import outputs
from gradlint.reader.names import split
from gradlint.reader.state import ClassInfo, Run
from gradlint.values import ANY, NONE, NOTHING, Const, Ext, Fn, Num, Ref, Seq, Value, join_all, options
from gradlint.vocabulary import layers as vocabulary

_APPLIED = "applied"
_OUTPUT = "output"
_BUILT = "built in"


def output_activation(run: Run, model: Value) -> OutputActivation | None:
    """The activation that the output of a model or layer comes out of; None if it is unknown or there are several.

    Its name is a key of `vocabulary.layers.RANGES`.
    """
    found = {_of_object(run, option) if isinstance(option, Ref) else None for option in options(model)}
    return found.pop() if len(found) == 1 else None


def activation_of(run: Run, tensor: Value) -> OutputActivation | None:
    """The activation that a tensor came out of, if nothing was done to it since."""
    known = run.remembered.get(id(tensor))
    return known[1] if known is not None and isinstance(known[1], OutputActivation) else None


def common(run: Run, tensors: list[Value]) -> OutputActivation | None:
    """The activation that several tensors came out of, if it is the same one."""
    found = [activation_of(run, tensor) for tensor in tensors]
    return found[0] if found[0] is not None and all(each and each.name == found[0].name for each in found) else None


def initializer_of(run: Run, value: Value) -> Initializer | None:
    """The initializer that a value is."""
    known = run.remembered.get(id(value))
    return known[1] if known is not None and isinstance(known[1], Initializer) else None


def remember(run: Run, value: Value, known: OutputActivation | Initializer | None) -> Value:
    """The value as one of its own, of which this is known: that a tensor comes out of an activation, for example."""
    if known is None or not isinstance(value, Num):
        return value
    own = replace(value)
    run.remembered[id(own)] = (own, known)
    return own


def _of_object(run: Run, ref: Ref) -> OutputActivation | None:
    known = run.heap.get(ref).entries
    if _APPLIED in known:
        return _stored(known[_APPLIED])
    return activation_of(run, known[_OUTPUT]) if _OUTPUT in known else None


def _stored(value: Value) -> OutputActivation | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, OutputActivation) else None


# -- layers ---------------------------------------------------------------------------------------------------------------


def make(run: Run, name: Ext, args: Args) -> Ref:
    """A layer of Keras, with what is known of its output."""
    last = split(name.name)[1]
    results = [
        calls.call_value(run, each, [outputs.linear(last, args)], {}, args.where, args.frame)
        for each in args.all()
        if type(each) is Fn
    ]
    context = args.frame.context if args.frame is not None else 0
    ref = run.heap.allocate(
        (args.where, name.name, context), "layer", args.where, name=name.name, raw=name.raw, context=context
    )
    entries = run.heap.edit(ref).entries
    if "dtype" in args.keywords or args.open:
        entries["dtype"] = args.get(None, "dtype") or ANY
    entries.update({outputs.COMPUTED: join_all(results)} if results else {})
    if last in vocabulary.PASSING:
        entries["passes"] = Const(True)
    elif last == "Lambda":
        applied = activation_of(run, results[0]) if results else None
        entries[_APPLIED] = Const(applied)
    else:
        entries[_APPLIED] = Const(_applied(run, last, args))
    return ref


def _applied(run: Run, layer: str, args: Args) -> OutputActivation | None:
    """The activation of a layer by its class and arguments."""
    if layer in vocabulary.FIXED:
        return OutputActivation(vocabulary.FIXED[layer], args.where, layer)
    if layer in vocabulary.WRAPPERS:
        merged = args.get(1, "merge_mode")
        inner = args.get(0, "layer", "cell") or ANY
        return output_activation(run, inner) if merged in (None, NONE, Const("concat"), Const("ave")) else None
    spec = vocabulary.ACTIVATED.get(layer)
    if spec is None:
        return None
    given = args.get(spec.position, "activation")
    if given is None:
        made = OutputActivation(spec.default, args.where, layer, default=True)
        return made if spec.default and not args.open else None
    found = named(run, given, args.where, layer)
    return replace(found, where=args.place(spec.position, "activation")) if found is not None else None


def named(run: Run, given: Value, where: Where, layer: str) -> OutputActivation | None:
    """The activation that a layer is given: by name, as a function, as a layer, or None."""
    if given == NONE:
        return OutputActivation(vocabulary.LINEAR, where, layer, getattr(given, "assumed", False))
    if isinstance(given, Const) and isinstance(given.value, str):
        name = vocabulary.activation_named(given.value)
        return OutputActivation(name, where, layer, given.assumed) if name is not None else None
    if isinstance(given, Ext):
        name = vocabulary.activation_function(given.name) or vocabulary.FIXED.get(split(given.name)[1])
        return OutputActivation(name, where, layer) if name is not None else None
    return output_activation(run, given) if isinstance(given, Ref) else None


def called(run: Run, ref: Ref, args: Args, tensor: Num) -> Value:
    """What a layer or model of a library gives for its input."""
    passes = "passes" in run.heap.get(ref).entries
    given = args.get(0, "inputs", "x") or ANY
    known = _passed(run, given) if passes else output_activation(run, ref)
    return remember(run, outputs.ranged(tensor, known, args), known)


def _passed(run: Run, given: Value) -> OutputActivation | None:
    """The activation behind the input of something that passes numbers on; of a list, the one that all of it has come out of."""
    items = containers.iterate_items(run, given) if isinstance(given, Ref | Seq) else None
    return common(run, list(items)) if items else activation_of(run, given)


def note_function(run: Run, name: Ext, args: Args, result: Value) -> Value:
    """What a function of a library gives, remembered if it is an activation or passes one on."""
    last = split(name.name)[1]
    if last in vocabulary.PASSING_FUNCTIONS and args.positional:
        return remember(run, result, _passed(run, args.positional[0]))
    activation = vocabulary.activation_function(name.name)
    if activation is not None:
        return remember(run, result, OutputActivation(activation, args.where, name.raw.replace("tensorflow", "tf")))
    built = vocabulary.DENSE_FUNCTIONS.get(name.name)
    if built is None:
        return result
    default, keywords, position = built
    given = args.get(position, *keywords)
    if given is not None:
        known = named(run, given, args.where, last)
    else:
        known = OutputActivation(default, args.where, last, default=True) if default and not args.open else None
    return remember(run, outputs.ranged(result, known, args), known)


# -- models ---------------------------------------------------------------------------------------------------------------


def note_model(run: Run, ref: Ref, name: str, args: Args) -> None:
    """A model was made: from a list of layers, from its outputs, or by a library."""
    entries = run.heap.edit(ref).entries
    entries.pop(_BUILT, None)
    entries[_OUTPUT] = NOTHING
    last = split(name)[1]
    if last == "Sequential":
        layers = containers.iterate_items(run, args.get(0, "layers") or NONE)
        for layer in layers or ():
            entries[_OUTPUT] = _through(run, layer, entries[_OUTPUT])
    elif last == "Model":
        outputs = args.get(1, "outputs", "output") or NONE
        single = containers.iterate_items(run, outputs)
        entries[_OUTPUT] = single[0] if single is not None and len(single) == 1 else outputs
    elif name.startswith("keras.applications.") and args.get(0, "include_top") in (None, Const(True)) and not args.open:
        given = args.get(None, "classifier_activation") or Const("softmax")
        entries[_APPLIED] = Const(named(run, given, args.where, last))


def note_output(run: Run, ref: Ref, result: Value) -> None:
    """What the `call` of a model of the project returned."""
    if run.heap.get(ref).kind == "model":
        run.heap.edit(ref).entries[_OUTPUT] = result


def trains_itself(run: Run, model: Value) -> bool:
    """A class of the project decides what goes into the loss."""
    infos = [run.heap.get(option).cls for option in options(model) if isinstance(option, Ref)]
    own = ("train_step", "compute_loss", "compile")
    return any(classes.find(info, name) for info in infos if isinstance(info, ClassInfo) for name in own)


def run_through(run: Run, model: Value, args: Args) -> None:
    """A model of the project that nobody has called yet gets an input, so that its output is known."""
    for option in options(model):
        info = run.heap.get(option).cls if isinstance(option, Ref) else None
        if isinstance(option, Ref) and isinstance(info, ClassInfo) and _OUTPUT not in run.heap.get(option).entries:
            found = classes.find(info, "call")
            if found is not None and isinstance(found[1], Fn):
                call = Fn(found[1].definition, found[1].frame, option, found[0])
                note_output(run, option, calls.call_value(run, call, [ANY], {}, args.where, args.frame))


def note_added(run: Run, ref: Ref, layer: Value) -> None:
    """A layer was added to a model: behind all others, unless other paths through the program do not add it."""
    entries = run.heap.edit(ref).entries
    built = entries.get(_BUILT)
    before = entries.get(_OUTPUT, NOTHING)
    after = _through(run, layer, before)
    here = (run.now, tuple((each.node, each.arm) for each in run.guards), tuple(run.loops))
    there = built.value if isinstance(built, Const) and isinstance(built.value, tuple) else here
    if _always(here, there):
        entries[_BUILT] = Const(here)
        entries[_OUTPUT] = after
    elif _name(run, before) != _name(run, after):
        entries[_OUTPUT] = ANY


def note_changed(run: Run, ref: Ref) -> None:
    """`model.layers[-1].activation = None`: what the layer gave, and what models that end in it give, is forgotten."""
    applied = _of_object(run, ref)
    run.heap.edit(ref).entries[_APPLIED] = Const(None)
    for number in [number for number, (_, known) in run.remembered.items() if known is applied]:
        del run.remembered[number]


def note_removed(run: Run, model: Value) -> None:
    """`model.pop()`: what is left is not looked up."""
    for option in options(model):
        if isinstance(option, Ref):
            run.heap.edit(option).entries[_OUTPUT] = ANY


def _always(here: tuple[object, ...], there: tuple[object, ...]) -> bool:
    """No condition or loop is around the one place that is not around the other."""
    (memo, guards, loops), (first, before, around) = here, there
    if memo is not first or not isinstance(guards, tuple) or not isinstance(before, tuple):
        return False
    assert isinstance(loops, tuple) and isinstance(around, tuple)
    return guards == before[: len(guards)] and loops == around[: len(loops)]


def _name(run: Run, tensor: Value) -> str | None:
    found = activation_of(run, tensor)
    return found.name if found is not None else None


def _through(run: Run, layer: Value, tensor: Value) -> Value:
    """The output of a layer or model for this input."""
    if isinstance(layer, Ref) and "passes" in run.heap.get(layer).entries:
        return tensor
    made, known = outputs.behind(run, layer, tensor), output_activation(run, layer)
    where = run.heap.get(layer).where if isinstance(layer, Ref) else Where("", 0)
    return remember(run, outputs.ranged(made, known, Args(None, where, [], {})), known)


__all__ = ["OutputActivation", "activation_of", "output_activation"]
