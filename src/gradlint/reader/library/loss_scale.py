"""Loss scaling of mixed precision: losses that are multiplied, and gradients that are divided again."""

from __future__ import annotations

from gradlint.reader.arguments import Args
from gradlint.reader.state import Run
from gradlint.values import (
    NO_MARKS,
    Flows,
    Kind,
    Mark,
    Marks,
    Num,
    Ref,
    Source,
    Value,
    join_flows,
    mark_flows,
    maybe_flows,
    options,
    without,
)


def scaled(run: Run, receiver: Value, name: str, loss: Value, args: Args) -> Value:
    """`optimizer.get_scaled_loss(loss)`, and `scale_loss` of Keras 3, which every optimizer there has."""
    sure = [_scales(run, option) for option in options(receiver)]
    if False in sure:
        return loss
    certain = name == "get_scaled_loss" or None not in sure
    mark = mark_flows if certain else maybe_flows
    context = args.frame.context if args.frame is not None else 0
    own: Flows = {Source("call", args.where, context): NO_MARKS}
    return Num(Kind.LOSS, None, mark(join_flows(run.heap.flows(loss), own), Mark.SCALED))


def _scales(run: Run, option: Value) -> bool | None:
    """Whether an optimizer has a loss scale; None where it was not followed."""
    if not isinstance(option, Ref) or run.heap.get(option).kind != "optimizer":
        return None
    obj = run.heap.get(option)
    return True if "@skips" in obj.attrs else None if "@inner" in obj.attrs or obj.cls is not None else False


def of_loss(flows: Flows) -> Marks:
    """What the gradients of a loss start with: they have its scale."""
    if any(marks.must & Mark.SCALED for marks in flows.values()):
        return NO_MARKS.add(Mark.SCALED)
    return NO_MARKS.maybe(Mark.SCALED) if any(marks.may & Mark.SCALED for marks in flows.values()) else NO_MARKS


def unscaled(flows: Flows) -> Flows:
    """What `get_unscaled_gradients` gives."""
    return without(flows, Mark.SCALED)
