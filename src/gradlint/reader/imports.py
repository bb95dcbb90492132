"""Import statements: project files are read and run, everything else becomes a canonical name."""

from __future__ import annotations

from gradlint.reader import statements
from gradlint.reader.ir import Import, ImportFrom
from gradlint.reader.names import canonical
from gradlint.reader.state import Frame, Memo, ModuleState, Run, nothing
from gradlint.reader.trace import Activation
from gradlint.values import Const, Ext, Mod, Value, unknown


def external(raw: str) -> Ext:
    """A library's thing, by its name as imported."""
    return Ext(canonical(raw), raw)


def import_names(run: Run, node: Import, frame: Frame) -> bool:
    """`import a.b as c`."""
    for dotted, alias in node.names:
        if alias is not None:
            frame.vars[alias] = _module(run, frame, 0, dotted)
            continue
        first = dotted.partition(".")[0]
        if dotted != first:
            _module(run, frame, 0, dotted)
        frame.vars[first] = _module(run, frame, 0, first)
    return True


def import_from(run: Run, node: ImportFrom, frame: Frame) -> bool:
    """`from m import a as b`, also relative and `*`."""
    if node.names is None:
        _import_star(run, node, frame)
        return True
    for name, alias in node.names:
        frame.vars[alias or name] = _member(run, frame, node, name)
    return True


def _member(run: Run, frame: Frame, node: ImportFrom, name: str) -> Value:
    path = run.project.resolve(frame.path, node.level, node.module)
    if path is not None:
        state = load(run, path)
        if state is not None and name in state.frame.vars:
            return state.frame.vars[name]
    dotted = f"{node.module}.{name}" if node.module else name
    inner = run.project.resolve(frame.path, node.level, dotted)
    if inner is not None and load(run, inner) is not None:
        return Mod(inner)
    if path is not None:
        state = load(run, path)
        for raw in state.stars if state is not None else ():
            return external(f"{raw}.{name}")
        return unknown(f"{name} was not found in {path}")
    if node.level:
        return unknown(f"the module {'.' * node.level}{node.module} was not found")
    return external(dotted)


def _module(run: Run, frame: Frame, level: int, dotted: str) -> Value:
    path = run.project.resolve(frame.path, level, dotted)
    if path is not None and load(run, path) is not None:
        return Mod(path)
    return external(dotted)


def _import_star(run: Run, node: ImportFrom, frame: Frame) -> None:
    path = run.project.resolve(frame.path, node.level, node.module)
    state = load(run, path) if path is not None else None
    if state is None:
        if not node.level:
            frame.module.stars.append(node.module)
        return
    for name, value in state.frame.vars.items():
        if not name.startswith("_"):
            frame.vars[name] = value
    frame.module.stars += [raw for raw in state.stars if raw not in frame.module.stars]


def load(run: Run, path: str) -> ModuleState | None:
    """The module at a path, run at most once; what it makes is shared by all programs."""
    if path in run.modules:
        return run.modules[path]
    ir = run.project.module(path)
    if ir is None:
        return None
    name = path.replace("\\", "/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    state = new_module(ir, name)
    run.modules[path] = state
    saved = (run.now, run.guards, run.loops, run.memo, run.heap.sharing, run.depth)
    run.now, run.guards, run.loops, run.memo = Memo(Activation(None, path, 0), nothing), [], [], run.base_memo
    run.heap.sharing, run.depth = True, 0
    try:
        statements.block(run, ir.body, state.frame)
    finally:
        run.now, run.guards, run.loops, run.memo, run.heap.sharing, run.depth = saved
    state.done = True
    return state


def new_module(ir: object, name: str) -> ModuleState:
    """A module that has not run yet."""
    from gradlint.reader.ir import ModuleIR

    assert isinstance(ir, ModuleIR)
    state = ModuleState(ir, name, None)  # type: ignore[arg-type]
    state.frame = Frame(state, {"__name__": Const(name), "__file__": Const(ir.path)}, definition=ir)
    return state
