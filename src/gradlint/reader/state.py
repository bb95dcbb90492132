"""The state of one interpretation: frames, classes, modules, and the run that owns them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from gradlint.model import Where
from gradlint.reader.effort import Effort
from gradlint.reader.events import Event, RunEvent
from gradlint.reader.heap import Heap
from gradlint.reader.ir import Class, Def, ModuleIR
from gradlint.reader.project import Project
from gradlint.reader.trace import Activation, Guard
from gradlint.values import (
    NOTHING,
    Either,
    Ext,
    Fn,
    Kind,
    Num,
    Ref,
    Seq,
    Source,
    Value,
    flows_of,
    join,
)
from gradlint.vocabulary.own import OwnNames, Told, nothing_told


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
    order: list[ClassInfo] = field(default_factory=list)
    """The class and those of the project that it inherits from, once asked for."""

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
    """One evaluation of a function (or of a whole program) and its result."""

    activation: Activation
    perform: Callable[[Memo], Value]
    """Evaluates the body, again if need be."""
    where: Where | None = None
    """The first call."""
    result: Value = NOTHING
    scopes: dict[tuple[Frame, str], Value] = field(default_factory=dict)
    """Variables of enclosing functions that it read: with other values it is another evaluation."""
    callers: dict[Memo, None] = field(default_factory=dict)
    """Evaluations that used the result."""
    finished: int = 0
    """Orders evaluations by their ends: callees come before callers."""
    repeats: int = 0
    tapes: int = -1
    """How many tapes recorded it when it was evaluated first."""
    allocates: bool = False
    """It made models, optimizers or other objects with an identity."""


class Budget(Exception):
    """The interpretation of a program was cut."""


MOST_STEPS = 150_000
MOST_DEPTH = 28
MOST_REPEATS = 1
"""Attributes may depend on methods that run later: so often an evaluation is repeated because of what they stored."""


class Run:
    """Everything that one interpretation of one program changes."""

    def __init__(self, project: Project, told: Callable[[str], Told] = nothing_told) -> None:
        self.project = project
        self.told = told
        """What the configuration says of a file."""
        self._vocabularies: dict[str, OwnNames] = {}
        self.heap = Heap()
        self.modules: dict[str, ModuleState] = {}
        self.base_memo: dict[Hashable, Memo] = {}
        self.effort = Effort()
        self.reached: set[int] = set()
        """ids of the function definitions that some program evaluated."""
        self.graphs: set[int] = set()
        """ids of the function definitions that TensorFlow turns into graphs."""
        self.outside_graphs: set[int] = set()
        """ids of those that a graph calls back as plain Python (`tf.py_function`)."""
        self.undo: list[tuple[dict[str, Value], str, Value | None]] = []
        """What the present program changed in classes, which all programs share."""
        self.calls_seen: dict[Where, str] = {}
        """Update-like calls that were evaluated, and what is known of them."""
        self.contexts: dict[Hashable, int] = {}
        self.used_updates: set[Source] = set()
        """Operations that apply gradients and that something may run."""
        self.click: dict[tuple[int, str], Value] = {}
        """Defaults that command-line decorators give to parameters of functions."""
        self.remembered: dict[int, tuple[Value, object]] = {}
        """What is known of single values, by their identity, such as the activation that a tensor came out of."""
        self.flags: dict[str, Value] = {}
        """Bindings of configuration files, by name."""
        self.defined_flags: dict[tuple[str, str], Value] = {}
        """Command-line flags by the file that defines them."""
        self.start(None)

    def vocabulary(self, path: str) -> OwnNames:
        """What the configuration has named for a file."""
        found = self._vocabularies.get(path)
        if found is None:
            found = self._vocabularies[path] = self.told(path).vocabulary
        return found

    def unwind(self) -> None:
        """Forget where the interpretation stands (after it was cut)."""
        self.depth = 0
        self.guards: list[Guard] = []
        self.loops: list[object] = []
        self.tapes = 0
        """How many gradient tapes record what is evaluated."""

    def start(self, root: Memo | None) -> None:
        """Begin a program (or, without one, the import of modules)."""
        for attrs, name, before in reversed(self.undo):
            if before is None:
                attrs.pop(name, None)
            else:
                attrs[name] = before
        self.undo.clear()
        self.unwind()
        self.now: Memo = root or Memo(Activation(None, "", 0), nothing)
        """The evaluation that is going on."""
        self.memo: dict[Hashable, Memo] = {}
        self.readers: dict[tuple[object, str], dict[Memo, None]] = {}
        """Evaluations by the attributes and contents of objects that they looked at."""
        self.outdated: dict[Memo, None] = {}
        """Evaluations that looked at something which has changed since."""
        self.ended = 0
        self.contexts_of: dict[int, int] = {}
        """How many contexts of each definition were told apart."""
        self.defined: dict[int, Fn] = {}
        """Inner functions that were defined, by the id of their definition."""
        self.called: set[int] = set()
        """ids of the definitions that this program evaluated."""
        self.steps = 0
        self.globals: dict[tuple[str, str], Value] = {}
        self.links: dict[Source, Value] = {}
        """What was fed to placeholders and assigned to variables."""
        self.facts: dict[Source, object] = {}
        self.facts_by_object: dict[int, list[tuple[Value, Value]]] = {}
        """Entries of dicts whose keys are tensors (feeds)."""
        self.several: set[int] = set()
        """Objects that stand for more than one: made in a loop, or copied."""
        self.half = False
        """Something is float16 from here on."""
        self.half_policy: Where | None = None
        """Where Keras was told to compute in float16."""
        self.heap.sharing = root is None

    def evaluate(self, memo: Memo) -> None:
        """Evaluate, with a trace, conditions and loops of its own; what went on before goes on afterwards."""
        saved = (self.now, self.guards, self.loops, self.tapes)
        memo.tapes = self.tapes if memo.tapes < 0 else memo.tapes
        self.now, self.guards, self.loops, self.tapes = memo, [], [], memo.tapes
        memo.activation.items.clear()
        memo.activation.done = False
        memo.scopes = {}
        self.outdated.pop(memo, None)
        self.depth += 1
        try:
            memo.result = memo.perform(memo)
        finally:
            self.now, self.guards, self.loops, self.tapes = saved
            self.depth -= 1
        memo.activation.done = True
        self.ended += 1
        memo.finished = self.ended
        self.now.scopes.update(memo.scopes)

    def settle(self) -> None:
        """Repeat what looked at things that have changed since, callees first, each `MOST_REPEATS` times at most."""
        while self.outdated:
            memo = min(self.outdated, key=_by_end)
            del self.outdated[memo]
            self.repeat(memo)

    def repeat(self, memo: Memo) -> None:
        """Evaluate once more, in place; a changed result puts the callers out of date."""
        if memo.repeats >= MOST_REPEATS:
            return
        memo.repeats += 1
        before = memo.result
        self.evaluate(memo)
        if memo.result != before:
            self.outdated.update(memo.callers)

    def emit(self, event: Event) -> None:
        """Record an event with the conditions and loops around it."""
        if not isinstance(event, RunEvent):  # what sessions run matters if it updates, and then `sessions` says so
            self.now.activation.matters = True
        self.now.activation.items.append((event, tuple(self.guards), tuple(self.loops)))

    def enter(self, memo: Memo) -> None:
        """The present evaluation calls another one: what happened there happened here."""
        memo.callers[self.now] = None
        activation = memo.activation
        if activation.matters:
            self.now.activation.matters = True
        if activation.items or not activation.done:
            self.now.activation.items.append((activation, tuple(self.guards), tuple(self.loops)))

    def context_of(self, key: Hashable) -> int:
        """A small number for a calling context."""
        return self.contexts.setdefault(key, len(self.contexts) + 1)

    def link(self, source: Source, value: Value) -> None:
        """Record that a placeholder or variable may hold a value."""
        known = self.links.get(source, NOTHING)
        merged = join(known, value)
        if merged != known:
            self.links[source] = merged

    def use(self, value: Value) -> None:
        """A value goes somewhere: updates in it may be run by whoever gets it."""
        kind = type(value)
        if kind is Num:
            if value.kind is Kind.OPERATION:  # type: ignore[union-attr]
                self.used_updates.update(source for source in flows_of(value) if source.kind == "update")
        elif kind is Either or kind is Seq:
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
        self.look_at(ref.id, name)
        return value

    def look_at(self, holder: object, name: str) -> None:
        """The present evaluation depends on an attribute or on the contents ("*") of an object.

        What modules read while they are imported is not repeated: it belongs to all programs.
        """
        if self.heap.sharing:
            return
        readers = self.readers.get((holder, name))
        if readers is None:
            self.readers[(holder, name)] = {self.now: None}
        else:
            readers[self.now] = None

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
        self.look_at(ref.id, "*")
        return value

    def add_content(self, ref: Ref, value: Value, *, keep_items: bool = False) -> None:
        """Something was put into a container at an unknown position."""
        if self.loops and isinstance(value, Ref):
            self.several.add(value.id)
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
        """Something changed: whoever looked at it before is out of date."""
        readers = self.readers.get((ref.id, name))
        if readers:
            self.outdated.update(readers)

    def change_global(self, path: str, name: str, value: Value) -> None:
        """A function or another module assigned to a global name: whoever mentions it is out of date."""
        if self.globals.get((path, name)) == value:
            return
        self.globals[(path, name)] = value
        for memo in self.memo.values():
            if memo.activation.definition is not None and name in self.project.mentions(memo.activation.definition):
                self.outdated[memo] = None


def _by_end(memo: Memo) -> int:
    return memo.finished


def nothing(memo: Memo) -> Value:
    """The body of what is not evaluated as a function is."""
    return NOTHING


__all__ = ["Budget", "ClassInfo", "Ext", "Frame", "Memo", "ModuleState", "Run", "nothing"]
