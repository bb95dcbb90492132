"""Python's own functions and the methods of its containers, `copy`, `collections`, `random` and `itertools`."""

from __future__ import annotations

from collections.abc import Callable

from gradlint.model import Where
from gradlint.reader import attributes, calls, classes, containers
from gradlint.reader.state import Args, ClassInfo, Run
from gradlint.values import (
    ANY,
    NONE,
    NOTHING,
    Cls,
    Const,
    Either,
    Ext,
    Fn,
    Kind,
    Mark,
    Method,
    Num,
    Range,
    Record,
    RecordType,
    Ref,
    Seq,
    Value,
    join,
    join_all,
    join_flows,
    mark_flows,
    number_of,
    range_of,
    sequence,
)


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Built-in functions and the standard library's containers."""
    handler = _FUNCTIONS.get(name.name)
    return handler(run, args) if handler is not None else None


def _first(args: Args) -> Value:
    return args.positional[0] if args.positional else ANY


def _list(run: Run, args: Args) -> Value:
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


def _deque(run: Run, args: Args) -> Value:
    source = args.get(0, "iterable")
    return _fresh(run, args, containers.element(run, source) if source is not None and source != NONE else NOTHING)


def _dict(run: Run, args: Args) -> Value:
    context = args.frame.context if args.frame is not None else 0
    ref = run.heap.allocate((args.where, "dict", context), "dict", args.where)
    for value in args.positional:
        if isinstance(value, Ref) and run.heap.get(value).kind == "dict":
            containers.update_mapping(run, ref, value)
        elif isinstance(value, Ext | Fn | Cls):
            continue
        else:
            run.add_content(ref, ANY)
    for key, value in args.keywords.items():
        containers.store_key(run, ref, Const(key), value)
    if args.open:
        run.add_content(ref, ANY)
    return ref


def _default_dict(run: Run, args: Args) -> Value:
    context = args.frame.context if args.frame is not None else 0
    ref = run.heap.allocate((args.where, "dict", context), "dict", args.where)
    if args.positional:
        made = calls.call_value(run, args.positional[0], [], {}, args.where, args.frame)
        run.add_content(ref, made)
    return ref


def _zip(run: Run, args: Args) -> Value:
    if args.open and args.node is not None and len(args.node.args) == 1:
        inner = containers.element(run, calls.expressions.evaluate(run, args.node.args[0].value, args.frame))  # type: ignore[arg-type]
        rows = containers.iterate_items(run, inner)
        return sequence(Seq(item) for item in rows) if rows is not None else Seq(Seq(containers.element(run, inner)))
    elements = [containers.element(run, value) for value in args.positional]
    columns = [containers.iterate_items(run, value) for value in args.positional]
    items = None
    if columns and all(c is not None and len(c) <= 8 for c in columns):
        items = tuple(sequence(row) for row in zip(*(c or () for c in columns), strict=False))
    return Seq(sequence(elements), items, tuple(args.positional), args.where)


def _enumerate(run: Run, args: Args) -> Value:
    source = _first(args)
    items = containers.iterate_items(run, source)
    exact = (
        tuple(sequence((Const(i), item)) for i, item in enumerate(items))
        if items is not None and len(items) <= 8
        else None
    )
    return Seq(sequence((Num(Kind.PLAIN), containers.element(run, source))), exact)


def _map(run: Run, args: Args) -> Value:
    if len(args.positional) < 2:
        return ANY
    target, *sources = args.positional
    columns = [containers.iterate_items(run, source) for source in sources]
    if all(column is not None and len(column) <= 8 for column in columns):
        rows = zip(*(column or () for column in columns), strict=False)
        return sequence(calls.call_value(run, target, list(row), {}, args.where, args.frame) for row in rows)
    elements = [containers.element(run, source) for source in sources]
    return Seq(calls.call_value(run, target, elements, {}, args.where, args.frame))


def _same_elements(run: Run, args: Args) -> Value:
    source = args.positional[-1] if args.positional else ANY
    if isinstance(source, Num):
        return source
    return Seq(containers.element(run, source))


def _ordered(run: Run, args: Args) -> Value:
    source = _first(args)
    return source if isinstance(source, Num) else Seq(containers.element(run, source))


