"""Objects that change: one per place and context of construction, with what is known of their attributes and contents.

Writes only ever add to what an attribute may be (except in constructors), so repeated runs settle. Objects that imported
modules made are shared by all programs; a program that writes to one gets a copy of its own.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from gradlint.model import Noted, Where
from gradlint.values import (
    NO_FLOWS,
    NOTHING,
    Const,
    Flows,
    Num,
    Ref,
    Value,
    join,
    join_flows,
    parts_of,
)

_IDENTIFIED = frozenset({"model", "optimizer", "layer", "instance", "env", "module", "agent"})
TRAINING = frozenset({"model", "optimizer", "env"})
"""Kinds of objects that training consists of."""


@dataclass(slots=True)
class Obj:
    """One object: its kind ("list", "optimizer", "instance" ...), class, attributes, exact items and what it contains."""

    id: int
    kind: str
    where: Where
    cls: object = None
    """The project's class, if it has one."""
    name: str = ""
    """Canonical name of the constructor of a library object."""
    raw: str = ""
    attrs: dict[str, Value] = field(default_factory=dict)
    items: tuple[Value, ...] | None = None
    """Exact items of a list that was not changed since it was written out."""
    entries: dict[Hashable, Value] = field(default_factory=dict)
    """Entries of a dict with constant keys."""
    elem: Value = NOTHING
    """What any element may be."""
    notes: tuple[Noted, ...] = ()
    context: int = 0


_GONE = Obj(0, "gone", Where("", 0))
"""Stands for an object of an earlier program that something shared still mentions."""


class Heap:
    """All objects, by number. Numbers depend on the order of evaluation alone."""

    def __init__(self) -> None:
        self._shared: dict[int, Obj] = {}
        self._own: dict[int, Obj] = {}
        self._keys: dict[Hashable, int] = {}
        self._own_keys: dict[Hashable, int] = {}
        self._next = 1
        self.allocated = 0
        """How often an object with an identity was asked for."""
        self.trainers = 0
        """How many of those were of a kind that training consists of."""
        self.sharing = True
        """True while imported modules run: what they make is shared by all programs."""

    def start_program(self) -> None:
        """Forget what the last program made and changed."""
        self._own = {}
        self._own_keys = {}

    def allocate(self, key: Hashable, kind: str, where: Where, **known: object) -> Ref:
        """The object of this key, made if it is new."""
        if kind in _IDENTIFIED:
            self.allocated += 1
        if kind in TRAINING:
            self.trainers += 1
        # what a program made is gone with it, so what a module makes for all of them must not be found among it
        found = (None if self.sharing else self._own_keys.get(key)) or self._keys.get(key)
        if found is not None:
            return Ref(found)
        number = self._next
        self._next += 1
        made = Obj(number, kind, where, **known)  # type: ignore[arg-type]
        if self.sharing:
            self._keys[key], self._shared[number] = number, made
        else:
            self._own_keys[key], self._own[number] = number, made
        return Ref(number)

    def get(self, ref: Ref) -> Obj:
        """The object, to be looked at."""
        return self._own.get(ref.id) or self._shared.get(ref.id) or _GONE

    def edit(self, ref: Ref) -> Obj:
        """The object, to be changed: a copy of a shared one unless modules are being imported."""
        own = self._own.get(ref.id)
        if own is not None:
            return own
        shared = self._shared.get(ref.id)
        if shared is None:
            return Obj(0, "gone", _GONE.where)
        if self.sharing:
            return shared
        copy = Obj(
            shared.id,
            shared.kind,
            shared.where,
            shared.cls,
            shared.name,
            shared.raw,
            dict(shared.attrs),
            shared.items,
            dict(shared.entries),
            shared.elem,
            shared.notes,
            shared.context,
        )
        self._own[ref.id] = copy
        return copy

    def of_kind(self, kind: str) -> list[Ref]:
        """The objects of one kind that this program made itself."""
        return [Ref(number) for number, obj in self._own.items() if obj.kind == kind]

    def content(self, ref: Ref) -> Value:
        """What iterating over the object gives."""
        obj = self.get(ref)
        joined = obj.elem
        for item in obj.items or ():
            joined = join(joined, item)
        return joined

    def flows(self, value: Value, depth: int = 5) -> Flows:
        """All flows in a value, through objects too."""
        kind = type(value)
        if kind is Num:
            return value.flows  # type: ignore[union-attr]
        if kind is Const or depth == 0:
            return NO_FLOWS
        inner = parts_of(value)
        if isinstance(value, Ref):
            obj = self.get(value)
            if obj.kind in ("list", "dict", "set", "dataset"):
                inner = (obj.elem, *(obj.items or ()), *obj.entries.values())
        flows = NO_FLOWS
        for each in inner:
            flows = join_flows(flows, self.flows(each, depth - 1))
        return flows
