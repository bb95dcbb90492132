"""Models, layers, losses and framework training: compile, fit, train_on_batch, estimators, training helpers."""

from __future__ import annotations

import math

from gradlint.model import Noted, Where
from gradlint.ranges import Range
from gradlint.reader import attributes, calls, classes, containers, functions, returns, tensors
from gradlint.reader.arguments import Args
from gradlint.reader.events import CompileEvent, ContextEvent, EagerEvent, FitEvent, LossEvent, MadeEvent, RunEvent
from gradlint.reader.library import (
    datasets,
    layers,
    loss_functions,
    losses,
    optimizers,
    outputs,
    precision,
    recurrent,
    trainers,
    variables,
)
from gradlint.reader.names import split as split_name
from gradlint.reader.state import ClassInfo, Run
from gradlint.reader.tensors import Site
from gradlint.values import (
    ANY,
    NO_MARKS,
    NONE,
    Const,
    Ext,
    Flows,
    Fn,
    Kind,
    Mark,
    Method,
    Num,
    Ref,
    Seq,
    Source,
    Value,
    join_all,
    join_flows,
    mark_flows,
    options,
    truth,
)
from gradlint.vocabulary.clipping import TRAINING_HELPERS
from gradlint.vocabulary.losses import is_squared_error
from gradlint.vocabulary.recurrent import is_recurrent, rl_package
from gradlint.vocabulary.rewards import kind_of_name

CHECKPOINT = "keras.callbacks.ModelCheckpoint"
FITS = frozenset({"fit", "fit_generator", "train_on_batch", "fit_on_batch"})
_ROBUST = ("huber", "logcosh", "log_cosh", "smooth_l1", "smoothl1")
_LOSS_NAMESPACES = ("keras.losses.", "tf.losses.", "keras.metrics.", "keras.objectives.", "trfl.")


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Layers, models, losses and helpers that train in one call."""
    namespace, last = split_name(name.name)
    if is_recurrent(name.name):
        run.emit(ContextEvent("recurrent", Noted(args.where, f"{last} is recurrent")))
    recurrent.note(run, name, args)
    if name.name in ("keras.Sequential", "keras.Model") or (
        namespace.startswith("keras.models") and last in ("Sequential", "Model")
    ):
        return _model(run, name, args)
    if last in ("load_model", "clone_model", "model_from_json", "model_from_yaml"):
        made = _model(run, name, args)
        return outputs.like(run, made, args.get(0, "model") or ANY) if last == "clone_model" else made
    if name.name in ("keras.Input", "keras.layers.Input", "keras.layers.InputLayer", "keras.backend.placeholder"):
        return variables.placeholder(run, args)
    if namespace.startswith("keras") and "layers" in namespace and last[:1].isupper():
        layer = layers.make(run, name, args)
        if last == "Lambda":
            run.write_attr(layer, outputs.FUNCTION, args.get(0, "function") or ANY, replace=True)
        return layer
    if name.name.startswith("keras.callbacks.") and last[:1].isupper():
        ref = run.heap.allocate((args.where, name.name, _context(args)), "callback", args.where, name=name.name)
        if name.name == CHECKPOINT and not args.open and _overwrites(args):
            run.heap.edit(ref).entries["overwrites"] = Const(True)
        return ref
    if name.name.startswith("keras.applications.") and last[:1].isupper():
        return _model(run, name, args)
    if any(name.name.startswith(prefix) for prefix in _LOSS_NAMESPACES) or _is_loss_op(name.name):
        return _loss(run, name.name, last, args)
    if name.name == "keras.backend.function" or name.name == "keras.function":
        return _backend_function(run, args)
    if name.name in TRAINING_HELPERS:
        return trainers.helper(run, name.name, args)
    if last in ("Estimator", "TPUEstimator") and args.get(0, "model_fn") is not None:
        return _estimator(run, args)
    if last == "EstimatorSpec" or last == "TPUEstimatorSpec":
        return args.get(None, "loss") or ANY
    if rl_package(name.raw) is not None and last.endswith("Agent"):
        return trainers.agent(run, name, args)
    return None


def _overwrites(args: Args) -> bool:
    """Each epoch's weights take the place of the last: no part of the path changes, and the loss does not matter."""
    path = args.get(0, "filepath") or ANY
    always = args.get(3, "save_best_only") in (None, Const(False))
    return always and isinstance(path, Const) and isinstance(path.value, str) and "{" not in path.value


