"""Which programs a project has, and interpreting each: scripts first, then what no script reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from gradlint.model import Where
from gradlint.reader import calls, classes, functions, imports, statements
from gradlint.reader.arguments import Args
from gradlint.reader.entry_points import concerns_training, definitions, is_script, is_test, is_test_case
from gradlint.reader.ir import (
    Class,
    Def,
    ModuleIR,
)
from gradlint.reader.library import loss_functions
from gradlint.reader.project import Project
from gradlint.reader.project import imports as imported_names
from gradlint.reader.state import Budget, ClassInfo, Memo, ModuleState, Run
from gradlint.reader.trace import Activation
from gradlint.values import NOTHING, Cls, Fn, Ref, Value, options
from gradlint.vocabulary.own import Told, nothing_told


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One interpreted program."""

    root: str
    path: str
    activation: Activation
    assumed: bool
    """A function or class whose callers were not seen."""
    cut: str | None


class Programs:
    """The programs of a set of files. `run` holds what the present program did until the next one is asked for."""

    def __init__(
        self,
        project: Project,
        paths: Iterable[str],
        checked: frozenset[str] = frozenset(),
        named: frozenset[str] = frozenset(),
        told: Callable[[str], Told] = nothing_told,
    ) -> None:
        self.project = project
        self.run = Run(project, told)
        self.checked = checked
        self.named = named
        """Files that the user named one by one."""
        self.failures: list[tuple[str, Exception]] = []
        """Programs that we failed on: a mistake of ours, reported as such."""
        self.paths = [path for path in paths if project.module(path) is not None]

    def __iter__(self) -> Iterator[Program]:
        imported = self._imported()
        modules = [module for path in self.paths for module in [self.project.module(path)] if module is not None]
        for module in modules:
            if is_script(module, module.path in imported):
                yield self._script(module)
        for module in modules:
            yield from self._unreached(module)
        own = set(self.paths)
        for path, state in sorted(self.run.modules.items()):
            if path in self.checked and path not in own:  # imported, and asked for, though its text alone told nothing
                yield from self._unreached(state.ir)

    def _import(self, path: str) -> ModuleState | None:
        self.run.start(None)
        try:
            return imports.load(self.run, path)
        except Budget:
            return self.run.modules.get(path)
        except Exception as error:
            self.failures.append((path, error))
            return self.run.modules.get(path)

    def _imported(self) -> set[str]:
        found: set[str] = set()
        for path in self.paths:
            module = self.project.module(path)
            for level, dotted in imported_names(module) if module is not None else ():
                target = self.project.resolve(path, level, dotted)
                if target is not None and target != path:
                    found.add(target)
        return found

    def _interpret(self, name: str, path: str, assumed: bool, body: Callable[[], None]) -> Program:
        """Run one program from its root until what its objects hold has settled."""
        run = self.run
        escaped: dict[int, None] = {}

        def perform(memo: Memo) -> Value:
            body()
            self._call_escaped(escaped)
            return NOTHING

        root = Memo(Activation(None, path, 0), perform)
        run.heap.start_program()
        run.start(root)
        cut: str | None = None
        try:
            run.evaluate(root)
            run.settle()
        except Budget:
            cut = f"{name} was read in part: it takes more than {run.steps - 1} evaluations"
            run.unwind()
        except Exception as error:
            self.failures.append((path, error))
            run.unwind()
        run.effort.spend(run.steps)
        return Program(name, path, root.activation, assumed, cut)

    def _call_escaped(self, escaped: dict[int, None]) -> None:
        """Inner functions that were defined but that nothing called: something unknown may call them."""
        for known in list(escaped):
            _call_open(self.run, self.run.defined[known])
        for _ in range(2):
            waiting = [number for number in self.run.defined if number not in self.run.called]
            for number in waiting:
                escaped[number] = None
                self.run.called.add(number)
                _call_open(self.run, self.run.defined[number])

    def _script(self, ir: ModuleIR) -> Program:
        state = imports.new_module(ir, "__main__")
        fresh = dict(state.frame.vars)

        def body() -> None:
            state.frame.vars = dict(fresh)
            state.stars.clear()
            statements.block(self.run, ir.body, state.frame)

        return self._interpret(ir.path, ir.path, False, body)

    def _unreached(self, ir: ModuleIR) -> Iterator[Program]:
        """Functions and classes of a module that no program has evaluated yet, callers before callees."""
        if is_test(ir) and ir.path not in self.named:
            return
        named = ir.path in self.named
        found = [
            each for each in definitions(ir) if isinstance(each, Def | Class) and (named or not is_test_case(each))
        ]
        for late in (False, True):  # what is used is better reached through its user
            for definition in found:
                if (definition.name in ir.names) == late and concerns_training(definition):
                    yield from self._start_at(definition, ir.path)

    def _waits(self, *definitions: Def | Class) -> bool:
        """Some function or method of these has to do with training, and no program has come there."""
        parts = [part for each in definitions for part in (each.body if isinstance(each, Class) else (each,))]
        return any(
            isinstance(part, Def) and id(part) not in self.run.reached and concerns_training(part) for part in parts
        )

    def _start_at(self, definition: Def | Class, path: str) -> Iterator[Program]:
        state = self._import(path)
        if state is None:
            return
        for option in options(state.frame.vars.get(definition.name, Cls(None))):
            if isinstance(option, Fn) and isinstance(option.definition, Def) and self._waits(option.definition):
                start: Callable[[], None] = partial(_call_open, self.run, option)
                yield self._interpret(f"{path}: {definition.name}()", path, True, start)
            elif isinstance(option, Cls) and isinstance(option.info, ClassInfo):
                if not self._waits(*(owner.definition for owner in classes.linear(option.info))):
                    continue
                start = partial(self._exercise, option)
                yield self._interpret(f"{path}: class {definition.name}", path, True, start)

    def _exercise(self, cls: Cls) -> None:
        """Construct an object and call its methods, in the order they are written, as an unknown caller might."""
        info = cls.info
        assert isinstance(info, ClassInfo)
        where = Where(info.module.ir.path, info.definition.loc)
        made = calls.instantiate(self.run, cls, Args(None, where, [], {}, True))
        if not isinstance(made, Ref):
            return
        seen: set[str] = {"__init__"}
        for owner in classes.linear(info):
            for name, member in list(owner.attrs.items()):
                if name in seen or not isinstance(member, Fn) or not isinstance(member.definition, Def):
                    continue
                seen.add(name)
                if owner is not info and id(member.definition) in self.run.reached:
                    continue
                role = owner.roles.get(name, "")
                receiver = None if role == "static" else cls if role == "class" else made
                _call_open(self.run, Fn(member.definition, member.frame, receiver, owner))


def _call_open(run: Run, function: Fn) -> None:
    """Call a function with arguments that nobody has seen: defaults are assumed, the rest is unknown."""
    frame = function.frame
    path = getattr(frame, "path", "")
    where = Where(path, getattr(function.definition, "loc", 0))
    result = functions.call_function(run, function, Args(None, where, [], {}, True))
    loss_functions.unreached(run, where, function.definition, result)
