"""Which programs a project has, and interpreting each: scripts first, then what no script reaches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from gradlint.model import Where
from gradlint.reader import calls, classes, imports, statements
from gradlint.reader.ir import (
    Assign,
    Attr,
    Call,
    Class,
    Compare,
    Const,
    Def,
    ExprStmt,
    For,
    If,
    ModuleIR,
    Name,
    While,
    With,
)
from gradlint.reader.project import Project
from gradlint.reader.project import imports as imported_names
from gradlint.reader.state import Args, Budget, ClassInfo, ModuleState, Run
from gradlint.reader.trace import Activation
from gradlint.reader.walk import walk
from gradlint.values import Cls, Fn, Ref, options
from gradlint.vocabulary.optimizers import OPTIMIZERS

TEST_CODE = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_tests?|conftest)\.py$")
"""Test code: its functions are started by a test runner with values made for the test, so no program starts in them."""

ROUNDS = 2
"""Attributes may depend on methods that run later: a program is interpreted until nothing changes, this often at most."""


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
    ) -> None:
        self.project = project
        self.run = Run(project)
        self.checked = checked
        self.named = named
        """Files that the user named one by one."""
        self.failures: list[tuple[str, Exception]] = []
        """Programs that we failed on: a mistake of ours, reported as such."""
        self.paths = [path for path in paths if project.module(path) is not None]

    def __iter__(self) -> Iterator[Program]:
        states: list[ModuleState] = []
        for path in self.paths:
            state = self._import(path)
            if state is not None:
                states.append(state)
        imported = self._imported()
        for state in states:
            if _has_main(state.ir) or (_acts(state.ir) and state.ir.path not in imported):
                yield self._script(state.ir)
        for state in states:
            yield from self._unreached(state)
        own = set(self.paths)
        for path, state in sorted(self.run.modules.items()):
            if path in self.checked and path not in own:  # imported, and asked for, though its text alone told nothing
                yield from self._unreached(state)

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
        self.run.heap.start_program()
        activation = Activation(None, path, 0)
        self.run.start(activation)
        cut: str | None = None
        for number in range(ROUNDS):
            activation = Activation(None, path, 0)
            self.run.begin_round(activation)
            try:
                body()
                self._call_escaped()
            except Budget:
                cut = f"{name} was read in part: it takes more than {self.run.steps - 1} evaluations"
                self.run.unwind()
                break
            except Exception as error:
                self.failures.append((path, error))
                self.run.unwind()
                break
            activation.done = True
            if not self.run.changed or number == ROUNDS - 1:
                break
        return Program(name, path, activation, assumed, cut)

    def _call_escaped(self) -> None:
        """Inner functions that were defined but that nothing called: something unknown may call them."""
        for _ in range(2):
            waiting = [f for f in self.run.defined.values() if id(f.definition) not in self.run.called_now]
            if not waiting:
                return
            for function in waiting:
                self.run.called_now.add(id(function.definition))
                _call_open(self.run, function)

    def _script(self, ir: ModuleIR) -> Program:
        state = imports.new_module(ir, "__main__")
        fresh = dict(state.frame.vars)

        def body() -> None:
            state.frame.vars = dict(fresh)
            state.stars.clear()
            statements.block(self.run, ir.body, state.frame)

        return self._interpret(ir.path, ir.path, False, body)

    def _unreached(self, state: ModuleState) -> Iterator[Program]:
        """Functions and classes of a module that no program has evaluated yet, callers before callees."""
        path = state.ir.path
        if TEST_CODE.search(path) and path not in self.named and _tests(state.ir):
            return
        mentioned = self.project.names(state.ir)  # what is used is better reached through its user
        definitions = [s for s in _definitions(state.ir) if isinstance(s, Def | Class) and _concerns_training(s)]
        for late in (False, True):
            for definition in definitions:
                if (definition.name in mentioned) != late:
                    continue
                for option in options(state.frame.vars.get(definition.name, Cls(None))):
                    if (
                        isinstance(option, Fn)
                        and isinstance(option.definition, Def)
                        and id(option.definition) not in self.run.reached
                    ):
                        root = f"{path}: {definition.name}()"
                        yield self._interpret(root, path, True, partial(_call_open, self.run, option))
                    elif (
                        isinstance(option, Cls)
                        and isinstance(option.info, ClassInfo)
                        and self._has_unreached(option.info)
                    ):
                        root = f"{path}: class {definition.name}"
                        yield self._interpret(root, path, True, partial(self._exercise, option))

    def _has_unreached(self, info: ClassInfo) -> bool:
        return any(isinstance(m, Fn) and id(m.definition) not in self.run.reached for m in info.attrs.values())

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
    calls.call_function(run, function, Args(None, where, [], {}, True))


def _definitions(ir: ModuleIR) -> Iterator[object]:
    todo = list(ir.body)
    while todo:
        statement = todo.pop(0)
        yield statement
        if isinstance(statement, If | While | For):
            todo = [*statement.body, *statement.orelse, *todo]
        elif isinstance(statement, With):
            todo = [*statement.body, *todo]


_TRAINING = frozenset(
    [
        "apply_gradients",
        "apply",
        "minimize",
        "compile",
        "get_updates",
        "train_on_batch",
        "fit",
        "fit_generator",
        "gradient",
        "gradients",
        "compute_gradients",
        "get_gradients",
        "assign_sub",
        "assign",
        "std",
        "reduce_std",
        "nanstd",
        "var",
        "step",
        "optimizers",
        "optimizer",
        "train_step",
        "TerminateOnNaN",
        "is_nan",
        "is_inf",
        "is_finite",
        "isnan",
        "isfinite",
        "isinf",
        "check_numerics",
        "assert_all_finite",
        "create_train_op",
        "optimize_loss",
        "train",
    ]
)


def _concerns_training(definition: Def | Class) -> bool:
    """It names something that a rule looks for. What it merely uses is read from whoever uses it."""
    for node in walk(definition):
        name = node.id if isinstance(node, Name) else node.name if isinstance(node, Attr) else ""
        if name in _TRAINING or name in OPTIMIZERS or name.endswith("Optimizer"):
            return True
    return False


def _tests(ir: ModuleIR) -> bool:
    """Something in the file is a test, or it lies among tests: `model_test.py` may as well evaluate a model."""
    folder, _, name = ir.path.rpartition("/")
    return (
        not name.endswith(("_test.py", "_tests.py"))
        or "/test" in f"/{folder}"
        or any(
            (isinstance(statement, Def | Class) and statement.name.lower().startswith("test"))
            or (isinstance(statement, Class) and statement.name.endswith("Test"))
            for statement in ir.body
        )
    )


def _has_main(ir: ModuleIR) -> bool:
    """`if __name__ == "__main__":` at the top level."""
    for statement in ir.body:
        if isinstance(statement, If) and isinstance(statement.test, Compare):
            sides = (statement.test.left, *statement.test.rights)
            if any(isinstance(side, Name) and side.id == "__name__" for side in sides):
                return True
    return False


def _acts(ir: ModuleIR) -> bool:
    """The module does something when it runs, beyond defining and importing."""
    for statement in ir.body:
        if isinstance(statement, For | While | With):
            return True
        if isinstance(statement, ExprStmt | Assign) and isinstance(statement.value, Call):
            return True
        if isinstance(statement, ExprStmt) and not isinstance(statement.value, Const):
            return True
        if isinstance(statement, Assign):
            return True
    return False
