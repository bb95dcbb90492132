"""Leaves: places of nodes against Python's own `ast`, logical lines and comments."""

import ast
import io
import keyword
import sysconfig
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlint.reader import ir
from gradlint.reader.lower import lower
from gradlint.reader.positions import Leaves, Span
from gradlint.reader.scan import tokens
from gradlint.reader.walk import children

LIBRARY = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
SHOWN: tuple[tuple[type, type], ...] = ((ir.Name, ast.Name), (ir.Attr, ast.Attribute), (ir.Call, ast.Call))


def nodes(root: Any) -> Iterator[Any]:
    """All nodes that have a place of their own: those within an f-string have that of the f-string."""
    yield root
    if type(root) is not ir.Format:
        for child in children(root):
            yield from nodes(child)


def spans(text: str, *types: type) -> set[Span]:
    leaves = Leaves(text)
    module = lower("m.py", cst.parse_module(text))
    return {leaves.span(node.loc) for node in nodes(module) if type(node) in types}


def expected(text: str, *types: type) -> tuple[set[Span], set[Span]]:
    """The places of nodes according to `ast`: those that must be found, and those that may be."""
    lines = [line.encode() for line in io.StringIO(text.removeprefix("\ufeff"), newline=None).read().split("\n")]

    def span(node: Any) -> Span:
        start = len(lines[node.lineno - 1][: node.col_offset].decode()) + 1
        end = len(lines[node.end_lineno - 1][: node.end_col_offset].decode()) + 1
        return node.lineno, start, node.end_lineno, end

    required: set[Span] = set()
    allowed: set[Span] = set()

    def visit(node: Any, dropped: bool) -> None:
        if isinstance(node, types):
            leftmost: Any = node
            while isinstance(leftmost, ast.Attribute | ast.Call | ast.Subscript):
                leftmost = leftmost.value if not isinstance(leftmost, ast.Call) else leftmost.func
            bare = not any(isinstance(below, ast.Name | ast.Constant | ast.arg) for below in ast.walk(leftmost))
            allowed.add(span(node))
            if not dropped and not bare:
                required.add(span(node))
        if isinstance(node, ast.JoinedStr):
            return
        for field, value in ast.iter_fields(node):
            below = dropped or field in {"returns", "cause", "pattern", "patterns", "type_params"}
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    visit(child, below)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        visit(ast.parse(text.removeprefix("\ufeff")), False)
    return required, allowed


@pytest.mark.parametrize(
    "text",
    [
        "x = (a - b) / c",
        "x = ((a - b)) / (c * (d))",
        "f()",
        "f(g(), h)(1)[2].y",
        "(a).b.c()",
        "[a, b]; {a: b}; {c}; (d, e); d, e",
        "(\n  a +\n  b\n)",
        "a < b <= (c) in [d]",
        "a if b else (c)",
        "x[a:b, (c)]",
        "'α' + β * f('γ')",
        "[f(x) for x in (y) if (z)]",
        "('a'\n 'b') + c",
        "f(*a, **b, c=(d))",
        "a and (b or c)",
        "x = f((a, b), [c])",
        "f(a, ...)",
        "(f)(a)",
        "with (open(a)) as b: f(b)",
        "f(f\"{a['b']!r:>{w}}\", b)(c)",
        "\ufefff(a)(b)",
        "f(a)\r\ng(b,\r\n  c)\r\n",
        "def f():\n\x0c\n  g(a)\n",
        "x = yield_(a, [], b)(())",
    ],
)
def test_expressions_are_where_ast_has_them(text: str) -> None:
    pairs: tuple[tuple[type, type], ...] = (
        *SHOWN,
        (ir.Item, ast.Subscript),
        (ir.Binary, ast.BinOp),
        (ir.Compare, ast.Compare),
        (ir.Choice, ast.IfExp),
        (ir.Logic, ast.BoolOp),
        (ir.Const, ast.Constant),
        (ir.Comp, ast.ListComp),
        (ir.Mapping, ast.Dict),
    )
    for ours, theirs in pairs:
        required, allowed = expected(text, theirs)
        if ours is ir.Const:
            ellipses = {place for place in spans(text, ours) if place[:2] == place[2:]}
            assert spans(text, ours) - ellipses <= allowed
        else:
            assert required == spans(text, ours), ours


def test_displays_cover_their_brackets() -> None:
    assert spans("x = [a, (b, c)]", ir.Display) == {(1, 5, 1, 16), (1, 9, 1, 15)}
    assert spans("x = a, b", ir.Display) == {(1, 5, 1, 9)}
    assert spans("f((), [])", ir.Display) == {(1, 3, 1, 5), (1, 7, 1, 9)}
    assert spans("x = []", ir.Display) == {(1, 5, 1, 7)}
    assert spans("[]", ir.Display) == {(1, 1, 1, 3)}


