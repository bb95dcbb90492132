"""The part of JSON Schema that ours use."""

from __future__ import annotations

import re
from typing import Any

KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def check_schema(data: Any, spec: dict[str, Any], root: dict[str, Any], where: str = "$") -> None:
    """Every key of the data must be described."""
    if "$ref" in spec:
        spec = root["$defs"][spec["$ref"].removeprefix("#/$defs/")]
    if "anyOf" in spec:
        assert any(fits(data, each, root, where) for each in spec["anyOf"]), f"{where}: {data!r}"
    if "const" in spec:
        assert data == spec["const"], where
    if "enum" in spec:
        assert data in spec["enum"], where
    if "pattern" in spec:
        assert re.search(spec["pattern"], data), where
    if "type" in spec:
        assert type(data) in KINDS[spec["type"]], where
    if "minimum" in spec:
        assert data >= spec["minimum"], where
    if "anyOf" in spec:
        return
    if isinstance(data, dict):
        assert set(spec.get("required", ())) <= set(data), where
        for key, value in data.items():
            inner = spec.get("properties", {}).get(key, spec.get("additionalProperties"))
            assert inner is not None, f"{where}.{key} is not described"
            check_schema(value, inner, root, f"{where}.{key}")
    if isinstance(data, list):
        for index, item in enumerate(data):
            check_schema(item, spec["items"], root, f"{where}[{index}]")


def fits(data: Any, spec: dict[str, Any], root: dict[str, Any], where: str) -> bool:
    """Whether the data is as the schema says."""
    try:
        check_schema(data, spec, root, where)
    except AssertionError:
        return False
    return True