def _pick(run: Run, args: Args) -> Value:
    return containers.element(run, args.get(0, "seq", "population", "a") or ANY)


def _sample(run: Run, args: Args) -> Value:
    return Seq(containers.element(run, args.get(0, "population", "seq") or ANY))


def _sum(run: Run, args: Args) -> Value:
    source = _first(args)
    inner = containers.element(run, source)
    return Num(Kind.TENSOR, None, run.heap.flows(inner))


def _extreme(run: Run, args: Args, *, largest: bool) -> Value:
    if len(args.positional) == 1:
        return Num(Kind.TENSOR, None, mark_flows(run.heap.flows(containers.element(run, _first(args))), Mark.STATISTIC))
    numbers = [number_of(value) for value in args.positional]
    if all(number is not None for number in numbers) and numbers:
        best = (max if largest else min)(n for n in numbers if n is not None)
        return args.positional[numbers.index(best)]
    from gradlint.reader.library import arrays

    if len(args.positional) == 2:
        flows = join_flows(run.heap.flows(args.positional[0]), run.heap.flows(args.positional[1]))
        result = arrays._extreme(
            run, "maximum" if largest else "minimum", args.positional[0], args.positional[1], flows
        )
        return result
    return Num(Kind.TENSOR, None, args.flows(run.heap))


def _float(run: Run, args: Args) -> Value:
    value = _first(args)
    if isinstance(value, Const):
        try:
            return Const(float(value.value), value.origins, value.assumed)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            return ANY
    if isinstance(value, Either):
        return join_all(_float(run, Args(args.node, args.where, [option], {})) for option in value.options)
    return value if isinstance(value, Num) else Num(Kind.PLAIN, None, run.heap.flows(value))


def _int(run: Run, args: Args) -> Value:
    value = _first(args)
    number = number_of(value)
    if number is not None and isinstance(value, Const) and abs(number) < 1e15:
        return Const(int(number), value.origins, value.assumed)
    return Num(Kind.PLAIN, range_of(value) if not isinstance(value, Const) else None, run.heap.flows(value))


def _abs(run: Run, args: Args) -> Value:
    number = number_of(_first(args))
    if number is not None:
        return Const(abs(number))
    return Num(Kind.TENSOR, Range(0.0, float("inf"), True, False), run.heap.flows(_first(args)))


def _any_all(run: Run, args: Args) -> Value:
    return Num(Kind.BOOLEAN, None, run.heap.flows(_first(args)))


def _getattr(run: Run, args: Args) -> Value:
    if (
        len(args.positional) >= 2
        and isinstance(args.positional[1], Const)
        and isinstance(args.positional[1].value, str)
        and not args.positional[1].assumed
    ):
        found = attributes.get(run, args.positional[0], args.positional[1].value, args.where)
        if len(args.positional) > 2 and isinstance(found, Method):
            return join(args.positional[2], ANY)
        return found
    return Num(unknown="an attribute whose name is computed")


def _setattr(run: Run, args: Args) -> Value:
    if len(args.positional) == 3 and args.frame is not None:
        name = args.positional[1]
        if isinstance(name, Const) and isinstance(name.value, str):
            attributes.put(run, args.positional[0], name.value, args.positional[2], args.frame)
    return NONE


def _named_tuple(run: Run, args: Args) -> Value:
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


def _isinstance(run: Run, args: Args) -> Value:
    value, kind = (*args.positional, ANY, ANY)[:2]
    if isinstance(value, Ref) and isinstance(kind, Cls) and isinstance(kind.info, ClassInfo):
        info = run.heap.get(value).cls
        if isinstance(info, ClassInfo):
            return Const(kind.info in classes.linear(info))
    return Num(Kind.BOOLEAN)


def _next(run: Run, args: Args) -> Value:
    return containers.element(run, _first(args))


def _range(run: Run, args: Args) -> Value:
    return Seq(Num(Kind.PLAIN), None)


def _vars(run: Run, args: Args) -> Value:
    first = _first(args)
    if isinstance(first, Ref) and run.heap.get(first).kind == "namespace":
        ref = run.heap.allocate((args.where, "vars"), "dict", args.where)
        for key, value in run.heap.get(first).entries.items():
            if isinstance(key, str):
                containers.store_key(run, ref, Const(key), value)
        return ref
    return ANY


