"""Memories that are not in the project, or not known: what is handed to them, and what comes back under a telling name."""

from __future__ import annotations

from gradlint.model import Where
from gradlint.reader.arguments import Args
from gradlint.reader.events import HandoverEvent
from gradlint.reader.state import Run
from gradlint.reader.text import words
from gradlint.values import NO_FLOWS, NO_MARKS, Kind, Method, Num, Source, Value
from gradlint.vocabulary import rewards

TRANSITION = 3
"""A call that stores a transition has at least this many arguments."""
_ALL = Source("memory", Where("", 0))
"""Under this key the run's facts hold every memory that was handed rewards."""
_ORIGINS = ("call", "parameter")
"""What an unknown object comes from."""
_RESULTS = ("call", "memory")
"""What the results of calls that were not followed come from."""


def hand_over(run: Run, receiver: Value, args: Args) -> None:
    """`memory.add(state, action, reward, next_state, done)`: the rewards stay in the memory."""
    if args.node is None or len(args.positional) + len(args.keywords) < TRANSITION:
        return
    kinds = set()
    for argument in args.node.args:
        kinds |= {rewards.part_of_transition(word) for word in (argument.name or "", *words(argument.value))}
    if len(kinds - {None}) < 2 and len(args.node.args) > 1:  # one argument: the transition as `*transition`
        return
    raw = {source: marks for source, marks in args.flows(run.heap).items() if source.kind == "reward"}
    if not raw:
        return
    run.emit(HandoverEvent(args.where, raw))
    memory = _identity(receiver)
    if memory is not None:
        run.link(memory, Num(Kind.TENSOR, None, raw))
        known = _handed(run)
        if memory not in known:
            run.facts[_ALL] = (*known, memory)


def draw(run: Run, receiver: Value) -> Num:
    """`memory.sample(size)`; a sample of a distribution, which nothing was handed to, carries nothing."""
    memory = _identity(receiver) if _handed(run) else None
    flows = {memory: NO_MARKS} if memory in _handed(run) and memory is not None else NO_FLOWS
    return Num(Kind.TENSOR, None, flows, "a sample of something unknown")


def remembered(run: Run, holder: Num, name: str) -> Value | None:
    """The part of a transition that the result of an unknown call holds under a name."""
    reward = remembered_reward(run, holder, name)
    if reward is None and rewards.part_of_transition(name) is not None and _memory(run, holder) is not None:
        return Num(Kind.TENSOR)
    return reward


def remembered_reward(run: Run, holder: Num, name: str) -> Value | None:
    """The rewards of `remembered`."""
    memory = _memory(run, holder) if rewards.kind_of_name(name) == "rewards" else None
    return Num(Kind.TENSOR, None, {memory: NO_MARKS}) if memory is not None else None


def _handed(run: Run) -> tuple[Source, ...]:
    known = run.facts.get(_ALL, ())
    assert isinstance(known, tuple)
    return known


def _identity(value: Value) -> Source | None:
    """What tells one unknown memory from another: where it comes from, and the attributes on the way to it."""
    if isinstance(value, Method):
        inner = _identity(value.receiver)
        return inner and Source("memory", inner.where, inner.context, f"{inner.detail}.{value.name}")
    if isinstance(value, Num):
        found = [source for source in value.flows if source.kind in _ORIGINS]
        if found:
            first = min(found, key=lambda source: (source.kind, source.where, source.context))
            return Source("memory", first.where, first.context, first.kind)
    return None


def _memory(run: Run, holder: Num) -> Source | None:
    """The memory that the result of a call came out of; the only one of the program where that cannot be told."""
    known = _handed(run)
    if not known or holder.unknown is None or not any(source.kind in _RESULTS for source in holder.flows):
        return None
    for source in holder.flows:
        memory = source if source.kind == "memory" else Source("memory", source.where, source.context, source.kind)
        if memory in known:
            return memory
    return known[0] if len(known) == 1 and not any(source.kind == "memory" for source in holder.flows) else None