def _is_loss_op(name: str) -> bool:
    return name.startswith("tf.nn.") and ("cross_entropy" in name or name.endswith("_loss"))


def _context(args: Args) -> int:
    return args.frame.context if args.frame is not None else 0


def _model(run: Run, name: Ext, args: Args) -> Value:
    ref = run.heap.allocate(
        (args.where, _context(args)), "model", args.where, name=name.name, raw=name.raw, context=_context(args)
    )
    run.emit(MadeEvent(args.where, ref))
    precision.note_outputs(run, ref, args.get(1, "outputs") if name.name.endswith("Model") else args.get(0, "layers"))
    for value in args.all():
        for option in options(value):
            if isinstance(option, Ref):
                run.add_content(ref, containers.element(run, option) if run.heap.get(option).kind == "list" else option)
    layers.note_model(run, ref, name.name, args)
    return ref


def _loss(run: Run, name: str, last: str, args: Args) -> Value:
    """A loss class makes a callable; a loss function's result carries what it compares."""
    if last[:1].isupper():
        ref = run.heap.allocate((args.where, last, _context(args)), "loss", args.where, name=last)
        losses.made(run, ref, name, args)
        return ref
    if last in ("get", "get_total_loss", "get_regularization_loss", "get_losses"):
        return Num(Kind.LOSS)
    return loss_value(run, last, args)


def loss_value(run: Run, name: str, args: Args) -> Num:
    """The loss of these arguments; robust losses bound what large rewards do to it."""
    flows = precision.widened(args.flows(run.heap)) if run.half else args.flows(run.heap)
    if any(word in name.lower() for word in _ROBUST):
        flows = mark_flows(flows, Mark.BOUNDED)
    if is_squared_error(name):
        flows = mark_flows(flows, Mark.SQUARED)
    flows = join_flows(flows, {Source("call", args.where, _context(args)): NO_MARKS})
    if "cross_entropy" not in name and "crossentropy" not in name.lower():
        return Num(Kind.LOSS, None, flows)
    term = tensors.source("cross_entropy", Site(args.where, _context(args), True))
    return Num(Kind.LOSS, Range(0.0, math.inf, saturates=True), flows, term=term)


def call_object(run: Run, ref: Ref, args: Args) -> Value | None:
    """Calling a model, layer, loss or backend function object."""
    obj = run.heap.get(ref)
    if obj.kind == "loss":
        losses.called(run, ref, args)
        return loss_value(run, obj.name, args)
    if obj.kind in ("layer", "model", "module"):
        datasets.note_layer(run, args)
        if run.tapes and obj.kind == "model":
            datasets.note_inputs(run, "__call__", ref, args)
        return output(run, ref, args, ANY)
    if obj.kind == "backend function":
        return _call_backend(run, ref, args)
    if obj.kind in ("optimizer", "schedule"):
        return ANY
    return None


def output(run: Run, ref: Ref, args: Args, result: Value) -> Value:
    """What a network returns does not carry its inputs' rewards; it carries the network's identity."""
    obj = run.heap.get(ref)
    if obj.kind not in ("model", "layer", "module"):
        return result
    if result is ANY or (isinstance(result, Num) and result.unknown):
        computed = outputs.apply(run, ref, args) or outputs.of_several(run, ref, args)
        if computed is not None:
            return computed
        own: Flows = {Source("model", obj.where, obj.context, f"{obj.kind}:{ref.id}"): NO_MARKS}
        inside, before = outputs.inside(run, ref), Num(flows=args.flows(run.heap))
        own = join_flows(own, join_flows(outputs.hazards_of(inside), outputs.hazards_of(before)))
        made = precision.output(run, ref, Num(Kind.TENSOR, None, own))
        return layers.called(run, ref, args, made)
    layers.note_output(run, ref, result)
    return result


