"""Kinds of library objects: which base class makes what of a project class, and what attributes its objects have."""

from __future__ import annotations

import re

from gradlint.model import Where
from gradlint.reader.events import EagerEvent
from gradlint.reader.names import canonical
from gradlint.reader.state import Frame, Run
from gradlint.values import ANY, NOTHING, Const, Kind, Num, Ref, Seq, Value
from gradlint.vocabulary.optimizers import find_optimizer, find_wrapper
from gradlint.vocabulary.recurrent import is_recurrent
from gradlint.vocabulary.schedules import find_schedule

_MODEL_NAMES = frozenset({"Model", "Sequential", "Functional", "Network"})
_GYM = re.compile(r"(gym|gymnasium)(\.\w+)*")
_ENV_BASES = frozenset(
    {
        "Env",
        "Wrapper",
        "ObservationWrapper",
        "RewardWrapper",
        "ActionWrapper",
        "VecEnv",
        "VecEnvWrapper",
        "PyEnvironment",
        "MultiAgentEnv",
        "GoalEnv",
    }
)


def role_of_class(name: str) -> str:
    """What a library class is to gradlint, by canonical name; "" for nothing special."""
    namespace, _, last = name.rpartition(".")
    if name.startswith("keras.") and (last in _MODEL_NAMES or namespace.endswith(".models")):
        return "model"
    if name.startswith("keras.") and ".layers" in name:
        return "layer"
    if name.startswith("keras.callbacks."):
        return "callback"
    if last in ("LearningRateSchedule",):
        return "schedule"
    if last == "Optimizer" or find_optimizer(name) is not None or find_wrapper(name) is not None:
        return "optimizer" if "optimi" in name.lower() or "train" in namespace else ""
    if last in _ENV_BASES and (_GYM.fullmatch(namespace) or "env" in namespace.lower()):
        return "env"
    if name in ("tf.Module", "snt.Module", "snt.AbstractModule"):
        return "module"
    if name in ("builtins.list", "collections.deque", "collections.UserList"):
        return "list"
    if name in ("builtins.dict", "collections.OrderedDict", "collections.UserDict"):
        return "dict"
    return ""


def exports(raw: str, name: str) -> bool:
    """Whether a library module that was imported by `*` has this name, as far as the vocabulary tells."""
    full = canonical(f"{raw}.{name}")
    if find_optimizer(full) is not None or find_schedule(full) is not None or is_recurrent(full):
        return True
    if full.startswith("keras.layers.") or full.startswith("keras.models."):
        return name[:1].isupper() or name == "load_model"
    if raw in ("math", "numpy"):
        return name.islower()
    if full.startswith("keras.callbacks."):
        return name[:1].isupper()
    return False


def attribute(run: Run, ref: Ref, name: str, where: Where) -> Value | None:
    """An attribute that a kind of library object has; None if it has no special meaning."""
    obj = run.heap.get(ref)
    if obj.kind == "namespace":
        return _namespace(run, ref, name)
    if obj.kind == "optimizer":
        if name in ("learning_rate", "lr", "_learning_rate"):
            known = run.read_attr(ref, "@learning_rate")
            run.heap.edit(ref).entries["rate used"] = Const(
                True
            )  # it may be assigned to: what is read tells nothing of it
            return known if known is not None else ANY
        if name == "iterations":
            return ANY
        if name in ("inner_optimizer", "_optimizer", "optimizer", "_opt"):
            return run.read_attr(ref, "@inner")
    if obj.kind == "model" and name == "optimizer":
        return run.read_attr(ref, "@optimizer") or Num(
            unknown="the optimizer is bound by compile, and no call of compile was seen"
        )
    if obj.kind == "model" and name in ("output", "outputs", "input", "inputs", "layers", "name"):
        return Num(Kind.TENSOR) if name != "layers" else Seq(run.heap.get(ref).elem if obj.elem is not NOTHING else ANY)
    if obj.kind == "env":
        return _environment(run, ref, name)
    return None


def _namespace(run: Run, ref: Ref, name: str) -> Value:
    obj = run.heap.get(ref)
    if name in obj.entries:
        return obj.entries[name]
    known = run.flags.get(f"{obj.name}:{name}")
    return known if known is not None else Num(unknown=f"option {name} has no default")


def _environment(run: Run, ref: Ref, name: str) -> Value | None:
    if name in ("env", "unwrapped", "venv"):
        return run.read_attr(ref, "env") or ref
    if name in ("spec", "action_space", "observation_space", "observation_spec", "action_spec"):
        return ANY
    return None


def attribute_set(run: Run, ref: Ref, name: str, value: Value, frame: Frame) -> None:
    """Writing some attributes means more: `optimizer.learning_rate = 0.1`, `model.optimizer = opt`."""
    from gradlint.reader.library import layers

    obj = run.heap.get(ref)
    if obj.kind == "optimizer" and name in ("learning_rate", "lr"):
        run.write_attr(ref, "@learning_rate", value)
    elif obj.kind == "model" and name == "optimizer":
        run.write_attr(ref, "@optimizer", value)
    elif obj.kind == "layer" and name == "activation":
        layers.note_changed(run, ref)
    elif name == "run_eagerly" and value != Const(False):
        run.emit(EagerEvent(obj.where))


__all__ = ["Const", "attribute", "attribute_set", "exports", "role_of_class"]
