"""Images and pipelines: arrays of pixels, `tf.data`, image generators, and what goes into networks."""

from __future__ import annotations

from gradlint.reader import calls, containers
from gradlint.reader.arguments import Args
from gradlint.reader.events import InputEvent, RescaledInputEvent
from gradlint.reader.state import Frame, Run
from gradlint.values import (
    ANY,
    NO_MARKS,
    NONE,
    Const,
    Ext,
    Fn,
    Kind,
    Mark,
    Num,
    Range,
    Ref,
    Seq,
    Source,
    Value,
    options,
    sequence,
    truth,
    unknown,
)
from gradlint.vocabulary import datasets as names

_LABELS = Num(Kind.TENSOR)
_FOLLOWED = frozenset({"pixels", "frame", "observation"})
"""Sources that a pipeline is followed for."""
_SIZED = Mark.BOUNDED | Mark.OPAQUE
_FITTING = frozenset({"epochs", "batch_size", "validation_split", "validation_data", "steps_per_epoch"})
"""Keywords of `fit` that networks have and other estimators do not."""


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Functions that load or move images, and the constructors of `tf.data`."""
    if not names.may_be_data(name.name):
        return None
    namespace, _, last = name.name.rpartition(".")
    if namespace.startswith("keras."):
        return _of_keras(run, name.name, namespace, last, args)
    if name.name in names.DECODERS:
        dtype = args.get(2, "dtype") if last in ("decode_image", "decode_png") else None
        return pixels(args, "decoded images") if dtype is None or _is_byte(dtype) else None
    if name.name in names.READERS:
        return pixels(args, "image files")
    if name.name == "tfds.load" or name.name == "tensorflow_datasets.load":
        return _tfds(run, args)
    if name.name in ("tf.data.Dataset.from_tensor_slices", "tf.data.Dataset.from_tensors"):
        given = args.get(0, "tensors") or ANY
        flows = run.heap.flows(given)
        if not flows or any(source.kind in _FOLLOWED for source in flows):
            return dataset(run, args, _slices(run, given))
        return None
    if name.name == "tf.data.Dataset.list_files":
        return dataset(run, args, Num(Kind.TENSOR))
    if names.IMAGE_OPERATIONS.fullmatch(name.name):
        first = args.get(0, "images", "image", "src", "value") or ANY
        return first if is_from(run, first, "pixels") else None
    return None


def _of_keras(run: Run, name: str, namespace: str, last: str, args: Args) -> Value | None:
    if last == "load_data" and namespace.rpartition(".")[2] in names.KERAS_IMAGES:
        half = sequence((pixels(args, f"the images of {namespace.rpartition('.')[2]}"), _LABELS))
        return sequence((half, half))
    if name in names.IMAGE_FOLDERS:
        labelled = args.get(None, "labels") != NONE and args.get(None, "label_mode") != NONE
        images = pixels(args, "the images of a directory")
        return dataset(run, args, sequence((images, _LABELS)) if labelled else images)
    if name == names.GENERATOR or name == "keras.src.legacy.preprocessing.image.ImageDataGenerator":
        ref = run.heap.allocate((args.where, "generator", _context(args)), "generator", args.where, name=name)
        given = [args.get(None, keyword) for keyword in names.RESCALING_ARGUMENTS]
        scales = args.open or len(args.positional) > 0 or any(v not in (None, NONE, Const(False)) for v in given)
        run.write_attr(ref, "@scales", Const(scales))
        return ref
    if last in names.LOADERS and namespace in ("keras.utils", "keras.preprocessing.image"):
        first = args.get(0, "img", "path")
        return first if last == "img_to_array" and first is not None else pixels(args, "image files")
    return None


def pixels(args: Args, what: str) -> Num:
    """Numbers from 0 to 255."""
    source = Source("pixels", args.where, _context(args), what)
    return Num(Kind.TENSOR, Range(0.0, names.PIXELS), {source: NO_MARKS})


def dataset(run: Run, args: Args, element: Value) -> Ref:
    """A `tf.data.Dataset`, or another source of batches, with these elements."""
    ref = run.heap.allocate((args.where, "dataset", _context(args)), "dataset", args.where, name="tf.data.Dataset")
    run.add_content(ref, element)
    return ref


def _context(args: Args) -> int:
    return args.frame.context if args.frame is not None else 0


def is_from(run: Run, value: Value, kind: str) -> bool:
    """Whether a value comes from sources of one kind."""
    return isinstance(value, Num) and any(source.kind == kind for source in value.flows)


def _is_byte(dtype: Value) -> bool:
    return isinstance(dtype, Ext) and dtype.name.endswith("uint8")


def _is_bool(dtype: Value) -> bool:
    return (isinstance(dtype, Ext) and dtype.name.rpartition(".")[2] in ("bool", "bool_")) or dtype == Const("bool")


def _slices(run: Run, given: Value) -> Value:
    """One element of `from_tensor_slices`: a tuple of arrays gives tuples."""
    items = containers.iterate_items(run, given)
    return sequence(items) if items is not None and isinstance(given, Seq) else given


def _tfds(run: Run, args: Args) -> Value | None:
    """An image set of TensorFlow Datasets, where the call says enough of its form."""
    name = args.get(0, "name")
    split, supervised = args.get(1, "split"), args.get(None, "as_supervised")
    known = isinstance(name, Const) and isinstance(name.value, str) and names.TFDS_IMAGES.fullmatch(name.value)
    if not known or supervised != Const(True) or split is None or args.get(None, "batch_size") == Const(-1):
        return None
    assert isinstance(name, Const)
    one = dataset(run, args, sequence((pixels(args, f"the images of {name.value}"), _LABELS)))
    several = containers.iterate_items(run, split)
    found: Value = sequence([one] * len(several)) if several is not None else one
    return sequence((found, ANY)) if truth(args.get(None, "with_info") or Const(False)) else found


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """Methods of datasets, generators and images."""
    if isinstance(receiver, Num):
        if (name != "astype" and name not in names.IMAGE_METHODS) or not is_from(run, receiver, "pixels"):
            return None
        if name == "astype" and args.positional and _is_bool(args.positional[0]):
            return Num(Kind.TENSOR)
        return receiver if name in names.IMAGE_METHODS else None
    if not isinstance(receiver, Ref):
        return None
    kind = run.heap.get(receiver).kind
    if kind == "generator":
        return _generated(run, receiver, name, args)
    if kind != "dataset":
        return None
    if name in names.PASSING:
        return receiver
    element = run.read_content(receiver)
    if name in ("get_next", "next"):
        return element
    if name in ("map", "flat_map", "interleave") and _worth_following(run, element, args):
        items = containers.iterate_items(run, element) if isinstance(element, Seq) else None
        given = list(items) if items is not None else [element]
        return dataset(
            run, args, calls.call_value(run, args.get(0, "map_func") or ANY, given, {}, args.where, args.frame)
        )
    return unknown(f"method {name} of a dataset", run.heap.flows(element))


def _worth_following(run: Run, element: Value, args: Args) -> bool:
    """Images or tables go into the function, or its file decodes images: others cost more than they tell."""
    if any(source.kind in _FOLLOWED for source in run.heap.flows(element)):
        return True
    function = args.get(0, "map_func")
    module = function.frame.module.ir if isinstance(function, Fn) and isinstance(function.frame, Frame) else None
    return module is not None and not module.names.isdisjoint(names.READING)


def _generated(run: Run, ref: Ref, name: str, args: Args) -> Value | None:
    scales = run.read_attr(ref, "@scales") != Const(False)
    if name in ("flow_from_directory", "flow_from_dataframe"):
        images: Value = ANY if scales else pixels(args, "the images of a directory")
        return dataset(run, args, sequence((images, _LABELS)))
    if name == "flow":
        images = ANY if scales else args.get(0, "x") or ANY
        return dataset(run, args, sequence((images, _LABELS)))
    if name == "standardize":
        return ANY
    return NONE if name == "fit" else None


def note_layer(run: Run, args: Args) -> None:
    """`Conv2D(8, 3)(inputs / 255.0)`: the network rescales what goes into it."""
    for value in args.positional:
        if isinstance(value, Num) and any(s.kind == "placeholder" and m.may & _SIZED for s, m in value.flows.items()):
            run.emit(RescaledInputEvent(args.where))


# -- what goes into networks ---------------------------------------------------------------------------------------------


def note_inputs(run: Run, method: str, model: Value, args: Args) -> None:
    """Record what a network of Keras is trained on, where anything of it is followed."""
    known = any(isinstance(option, Ref) and run.heap.get(option).kind == "model" for option in options(model))
    if not known and _FITTING.isdisjoint(args.keywords):
        return
    inputs = args.get(0, "x", "inputs", "generator", "training_data") or ANY
    targets = (args.get(1, "y") or NONE) if method != "__call__" else NONE
    if isinstance(inputs, Ref) and run.heap.get(inputs).kind == "dataset":
        element = run.read_content(inputs)
        items = containers.iterate_items(run, element) if isinstance(element, Seq) else None
        inputs, targets = (items[0], items[1]) if items is not None and len(items) > 1 else (element, NONE)
    flows = [*run.heap.flows(inputs), *run.heap.flows(targets)]
    if any(source.kind in _FOLLOWED for source in flows):
        run.emit(InputEvent(args.where, method, model, inputs, targets))


__all__ = ["dataset", "function", "is_from", "method", "note_inputs", "pixels"]
