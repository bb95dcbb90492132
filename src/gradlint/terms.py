"""Terms: which operations made a number, so that operands which depend on each other are recognised.

A term is shared structure, not a copy of the program: two terms are equal if the same operations were applied to the
same things. What is not followed has an identity of its own and equals nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from gradlint.model import Where

DEEPEST = 60
"""Terms that are nested deeper keep their identity only."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """An operation and its operands. Things that are not made by an operation (inputs, outputs of layers) have none."""

    op: str
    args: tuple[Operand, ...]
    where: Where
    context: int = 0
    single: bool = False
    """TensorFlow or Keras computed it, in float32 unless something else was asked for."""
    depth: int = field(init=False, repr=False)
    key: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        depth = 1 + max((each.depth for each in self.args if isinstance(each, Term)), default=0)
        if depth > DEEPEST:
            object.__setattr__(self, "args", ())
            depth = 1
        followed = bool(self.args) and None not in self.args
        key = hash((self.op, self.args) if followed else (self.op, self.args, self.where, self.context))
        object.__setattr__(self, "depth", depth)
        object.__setattr__(self, "key", key)

    def __hash__(self) -> int:
        return self.key

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Term) or self.key != other.key or self.op != other.op or self.args != other.args:
            return False
        followed = bool(self.args) and None not in self.args
        return followed or (self.where == other.where and self.context == other.context)

    def operand(self, position: int) -> Operand:
        """An operand, None if there is none."""
        return self.args[position] if position < len(self.args) else None

    def arg(self, position: int) -> Term | None:
        """An operand that is a term."""
        found = self.operand(position)
        return found if isinstance(found, Term) else None

    def walk(self) -> Iterator[Term]:
        """This term and those that it is made of, each once."""
        todo, seen = [self], set()
        while todo:
            term = todo.pop()
            if id(term) not in seen:
                seen.add(id(term))
                yield term
                todo.extend(each for each in reversed(term.args) if isinstance(each, Term))

    def mentions(self, other: Term) -> bool:
        """Whether the other term is part of this one."""
        return any(each == other for each in self.walk())

    def shares(self, other: Term) -> bool:
        """Whether both are made of some same thing."""
        mine = {each for each in self.walk() if not each.args}
        return any(each in mine for each in other.walk() if not each.args)


Operand: TypeAlias = Term | float | None


def is_op(term: Operand, *ops: str) -> bool:
    """Whether a term is the result of one of these operations."""
    return isinstance(term, Term) and term.op in ops
