"""Library functions that call what they are given: strategies, graph control flow, threads, decorators used as functions."""

from __future__ import annotations

from gradlint.reader import calls, containers
from gradlint.reader.arguments import Args
from gradlint.reader.events import EagerEvent
from gradlint.reader.state import Run
from gradlint.values import (
    ANY,
    NO_MARKS,
    NONE,
    Cls,
    Const,
    Ext,
    Fn,
    Kind,
    Method,
    Num,
    Partial,
    Ref,
    Seq,
    Source,
    Value,
    join,
    join_all,
    options,
)

_IDENTITY = frozenset(
    {
        "tf.function", "tf.autograph.to_graph", "tf.recompute_grad", "tf.custom_gradient", "tf_agents.utils.common.function",
        "functools.wraps", "functools.lru_cache", "functools.cache", "contextlib.contextmanager", "tf.contrib.eager.defun",
        "contrib.eager.defun", "tf.autograph.experimental.do_not_convert", "gin.configurable", "tf.make_template",
        "tf.vectorized_map_fn", "jax.jit", "tf.compat.v1.wrap_function", "tf.no_gradient", "np.vectorize", "staticmethod",
        "tf.__internal__.autograph.tf_convert", "atexit.register", "tf.nondifferentiable_batch_function",
    }
)  # fmt: skip
_CALLS_FIRST = frozenset(
    {
        "absl.app.run",
        "tf.app.run",
        "fire.Fire",
        "tf.py_function",
        "tf.py_func",
        "tf.numpy_function",
        "tf.map_fn",
        "tf.vectorized_map",
        "tf.scan",
        "tf.foldl",
        "tf.foldr",
        "keras.backend.map_fn",
        "keras.backend.rnn",
        "timeit.timeit",
        "tf.recompute_grad",
        "asyncio.run",
        "cProfile.run",
        "hydra.main",
        "tf.nest.map_structure",
        "tree.map_structure",
        "tf.contrib.framework.nest.map_structure",
    }
)
_EAGERLY = frozenset({"tf.config.run_functions_eagerly", "tf.config.experimental_run_functions_eagerly"})
_THREADS = frozenset({"threading.Thread", "multiprocessing.Process", "Thread", "Process"})


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Functions that take a callable."""
    if name.name in _IDENTITY:
        first = args.get(0, "func", "f")
        return first if first is not None else Ext("gradlint.identity", name.raw)
    if name.name == "gradlint.identity":
        return args.get(0) or ANY
    if name.name in ("functools.partial", "functools.partialmethod") and args.positional:
        return Partial(args.positional[0], tuple(args.positional[1:]), tuple(args.keywords.items()))
    if name.name in ("tf.executing_eagerly", "tf.inside_function"):
        return Num(Kind.BOOLEAN, None, {Source("eager", args.where): NO_MARKS})
    if name.name in _EAGERLY and args.positional[:1] != [Const(False)]:
        run.emit(EagerEvent(args.where))
        return NONE
    if name.name in ("tf.cond", "keras.backend.switch", "tf.case", "keras.ops.cond"):
        return _branches(run, args)
    if name.name in ("tf.while_loop", "keras.ops.while_loop", "tf.contrib.eager.while_loop"):
        return _loop(run, args)
    if name.name in _THREADS:
        return _thread(run, args)
    if name.name in _CALLS_FIRST:
        return _call_first(run, name, args)
    if name.name == "functools.reduce":
        return join_all(args.positional[1:])
    return None


def _branches(run: Run, args: Args) -> Value:
    """`tf.cond(pred, true_fn, false_fn)`: either arm may run, under the condition."""
    from gradlint.reader.trace import Guard

    condition = args.get(0, "pred", "condition") or ANY
    flows = run.heap.flows(condition)
    found: list[Value] = []
    for position, names in ((1, ("true_fn", "fn1", "then_expression")), (2, ("false_fn", "fn2", "else_expression"))):
        arm = args.get(position, *names)
        if arm is None:
            continue
        run.guards.append(Guard(args.node or args, position == 1, flows))
        found.append(calls.call_value(run, arm, [], {}, args.where, args.frame) if _callable(arm) else arm)
        run.guards.pop()
    return join_all(found) if found else ANY


def _callable(value: Value) -> bool:
    return any(isinstance(option, Fn | Partial | Cls) for option in options(value))


def _loop(run: Run, args: Args) -> Value:
    body, initial = args.get(1, "body"), args.get(2, "loop_vars")
    if body is None or initial is None:
        return ANY
    items = containers.iterate_items(run, initial) or (containers.element(run, initial),)
    run.loops.append(args.node or args)
    result = calls.call_value(run, body, list(items), {}, args.where, args.frame)
    run.loops.pop()
    return join(initial, result) if not isinstance(initial, Ref) else result


def _thread(run: Run, args: Args) -> Value:
    target = args.get(1, "target")
    if target is not None and _callable(target):
        given = args.get(3, "args")
        items = containers.iterate_items(run, given) if given is not None else ()
        keywords = containers.entries(run, args.keywords["kwargs"]) if "kwargs" in args.keywords else {}
        calls.call_value(run, target, list(items or ()), keywords or {}, args.where, args.frame)
    return Num(Kind.PLAIN)


def _call_first(run: Run, name: Ext, args: Args) -> Value:
    target = args.get(0, "main", "fn", "func", "step_function", "target")
    if target is None or not _callable(target):
        return ANY
    last = name.name.rpartition(".")[2]
    if last == "run" and name.name != "asyncio.run":
        _run_main(run, target, args)
        return NONE
    if last in ("py_function", "py_func", "numpy_function"):
        run.outside_graphs |= {id(option.definition) for option in options(target) if isinstance(option, Fn)}
        given = args.get(1, "inp")
        items = containers.iterate_items(run, given) if given is not None else ()
        return calls.call_value(run, target, list(items or ()), {}, args.where, args.frame)
    if last in ("map_structure", "map_fn", "vectorized_map"):
        elements = [containers.element(run, value) for value in args.positional[1:]]
        return Seq(calls.call_value(run, target, elements or [ANY], {}, args.where, args.frame))
    if last == "Fire":
        return calls.call_value(run, target, [], {}, args.where, args.frame)
    return calls.call_value(run, target, [ANY, ANY], {}, args.where, args.frame)


def _run_main(run: Run, target: Value, args: Args) -> None:
    """`app.run(main)` calls main with the command line, or without if it takes nothing."""
    for option in options(target):
        if isinstance(option, Fn):
            params = getattr(option.definition, "params", ())
            given: list[Value] = [ANY] if params else []
            calls.call_value(run, option, given, {}, args.where, args.frame)


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """`strategy.run(step, args=(...))` and its older spellings, `dataset.map(f)`, `pool.map(f, xs)`, `thread.start()`."""
    if name in ("run", "experimental_run_v2", "call_for_each_replica", "experimental_run", "call_for_each_tower"):
        target = args.get(0, "fn")
        if target is not None and _callable(target):
            given = args.get(1, "args")
            items = containers.iterate_items(run, given) if given is not None else ()
            if given is not None and items is None:
                items = (containers.element(run, given),)
            keywords = containers.entries(run, args.keywords["kwargs"]) if "kwargs" in args.keywords else {}
            return calls.call_value(run, target, list(items or ()), keywords or {}, args.where, args.frame)
    if name in ("merge_call", "extended_update") and args.positional and _callable(args.positional[0]):
        given = args.get(1, "args")
        items = containers.iterate_items(run, given) if given is not None else ()
        return calls.call_value(run, args.positional[0], [ANY, *(items or ())], {}, args.where, args.frame)
    if name in ("update", "extended.update") and len(args.positional) >= 2 and _callable(args.positional[1]):
        given = args.get(2, "args")
        items = containers.iterate_items(run, given) if given is not None else ()
        return calls.call_value(
            run, args.positional[1], [args.positional[0], *(items or ())], {}, args.where, args.frame
        )
    if name in ("reduce", "experimental_local_results", "gather") and not isinstance(receiver, Ref) and args.positional:
        return args.get(1, "value") or args.positional[-1]
    if (
        name in ("apply", "map", "filter", "submit", "apply_async")
        and args.positional
        and _callable(args.positional[0])
        and isinstance(receiver, Num | Method)
    ):
        return Seq(calls.call_value(run, args.positional[0], [ANY], {}, args.where, args.frame))
    if name in ("get_concrete_function", "start", "join") and isinstance(receiver, Fn):
        return receiver
    return None


__all__ = ["Const", "function", "method"]