def _quiet(run: Run, args: Args) -> Value:
    return NONE


def _copy(run: Run, args: Args) -> Value:
    return _first(args)


def _chain(run: Run, args: Args) -> Value:
    return Seq(join_all(containers.element(run, value) for value in args.positional))


_FUNCTIONS: dict[str, Callable[[Run, Args], Value]] = {
    "builtins.list": _list,
    "builtins.tuple": _list,
    "builtins.set": _same_elements,
    "builtins.frozenset": _same_elements,
    "collections.deque": _deque,
    "builtins.dict": _dict,
    "collections.OrderedDict": _dict,
    "types.SimpleNamespace": _dict,
    "collections.defaultdict": _default_dict,
    "builtins.zip": _zip,
    "itertools.zip_longest": _zip,
    "builtins.enumerate": _enumerate,
    "builtins.map": _map,
    "builtins.filter": _same_elements,
    "builtins.reversed": _ordered,
    "builtins.sorted": _ordered,
    "builtins.iter": _ordered,
    "tqdm.tqdm": _ordered,
    "tqdm.auto.tqdm": _ordered,
    "tqdm.notebook.tqdm": _ordered,
    "builtins.sum": _sum,
    "builtins.max": lambda run, args: _extreme(run, args, largest=True),
    "builtins.min": lambda run, args: _extreme(run, args, largest=False),
    "builtins.float": _float,
    "builtins.int": _int,
    "builtins.abs": _abs,
    "builtins.round": _float,
    "builtins.any": _any_all,
    "builtins.all": _any_all,
    "builtins.bool": _any_all,
    "builtins.getattr": _getattr,
    "builtins.setattr": _setattr,
    "builtins.isinstance": _isinstance,
    "builtins.next": _next,
    "builtins.range": _range,
    "builtins.xrange": _range,
    "builtins.vars": _vars,
    "builtins.print": _quiet,
    "builtins.len": lambda run, args: Num(Kind.PLAIN),
    "builtins.str": lambda run, args: _first(args) if isinstance(_first(args), Const) else ANY,
    "builtins.object": lambda run, args: ANY,
    "builtins.type": lambda run, args: ANY,
    "collections.namedtuple": _named_tuple,
    "typing.NamedTuple": _named_tuple,
    "copy.copy": _copy,
    "copy.deepcopy": _copy,
    "random.choice": _pick,
    "np.random.choice": _pick,
    "random.sample": _sample,
    "random.choices": _sample,
    "np.random.permutation": _same_elements,
    "itertools.chain": _chain,
    "itertools.islice": _ordered,
    "itertools.cycle": _ordered,
    "typing.cast": lambda run, args: args.positional[1] if len(args.positional) > 1 else ANY,
    "dataclasses.field": lambda run, args: _field(run, args),
    "dataclasses.replace": _copy,
    "dataclasses.asdict": _vars,
}


def _field(run: Run, args: Args) -> Value:
    if "default" in args.keywords:
        return args.keywords["default"]
    factory = args.keywords.get("default_factory")
    return calls.call_value(run, factory, [], {}, args.where, args.frame) if factory is not None else ANY


# -- methods --------------------------------------------------------------------------------------------------------------

_ADD = {"append": 0, "appendleft": 0, "add": 0, "insert": 1}
_TAKE = frozenset({"pop", "popleft", "get", "setdefault", "popitem"})


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """Methods of lists, dicts, sets, deques, named tuples and strings."""
    if isinstance(receiver, Either):
        known = [o for o in receiver.options if o != NONE]
        if known and all(isinstance(o, Ref) and run.heap.get(o).kind in ("list", "dict", "set") for o in known):
            return join_all(method(run, option, name, args) or ANY for option in known)
        return None
    if isinstance(receiver, Ref):
        kind = run.heap.get(receiver).kind
        if kind == "list" or kind == "set":
            return _list_method(run, receiver, name, args)
        if kind == "dict":
            return _dict_method(run, receiver, name, args)
        return None
    if isinstance(receiver, Record):
        return _record_method(run, receiver, name, args)
    if isinstance(receiver, Seq) and name in ("copy", "tolist"):
        return receiver
    if (
        isinstance(receiver, Seq | Num)
        and name in _ADD
        and args.positional
        and args.node is not None
        and args.frame is not None
    ):
        return _grow(run, receiver, args)
    if isinstance(receiver, Const) and isinstance(receiver.value, str):
        return _string_method(receiver.value, name, args)
    return None