def _backend_function(run: Run, args: Args) -> Value:
    """`K.function(inputs, outputs, updates)`: calling it feeds the inputs and runs the updates."""
    ref = run.heap.allocate((args.where, "function", _context(args)), "backend function", args.where)
    for name, position in (("inputs", 0), ("outputs", 1), ("updates", 2)):
        value = args.get(position, name)
        if value is not None:
            run.write_attr(ref, name, value)
    return ref


def _call_backend(run: Run, ref: Ref, args: Args) -> Value:
    from gradlint.reader.library import sessions

    inputs = run.read_attr(ref, "inputs")
    given = args.get(0)
    if inputs is not None and given is not None:
        names, values = containers.iterate_items(run, inputs), containers.iterate_items(run, given)
        if names is not None and values is not None:
            for holder, value in zip(names, values, strict=False):
                sessions.feed(run, holder, value)
        else:
            sessions.feed(run, containers.element(run, inputs), containers.element(run, given))
    outputs = run.read_attr(ref, "outputs")
    sessions.note_run(run, args, [each for each in (outputs, run.read_attr(ref, "updates")) if each is not None])
    return outputs if outputs is not None else ANY


def _estimator(run: Run, args: Args) -> Value:
    """`Estimator(model_fn, params=...)`: training calls the function with these parameters."""
    model_fn = args.get(0, "model_fn") or ANY
    params = args.get(None, "params") or ANY
    for option in options(model_fn):
        if isinstance(option, Fn):
            wanted = [param.name for param in getattr(option.definition, "params", ())]
            known: dict[str, Value] = {"params": params, "features": ANY, "labels": ANY, "mode": ANY}
            given = {name: known.get(name, ANY) for name in wanted}
            calls.call_value(run, option, [], given, args.where, args.frame)
            run.emit(RunEvent(args.where, {}))
    return run.heap.allocate(
        (args.where, "estimator", _context(args)), "estimator", args.where, name="tf.estimator.Estimator"
    )


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """compile, fit and their kin, on models and on unknown things that take the same arguments."""
    plain = name.removeprefix("base.")
    if (
        plain == "compile"
        and _may_be_model(run, receiver)
        and ("optimizer" in args.keywords or "loss" in args.keywords or args.positional)
    ):
        return _compile(run, receiver, args)
    if plain in FITS and _may_be_model(run, receiver):
        return _fit(run, receiver, plain, args)
    if plain in ("predict", "predict_on_batch", "__call__", "call") and _may_be_model(run, receiver):
        first = next((o for o in options(receiver) if isinstance(o, Ref)), None)
        result = output(run, first, args, ANY) if first is not None else Num(Kind.TENSOR)
        return returns.stopped(result) if plain.startswith("predict") else result
    if name == "base.__init__":
        return precision.note_type(run, receiver, args)
    if plain == "add" and _is_model(run, receiver):
        for option in options(receiver):
            if isinstance(option, Ref):
                run.add_content(option, args.get(0) or ANY)
                layers.note_added(run, option, args.get(0) or ANY)
                precision.note_outputs(run, option, args.get(0))
        return NONE
    if plain == "add_loss":
        run.emit(LossEvent(args.where, args.get(0, "losses") or ANY))
        return NONE
    if plain == "pop" and not args.all() and _is_model(run, receiver):
        layers.note_removed(run, receiver)
        return NONE
    if plain in ("load_weights", "set_weights", "get_weights", "summary"):
        return ANY
    return None


