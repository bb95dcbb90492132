"""Constructing optimizers and wrapping them."""

from __future__ import annotations

from gradlint.model import Where
from gradlint.reader import classes
from gradlint.reader.arguments import Args
from gradlint.reader.events import MadeEvent
from gradlint.reader.library import schedules
from gradlint.reader.names import flavour as flavour_of
from gradlint.reader.state import ClassInfo, Run
from gradlint.values import (
    ANY,
    NONE,
    Const,
    Either,
    Ext,
    Fn,
    Kind,
    Num,
    Ref,
    Value,
    join_all,
    options,
)
from gradlint.vocabulary.clipping import GRADIENT_TRANSFORMERS, OPTIMIZER_CLIP_ARGUMENTS
from gradlint.vocabulary.optimizers import COMPILE_STRINGS, OptimizerSpec, find_optimizer, find_wrapper

_OF_ALL = frozenset({"learning_rate", "lr", *OPTIMIZER_CLIP_ARGUMENTS})
"""Keys of a configuration that any optimizer takes."""


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Constructors of optimizers, wrappers and schedules; `keras.optimizers.get`."""
    schedule = schedules.construct(run, name, args)
    if schedule is not None:
        return schedule
    wrapper = find_wrapper(name.name)
    if wrapper is not None and (args.get(wrapper.position, *wrapper.keywords) is not None):
        return _wrap(run, name, args)
    spec = find_optimizer(name.name, flavour_of(name.raw))
    if spec is not None:
        return construct(run, name, spec, args)
    if name.name.startswith("keras.optimizers.") and name.name.rpartition(".")[2] in ("get", "deserialize"):
        return from_identifier(run, args.get(0, "identifier", "config") or ANY, args.where)
    return None


def construct(run: Run, name: Ext, spec: OptimizerSpec, args: Args) -> Ref:
    """An optimizer object with its arguments."""
    context = args.frame.context if args.frame is not None else 0
    ref = run.heap.allocate(
        (args.where, name.name, context), "optimizer", args.where, name=name.name, raw=name.raw, context=context
    )
    run.emit(MadeEvent(args.where, ref))
    fill(run, ref, spec, args)
    return ref


def fill(run: Run, ref: Ref, spec: OptimizerSpec, args: Args) -> None:
    """Record learning rate, momentum, epsilon, clip arguments and where they are written."""
    obj = run.heap.edit(ref)
    obj.entries["spec"] = Const(spec.name)
    rate = args.get(spec.rate_position, "learning_rate", "lr")
    obj.entries["rate_where"] = Const(args.place(spec.rate_position, "learning_rate", "lr"))
    if "lr" in args.keywords:
        obj.entries["lr_where"] = Const(args.place(None, "lr"))
    if rate is not None:
        run.write_attr(ref, "@learning_rate", rate)
        obj.entries["written"] = Const(True)
    elif args.open:
        run.write_attr(ref, "@learning_rate", Num(unknown="its arguments come from *args or **kwargs"))
    elif spec.default_rate is not None:
        run.write_attr(ref, "@learning_rate", Const(spec.default_rate))
    momentum = args.get(spec.momentum_position, "momentum")
    if momentum is not None:
        run.write_attr(ref, "@momentum", momentum)
    for name, position, keywords in (
        ("epsilon", spec.epsilon_position, ("epsilon",)),
        ("beta_2", spec.beta_2_position, ("beta_2", "beta2")),
    ):
        given = args.get(position, *keywords)
        if given is not None:
            run.write_attr(ref, f"@{name}", given)
            obj.entries[name] = Const(args.place(position, *keywords))
    if "decay" in args.keywords and "decay" not in spec.positional:
        run.write_attr(ref, "@decay", args.keywords["decay"])
        obj.entries["decay"] = Const(args.place(None, "decay"))
    for keyword in (*OPTIMIZER_CLIP_ARGUMENTS, GRADIENT_TRANSFORMERS):
        position = spec.positional.index(keyword) if keyword in spec.positional else None
        given = args.get(position, keyword)
        if given is not None:
            run.write_attr(ref, f"@{keyword}", given)
            obj.entries[f"{keyword}_where"] = Const(args.place(position, keyword))
            if not args.spelled(keyword):
                obj.entries[f"{keyword}_unpacked"] = Const(True)
    if spec.always_clips:
        run.write_attr(ref, "@clips", Const(True))
    if args.open:
        run.write_attr(ref, "@open", Const(True))


def construct_subclass(run: Run, ref: Ref, info: ClassInfo, args: Args) -> None:
    """An object of a project class that inherits from an optimizer: the base's parameters apply."""
    obj = run.heap.edit(ref)
    for base in classes.library_bases(info):
        spec = find_optimizer(base.name, flavour_of(base.raw))
        if spec is not None:
            obj.name, obj.raw = base.name, base.raw
            fill(run, ref, spec, args)
            break
    obj.name = obj.name or info.name
    overridden = {
        "apply_gradients",
        "_clip_gradients",
        "_transform_unaggregated_gradients",
        "get_gradients",
        "compute_gradients",
        "apply",
        "_aggregate_gradients",
        "get_updates",
    }
    if any(classes.find(info, name) is not None for name in overridden):
        run.write_attr(ref, "@open", Const("overridden"))


