"""Put measuring calls around flagged expressions, without moving a line.

The text is edited, not printed anew: whatever is not measured stays as it was written, byte for byte. The edited text is
taken only if it is the old program once the measuring calls are left out.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gradlint.reader.bounds import check

FUNCTION = "__gradlint_operand__"
_ROLES = {
    "log": "log", "log2": "log", "log10": "log", "log1p": "log1p", "sqrt": "sqrt", "rsqrt": "sqrt", "exp": "exp",
    "expm1": "exp", "norm": "norm", "pow": "power", "acos": "acos", "asin": "asin", "reduce_std": "std", "std": "std",
}  # fmt: skip
_DIVIDING = frozenset({"divide", "true_divide", "truediv", "div", "xdivy"})
_REWARD = re.compile(r"(?:^|_)(?:r|rs|rew|rews|reward|rewards)(?:_?t|_?\d+)?(?:_|$)", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, order=True)
class Flagged:
    """A stretch of the text that a finding is about. Lines and columns from 1, columns in characters."""

    line: int
    column: int
    end_line: int
    end_column: int
    wanted: str = "operand"
    """What of it is to be measured: `operand` (what can go wrong in arithmetic), `reward` (what it assigns), `bound` (of a
    clipping call), or `rate` (behind `lr=`)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured expression."""

    flagged: Flagged
    line: int
    column: int
    role: str


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    depth: int
    measured: Measured
    name: str | None = None
    """Measure this name behind the statement that ends at `end`, instead of what lies between."""


def instrument(text: str, flagged: Iterable[Flagged], first: int) -> tuple[str, tuple[Measured, ...]]:
    """The text with measuring calls, and what they measure; the unchanged text and nothing where it cannot be done.

    Args:
        text: a program.
        flagged: what to measure in it.
        first: number of the first measured expression.
    """
    if check(text) is not None:
        return text, ()
    tree = _parse(text)
    if tree is None:
        return text, ()
    edits = sorted(set(_edits(tree, text, sorted(set(flagged)))), key=lambda each: (each.start, each.depth))
    new = _apply(text, edits, first)
    after = _parse(new)
    if after is None or ast.dump(_Without().visit(after)) != ast.dump(tree):
        return text, ()
    return new, tuple(edit.measured for edit in edits)


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Lines:
    """Offsets in the text of lines and columns."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def offset(self, line: int, column: int) -> int:
        """Of a column in characters, from 0."""
        return self.starts[min(line, len(self.starts)) - 1] + column

    def of_bytes(self, line: int, column: int) -> int:
        """Of a column in bytes of UTF-8, from 0, as `ast` counts."""
        start = self.starts[line - 1]
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        return start + len(self.text[start:end].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node begins and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.of_bytes(node.lineno, node.col_offset), self.of_bytes(node.end_lineno, node.end_col_offset)


def _edits(tree: ast.Module, text: str, flagged: Sequence[Flagged]) -> Iterator[_Edit]:
    lines = _Lines(text)
    spans = [(lines.offset(f.line, f.column - 1), lines.offset(f.end_line, f.end_column - 1), f) for f in flagged]
    nodes = list(_walk(tree, 0))
    for begin, end, each in spans:
        if each.wanted == "reward":
            yield from _reward(nodes, lines, (begin, end), each)
            continue
        inside = ((node, depth) for node, depth in nodes if begin <= lines.span(node)[0] and lines.span(node)[1] <= end)
        measure = _MEASURES[each.wanted]
        if each.wanted == "rate":  # the span is the keyword, and the call is around it
            inside = ((n, d) for n, d in nodes if lines.span(n)[0] <= begin and end <= lines.span(n)[1])
        found = next((got for node, depth in inside if (got := list(measure(node, depth)))), [])
        for operand, depth, role in found:
            start, stop = lines.span(operand)
            measured = Measured(each, operand.lineno, start - lines.starts[operand.lineno - 1] + 1, role)
            yield _Edit(start, stop, depth, measured)


def _walk(node: ast.AST, depth: int) -> Iterator[tuple[ast.expr | ast.stmt, int]]:
    """Expressions and statements from the outside in; not those in f-strings, whose positions are not reliable."""
    if isinstance(node, ast.expr | ast.stmt):
        yield node, depth
    if not isinstance(node, ast.JoinedStr):
        for child in ast.iter_child_nodes(node):
            yield from _walk(child, depth + 1)


def _operands(node: ast.expr | ast.stmt, depth: int) -> Iterator[tuple[ast.expr, int, str]]:
    """What to measure in a node: the operand that can go wrong, and for a division its result."""
    match node:
        case ast.BinOp(op=ast.Div(), right=right):
            yield node, depth, "quotient"
            yield right, depth + 1, "division"
        case ast.AugAssign(op=ast.Div(), value=value):
            yield value, depth + 1, "division"
        case ast.BinOp(op=ast.Pow(), left=left):
            yield left, depth + 1, "power"
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[first, *rest]):
            plain = [arg for arg in (first, *rest[:1]) if not isinstance(arg, ast.Starred | ast.GeneratorExp)]
            if name in _ROLES and plain[:1] == [first]:
                yield first, depth + 1, _ROLES[name]
            elif name in _DIVIDING and len(plain) == 2:
                yield plain[1], depth + 1, "division"