def test_bracket_overflow_does_not_reach_the_leaves() -> None:
    text = f"x = [{'[], ' * 5000}] + a\nb"
    found = lower("m.py", cst.parse_module(text))
    assert found.leaves == Leaves(text).count == 3
    assert Leaves(text).span(found.body[1].loc) == (2, 1, 2, 2)


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_standard_library(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "replace")
    try:
        tree = cst.parse_module(text)
    except cst.ParserSyntaxError:
        pytest.skip("libcst does not know this syntax")
    module = lower(str(path), tree)
    assert module.leaves == Leaves(text).count
    for ours, theirs in SHOWN:
        required, allowed = expected(text, theirs)
        found = spans(text, ours)
        assert required <= found, ours
        if ours is ir.Name:
            assert found <= allowed


@pytest.mark.parametrize("path", LIBRARY[::7], ids=lambda path: path.stem)
def test_the_scanner_agrees_with_tokenize(path: Path) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    keywords = frozenset(keyword.kwlist) - {"True", "False", "None"}
    theirs: list[tuple[int, int]] = []
    nested = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[token.type]
        nested -= name.endswith("STRING_END")
        literal = name in {"NUMBER", "STRING", "FSTRING_END", "TSTRING_END"}
        if not nested and (literal or (name == "NAME" and token.string not in keywords)):
            theirs.append(token.end)
        nested += name.endswith("STRING_START")
    leaves = Leaves(text)
    ours = [leaves.span(ir.pack(number, number, 0))[2:] for number in range(leaves.count)]
    assert ours == [(line, column + 1) for line, column in theirs]


@pytest.mark.parametrize(
    "text",
    [
        'f"{d["k"]}"',
        "f'{a!r:>{w}.{p}}'",
        'f"{x:{"a" if y else "b"}}" ',
        'f"""{\na # }\n}"""',
        'f"{{{a}}}"',
        r'f"\{a}"',
        r'rf"\{a}\""',
        r'f"\N{DASH}{a}"',
        'f"{f"{f"{a}"}"}"',
        'f"{ {1: 2}[1] }"',
        'f"{(lambda x: 1)}"',
        "f'{a['b']}'",
        'f"{x:=5}"',
        "f'''{a}'b''c'''",
        'f"a\\\nb"',
        't"{a}"',
        'Rb"a"',
    ],
)
def test_a_string_with_fields_is_one_leaf(text: str) -> None:
    leaves = Leaves(f"(\n{text}, b)")
    assert leaves.count == 2
    assert leaves.span(ir.pack(0, 0, 0))[:2] == (2, 1)


@given(st.text(alphabet="fr'\"{}()[]\\:#!ab1.= \n\r\x0c,é", max_size=60))
def test_the_scanner_survives_everything(text: str) -> None:
    leaves = Leaves(text)
    assert len(list(tokens(text))) <= 3 * len(text)
    for number in range(leaves.count):
        assert leaves.span(ir.pack(number, number, 2))
    for number in range(leaves.count + 1):
        assert leaves.span(ir.pack(number, number - 1, 1))
    assert leaves.logical_line(1)[0] == 1


def test_no_literal_takes_long_to_scan() -> None:
    for piece in ('"', "'", '"""\\', "f'{", "f\"{f'{", "0", "0.", "_1", "\\", 'f"""{"', "#", '\\"""'):
        Leaves(piece * 20_000)


def test_logical_lines() -> None:
    leaves = Leaves("a = f(\n  1,\n)\n\n# note\nif (b and\n    c):\n  s = '''\n\n'''; t\nx \\\n  = 1\nlast")
    ranges = [leaves.logical_line(line) for line in range(1, 14)]
    assert ranges == [(1, 3)] * 3 + [(4, 4), (5, 5)] + [(6, 7)] * 2 + [(8, 10)] * 3 + [(11, 12)] * 2 + [(13, 13)]
    assert leaves.logical_line(99) == (13, 13)


def test_comments() -> None:
    text = "#!a\r\nx = '# no' # yes\r\nf(a, # in\r\n  b)\r\nf'{x}#' # end"
    assert Leaves(text).comments == {1: "#!a", 2: "# yes", 3: "# in", 5: "# end"}


def test_an_empty_text() -> None:
    leaves = Leaves("")
    assert (leaves.count, leaves.comments, leaves.logical_line(1)) == (0, {}, (1, 1))
    assert leaves.span(ir.pack(0, -1, 0)) == (1, 1, 1, 1)


@given(st.integers(0, 2**26 - 2), st.integers(-1, 2**26 - 2), st.integers(0, 4095))
def test_pack_and_unpack(first: int, last: int, closes: int) -> None:
    assert ir.unpack(ir.pack(first, last, closes)) == (first, last, closes)


@given(st.integers(4096, 10**9))
def test_pack_caps_the_brackets(closes: int) -> None:
    assert ir.unpack(ir.pack(3, 5, closes)) == (3, 5, 4095)