def _wrap(run: Run, name: Ext, args: Args) -> Value:
    wrapper = find_wrapper(name.name)
    assert wrapper is not None
    inner = args.get(wrapper.position, *wrapper.keywords) or ANY
    if isinstance(inner, Const) and isinstance(inner.value, str):
        inner = from_identifier(run, inner, args.where)
    ref = wrapped(run, name, inner, args)
    if wrapper.clips:
        run.write_attr(ref, "@clips", Const(True))
    if wrapper.skips_non_finite:
        run.write_attr(ref, "@skips", Const(True))
    return ref


def wrapped(run: Run, name: Ext, inner: Value, args: Args) -> Ref:
    """An optimizer around another one."""
    context = args.frame.context if args.frame is not None else 0
    ref = run.heap.allocate(
        (args.where, name.name, context), "optimizer", args.where, name=name.name, raw=name.raw, context=context
    )
    run.write_attr(ref, "@inner", inner)
    obj = run.heap.edit(ref)
    obj.entries["wrapper"] = Const(True)
    for keyword in OPTIMIZER_CLIP_ARGUMENTS:
        if keyword in args.keywords:
            run.write_attr(ref, f"@{keyword}", args.keywords[keyword])
            obj.entries[f"{keyword}_where"] = Const(args.place(None, keyword))
    return ref


def from_identifier(run: Run, value: Value, where: Where) -> Value:
    """What Keras makes of `optimizer=...`: a string or a config is looked up, an optimizer is itself."""
    found: list[Value] = []
    for option in options(value):
        if isinstance(option, Const) and isinstance(option.value, str):
            name = COMPILE_STRINGS.get(option.value.lower())
            if name is None:
                found.append(Num(unknown=f'no optimizer is called "{option.value}"'))
                continue
            found.append(_default_optimizer(run, name, where, option))
        elif isinstance(option, Ref) and run.heap.get(option).kind == "dict":
            found.append(_from_config(run, option, where))
        elif isinstance(option, Ext):
            spec = find_optimizer(option.name)
            found.append(_default_optimizer(run, spec.name, where, option) if spec is not None else ANY)
        elif isinstance(option, Fn):
            found.append(Num(unknown="the optimizer is made by a function"))
        elif option != NONE:
            found.append(option)
    return join_all(found) if found else ANY


def _default_optimizer(run: Run, name: str, where: Where, option: Value) -> Ref:
    canonical = f"keras.optimizers.{name}"
    raw = "keras.optimizers." + name if not isinstance(option, Ext) else option.raw
    ref = run.heap.allocate((where, canonical, "string"), "optimizer", where, name=canonical, raw=raw)
    run.emit(MadeEvent(where, ref))
    spec = find_optimizer(canonical)
    if spec is not None and "spec" not in run.heap.get(ref).entries:
        fill(run, ref, spec, Args(None, where, [], {}))
        run.heap.edit(ref).entries["string"] = Const(True)
    return ref


def _from_config(run: Run, ref: Ref, where: Where) -> Value:
    entries = run.heap.get(ref).entries
    name = entries.get("class_name")
    config = entries.get("config")
    if not (isinstance(name, Const) and isinstance(name.value, str)):
        return Num(unknown="the optimizer comes from a configuration")
    made = _default_optimizer(run, COMPILE_STRINGS.get(name.value.lower(), name.value), where, name)
    if isinstance(config, Ref) and run.heap.get(config).kind == "dict":
        for key, value in run.heap.get(config).entries.items():
            if name.assumed and key not in _OF_ALL:
                continue  # a caller may ask for another class, and this may be there for that one
            run.write_attr(made, f"@{key}", value, replace=True)
    return made


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """`optimizer.learning_rate.assign(x)`, `K.set_value(optimizer.lr, x)` are not followed; `from_config` is."""
    if name == "base.__init__":
        for option in options(receiver):
            if isinstance(option, Ref) and run.heap.get(option).kind == "optimizer":
                info = run.heap.get(option).cls
                if isinstance(info, ClassInfo):
                    construct_subclass(run, option, info, args)
                    return NONE
    return None


def is_optimizer(run: Run, value: Value) -> bool:
    """Some option is an optimizer object."""
    return any(isinstance(o, Ref) and run.heap.get(o).kind == "optimizer" for o in options(value))


__all__ = ["Either", "Kind", "construct", "fill", "from_identifier", "function", "is_optimizer", "method"]
