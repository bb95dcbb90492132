"""What happened while a program was interpreted, in order: the raw material of the training model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gradlint.reader.events import Event
from gradlint.terms import Term
from gradlint.values import Flows


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A condition under which something runs: the branch, which arm, and what the condition depends on."""

    node: object
    arm: bool
    flows: Flows
    term: Term | None = None
    """How the condition was made."""


@dataclass(slots=True, eq=False)
class Activation:
    """One evaluation of a function in one context, and all that happened in it."""

    definition: object
    path: str
    context: int
    items: list[tuple[Event | Activation, tuple[Guard, ...], tuple[object, ...]]] = field(default_factory=list)
    done: bool = False
    matters: bool = False
    """It trains, or makes or gets what trains: worth reading for every caller."""


@dataclass(frozen=True, slots=True, eq=False)
class Occurrence:
    """An event with its order in the program, the guards and loops around it, and the functions it happened in."""

    event: Event
    order: int
    guards: tuple[Guard, ...]
    loops: tuple[object, ...]
    stack: tuple[Activation, ...]


MOST_VISITS = 4
MOST_OCCURRENCES = 50_000


def flatten(root: Activation) -> Iterator[Occurrence]:
    """All events of a program in order. A function that many places call is shown at the first few of them only."""
    visits: dict[int, int] = {}
    order = 0
    stack: list[tuple[Activation, int, tuple[Guard, ...], tuple[object, ...], tuple[Activation, ...]]] = [
        (root, 0, (), (), (root,))
    ]
    while stack:
        activation, index, guards, loops, path = stack.pop()
        for position in range(index, len(activation.items)):
            thing, own_guards, own_loops = activation.items[position]
            if isinstance(thing, Activation):
                seen = visits.get(id(thing), 0)
                if seen >= MOST_VISITS or thing in path or not thing.items:
                    continue
                visits[id(thing)] = seen + 1
                stack.append((activation, position + 1, guards, loops, path))
                stack.append((thing, 0, guards + own_guards, loops + own_loops, (*path, thing)))
                break
            order += 1
            if order > MOST_OCCURRENCES:
                return
            yield Occurrence(thing, order, guards + own_guards, loops + own_loops, path)
