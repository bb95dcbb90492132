"""Python's own functions and the methods of its containers, `copy`, `collections`, `random` and `itertools`."""

from __future__ import annotations

from collections.abc import Callable

from gradlint.reader import arithmetic, attributes, calls, classes, containers, tensors
from gradlint.reader.arguments import Args
from gradlint.reader.library import container_functions, container_methods, finite
from gradlint.reader.state import ClassInfo, Run
from gradlint.reader.tensors import Site
from gradlint.values import (
    ANY,
    NO_MARKS,
    NONE,
    Cls,
    Const,
    Either,
    Ext,
    Kind,
    Mark,
    Method,
    Num,
    Ref,
    Seq,
    Source,
    Value,
    join,
    join_all,
    join_flows,
    mark_flows,
    number_of,
    options,
    range_of,
)


def function(run: Run, name: Ext, args: Args) -> Value | None:
    """Built-in functions and the standard library's containers."""
    handler = _FUNCTIONS.get(name.name)
    return handler(run, args) if handler is not None else None


def method(run: Run, receiver: Value, name: str, args: Args) -> Value | None:
    """Methods of lists, dicts, sets, deques, named tuples and strings."""
    return container_methods.method(run, receiver, name, args)


def _first(args: Args) -> Value:
    return args.positional[0] if args.positional else ANY


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
    if len(args.positional) == 2:
        flows = join_flows(run.heap.flows(args.positional[0]), run.heap.flows(args.positional[1]))
        name = "maximum" if largest else "minimum"
        return arithmetic.extreme(
            run, name, args.positional[0], args.positional[1], flows, Site(args.where, args.context)
        )
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
    made = tensors.function("abs", [_first(args)], Site(args.where, args.context))
    return Num(Kind.TENSOR, made.range, run.heap.flows(_first(args)), term=made.term)


def _any_all(run: Run, args: Args) -> Value:
    if isinstance(_first(args), Seq):
        finite.note_look(run, args.where, "any() or all()", run.heap.flows(_first(args)))
    return Num(Kind.BOOLEAN, None, finite.reduced(run.heap.flows(_first(args))))


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


def _hasattr(run: Run, args: Args) -> Value:
    """Only tensors that hold numbers have the method `numpy`: graphs are told from eager code by it."""
    asks = Const("numpy") in args.positional[1:]
    return Num(Kind.BOOLEAN, None, {Source("eager", args.where): NO_MARKS} if asks else {})


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
    run.several |= {option.id for option in options(_first(args)) if isinstance(option, Ref)}
    return _first(args)


_FUNCTIONS: dict[str, Callable[[Run, Args], Value]] = {
    "builtins.list": container_functions.make_list,
    "builtins.tuple": container_functions.make_list,
    "builtins.set": container_functions.same_elements,
    "builtins.frozenset": container_functions.same_elements,
    "collections.deque": container_functions.deque,
    "builtins.dict": container_functions.make_dict,
    "collections.OrderedDict": container_functions.make_dict,
    "collections.defaultdict": container_functions.default_dict,
    "builtins.zip": container_functions.zipped,
    "itertools.zip_longest": container_functions.zipped,
    "builtins.enumerate": container_functions.enumerated,
    "builtins.map": container_functions.mapped,
    "builtins.filter": container_functions.same_elements,
    "builtins.reversed": container_functions.ordered,
    "builtins.sorted": container_functions.ordered,
    "builtins.iter": container_functions.ordered,
    "tqdm.tqdm": container_functions.ordered,
    "tqdm.auto.tqdm": container_functions.ordered,
    "tqdm.notebook.tqdm": container_functions.ordered,
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
    "builtins.hasattr": _hasattr,
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
    "collections.namedtuple": container_functions.named_tuple,
    "typing.NamedTuple": container_functions.named_tuple,
    "copy.copy": _copy,
    "copy.deepcopy": _copy,
    "random.choice": container_functions.pick,
    "np.random.choice": container_functions.pick,
    "random.sample": container_functions.sample,
    "random.choices": container_functions.sample,
    "np.random.permutation": container_functions.same_elements,
    "itertools.chain": container_functions.chain,
    "itertools.islice": container_functions.ordered,
    "itertools.cycle": container_functions.ordered,
    "six.iteritems": lambda run, args: container_methods.method(run, _first(args), "items", args) or ANY,
    "six.itervalues": lambda run, args: container_methods.method(run, _first(args), "values", args) or ANY,
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
