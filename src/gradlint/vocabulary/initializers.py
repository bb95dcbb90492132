"""How Keras and TensorFlow start weights: the deviation and mean of a weight, or the gain of the whole matrix."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

TRUNCATED = 0.87962566
"""Standard deviation of a normal distribution that is cut off at two deviations."""


@dataclass(frozen=True, slots=True)
class InitializerSpec:
    """What an initializer's numbers mean. `parameters` are its arguments in order, with their defaults."""

    name: str
    parameters: tuple[tuple[str, float], ...]
    kind: str
    """normal, truncated, uniform, constant, gain, or scaling."""


_NORMAL = (("mean", 0.0), ("stddev", 0.05))
_SPECS = (
    InitializerSpec("random_normal", _NORMAL, "normal"),
    InitializerSpec("truncated_normal", _NORMAL, "truncated"),
    InitializerSpec("random_uniform", (("minval", -0.05), ("maxval", 0.05)), "uniform"),
    InitializerSpec("constant", (("value", 0.0),), "constant"),
    InitializerSpec("ones", (("value", 1.0),), "constant"),
    InitializerSpec("zeros", (("value", 0.0),), "constant"),
    InitializerSpec("orthogonal", (("gain", 1.0),), "gain"),
    InitializerSpec("identity", (("gain", 1.0),), "gain"),
    InitializerSpec("variance_scaling", (("scale", 1.0),), "scaling"),
)
_BY_NAME = {each.name: each for each in _SPECS}
_BY_NAME |= {"".join(part.capitalize() for part in each.name.split("_")): each for each in _SPECS}
_BY_NAME |= {"normal": _BY_NAME["random_normal"], "uniform": _BY_NAME["random_uniform"], "one": _BY_NAME["ones"]}
_BY_NAME |= {f"{name}_initializer": spec for name, spec in tuple(_BY_NAME.items())}


def find_initializer(name: str) -> InitializerSpec | None:
    """The initializer of a class, function or string; None for those that are not told apart here.

    >>> find_initializer("RandomNormal").parameters[1], find_initializer("mine")
    (('stddev', 0.05), None)
    """
    return _BY_NAME.get(name)


def numbers(spec: InitializerSpec, values: dict[str, float]) -> tuple[float, float, float | None]:
    """Deviation and mean of a weight, and the gain where it does not depend on the size of a square matrix."""
    given = [values.get(name, default) for name, default in spec.parameters]
    if spec.kind == "uniform":
        low, high = given
        return (high - low) / sqrt(12.0), (low + high) / 2, None
    if spec.kind == "constant":
        return 0.0, given[0], None
    if spec.kind in ("gain", "scaling"):
        return 0.0, 0.0, abs(given[0]) if spec.kind == "gain" else sqrt(abs(given[0]))
    mean, deviation = given
    return deviation * (TRUNCATED if spec.kind == "truncated" else 1.0), mean, None