def _is_model(run: Run, value: Value) -> bool:
    return any(isinstance(o, Ref) and run.heap.get(o).kind == "model" for o in options(value))


def _may_be_model(run: Run, value: Value) -> bool:
    for option in options(value):
        if isinstance(option, Ref):
            if run.heap.get(option).kind in ("model", "instance", "agent", "layer"):
                return True
        elif isinstance(option, Num | Method):
            return True
    return False


def _compile(run: Run, receiver: Value, args: Args) -> Value:
    named = "optimizer" in args.keywords or (bool(args.positional) and not isinstance(args.positional[0], Num))
    given = args.get(0, "optimizer")
    if given is None and _is_model(run, receiver) and not args.open:
        given = Const("rmsprop")
    optimizer = (
        optimizers.from_identifier(run, given, args.place(0, "optimizer"))
        if given is not None
        else Num(unknown="compile is called without an optimizer")
    )
    loss = args.get(1, "loss") or NONE
    if args.get(None, "run_eagerly") not in (None, NONE, Const(False)):
        run.emit(EagerEvent(args.where))
    run.emit(CompileEvent(args.where, receiver, optimizer, loss, named))
    losses.compiled(run, receiver, loss, args)
    loss_functions.compiled(run, receiver, loss, args)
    precision.note_compile(run, receiver, optimizer, args)
    run.calls_seen[args.where] = "compile"
    for option in options(receiver):
        if isinstance(option, Ref):
            run.write_attr(option, "@optimizer", optimizer)
            run.write_attr(option, "@loss", loss)
            run.heap.edit(option).entries["compiled"] = Const(args.where)
    return NONE


def _fit(run: Run, receiver: Value, name: str, args: Args) -> Value:
    targets = args.get(1, "y", "targets") or ANY
    if not run.heap.flows(targets):  # `agent.fit(states=..., rewards=...)` of something that is no Keras model
        named = [value for key, value in args.keywords.items() if kind_of_name(key) is not None]
        targets = join_all(named) if named else targets
    callbacks = args.get(None, "callbacks") or NONE
    weights = args.get(2 if name == "train_on_batch" else None, "sample_weight")
    if weights is not None:
        targets = Num(Kind.TENSOR, None, join_flows(run.heap.flows(targets), run.heap.flows(weights)))
    run.emit(FitEvent(args.where, name, receiver, targets, callbacks))
    datasets.note_inputs(run, name, receiver, args)
    for option in options(receiver):
        if isinstance(option, Ref):
            _custom_step(run, option, args)
    _run_callbacks(run, callbacks, args)
    source = Source("call", args.where, _context(args))
    return Num(Kind.LOSS, None, {source: NO_MARKS})


def _run_callbacks(run: Run, callbacks: Value, args: Args) -> None:
    """fit calls the hooks of callbacks that the project defines."""
    for option in options(containers.element(run, callbacks)):
        info = run.heap.get(option).cls if isinstance(option, Ref) else None
        if isinstance(info, ClassInfo) and isinstance(option, Ref):
            for owner in classes.linear(info):
                for name, member in list(owner.attrs.items()):
                    if name.startswith("on_") and isinstance(member, Fn):
                        hook = Fn(member.definition, member.frame, option, owner)
                        functions.call_function(run, hook, Args(None, args.where, [], {}, True))


def _custom_step(run: Run, ref: Ref, args: Args) -> None:
    """fit of a model of the project calls its own train_step."""
    info = run.heap.get(ref).cls
    if isinstance(info, ClassInfo):
        found = classes.find(info, "train_step")
        if found is not None and isinstance(found[1], Fn):
            run.graphs.add(id(found[1].definition))
            step = Fn(found[1].definition, found[1].frame, ref, found[0])
            calls.call_value(run, step, [ANY], {}, args.where, args.frame)


__all__ = ["Seq", "Where", "attributes", "call_object", "function", "method", "truth"]
