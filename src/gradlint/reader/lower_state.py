"""How far the walk over a tree has come.

Every function of the lowering visits its children in the order of the text and counts what it passes in `State.tail`,
whose bits are those of a `Loc` that starts at leaf 0: so the place of a node is its start or-ed with the tail, and
costs no call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from gradlint.reader import ir

CLOSES = (1 << 12) - 1
LEAVES = ~CLOSES
LEAF = 1 << 12
START = 26  # from the leaf count in a tail to the first leaf in a Loc
Lower: TypeAlias = Callable[["State", Any], ir.Expr]


class State:
    """How far the walk has come: the leaves passed and the closing brackets behind the last of them."""

    __slots__ = ("generator", "names", "table", "tail")

    def __init__(self, table: Mapping[type, Lower]) -> None:
        self.table = table
        self.tail = 0
        self.generator = False
        self.names: set[str] = set()

    def close(self, count: int) -> None:
        """Pass closing brackets."""
        self.tail += min(count, CLOSES - (self.tail & CLOSES))

    def leaf(self) -> None:
        """Pass one leaf."""
        self.tail = (self.tail & LEAVES) + LEAF

    def start(self) -> int:
        """Return the upper part of the place of a node that starts here."""
        return (self.tail & LEAVES) << START


def expression(state: State, node: Any) -> ir.Expr:
    """Lower one expression."""
    return state.table[type(node)](state, node)


def optional(state: State, node: Any) -> ir.Expr | None:
    """Lower an expression that may be absent."""
    return None if node is None else state.table[type(node)](state, node)
