"""Environments: where rewards come from, and the wrappers that bound them."""

from __future__ import annotations

from dataclasses import replace

from gradlint.model import Noted
from gradlint.reader import attributes, calls, classes, containers, functions
from gradlint.reader.arguments import Args
from gradlint.reader.events import ContextEvent
from gradlint.reader.ir import Display, Name
from gradlint.reader.library import memories, observations
from gradlint.reader.state import ClassInfo, Frame, Run
from gradlint.values import (
    ANY,
    NO_MARKS,
    NONE,
    Const,
    Ext,
    Fn,
    Kind,
    Mark,
    Marks,
    Method,
    Num,
    Range,
    Ref,
    Seq,
    Source,
    Step,
    Value,
    join_flows,
    options,
    range_of,
    truth,
)
from gradlint.vocabulary import rewards

SMALL = 10.0
"""A project's own environment whose rewards stay within this is small (DQN's usual clipping is 1)."""


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """`gym.make(id)` and wrappers around environments."""
    last = name.name.rpartition(".")[2]
    if name.name in rewards.ENVIRONMENT_FACTORIES or (name.name.startswith("gym.") and last == "make"):
        ref = run.heap.allocate((args.where, _context(args)), "env", args.where, name=name.name, raw=name.raw)
        given = args.get(0, "id", "env_name", "environment_name")
        if given is not None:
            run.write_attr(ref, "@id", given)
        run.emit(ContextEvent("reinforcement", Noted(args.where, f"{name.raw} makes an environment")))
        return ref
    spec = rewards.REWARD_WRAPPERS.get(last)
    if spec is not None:
        bounds: bool | None = True
        if spec.argument is not None:
            given = args.get(spec.position, spec.argument)
            bounds = truth(given) if given is not None else spec.default
        return _wrapped(run, name, args, bounds is not False)
    box = observations.space(run, name, args)
    if box is not None:
        return box
    inner = args.get(0, "env", "venv")
    if (
        inner is not None
        and _is_env(run, inner)
        and ("wrap" in name.name.lower() or "env" in name.name.lower() or last[:1].isupper())
    ):
        return _wrapped(run, name, args, None if rewards.BOUNDING_NAMES.search(last) else False)
    return None


def _context(args: Args) -> int:
    return args.frame.context if args.frame is not None else 0


def _wrapped(run: Run, name: Ext, args: Args, bounds: bool | None) -> Ref:
    ref = run.heap.allocate((args.where, name.name, _context(args)), "env", args.where, name=name.name, raw=name.raw)
    run.write_attr(ref, "env", args.get(0, "env", "venv") or ANY)
    if bounds is not False:
        run.write_attr(ref, "@bounds", Const(bounds is True))
    if observations.keeps(name, args):
        run.write_attr(ref, "@keeps", Const(True))
    return ref


def construct_subclass(run: Run, ref: Ref, args: Args) -> None:
    """A wrapper class of the project without `__init__`."""
    inner = args.get(0, "env", "venv")
    if inner is not None:
        run.write_attr(ref, "env", inner)


def _is_env(run: Run, value: Value) -> bool:
    return any(isinstance(option, Ref) and run.heap.get(option).kind == "env" for option in options(value))


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """`env.step(action)` and `env.reset()`."""
    if name in ("base.__init__", "base.__new__"):
        for option in options(receiver):
            if isinstance(option, Ref) and run.heap.get(option).kind == "env" and args.positional:
                run.write_attr(option, "env", args.positional[0])
                return NONE
        return None
    plain = name.removeprefix("base.")
    if plain in ("step", "step_wait") and (len(args.positional) + len(args.keywords)) <= 2:
        return _step(run, receiver, args)
    if plain == "reset" and (_is_env(run, receiver)):
        return observations.of_environment(run, receiver, args)
    if rewards.stores_transitions(plain):
        memories.hand_over(run, receiver, args)
    return None


def _step(run: Run, receiver: Value, args: Args) -> Value | None:
    """What stepping an environment returns; wrappers of the project and of libraries are passed through."""
    for option in options(receiver):
        if isinstance(option, Ref) and run.heap.get(option).kind in ("env",):
            return _step_env(run, option, args)
        if isinstance(option, Num | Method | Ref):
            if isinstance(option, Ref) and run.heap.get(option).kind not in ("instance", "env"):
                continue
            return Step(*_raw(args, ""))
    return None


def _raw(args: Args, detail: str, bounded: Marks = NO_MARKS) -> tuple[Source, Num]:
    source = Source("reward", args.where, 0, detail)
    return source, Num(Kind.TENSOR, None, {source: bounded})


