"""JSON <-> the dataclasses of wire.py, checking every field: the other side runs the user's code."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from gradlint.probe.wire import VERSION

T = TypeVar("T")

NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
"""JSON has no such numbers; they are the very thing that the probe is after, so they travel as these words."""


class WireError(ValueError):
    """What was read is not what the wire format says; the message names the field."""


def dumps(value: object) -> str:
    """A dataclass of wire.py as one line of JSON."""
    return json.dumps(_plain(value), allow_nan=False)


def loads(cls: type[T], text: str | bytes) -> T:
    """Read and check one dataclass of wire.py."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}") from error
    if isinstance(data, dict) and data.get("version", VERSION) != VERSION:
        raise WireError(f"version {data['version']!r} of the wire format, expected {VERSION}")
    return cast(T, _read(cls, data, cls.__name__.lower()))


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def _read(kind: Any, data: object, where: str) -> object:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union(get_args(kind), data, where)
    if origin is tuple:
        if not isinstance(data, list):
            raise WireError(f"{where}: expected a list, not {type(data).__name__}")
        return tuple(_read(get_args(kind)[0], each, f"{where}[{i}]") for i, each in enumerate(data))
    if origin is dict:
        if not isinstance(data, dict):
            raise WireError(f"{where}: expected an object, not {type(data).__name__}")
        return {key: _read(get_args(kind)[1], each, f"{where}.{key}") for key, each in data.items()}
    if is_dataclass(kind):
        return _read_object(cast(type, kind), data, where)
    if issubclass(kind, Enum):
        try:
            return kind(data)
        except ValueError:
            raise WireError(f"{where}: {data!r} is none of {', '.join(str(each.value) for each in kind)}") from None
    return _read_scalar(kind, data, where)


def _read_union(kinds: tuple[Any, ...], data: object, where: str) -> object:
    """`float | bool | str | None` and the like: the first that fits."""
    if data is None and type(None) in kinds:
        return None
    failures = []
    for kind in kinds:
        if kind is not type(None):
            try:
                return _read(kind, data, where)
            except WireError as error:
                failures.append(error)
    raise failures[0]


def _read_object(cls: type, data: object, where: str) -> object:
    if not isinstance(data, dict):
        raise WireError(f"{where}: expected an object, not {type(data).__name__}")
    hints = get_type_hints(cls)
    known = {each.name: each for each in fields(cls)}
    if unknown := sorted(set(data) - set(known)):
        raise WireError(f"{where}: unknown field {unknown[0]!r}")
    required = (n for n, each in known.items() if each.default is MISSING and each.default_factory is MISSING)
    if missing := sorted(set(required) - set(data)):
        raise WireError(f"{where}: field {missing[0]!r} is missing")
    return cls(**{name: _read(hints[name], each, f"{where}.{name}") for name, each in data.items()})


def _read_scalar(kind: type, data: object, where: str) -> object:
    if kind is float:
        if isinstance(data, str) and data in NON_FINITE:
            return NON_FINITE[data]
        if isinstance(data, int | float) and not isinstance(data, bool):
            try:
                return float(data)
            except OverflowError:
                raise WireError(f"{where}: number too large") from None
    # a bool is an int in Python, and not in the wire format
    elif isinstance(data, kind) and (kind is bool or not isinstance(data, bool)):
        return data
    raise WireError(f"{where}: expected {kind.__name__}, not {type(data).__name__}")
