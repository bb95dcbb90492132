"""The type of numbers that Keras makes weights of."""

from __future__ import annotations

from gradlint.reader.arguments import Args
from gradlint.reader.state import Run
from gradlint.reader.trace import PrecisionEvent
from gradlint.values import NONE, Const, Ext, Value

_SETTERS = frozenset({"set_floatx", "set_global_policy", "set_dtype_policy", "set_policy"})
"""Last components under `keras.` of functions whose argument names a type or a policy."""


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """`set_floatx("float16")` and the policy "float16". ("mixed_float16" leaves the weights in float32.)"""
    namespace, _, last = name.name.rpartition(".")
    if last not in _SETTERS or namespace.partition(".")[0] != "keras":
        return None
    value = args.get(0, "value", "policy", "dtype")
    half = isinstance(value, Const) and value.value == "float16" and not value.assumed
    run.emit(PrecisionEvent(args.where, half))
    return NONE