def _step_env(run: Run, ref: Ref, args: Args) -> Value:
    obj = run.heap.get(ref)
    inner = run.read_attr(ref, "env")
    result: Value
    if inner is not None:
        found = _inner_step(run, inner, args)
        result = found if found is not None else Step(*_raw(args, ""))
    else:
        name = run.read_attr(ref, "@id")
        text = name.value if isinstance(name, Const) and isinstance(name.value, str) else ""
        result = Step(*_raw(args, f"id:{text}" if text else ""))
    if isinstance(result, Step):
        result = replace(result, observation=observations.of_environment(run, ref, args))
    if isinstance(obj.cls, ClassInfo):
        result = _own_reward(run, ref, obj.cls, result, args)
    bounds = run.read_attr(ref, "@bounds")
    if bounds is not None and isinstance(result, Step):
        flows = run.heap.flows(result.reward)
        sure = truth(bounds)
        marked = {s: m.add(Mark.BOUNDED) if sure else m.maybe(Mark.BOUNDED) for s, m in flows.items()}
        result = replace(result, reward=Num(Kind.TENSOR, None, marked))
    return result


def _inner_step(run: Run, inner: Value, args: Args) -> Value | None:
    for option in options(inner):
        if isinstance(option, Ref) and isinstance(run.heap.get(option).cls, ClassInfo):
            step = attributes.of_object(run, option, "step", args.where)
            if isinstance(step, Fn):
                return from_project(run, functions.call_function(run, step, args), args, option)
    return _step(run, inner, args)


def _own_reward(run: Run, ref: Ref, info: ClassInfo, result: Value, args: Args) -> Value:
    """A RewardWrapper of the project changes the reward in `reward(self, reward)`."""
    found = classes.find(info, "reward")
    if found is None or not isinstance(found[1], Fn) or not isinstance(result, Step):
        return result
    changed = calls.call_value(
        run, Fn(found[1].definition, found[1].frame, ref, found[0]), [result.reward], {}, args.where, args.frame
    )
    return replace(result, reward=changed, parts=None)


def stepped(run: Run, function: Fn, args: Args, result: Value) -> Value:
    """What a project's function returned; if it is the `step` of something that can be reset, a reward is in it."""
    name = getattr(function.definition, "name", "")
    if name not in ("step", "step_wait", "_step") or not isinstance(function.receiver, Ref):
        return result
    info = run.heap.get(function.receiver).cls
    if not isinstance(info, ClassInfo) or classes.find(info, "reset") is None:
        return result
    return from_project(run, result, args, function.receiver)


def from_project(run: Run, value: Value, args: Args, ref: Ref) -> Value:
    """What a project's own `step` returned: its second item is the reward, of the size that the code gives it."""
    items = containers.iterate_items(run, value)
    if isinstance(value, Step) or items is None or len(items) not in (3, 4, 5, 6):
        return value
    source = Source("reward", args.where, 0, _describe(run, items[1], ref))
    flows = run.heap.flows(items[1])
    if not any(each.kind == "reward" for each in flows):
        flows = join_flows({source: NO_MARKS}, flows)
    reward = Num(Kind.TENSOR, range_of(items[1]), flows)
    seen = observations.of_project(run, items[0], ref)
    return Step(source, reward, (seen, reward, *items[2:]), seen)


def _describe(run: Run, value: Value, ref: Ref) -> str:
    """What is known of the size of a project's own reward: "size:low:high", or "own" where nothing is."""
    name = run.heap.get(ref).name
    known = range_of(value)
    if known is not None and known.low_attained and known.high_attained:
        return f"size:{known.low:g}:{known.high:g}:{name}"
    return f"own:{name}"


def unpack(run: Run, value: Step, target: Display, frame: Frame) -> Value:
    """A step bound to several names: with 4 or 5 of them (or a name that says so) the second is the reward."""
    count = len(target.items)
    if value.parts is not None and len(value.parts) == count:
        _note(run, value)
        return Seq(ANY, value.parts)
    named = next(
        (
            i
            for i, item in enumerate(target.items)
            if isinstance(item, Name) and rewards.kind_of_name(item.id) == "rewards"
        ),
        None,
    )
    position = named if named is not None else 1 if count in (4, 5) else None
    if position is None:
        return ANY
    name = target.items[position]
    if not (isinstance(name, Name) and name.id == "_"):
        _note(run, value)
    first = {position: value.reward} if position == 0 else {0: value.observation, position: value.reward}
    return Seq(ANY, tuple(first.get(i, Num(Kind.TENSOR)) for i in range(count)))


def _note(run: Run, value: Step) -> None:
    run.emit(ContextEvent("reinforcement", Noted(value.source.where, "an environment's step returns rewards")))


def item(run: Run, value: Step, key: Value) -> Value:
    """`env.step(action)[1]`, or the information of one agent in a dictionary."""
    if isinstance(key, Const) and key.value == 1:
        _note(run, value)
        return value.reward
    if key == Const(0) and value.parts is None:
        return value.observation
    if isinstance(key, Const) and isinstance(key.value, int):
        return (
            value.parts[key.value]
            if value.parts is not None and -len(value.parts) <= key.value < len(value.parts)
            else ANY
        )
    return replace(value, parts=None)


__all__ = ["Range", "function", "method", "unpack"]
