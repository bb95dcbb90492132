"""The arguments of a call: evaluated, with the places where they are written."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradlint.model import Noted, Where
from gradlint.reader.heap import Heap
from gradlint.reader.ir import Call, Expr
from gradlint.reader.state import Frame
from gradlint.values import NO_FLOWS, Const, Either, Flows, Value, mix_flows

MOST_ORIGINS = 4
"""Places on the path of a constant that are kept."""


@dataclass(slots=True)
class Args:
    """Evaluated arguments of a call, with the nodes they came from."""

    node: Call | None
    where: Where
    positional: list[Value]
    keywords: dict[str, Value]
    open: bool = False
    """There are `*args` or `**kwargs` whose contents are not known."""
    nodes: tuple[Expr | None, ...] = ()
    """What the positional arguments are written as; None or nothing for those that are not written in this call."""
    keyword_nodes: dict[str, Expr] = field(default_factory=dict)
    frame: Frame | None = None

    @property
    def context(self) -> int:
        """Tells evaluations of the same place apart."""
        return self.frame.context if self.frame is not None else 0

    def get(self, position: int | None, *names: str) -> Value | None:
        """The argument at a position (without the receiver) or under one of the names."""
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return None

    def place(self, position: int | None, *names: str) -> Where:
        """Where that argument is written; the call itself if it is not."""
        node = next((self.keyword_nodes[name] for name in names if name in self.keyword_nodes), None)
        if node is None and position is not None and position < len(self.nodes):
            node = self.nodes[position]
        return self.where if node is None or self.frame is None else self.frame.module.place(node.loc)

    def spelled(self, name: str) -> bool:
        """The keyword stands in the call itself, not in a mapping that is unpacked there."""
        return self.node is not None and any(argument.name == name for argument in self.node.args)

    def all(self) -> list[Value]:
        """All arguments, positional ones first."""
        return [*self.positional, *self.keywords.values()]

    def flows(self, heap: Heap) -> Flows:
        """The flows of all arguments together."""
        flows = NO_FLOWS
        for value in self.positional:
            flows = mix_flows(flows, heap.flows(value))
        for value in self.keywords.values():
            flows = mix_flows(flows, heap.flows(value))
        return flows


def noted(origin: Noted, value: Value) -> Value:
    """The constant with one more place on its path; what is no number stays as it is."""
    if isinstance(value, Const):
        if type(value.value) not in (int, float) or len(value.origins) >= MOST_ORIGINS or origin in value.origins:
            return value
        return Const(value.value, (*value.origins, origin), value.assumed)
    if isinstance(value, Either):
        return Either(tuple([noted(origin, option) for option in value.options]))
    return value
