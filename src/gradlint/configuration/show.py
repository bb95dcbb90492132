"""What holds for a path, as TOML that can be pasted into a gradlint.toml."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import IntEnum

from gradlint.configuration.patterns import EXCLUDED
from gradlint.configuration.policy import Policy
from gradlint.vocabulary import own
from gradlint.vocabulary.own import OwnNames, OwnOptimizer

_ALWAYS: dict[str, object] = {
    "select": ("ALL",),
    "pedantic": False,
    "fail-on": "warning",
    "exclude": EXCLUDED,
    "force-exclude": False,
}
"""Keys that have a default worth showing."""


def render(path: str, policy: Policy) -> str:
    """The settings for one path, each with the place that it comes from."""
    source = f"governed by {policy.name}" if policy.name is not None else "governed by no configuration file"
    lines = [f"# {path} is {source}"]
    for key, value, place in _entries(policy):
        lines.append(f"{key} = {_toml(value)}  # {place}")
    return "".join(line + "\n" for line in lines)


def _entries(policy: Policy) -> Iterator[tuple[str, object, str]]:
    options = policy.options
    for name in options.__slots__:
        key = name.replace("_", "-")
        value = getattr(options, name)
        if name == "places":
            continue
        if name == "max_learning_rate" and value is not None:
            value = {optimizer.lower(): rate for optimizer, rate in value.items()}
        if value is not None:
            yield key, value, options.places.get(name, "default")
        elif name == "min_confidence":
            yield key, policy.least_confidence, options.places.get("pedantic", "default")
        elif key in _ALWAYS:
            yield key, _ALWAYS[key], "default"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, IntEnum):
        return json.dumps(value.name.lower())
    if isinstance(value, OwnNames):
        return _toml(_vocabulary(value))
    if isinstance(value, OwnOptimizer):
        told = {"like": value.like} if value.like else {"wraps": True}
        return _toml({**told, "clips": True} if value.clips else told if not value.like else value.like)
    if isinstance(value, Mapping):
        entries = ", ".join(f"{_key(str(key))} = {_toml(inner)}" for key, inner in value.items())
        return f"{{ {entries} }}" if entries else "{}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def _vocabulary(names: OwnNames) -> dict[str, object]:
    found = {
        "clip-functions": _named(names.clips, own.RETURNS_GRADIENTS),
        "reward-normalisers": sorted(names.rewards),
        "finite-checks": _named(names.checks, own.RAISES),
        "optimizers": names.optimizers,
    }
    return {key: value for key, value in found.items() if value}


def _named(names: Mapping[str, str], default: str) -> list[object]:
    return [name if returns == default else {"name": name, "returns": returns} for name, returns in names.items()]
