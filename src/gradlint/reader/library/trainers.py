"""Helpers and agents of libraries that compute gradients and apply them inside of one call."""

from __future__ import annotations

from gradlint.model import Noted
from gradlint.reader import calls
from gradlint.reader.arguments import Args
from gradlint.reader.events import ContextEvent
from gradlint.reader.library import gradients, optimizers, updates
from gradlint.reader.state import Run
from gradlint.values import ANY, NONE, Const, Ext, Fn, Kind, Mark, Num, Ref, Value, join_all, mark_flows
from gradlint.vocabulary.clipping import AGENT_CLIP_ARGUMENTS, TRAINING_HELPERS


def helper(run: Run, name: str, args: Args) -> Value:
    """`optimize_loss`, `create_train_op`: compute and apply gradients in one call."""
    loss = args.get(0, "loss", "total_loss") or ANY
    context = args.context
    grads: Value = gradients.one(run, args.where, context, loss, Num(Kind.PARAMETERS))
    bound = args.get(None, TRAINING_HELPERS[name])
    if bound is not None and bound not in (NONE, Const(0)) and isinstance(grads, Num):
        known = not (isinstance(bound, Const) and bound.assumed) and not isinstance(bound, Num)
        marked = mark_flows(grads.flows, Mark.CLIPPED, args.where)
        grads = (
            Num(Kind.GRADIENT, None, marked)
            if known or isinstance(bound, Fn)
            else Num(Kind.GRADIENT, None, {s: m.maybe(Mark.CLIPPED) for s, m in grads.flows.items()})
        )
    optimizer = args.get(1 if "create" in name else 3, "optimizer") or ANY
    if isinstance(optimizer, Fn):
        optimizer = calls.call_value(run, optimizer, [ANY], {}, args.where, args.frame)
    optimizer = optimizers.from_identifier(run, optimizer, args.where)
    rate = args.get(2, "learning_rate") if "optimize_loss" in name else None
    if isinstance(optimizer, Ref) and rate is not None and rate != NONE:
        run.write_attr(optimizer, "@learning_rate", rate, replace=True)
        run.heap.edit(optimizer).entries.update(rate_where=Const(args.place(2, "learning_rate")), written=Const(True))
    return updates.emit(run, args.where, name.rpartition(".")[2], optimizer, grads, ANY, args, loss)


def agent(run: Run, name: Ext, args: Args) -> Value:
    """An agent of a library trains by itself: the optimizer reaches weights inside it."""
    optimizer = join_optimizers(args)
    if optimizer is not None:
        context = args.context
        grads: Value = gradients.one(run, args.where, context, ANY, Num(Kind.PARAMETERS))
        clips = [args.keywords[k] for k in args.keywords if k in AGENT_CLIP_ARGUMENTS]
        if any(value != NONE for value in clips) and isinstance(grads, Num):
            grads = Num(Kind.GRADIENT, None, mark_flows(grads.flows, Mark.CLIPPED, args.where))
        if not name.name.startswith("tf_agents"):
            grads = Num(Kind.GRADIENT, None, {}, f"{name.raw} applies them inside")
        updates.emit(run, args.where, "agent", optimizer, grads, ANY, args)
    run.emit(
        ContextEvent(
            "reinforcement", Noted(args.where, f"{name.name.rpartition('.')[2]} is a reinforcement-learning agent")
        )
    )
    return run.heap.allocate((args.where, name.name, args.context), "agent", args.where, name=name.name, raw=name.raw)


def join_optimizers(args: Args) -> Value | None:
    """The optimizer arguments of an agent, joined."""
    found = [value for key, value in args.keywords.items() if key.endswith("optimizer")]
    return join_all(found) if found else None
