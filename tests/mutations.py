"""Small changes to whole programs, made generically with libcst: each yields every place where it applies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import libcst as cst
from libcst.metadata import Assignment, FunctionScope, MetadataWrapper, ScopeProvider

Replacement: TypeAlias = "cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]"
Edit: TypeAlias = Callable[[cst.CSTNode], Replacement]

CLIPS = frozenset({"clip_by_global_norm", "clip_by_norm", "clip_by_average_norm", "clip_by_value"})
CLIP_KEYWORDS = frozenset(
    {"clipnorm", "clipvalue", "global_clipnorm", "clip_gradients", "gradient_clipping", "clip_gradient_norm"}
)
CHECK_CALLS = frozenset({"check_numerics", "assert_all_finite", "verify_tensor_all_finite"})
CHECK_WORDS = frozenset({"is_finite", "isfinite", "is_nan", "isnan", "is_inf", "isinf"})
CHECK_HOOKS = frozenset({"TerminateOnNaN", "NanTensorHook"})
APPLIES = frozenset({"apply_gradients", "minimize", "apply"})
OPTIMIZERS = re.compile(r"N?Adam(ax|W|Optimizer)?|SGD|RMS[pP]rop(Optimizer)?|Ada(grad|delta)(Optimizer)?|\w*Optimizer")
LEARNING_RATE = re.compile(r"-*(\w+[-_])?(lr|learning[-_]?rate)|(base|actor|critic)_rate", re.I)
GRADIENTS = re.compile(r"grad|\bg\b|updates")
REWARDS = re.compile(r"rew|\br\b|ret(urn)?s?\b|discounted|\badv")
SPREAD = re.compile(r"std|var\b")
REWARD_WRAPPERS = frozenset({"NormalizeReward", "VecNormalize", "TransformReward", "ClipReward", "BoundedReward"})


class _Walk(cst.CSTVisitor):
    def __init__(self) -> None:
        self.nodes: list[cst.CSTNode] = []
        self.parents: dict[int, cst.CSTNode] = {}
        self._stack: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if self._stack:
            self.parents[id(node)] = self._stack[-1]
        self.nodes.append(node)
        self._stack.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self._stack.pop()


class _Apply(cst.CSTTransformer):
    def __init__(self, edits: dict[int, Edit]) -> None:
        self._edits = edits

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Replacement:  # type: ignore[override]
        edit = self._edits.get(id(original_node))
        return updated_node if edit is None else edit(updated_node)


@dataclass
class Program:
    """One parsed file."""

    module: cst.Module
    nodes: list[cst.CSTNode] = field(default_factory=list)
    parents: dict[int, cst.CSTNode] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Program:
        """Parse a text."""
        module = cst.parse_module(text)
        walk = _Walk()
        module.visit(walk)
        return cls(module, walk.nodes, walk.parents)

    def code(self, node: cst.CSTNode) -> str:
        """The text of a node."""
        return self.module.code_for_node(node)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node that holds this one."""
        return self.parents.get(id(node))

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """All nodes that hold this one, inner first."""
        found = self.parent(node)
        while found is not None:
            yield found
            found = self.parent(found)

    def calls(self) -> Iterator[tuple[cst.Call, str]]:
        """Every call with the last name of what it calls."""
        for node in self.nodes:
            if isinstance(node, cst.Call):
                yield node, last_name(node.func)

    def inside(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        """A node and everything in it."""
        walk = _Walk()
        node.visit(walk)
        return walk.nodes


@dataclass(frozen=True)
class Mutation:
    """One change: what it is about, and how it edits which nodes."""

    label: str
    edits: tuple[tuple[cst.CSTNode, Edit], ...]

    def applied(self, program: Program) -> str:
        """The changed text."""
        return together(program, [self])


def together(program: Program, mutations: Sequence[Mutation]) -> str:
    """The text after several changes at once."""
    edits = {id(node): edit for mutation in mutations for node, edit in mutation.edits}
    changed = program.module.visit(_Apply(edits))
    assert isinstance(changed, cst.Module)
    return changed.code


def last_name(node: cst.CSTNode) -> str:
    """`c` of `a.b.c`, `c` of `c`, otherwise nothing."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def _replace(new: Replacement) -> Edit:
    return lambda _: new


def _short(text: str) -> str:
    return re.sub(r"\s+", " ", text.strip())[:60]


def _expression(text: str) -> cst.BaseExpression:
    return cst.parse_expression(text)


def _first(call: cst.Call) -> cst.BaseExpression | None:
    return call.args[0].value if call.args and call.args[0].keyword is None and not call.args[0].star else None


def _without(call: cst.Call, gone: Callable[[cst.Arg], bool]) -> cst.Call:
    kept = [arg for arg in call.args if not gone(arg)]
    if kept:
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return call.with_changes(args=kept)


def _unwrapped(call: cst.Call) -> Edit:
    def edit(updated: cst.CSTNode) -> Replacement:
        assert isinstance(updated, cst.Call)
        return updated.args[0].value

    return edit


def _parenthesised(node: cst.BaseExpression) -> cst.BaseExpression:
    return node if node.lpar else node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


# ---------------------------------------------------------------- clips


def gradient_clips(program: Program) -> Iterator[Mutation]:
    """Each clip of gradients, taken away alone."""
    for call, name in program.calls():
        first = _first(call)
        if name in CLIPS and first is not None and GRADIENTS.search(program.code(first)):
            kept_as_pair = name == "clip_by_global_norm" and _single_target(program, call)
            if not kept_as_pair and not isinstance(program.parent(call), cst.Expr):
                yield Mutation(_short(program.code(call)), ((call, _no_clip(name)),))
        for arg in call.args:
            if arg.keyword is not None and arg.keyword.value in CLIP_KEYWORDS:
                label = _short(program.code(arg)).rstrip(", ")
                yield Mutation(f"{name}({label})", ((call, _no_argument(arg.keyword.value)),))
    for node in program.nodes:
        if isinstance(node, cst.Dict):
            for element in node.elements:
                if isinstance(element, cst.DictElement) and _string(element.key) in CLIP_KEYWORDS:
                    yield Mutation(_short(program.code(element)).rstrip(","), ((node, _no_key(_string(element.key))),))


def _single_target(program: Program, call: cst.Call) -> bool:
    """The pair is kept as one value (GL103 fixtures): taking the clip away leaves a pair all the same."""
    parent = program.parent(call)
    return isinstance(parent, cst.Assign) and isinstance(parent.targets[0].target, cst.Name)


def _no_clip(name: str) -> Edit:
    def edit(updated: cst.CSTNode) -> Replacement:
        assert isinstance(updated, cst.Call)
        value = updated.args[0].value
        if name != "clip_by_global_norm":
            return value
        owner = updated.func.value if isinstance(updated.func, cst.Attribute) else cst.Name("tf")
        norm = cst.Call(
            cst.Attribute(cst.Attribute(owner, cst.Name("linalg")), cst.Name("global_norm")), [cst.Arg(value)]
        )
        return cst.Tuple([cst.Element(value), cst.Element(norm)])

    return edit


def _no_argument(keyword: str) -> Edit:
    def edit(updated: cst.CSTNode) -> Replacement:
        assert isinstance(updated, cst.Call)
        return _without(updated, lambda arg: arg.keyword is not None and arg.keyword.value == keyword)

    return edit


def _no_key(key: str) -> Edit:
    def edit(updated: cst.CSTNode) -> Replacement:
        assert isinstance(updated, cst.Dict)
        return updated.with_changes(
            elements=[e for e in updated.elements if not (isinstance(e, cst.DictElement) and _string(e.key) == key)]
        )

    return edit


def _string(node: cst.CSTNode) -> str:
    if isinstance(node, cst.SimpleString):
        value = node.evaluated_value
        return value if isinstance(value, str) else ""
    return ""


# ---------------------------------------------------------------- learning rates


def learning_rates(program: Program, value: float) -> Iterator[Mutation]:
    """Each literal learning rate, wherever it is written, changed to a value."""
    new = _replace(cst.Float(repr(value)))

    def found(name: str, node: cst.CSTNode | None) -> Iterator[Mutation]:
        if isinstance(node, cst.Float) and LEARNING_RATE.fullmatch(name):
            yield Mutation(f"{name}={node.value}", ((node, new),))

    for node in program.nodes:
        if isinstance(node, cst.Arg) and node.keyword is not None:
            yield from found(node.keyword.value, node.value)
        elif isinstance(node, cst.AnnAssign):
            yield from found(last_name(node.target), node.value)
        elif isinstance(node, cst.Assign):
            for name, each in _pairs(node):
                yield from found(name, each)
        elif isinstance(node, cst.Param):
            yield from found(node.name.value, node.default)
        elif isinstance(node, cst.DictElement):
            yield from found(_string(node.key), node.value)
        elif isinstance(node, cst.Call):
            yield from _declared(node, found)
            first = _first(node)
            if OPTIMIZERS.fullmatch(last_name(node.func)) and isinstance(first, cst.Float):
                yield Mutation(f"{last_name(node.func)}({first.value})", ((first, new),))


def _pairs(node: cst.Assign) -> Iterator[tuple[str, cst.BaseExpression]]:
    target = node.targets[0].target
    if isinstance(target, cst.Tuple) and isinstance(node.value, cst.Tuple):
        for left, right in zip(target.elements, node.value.elements, strict=False):
            yield last_name(left.value), right.value
    else:
        yield last_name(target), node.value


def _declared(node: cst.Call, found: Callable[[str, cst.CSTNode | None], Iterator[Mutation]]) -> Iterator[Mutation]:
    """A default on the command line: argparse, click, absl flags."""
    name = last_name(node.func)
    if name not in {"add_argument", "option", "DEFINE_float"} or not node.args:
        return
    option = _string(node.args[0].value).lstrip("-")
    if name == "DEFINE_float":
        yield from found(option, node.args[1].value)
    for arg in node.args:
        if arg.keyword is not None and arg.keyword.value == "default":
            yield from found(option, arg.value)


# ---------------------------------------------------------------- checks


def finite_checks(program: Program) -> Iterator[Mutation]:
    """Each check for NaN or Inf, taken away alone."""
    helpers = _predicates(program)
    for node in program.nodes:
        if isinstance(node, cst.Call):
            yield from _call_check(program, node)
        elif isinstance(node, cst.If) and node.orelse is None and _is_check(program, node, helpers):
            yield Mutation(f"if {_short(program.code(node.test))}", ((node, _replace(_PASS)),))


_PASS = cst.SimpleStatementLine([cst.Pass()])


def _call_check(program: Program, call: cst.Call) -> Iterator[Mutation]:
    name = last_name(call.func)
    label = _short(program.code(call))
    parent = program.parent(call)
    if name in CHECK_CALLS and _first(call) is not None:
        yield Mutation(label, ((call, _unwrapped(call)),))
    elif name == "enable_check_numerics" and isinstance(parent, cst.Expr):
        yield Mutation(label, ((parent, _replace(cst.Pass())),))
    elif name in CHECK_HOOKS:
        if isinstance(parent, cst.Element):
            holder = program.parent(parent)
            if isinstance(holder, cst.List):
                yield Mutation(label, ((holder, _no_element(name)),))
        else:
            yield Mutation(label, ((call, _replace(_expression("None"))),))


def _no_element(name: str) -> Edit:
    def edit(updated: cst.CSTNode) -> Replacement:
        assert isinstance(updated, cst.List)
        kept = [e for e in updated.elements if not (isinstance(e.value, cst.Call) and last_name(e.value.func) == name)]
        return updated.with_changes(elements=kept)

    return edit


def _predicates(program: Program) -> set[str]:
    """Functions of the file that say whether something is finite."""
    return {
        node.name.value
        for node in program.nodes
        if isinstance(node, cst.FunctionDef)
        and any(isinstance(each, cst.Name) and each.value in CHECK_WORDS for each in program.inside(node))
        and any(isinstance(each, cst.Return) and each.value is not None for each in program.inside(node))
        and not any(isinstance(each, cst.Call) and last_name(each.func) in APPLIES for each in program.inside(node))
    }


def _tests_finite(program: Program, test: cst.CSTNode, helpers: set[str]) -> bool:
    return any(isinstance(each, cst.Name) and each.value in CHECK_WORDS | helpers for each in program.inside(test))


def _leaves(body: cst.BaseSuite) -> bool:
    last = body.body[-1] if body.body else None
    inner = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else last
    return isinstance(inner, cst.Raise | cst.Return | cst.Continue | cst.Break)


def late_checks(program: Program) -> Iterator[Mutation]:
    """Each check that is a statement of its own, moved behind the last update of its block."""
    helpers = _predicates(program)
    for node in program.nodes:
        if not isinstance(node, cst.IndentedBlock | cst.Module):
            continue
        statements = list(node.body)
        updates = [i for i, each in enumerate(statements) if _applies(program, each)]
        checks = [i for i, each in enumerate(statements) if _is_check(program, each, helpers)]
        if len(updates) == 1 and len(checks) == 1 and checks[0] < updates[0]:
            moved = statements[checks[0]]
            rest = [s for i, s in enumerate(statements) if i != checks[0]]
            rest.insert(updates[0], moved)
            yield Mutation(_short(program.code(moved)), ((node, _replace(node.with_changes(body=rest))),))


def _applies(program: Program, statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and any(
        isinstance(each, cst.Call) and last_name(each.func) in APPLIES for each in program.inside(statement)
    )


def _is_check(program: Program, statement: cst.CSTNode, helpers: set[str]) -> bool:
    if isinstance(statement, cst.If):
        return _tests_finite(program, statement.test, helpers) and _leaves(statement.body)
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, cst.Call)
        and last_name(statement.body[0].value.func) in CHECK_CALLS
    )


# ---------------------------------------------------------------- rewards and epsilons


def reward_bounds(program: Program) -> Iterator[Mutation]:
    """Each clip, squashing, scaling or wrapper of rewards, taken away alone."""
    for call, name in program.calls():
        first = _first(call)
        if first is None:
            continue
        text = program.code(first)
        bounds = name in CLIPS | {"clip", "sign", "tanh"} and REWARDS.search(text) and not GRADIENTS.search(text)
        if bounds or name in REWARD_WRAPPERS:
            yield Mutation(_short(program.code(call)), ((call, _unwrapped(call)),))
    for node in program.nodes:
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Divide | cst.Multiply):
            scale = program.code(node.right)
            if re.fullmatch(r"\w*reward\w*|rew|r", program.code(node.left)) and re.search("scale|\\d", scale, re.I):
                yield Mutation(_short(program.code(node)), ((node, _left),))


def _left(updated: cst.CSTNode) -> Replacement:
    assert isinstance(updated, cst.BinaryOperation)
    return updated.left


def epsilons(program: Program) -> Iterator[Mutation]:
    """Each epsilon that keeps a standard deviation from being zero, taken away alone."""
    for node in program.nodes:
        edit: Edit
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            spread, tiny, edit = node.left, node.right, _left
        elif isinstance(node, cst.Call) and last_name(node.func) in {"maximum", "max"} and len(node.args) == 2:
            spread, tiny, edit = node.args[0].value, node.args[1].value, _unwrapped(node)
        else:
            continue
        if SPREAD.search(program.code(spread)) and _tiny(program, tiny):
            yield Mutation(_short(program.code(node)), ((node, edit),))


def _tiny(program: Program, node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Float):
        return 0 < float(node.value) <= 0.05
    return re.search(r"eps", program.code(node), re.I) is not None


# ---------------------------------------------------------------- changes that change nothing


def alias_hops(program: Program) -> Iterator[Mutation]:
    """`x = e` becomes `hop = e; x = hop`, and so do `return e` and `f(e)`."""
    for number, node in enumerate(program.nodes):
        if not isinstance(node, cst.SimpleStatementLine) or len(node.body) != 1 or _in_class_body(program, node):
            continue
        hop, small = f"hop_{number}", node.body[0]
        if isinstance(small, cst.Assign | cst.Return):
            several = isinstance(small, cst.Assign) and len(small.targets) > 1
            if not several and small.value is not None and not isinstance(small.value, cst.Yield | cst.Await):
                yield Mutation(_short(program.code(node)), ((node, _hop(hop)),))
        elif isinstance(small, cst.Expr) and isinstance(small.value, cst.Call) and _first(small.value) is not None:
            yield Mutation(_short(program.code(node)), ((node, _hop_argument(hop)),))


def _in_class_body(program: Program, node: cst.CSTNode) -> bool:
    for each in program.above(node):
        if isinstance(each, cst.FunctionDef):
            return False
        if isinstance(each, cst.ClassDef):
            return True
    return False


def _bind(name: str, value: cst.BaseExpression) -> cst.Assign:
    return cst.Assign([cst.AssignTarget(cst.Name(name))], _parenthesised(value))


def _hop(name: str) -> Edit:
    def edit(updated: cst.CSTNode) -> Replacement:
        assert isinstance(updated, cst.SimpleStatementLine)
        small = updated.body[0]
        assert isinstance(small, cst.Assign | cst.Return)
        assert small.value is not None
        body = [_bind(name, small.value), small.with_changes(value=cst.Name(name))]
        return updated.with_changes(body=body)

    return edit


def _hop_argument(name: str) -> Edit:
    def edit(updated: cst.CSTNode) -> Replacement:
        assert isinstance(updated, cst.SimpleStatementLine)
        expression = updated.body[0]
        assert isinstance(expression, cst.Expr)
        call = expression.value
        assert isinstance(call, cst.Call)
        value = call.args[0].value
        args = [call.args[0].with_changes(value=cst.Name(name)), *call.args[1:]]
        return updated.with_changes(
            body=[_bind(name, value), expression.with_changes(value=call.with_changes(args=args))]
        )

    return edit


def helpers(program: Program, *, parameters: bool) -> Iterator[Mutation]:
    """The value of a statement that does something of interest is computed by a local helper function."""
    for number, node in enumerate(program.nodes):
        if not isinstance(node, cst.SimpleStatementLine) or len(node.body) != 1 or _in_class_body(program, node):
            continue
        small = node.body[0]
        if not isinstance(small, cst.Assign | cst.Return | cst.Expr) or not isinstance(small.value, cst.Call):
            continue
        call = small.value
        inside = program.inside(call)
        if any(isinstance(each, cst.Yield | cst.Await | cst.NamedExpr) for each in inside):
            continue
        if any(isinstance(each, cst.Name) and each.value in {"super", "parser", "flags", "click"} for each in inside):
            continue
        if parameters and not (call.args and all(not arg.star for arg in call.args)):
            continue
        yield Mutation(_short(program.code(node)), ((node, _helper(f"helper_{number}", parameters)),))


def _helper(name: str, parameters: bool) -> Edit:
    def edit(updated: cst.CSTNode) -> Replacement:
        assert isinstance(updated, cst.SimpleStatementLine)
        small = updated.body[0]
        assert isinstance(small, cst.Assign | cst.Return | cst.Expr)
        call = small.value
        assert isinstance(call, cst.Call)
        params: list[cst.Param] = []
        outer: list[cst.Arg] = []
        inner = call
        if parameters:
            names = [cst.Name(f"p{i}") for i in range(len(call.args))]
            params = [cst.Param(each) for each in names]
            outer = [cst.Arg(_argument(arg.value)) for arg in call.args]
            args = [arg.with_changes(value=each) for arg, each in zip(call.args, names, strict=True)]
            inner = call.with_changes(args=args)
        body = cst.IndentedBlock([cst.SimpleStatementLine([cst.Return(inner)])])
        function = cst.FunctionDef(cst.Name(name), cst.Parameters(params), body, leading_lines=updated.leading_lines)
        use = updated.with_changes(body=[small.with_changes(value=cst.Call(cst.Name(name), outer))], leading_lines=[])
        return cst.FlattenSentinel([function, use])

    return edit


def _argument(value: cst.BaseExpression) -> cst.BaseExpression:
    return _parenthesised(value) if isinstance(value, cst.GeneratorExp) else value


def renames(program: Program) -> Iterator[Mutation]:
    """Each local variable of each function gets a name that says nothing."""
    wrapper = MetadataWrapper(program.module, unsafe_skip_copy=True)
    scopes = {scope for scope in wrapper.resolve(ScopeProvider).values() if isinstance(scope, FunctionScope)}
    outside = {
        item.name.value for node in program.nodes if isinstance(node, cst.Global | cst.Nonlocal) for item in node.names
    }
    number = 0
    order = {id(node): index for index, node in enumerate(program.nodes)}
    for scope in sorted(scopes, key=lambda scope: order[id(scope.node)]):
        for name in sorted({assignment.name for assignment in scope.assignments}):
            assignments = [each for each in scope[name] if each.scope is scope]
            if name in outside or not assignments:
                continue
            nodes = [each.node for each in assignments if isinstance(each, Assignment)]
            if len(nodes) != len(assignments) or not all(isinstance(node, cst.Name) for node in nodes):
                continue
            uses = [access.node for each in assignments for access in each.references]
            if not all(isinstance(node, cst.Name) for node in uses):
                continue
            if any(isinstance(program.parent(node), cst.Param | cst.NameItem) for node in nodes):
                continue
            number += 1
            new = _replace(cst.Name(f"v{number}"))
            # a node can be listed twice; a name keeps its own parentheses out of simplicity: fixtures have none
            yield Mutation(name, tuple((node, new) for node in {id(n): n for n in [*nodes, *uses]}.values()))


def constants(program: Program, module: str) -> tuple[str, str]:
    """The file with its module constants imported from `module`, and the text of that module.

    Only names that are bound once, at the top level, to a literal or to arithmetic over such names.
    """
    bound: dict[str, int] = {}
    for node in program.nodes:
        if isinstance(node, cst.AssignTarget):
            for each in program.inside(node.target):
                if isinstance(each, cst.Name):
                    bound[each.value] = bound.get(each.value, 0) + 1
    moved: list[str] = []
    edits: dict[int, Edit] = {}
    names: set[str] = set()
    for statement in program.module.body:
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            continue
        small = statement.body[0]
        if (
            not isinstance(small, cst.Assign)
            or len(small.targets) != 1
            or not isinstance(small.targets[0].target, cst.Name)
        ):
            continue
        name = small.targets[0].target.value
        if bound.get(name) != 1 or name.startswith("__") or not _literal(program, small.value, names):
            continue
        names.add(name)
        moved.append(f"{name} = {program.code(small.value)}\n")
        line = cst.parse_statement(f"from {module} import {name}")
        assert isinstance(line, cst.SimpleStatementLine)
        edits[id(statement)] = _replace(statement.with_changes(body=line.body))
    changed = program.module.visit(_Apply(edits))
    assert isinstance(changed, cst.Module)
    return changed.code, "".join(moved)


def _literal(program: Program, node: cst.BaseExpression, names: set[str]) -> bool:
    allowed = (
        cst.Integer, cst.Float, cst.SimpleString, cst.Tuple, cst.List, cst.Dict, cst.DictElement, cst.Element,
        cst.BinaryOperation, cst.BaseBinaryOp, cst.UnaryOperation, cst.BaseUnaryOp, cst.LeftParen, cst.RightParen,
        cst.LeftSquareBracket, cst.RightSquareBracket, cst.LeftCurlyBrace, cst.RightCurlyBrace, cst.Comma, cst.Comment,
        cst.SimpleWhitespace, cst.ParenthesizedWhitespace, cst.TrailingWhitespace, cst.EmptyLine, cst.Newline,
    )  # fmt: skip
    return all(
        isinstance(each, allowed) or (isinstance(each, cst.Name) and each.value in names | {"True", "False", "None"})
        for each in program.inside(node)
    )