def _bound(node: ast.expr | ast.stmt, depth: int) -> Iterator[tuple[ast.expr, int, str]]:
    """The second argument of a clipping call, or the one that is named so."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name.startswith("clip"):
            named = [each.value for each in node.keywords if each.arg in ("clip_norm", "clip_value_max", "max_norm")]
            for argument in (named or node.args[1:2])[:1]:
                if not isinstance(argument, ast.Starred | ast.GeneratorExp):
                    yield argument, depth + 1, "bound"


def _rate(node: ast.expr | ast.stmt, depth: int) -> Iterator[tuple[ast.expr, int, str]]:
    """The value behind `lr=`."""
    for each in node.keywords if isinstance(node, ast.Call) else ():
        if each.arg == "lr":
            yield each.value, depth + 1, "rate"


_MEASURES = {"operand": _operands, "bound": _bound, "rate": _rate}


def _reward(
    nodes: Sequence[tuple[ast.expr | ast.stmt, int]], lines: _Lines, span: tuple[int, int], flagged: Flagged
) -> Iterator[_Edit]:
    """`state, reward, done, info = env.step(action)`: the reward is measured behind the statement."""
    for node, depth in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            start, end = lines.span(node.value)
            if start <= span[0] and span[1] <= end:
                name = _reward_name(node.targets[0])
                if name is not None:
                    stop = lines.span(node)[1]
                    measured = Measured(flagged, node.lineno, flagged.column, "reward")
                    yield _Edit(stop, stop, depth, measured, name)
                return


def _reward_name(target: ast.expr) -> str | None:
    """The name that gets the reward: the one that says so, or the second of four or five as in gym."""
    elements = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    names = [
        ast.unparse(each) if isinstance(each, ast.Name | ast.Attribute) else ""
        for each in elements
        if not isinstance(each, ast.Starred)
    ]
    said = [name for name in names if _REWARD.search(name.rpartition(".")[2])]
    if said:
        return said[0]
    return names[1] if len(names) == len(elements) in (4, 5) and names[1].strip("_") else None


def _apply(text: str, edits: Sequence[_Edit], first: int) -> str:
    """Insert the calls. Of those that begin together the outer one comes first, of those that end together the inner."""
    inserted: list[tuple[int, int, int, str]] = []
    for number, edit in enumerate(edits, first):
        if edit.name is not None:
            inserted.append((edit.end, 2, 0, f"; {FUNCTION}({number}, {edit.name})"))
        else:
            inserted.append((edit.start, 1, edit.depth, f"{FUNCTION}({number}, ("))
            inserted.append((edit.end, 0, -edit.depth, "))"))
    pieces, position = [], 0
    for offset, _, _, piece in sorted(inserted):
        pieces += [text[position:offset], piece]
        position = offset
    return "".join([*pieces, text[position:]])


class _Without(ast.NodeTransformer):
    """The program with its measuring calls left out."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[1] if isinstance(node.func, ast.Name) and node.func.id == FUNCTION else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == FUNCTION:
            return None
        return self.generic_visit(node)