def _grow(run: Run, receiver: Seq | Num, args: Args) -> Value | None:
    """Appending to a sequence that is held by a variable: the variable holds the longer one."""
    from gradlint.reader import statements
    from gradlint.reader.ir import Attr, Call, Item, Name

    assert args.node is not None and args.frame is not None
    func = args.node.func
    if isinstance(receiver, Num) and (
        receiver.unknown is not None or receiver.kind is not Kind.PLAIN or not receiver.flows
    ):
        return None
    if (
        isinstance(func, Attr)
        and isinstance(func.obj, Name | Attr | Item)
        and isinstance(args.node, Call)
        and isinstance(receiver, Seq)
    ):
        joined = Seq(join(containers.element(run, receiver), args.positional[-1]), None, None, receiver.made)
        if isinstance(func.obj, Name | Attr):
            statements.assign(run, func.obj, joined, args.frame)
        return NONE
    return None


def _string_method(text: str, name: str, args: Args) -> Value:
    if name in ("lower", "upper", "strip", "title", "capitalize") and not args.positional:
        return Const(getattr(text, name)())
    return ANY


def _list_method(run: Run, ref: Ref, name: str, args: Args) -> Value | None:
    if name in _ADD and len(args.positional) > _ADD[name]:
        run.add_content(ref, args.positional[_ADD[name]])
        return NONE
    if name in ("extend", "extendleft", "update") and args.positional:
        run.add_content(ref, containers.element(run, args.positional[0]))
        return NONE
    if name in _TAKE:
        return run.read_content(ref)
    if name in ("clear", "sort", "reverse", "remove", "rotate", "discard"):
        return NONE
    if name == "copy":
        return Seq(run.read_content(ref), run.heap.get(ref).items)
    if name in ("index", "count", "__len__"):
        return Num(Kind.PLAIN)
    return None


def _dict_method(run: Run, ref: Ref, name: str, args: Args) -> Value | None:
    obj = run.heap.get(ref)
    if name in ("get", "pop", "setdefault") and args.positional:
        found = containers.index(run, ref, args.positional[0], None, args.frame)  # type: ignore[arg-type]
        key = args.positional[0]
        missing = not (isinstance(key, Const) and key.value in obj.entries)
        default = args.positional[1] if len(args.positional) > 1 else NONE
        if name == "setdefault":
            containers.store_key(run, ref, key, default)
        if missing and obj.elem is NOTHING:
            return default
        return join(found, default) if missing else found
    if name == "values":
        return Seq(
            join_all((obj.elem, *obj.entries.values())), tuple(obj.entries.values()) if obj.elem is NOTHING else None
        )
    if name == "items":
        pairs = tuple(sequence((Const(key), value)) for key, value in obj.entries.items())
        if obj.elem is NOTHING:
            return Seq(join_all(pairs), pairs)
        return Seq(sequence((ANY, join_all((obj.elem, *obj.entries.values())))))
    if name == "keys":
        return Seq(join_all(Const(key) for key in list(obj.entries)[:6]))
    if name == "update":
        for value in args.positional:
            containers.update_mapping(run, ref, value)
        for key, value in args.keywords.items():
            containers.store_key(run, ref, Const(key), value)
        return NONE
    if name in ("copy", "as_dict", "to_dict"):
        return ref
    return None


def _record_method(run: Run, record: Record, name: str, args: Args) -> Value | None:
    if name == "_replace":
        return Record(
            record.name,
            record.fields,
            tuple(args.keywords.get(f, v) for f, v in zip(record.fields, record.values, strict=True)),
        )
    if name == "_asdict":
        ref = run.heap.allocate((args.where, "dict"), "dict", args.where)
        for field, value in zip(record.fields, record.values, strict=True):
            containers.store_key(run, ref, Const(field), value)
        return ref
    return None


__all__ = ["Where", "function", "method"]
