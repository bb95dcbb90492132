"""Generic iteration over the nodes of the compact program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any


def children(node: Any) -> Iterator[Any]:
    """Yield the nodes directly below a node, in the order of its fields."""
    for field in node.__slots__:
        value = getattr(node, field)
        if type(value) is tuple:
            yield from _members(value)
        elif is_dataclass(value):
            yield value


def _members(values: tuple[Any, ...]) -> Iterator[Any]:
    for value in values:
        if type(value) is tuple:
            yield from _members(value)
        elif is_dataclass(value):
            yield value


def walk(root: Any) -> Iterator[Any]:
    """Yield a node and all nodes below it, parents first; also those without a `loc`, such as `Arg` and `Clause`."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(tuple(children(node))))
