"""The state of one interpretation: frames, classes, modules, and the run that owns them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from gradlint.model import Noted, Where
from gradlint.reader.heap import Heap
from gradlint.reader.ir import Call, Class, Def, ModuleIR
from gradlint.reader.project import Project
from gradlint.reader.trace import Activation, Event, Guard
from gradlint.values import NOTHING, Const, Either, Ext, Flows, Fn, Kind, Num, Ref, Seq, Source, Value, flows_of, join


@dataclass(slots=True, eq=False)
class ModuleState:
    """A module of the project while and after it runs."""

    ir: ModuleIR
    name: str
    frame: Frame
    stars: list[str] = field(default_factory=list)
    """Raw names of libraries imported by `*`."""
    done: bool = False
    places: dict[int, Where] = field(default_factory=dict)
    """Places of its nodes, made once."""
    literals: dict[int, Value] = field(default_factory=dict)
    """Values of its literals, made once."""

    def place(self, loc: int) -> Where:
        """The place of a node."""
        found = self.places.get(loc)
        if found is None:
            found = self.places[loc] = Where(self.ir.path, loc)
        return found


@dataclass(slots=True, eq=False)
class ClassInfo:
    """A class of the project."""

    definition: Class
    module: ModuleState
    bases: tuple[Value, ...]
    attrs: dict[str, Value]
    roles: dict[str, str]
    """Methods that are static, class methods or properties."""
    fields: tuple[tuple[str, Value | None], ...] = ()
    """Annotated names of the body with their defaults: the fields of a dataclass."""
    dataclass: bool = False

    @property
    def name(self) -> str:
        """As written."""
        return self.definition.name

    def __repr__(self) -> str:
        return f"<class {self.name}>"


@dataclass(slots=True, eq=False)
class Frame:
    """The names of one function call, class body or module."""

    module: ModuleState
    vars: dict[str, Value]
    outer: Frame | None = None
    definition: Def | Class | ModuleIR | None = None
    receiver: Value | None = None
    owner: ClassInfo | None = None
    context: int = 0
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    returned: Value = NOTHING
    yielded: Value = NOTHING
    narrowed: dict[str, Value] = field(default_factory=dict)
    """What conditions told about dotted names such as `self.std`."""

    @property
    def path(self) -> str:
        """The file that the code is in."""
        return self.module.ir.path


@dataclass(slots=True, eq=False)
class Memo:
    """The result of one evaluation of a function: valid while everything that it read is unchanged."""

    activation: Activation
    result: Value
    reads: dict[Hashable, Value]
    context: int
    allocates: bool = False
    """It made models, optimizers or other objects with an identity."""


class Budget(Exception):
    """The interpretation of a program was cut."""


MOST_STEPS = 150_000
MOST_DEPTH = 28


class Run:
    """Everything that one interpretation of one program changes."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.heap = Heap()
        self.modules: dict[str, ModuleState] = {}
        self.base_memo: dict[Hashable, Memo] = {}
        self.reached: set[int] = set()
        """ids of the function definitions that some program evaluated."""
        self.round = 0
        self.undo: list[tuple[dict[str, Value], str, Value | None]] = []
        """What the present program changed in classes, which all programs share."""
        self.calls_seen: dict[Where, str] = {}
        """Update-like calls that were evaluated, and what is known of them."""
        self.contexts: dict[Hashable, int] = {}
        self.used_updates: set[Source] = set()
        """Operations that apply gradients and that something may run."""
        self.click: dict[tuple[int, str], Value] = {}
        """Defaults that command-line decorators give to parameters of functions."""
        self.flags: dict[str, Value] = {}
        """Bindings of configuration files, by name."""
        self.defined_flags: dict[tuple[str, str], Value] = {}
        """Command-line flags by the file that defines them."""
        self.start(None)

    def begin_round(self, activation: Activation) -> None:
        """Interpret from the root again, with what is known of objects by now."""
        self.per_definition: dict[int, int] = {}
        self.activation = activation
        self.changed = False
        self.round += 1
        self.defined: dict[int, Fn] = {}
        """Inner functions that were defined, by the id of their definition."""
        self.called_now: set[int] = set()
        self.looked_at: set[tuple[int, str]] = set()
        """Attributes and contents of objects that were read in this round."""
        self.unwind()

    def unwind(self) -> None:
        """Forget where the interpretation stands (after it was cut)."""
        self.depth = 0
        self.guards: list[Guard] = []
        self.loops: list[object] = []
        self.reads: dict[Hashable, Value] = {}

    def start(self, root: Activation | None) -> None:
        """Begin a program (or, without one, the import of modules)."""
        for attrs, name, before in reversed(self.undo):
            if before is None:
                attrs.pop(name, None)
            else:
                attrs[name] = before
        self.undo.clear()
        self.memo: dict[Hashable, Memo] = {}
        self.begin_round(root or Activation(None, "", 0))
        self.steps = 0
        self.globals: dict[tuple[str, str], Value] = {}
        self.links: dict[Source, Value] = {}
        """What was fed to placeholders and assigned to variables."""
        self.facts: dict[Source, object] = {}
        self.facts_by_object: dict[int, list[tuple[Value, Value]]] = {}
        """Entries of dicts whose keys are tensors (feeds)."""
        self.heap.sharing = root is None

    def emit(self, event: Event) -> None:
        """Record an event with the conditions and loops around it."""
        self.activation.items.append((event, tuple(self.guards), tuple(self.loops)))

    def context_of(self, key: Hashable) -> int:
        """A small number for a calling context."""
        return self.contexts.setdefault(key, len(self.contexts) + 1)

    def link(self, source: Source, value: Value) -> None:
        """Record that a placeholder or variable may hold a value."""
        known = self.links.get(source, NOTHING)
        merged = join(known, value)
        if merged != known:
            self.links[source] = merged

    def note_called(self, activation: Activation) -> None:
        """A remembered evaluation stands for a call in this round too."""
        todo = [activation]
        while todo:
            each = todo.pop()
            if id(each.definition) not in self.called_now:
                self.called_now.add(id(each.definition))
            if each.round != self.round:
                each.round = self.round
                todo += [thing for thing, _, _ in each.items if isinstance(thing, Activation)]

    def use(self, value: Value) -> None:
        """A value goes somewhere: updates in it may be run by whoever gets it."""
        if isinstance(value, Num):
            if value.kind is Kind.OPERATION:
                self.used_updates.update(source for source in value.flows if source.kind == "update")
        elif isinstance(value, Either | Seq):
            self.used_updates.update(source for source in flows_of(value) if source.kind == "update")

    def pair(self, ref: Ref, key: Value, value: Value) -> None:
        """Record an entry of a dict whose key is a tensor."""
        pairs = self.facts_by_object.setdefault(ref.id, [])
        if (key, value) not in pairs and len(pairs) < 64:
            pairs.append((key, value))

    def flag(self, path: str, name: str) -> Value | None:
        """The flag as the file itself defines it, else as the files of its directory do, else as any file does."""
        own = self.defined_flags.get((path, name))
        if own is not None:
            return own
        folder = path.rpartition("/")[0]
        named = [(where, value) for (where, each), value in self.defined_flags.items() if each == name]
        near = [value for where, value in named if where.rpartition("/")[0] == folder]
        found = near or [value for _, value in named]
        if not found:
            return None
        joined = found[0]
        for value in found[1:]:
            joined = join(joined, value)
        return joined

    # -- attributes of objects, with a record of what was read ----------------------------------------------------

    def read_attr(self, ref: Ref, name: str) -> Value | None:
        """An attribute of an object, None if nothing was stored in it."""
        value = self.heap.get(ref).attrs.get(name)
        self.reads[(ref.id, name)] = value if value is not None else NOTHING
        self.looked_at.add((ref.id, name))
        return value

    def write_attr(self, ref: Ref, name: str, value: Value, *, replace: bool = False) -> None:
        """Store an attribute: what it was before stays possible, unless it is replaced."""
        obj = self.heap.edit(ref)
        known = obj.attrs.get(name)
        merged = value if known is None or replace else join(known, value)
        if known is None or merged != known:
            obj.attrs[name] = merged
            self.note_change(ref, name)

    def read_content(self, ref: Ref) -> Value:
        """What any element of a container may be."""
        value = self.heap.content(ref)
        self.reads[(ref.id, "*")] = Const(self.heap.get(ref).version)
        self.looked_at.add((ref.id, "*"))
        return value

    def add_content(self, ref: Ref, value: Value, *, keep_items: bool = False) -> None:
        """Something was put into a container at an unknown position."""
        obj = self.heap.edit(ref)
        before, exact = obj.elem, obj.items
        if not keep_items and obj.items is not None:
            for item in obj.items:
                obj.elem = join(obj.elem, item)
            obj.items = None
        obj.elem = join(obj.elem, value)
        if obj.elem != before or obj.items != exact:
            self.note_change(ref, "*")

    def note_change(self, ref: Ref, name: str) -> None:
        """Something changed: if it was looked at before, the program has to be interpreted once more."""
        self.heap.edit(ref).version += 1
        if (ref.id, name) in self.looked_at:
            self.changed = True

    def current(self, key: Hashable) -> Value:
        """The present value behind a key of `reads`."""
        assert isinstance(key, tuple)
        first, name = key
        if isinstance(first, Frame):
            return first.vars.get(name, NOTHING)
        ref = Ref(first)
        obj = self.heap.get(ref)
        return Const(obj.version) if name == "*" else obj.attrs.get(name, NOTHING)


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
    wheres: tuple[Where, ...] = ()
    keyword_wheres: dict[str, Where] = field(default_factory=dict)
    frame: Frame | None = None

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
        for name in names:
            if name in self.keyword_wheres:
                return self.keyword_wheres[name]
        if position is not None and position < len(self.wheres):
            return self.wheres[position]
        return self.where

    def all(self) -> list[Value]:
        """All arguments, positional ones first."""
        return [*self.positional, *self.keywords.values()]

    def flows(self, heap: Heap) -> Flows:
        """The flows of all arguments together."""
        from gradlint.values import NO_FLOWS, mix_flows

        flows = NO_FLOWS
        for value in self.all():
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


__all__ = ["Args", "Budget", "ClassInfo", "Ext", "Frame", "Memo", "ModuleState", "Run", "noted"]
