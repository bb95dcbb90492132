"""Placeholders and variables: numbers that come in later."""

from __future__ import annotations

from gradlint.ranges import WEIGHTS
from gradlint.reader import tensors
from gradlint.reader.arguments import Args
from gradlint.reader.ir import Call, Display
from gradlint.reader.state import Run
from gradlint.reader.tensors import Site
from gradlint.values import NO_FLOWS, NO_MARKS, Const, Kind, Num, Source, Value, join_flows, number_of, range_of


def placeholder(run: Run, args: Args) -> Num:
    """A graph input: what is fed to it later flows from here."""
    source = Source("placeholder", args.where, args.context)
    return Num(Kind.TENSOR, None, {source: NO_MARKS})


def variable(run: Run, args: Args, initial: Value | None) -> Num:
    """A variable: what is assigned to it later flows from here."""
    scalar = initial is not None and (number_of(initial) is not None or _draws_scalar(args))
    source = Source("variable", args.where, args.context, "scalar" if scalar else "")
    if initial is not None and run.heap.flows(initial):
        run.link(source, initial)
    flows = join_flows({source: NO_MARKS}, run.heap.flows(initial) if initial is not None else NO_FLOWS)
    origins = initial.origins if isinstance(initial, Const) else ()
    term = None if scalar else tensors.source("variable", Site(args.where, args.context, True))
    known = range_of(initial) if initial is not None and (scalar or isinstance(initial, Const)) else WEIGHTS
    return Num(Kind.TENSOR, known, flows, None, origins, term=term)


def _draws_scalar(args: Args) -> bool:
    """`tf.Variable(np.random.randn())`, `tf.Variable(tf.random.normal([]))`: one number."""
    initial = args.node.args[0].value if args.node is not None and args.node.args else None
    if not isinstance(initial, Call):
        return False
    return not initial.args or (isinstance(initial.args[0].value, Display) and not initial.args[0].value.items)
