"""Functions that make containers or go through them: `list`, `zip`, `namedtuple`, `random.choice`."""

from __future__ import annotations

from gradlint.reader import calls, containers, expressions
from gradlint.reader.arguments import Args
from gradlint.reader.state import Run
from gradlint.values import (
    ANY,
    NONE,
    NOTHING,
    Cls,
    Const,
    Ext,
    Fn,
    Kind,
    Num,
    Record,
    RecordType,
    Ref,
    Seq,
    Value,
    join_all,
    sequence,
)


def make_list(run: Run, args: Args) -> Value:
    """`list` and `tuple`."""
    if not args.positional:
        return _fresh(run, args, NOTHING)
    value = args.positional[0]
    if isinstance(value, Seq | Record):
        return value
    items = containers.iterate_items(run, value)
    element = containers.element(run, value)
    if isinstance(value, Num):
        return value
    return Seq(element, items)


def _fresh(run: Run, args: Args, content: Value) -> Ref:
    return containers.new_list(run, args.where, args.where, args.frame, content)


def deque(run: Run, args: Args) -> Value:
    """`collections.deque`."""
    source = args.get(0, "iterable")
    return _fresh(run, args, containers.element(run, source) if source is not None and source != NONE else NOTHING)


def make_dict(run: Run, args: Args) -> Value:
    """`dict` and what is made like one."""
    context = args.frame.context if args.frame is not None else 0
    ref = run.heap.allocate((args.where, "dict", context), "dict", args.where)
    for value in args.positional:
        if isinstance(value, Ref) and run.heap.get(value).kind == "dict":
            containers.update_mapping(run, ref, value)
        elif isinstance(value, Ext | Fn | Cls):
            continue
        elif (pairs := _pairs(run, value)) is not None:
            for named, entry in pairs:
                containers.store_key(run, ref, named, entry)
        else:
            run.add_content(ref, ANY)
    for key, value in args.keywords.items():
        containers.store_key(run, ref, Const(key), value)
    if args.open:
        run.add_content(ref, ANY)
    return ref


def _pairs(run: Run, value: Value) -> list[tuple[Value, Value]] | None:
    """The pairs of a sequence whose items are all known."""
    rows = [containers.iterate_items(run, row) for row in containers.iterate_items(run, value) or ()]
    pairs = [(row[0], row[1]) for row in rows if row is not None and len(row) == 2]
    return pairs if pairs and len(pairs) == len(rows) else None


def default_dict(run: Run, args: Args) -> Value:
    """`collections.defaultdict`."""
    context = args.frame.context if args.frame is not None else 0
    ref = run.heap.allocate((args.where, "dict", context), "dict", args.where)
    if args.positional:
        content = calls.call_value(run, args.positional[0], [], {}, args.where, args.frame)
        run.add_content(ref, content)
    return ref


def zipped(run: Run, args: Args) -> Value:
    """`zip`: rows of columns."""
    if args.open and args.node is not None and len(args.node.args) == 1:
        inner = containers.element(run, expressions.evaluate(run, args.node.args[0].value, args.frame))  # type: ignore[arg-type]
        rows = containers.iterate_items(run, inner)
        return sequence(Seq(item) for item in rows) if rows is not None else Seq(Seq(containers.element(run, inner)))
    elements = [containers.element(run, value) for value in args.positional]
    columns = [containers.iterate_items(run, value) for value in args.positional]
    items = None
    if columns and all(c is not None and len(c) <= 8 for c in columns):
        items = tuple(sequence(row) for row in zip(*(c or () for c in columns), strict=False))
    return Seq(sequence(elements), items, tuple(args.positional), args.where)


def enumerated(run: Run, args: Args) -> Value:
    """`enumerate`: elements with their numbers."""
    source = args.positional[0] if args.positional else ANY
    items = containers.iterate_items(run, source)
    exact = (
        tuple(sequence((Const(i), item)) for i, item in enumerate(items))
        if items is not None and len(items) <= 8
        else None
    )
    return Seq(sequence((Num(Kind.PLAIN), containers.element(run, source))), exact)


def mapped(run: Run, args: Args) -> Value:
    """`map`: results of a function for each element."""
    if len(args.positional) < 2:
        return ANY
    target, *sources = args.positional
    columns = [containers.iterate_items(run, source) for source in sources]
    if all(column is not None and len(column) <= 8 for column in columns):
        rows = zip(*(column or () for column in columns), strict=False)
        return sequence(calls.call_value(run, target, list(row), {}, args.where, args.frame) for row in rows)
    elements = [containers.element(run, source) for source in sources]
    return Seq(calls.call_value(run, target, elements, {}, args.where, args.frame))


def same_elements(run: Run, args: Args) -> Value:
    """A collection of the elements of its last argument."""
    source = args.positional[-1] if args.positional else ANY
    if isinstance(source, Num):
        return source
    return Seq(containers.element(run, source))


def ordered(run: Run, args: Args) -> Value:
    """The elements of its first argument, in some order."""
    source = args.positional[0] if args.positional else ANY
    return source if isinstance(source, Num) else Seq(containers.element(run, source))


def pick(run: Run, args: Args) -> Value:
    """One element of a collection."""
    return containers.element(run, args.get(0, "seq", "population", "a") or ANY)


def sample(run: Run, args: Args) -> Value:
    """Some elements of a collection."""
    return Seq(containers.element(run, args.get(0, "population", "seq") or ANY))


def named_tuple(run: Run, args: Args) -> Value:
    """`collections.namedtuple`: a type of records."""
    fields = args.get(1, "field_names", "fields")
    name = args.get(0, "typename")
    names: list[str] = []
    if isinstance(fields, Const) and isinstance(fields.value, str):
        names = fields.value.replace(",", " ").split()
    elif fields is not None:
        for item in containers.iterate_items(run, fields) or ():
            inner = containers.iterate_items(run, item)
            first = inner[0] if inner else item
            names.append(first.value if isinstance(first, Const) and isinstance(first.value, str) else "?")
    if not names:
        return ANY
    text = name.value if isinstance(name, Const) and isinstance(name.value, str) else "tuple"
    return RecordType(text, tuple(names), ())


def chain(run: Run, args: Args) -> Value:
    """`itertools.chain`: the elements of all."""
    columns = [containers.iterate_items(run, value) for value in args.positional]
    if columns and not args.open and all(column is not None for column in columns):
        return sequence(item for column in columns for item in column or ())
    return Seq(join_all(containers.element(run, value) for value in args.positional))
