"""Going over all nodes of the compact program, whatever their kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from gradlint.reader import ir

_NODES = ("Expr", "Stmt", "Arg", "Param", "Clause", "Handler", "Case", "Name")


def _fields(kind: type) -> tuple[str, ...]:
    """The fields of a node type that hold nodes, told by their annotations."""
    return tuple(field.name for field in dataclasses.fields(kind) if any(word in str(field.type) for word in _NODES))


_FIELDS: dict[type, tuple[str, ...]] = {
    kind: _fields(kind) for kind in vars(ir).values() if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}


def children(node: Any) -> Iterator[Any]:
    """The nodes directly below a node, in the order of its fields."""
    for name in _FIELDS[type(node)]:
        yield from _members(getattr(node, name))


def _members(value: Any) -> Iterator[Any]:
    if value is None:
        return
    if isinstance(value, tuple):
        for each in value:
            yield from _members(each)
    else:
        yield value


def walk(root: Any) -> Iterator[Any]:
    """A node and all nodes below it, in no particular order."""
    fields = _FIELDS
    todo = [root]
    while todo:
        node = todo.pop()
        yield node
        for name in fields[type(node)]:
            value = getattr(node, name)
            if value is None:
                continue
            if type(value) is not tuple:
                todo.append(value)
            elif value:
                if type(value[0]) is tuple or value[0] is None:  # pairs: a dict's entries, the items of `with`
                    todo += [each for pair in value for each in pair if each is not None]
                else:
                    todo += value
