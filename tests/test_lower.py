"""One example for every construct: what it is lowered to, written down in a short notation."""

import math
from typing import Any

import libcst as cst
import pytest

from gradlint.reader import ir
from gradlint.reader.lower import lower
from gradlint.reader.positions import Leaves
from gradlint.reader.walk import walk


def short(value: Any) -> Any:
    """Write a node as nested tuples: its class, then its fields without the place."""
    if isinstance(value, tuple):
        return tuple(short(item) for item in value)
    fields = getattr(type(value), "__slots__", None)
    if fields is None or not type(value).__module__.startswith("gradlint"):
        return value
    if type(value) is ir.Name:
        return value.id
    return (type(value).__name__, *(short(getattr(value, field)) for field in fields if field != "loc"))


def module(text: str) -> ir.ModuleIR:
    found = lower("m.py", cst.parse_module(text))
    assert found.leaves == Leaves(text).count, text
    return found


def statement(text: str) -> Any:
    (found,) = module(text).body
    return short(found)


def value(text: str) -> Any:
    (found,) = module(text).body
    assert isinstance(found, ir.ExprStmt)
    return short(found.value)


def const(item: object) -> Any:
    return ("Const", item)


def display(kind: str, *items: object) -> Any:
    return ("Display", kind, items)


def arg(item: object, name: str | None = None, stars: int = 0) -> Any:
    return ("Arg", name, stars, item)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("1_000", 1000),
        ("0x_fF", 255),
        ("0b11", 3),
        ("0o17", 15),
        ("00", 0),
        ("1e-3", 0.001),
        ("1_0.5_0", 10.5),
        (".5", 0.5),
        ("1e999", math.inf),
        ("2j", 2j),
        ("9" * 5000, math.inf),
        ("1" + "0" * 400, math.inf),
        ("0" * 5000, 0),
        ("0x" + "f" * 5000, math.inf),
        ("0x" + "0" * 5000 + "1", 1),
        ("True", True),
        ("None", None),
        ("...", ...),
        ("''", ""),
        ("'a'", "a"),
        ('"""a\r\n"b"\n"""', 'a\n"b"\n'),
        (r"'\n\x41\101\u0041\N{DIGIT ONE}\'\q'", "\nAAA1'\\q"),
        (r"r'\n'", r"\n"),
        (r"u'\x41'", "A"),
        (r"b'\x41\u0041\xff'", b"A\\u0041\xff"),
        (r"Rb'\x41'", b"\\x41"),
        (r"'\ud800'", "\ud800"),
        (r"'\N{no such name}\x1'", r"\N{no such name}\x1"),
        ("'a\\\nb'", "ab"),
        ("'a' 'b'", "ab"),
        ("('a'\n'b' r'\\c')", "ab\\c"),
        ("b'a' b'b'", b"ab"),
    ],
)
def test_constants(text: str, expected: object) -> None:
    found = value(text)
    assert found == const(expected)
    assert type(found[1]) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b", ("Attr", "a", "b")),
        ("a[b]", ("Item", "a", "b")),
        ("a[b,]", ("Item", "a", display("tuple", "b"))),
        ("a[*b]", ("Item", "a", display("tuple", ("Starred", "b")))),
        (
            "a[b:c, ::d, ...]",
            ("Item", "a", display("tuple", ("Slice", "b", "c", None), ("Slice", None, None, "d"), const(...))),
        ),
        ("f()", ("Call", "f", ())),
        ("f(a, *b, c=d, **e)", ("Call", "f", (arg("a"), arg("b", stars=1), arg("d", "c"), arg("e", stars=2)))),
        ("a - b - c", ("Binary", "-", ("Binary", "-", "a", "b"), "c")),
        ("a - (b - c)", ("Binary", "-", "a", ("Binary", "-", "b", "c"))),
        ("a ** b // c @ d", ("Binary", "@", ("Binary", "//", ("Binary", "**", "a", "b"), "c"), "d")),
        ("a << b >> c", ("Binary", ">>", ("Binary", "<<", "a", "b"), "c")),
        ("-1", ("Unary", "-", const(1))),
        ("not ~+a", ("Unary", "not", ("Unary", "~", ("Unary", "+", "a")))),
        ("a and b and c or d", ("Logic", "or", ("Logic", "and", ("Logic", "and", "a", "b"), "c"), "d")),
        ("a < b  not  in c is  not d", ("Compare", "a", ("<", "not in", "is not"), ("b", "c", "d"))),
        ("a is b in c != d", ("Compare", "a", ("is", "in", "!="), ("b", "c", "d"))),
        ("a if b else c", ("Choice", "b", "a", "c")),
        ("a, *b", display("tuple", "a", ("Starred", "b"))),
        ("()", display("tuple")),
        ("[a]", display("list", "a")),
        ("{a, *b}", display("set", "a", ("Starred", "b"))),
        ("{a: b, **c}", ("Mapping", (("a", "b"), (None, "c")))),
        ("[a for b in c if d if e]", ("Comp", "list", "a", None, (("Clause", "b", "c", ("d", "e")),))),
        (
            "{a for b in c for d in e}",
            ("Comp", "set", "a", None, (("Clause", "b", "c", ()), ("Clause", "d", "e", ()))),
        ),
        ("{a: b async for c in d}", ("Comp", "dict", "a", "b", (("Clause", "c", "d", ()),))),
        ("f(a for b in c)", ("Call", "f", (arg(("Comp", "gen", "a", None, (("Clause", "b", "c", ()),))),))),
        ("lambda: a", ("Lambda", (), "a")),
        (
            "lambda a, /, b=c, *d, e, **f: g",
            (
                "Lambda",
                (
                    ("Param", "a", "pos", None, None),
                    ("Param", "b", "pos", "c", None),
                    ("Param", "d", "star", None, None),
                    ("Param", "e", "kw", None, None),
                    ("Param", "f", "kwargs", None, None),
                ),
                "g",
            ),
        ),
        ("(yield)", ("Yield", None, False)),
        ("yield a", ("Yield", "a", False)),
        ("yield from a", ("Yield", "a", True)),
        ("await a", "a"),
        ("(a := b)", ("Walrus", "a", "b")),
        ('f"a{b}c"', ("Format", ("b",), "a\0c")),
        ('f"{a!r:>{b}.{c}}{{}}"', ("Format", ("a", "b", "c"), "\0{}")),
        (r'f"\x41{a}" r"\d" "\0"', ("Format", ("a",), "A\0\\d\ufffd")),
        ("f\"{a['b']}\" f'{c}'", ("Format", (("Item", "a", const("b")), "c"), "\0\0")),
        ('rf"\\{a}"', ("Format", ("a",), "\\\0")),
        ('t"{a}b"', ("Format", ("a",), "\0b")),
    ],
)
def test_expressions(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = b.c = d", ("Assign", ("a", ("Attr", "b", "c")), "d")),
        ("a, b = c", ("Assign", (display("tuple", "a", "b"),), "c")),
        ("a //= b", ("AugAssign", "a", "//", "b")),
        ("a @= b", ("AugAssign", "a", "@", "b")),
        ("a: 'b' = c", ("AnnAssign", "a", const("b"), "c")),
        ("a: b", ("AnnAssign", "a", "b", None)),
        ("a", ("ExprStmt", "a")),
        ("return", ("Return", None)),
        ("return a", ("Return", "a")),
        ("raise", ("Raise", None)),
        ("raise a from b", ("Raise", "a")),
        ("break", ("Jump", "break")),
        ("continue", ("Jump", "continue")),
        ("del a", ("Delete", ("a",))),
        ("del a, b[c]", ("Delete", ("a", ("Item", "b", "c")))),
        ("assert a, b", ("Assert", "a", "b")),
        ("global a, b", ("Scope", "global", ("a", "b"))),
        ("nonlocal a", ("Scope", "nonlocal", ("a",))),
        ("import a.b.c as d, e", ("Import", (("a.b.c", "d"), ("e", None)))),
        ("from a.b import (c as d, e,)", ("ImportFrom", 0, "a.b", (("c", "d"), ("e", None)))),
        ("from .. import a", ("ImportFrom", 2, "", (("a", None),))),
        ("from ...a import *", ("ImportFrom", 3, "a", None)),
        ("type A[T] = b", ("Assign", ("A",), "b")),
        (
            "if a: b\nelif c: d\nelse: e",
            ("If", "a", (("ExprStmt", "b"),), (("If", "c", (("ExprStmt", "d"),), (("ExprStmt", "e"),)),)),
        ),
        ("while a:\n  pass\nelse:\n  b; c", ("While", "a", (), (("ExprStmt", "b"), ("ExprStmt", "c")))),
        (
            "for a, b in c:\n  d\nelse: e",
            ("For", display("tuple", "a", "b"), "c", (("ExprStmt", "d"),), (("ExprStmt", "e"),)),
        ),
        ("async for a in b: c", ("For", "a", "b", (("ExprStmt", "c"),), ())),
        ("with a as b, c: d", ("With", (("a", "b"), ("c", None)), (("ExprStmt", "d"),))),
        ("with (a as (b, c), d,): pass", ("With", (("a", display("tuple", "b", "c")), ("d", None)), ())),
        (
            "try: a\nexcept b as c: d\nexcept: pass\nelse: e\nfinally: f",
            (
                "Try",
                (("ExprStmt", "a"),),
                (("Handler", "b", "c", (("ExprStmt", "d"),)), ("Handler", None, None, ())),
                (("ExprStmt", "e"),),
                (("ExprStmt", "f"),),
            ),
        ),
        (
            "try: a\nexcept* b: c",
            ("Try", (("ExprStmt", "a"),), (("Handler", "b", None, (("ExprStmt", "c"),)),), (), ()),
        ),
        (
            "@a\n@b.c(d)\nasync def f[T: (int, str) = int](x: 'y' = z) -> e: return g",
            (
                "Def",
                "f",
                (("Param", "x", "pos", "z", const("y")),),
                (("Return", "g"),),
                ("a", ("Call", ("Attr", "b", "c"), (arg("d"),))),
                False,
            ),
        ),
        (
            "@a\nclass B[*T](c, *d, e=f): g = h",
            ("Class", "B", (arg("c"), arg("d", stars=1), arg("f", "e")), (("Assign", ("g",), "h"),), ("a",)),
        ),
        ("class A(): pass", ("Class", "A", (), (), ())),
    ],
)
def test_statements(text: str, expected: object) -> None:
    assert statement(text) == expected


@pytest.mark.parametrize(
    ("pattern", "binds", "literals", "leaves"),
    [
        ("1", (), (const(1),), 1),
        ("-1 | (None) | 'a' 'b'", (), (("Unary", "-", const(1)), const(None), const("ab")), 4),
        ("1 + 2j", (), (("Binary", "+", const(1), const(2j)),), 2),
        ("((1 | (2)))", (), (const(1), const(2)), 2),
        ("a", ("a",), (), 1),
        ("_", (), (), 1),
        ("1 as a", ("a",), (), 2),
        ("a.b | 1", (), (), 3),
        ("[a, *_, (b)]", ("a", "b"), (), 3),
        ("(a, *b)", ("a", "b"), (), 2),
        ("a, []", ("a",), (), 1),
        ("{'a': b, c.d: 1, **e}", ("b", "e"), (), 6),
        ("A.B(1, a, b=c, d=([e]))", ("a", "c", "e"), (), 8),
        ("A(b) | C(b)", ("b",), (), 4),
    ],
)
def test_patterns(pattern: str, binds: tuple[str, ...], literals: tuple[object, ...], leaves: int) -> None:
    text = f"match s:\n  case {pattern} if g(): []"
    (found,) = module(text).body
    assert isinstance(found, ir.Match)
    (case,) = found.cases
    assert (case.binds, short(case.literals), short(case.guard)) == (binds, literals, ("Call", "g", ()))
    assert module(text).leaves == leaves + 4
    (empty,) = case.body
    line = text.split("\n")[1]
    assert Leaves(text).span(empty.loc) == (2, len(line) - 1, 2, len(line) + 1)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("def f(a, b=(c)) -> d: e", (1, 5, 1, 21)),
        ("@a()\ndef f(): b", (2, 5, 2, 8)),
        ("class A(B): c", (1, 7, 1, 11)),
        ("class A(): c", (1, 7, 1, 10)),
        ("if (a).b: c", (1, 4, 1, 9)),
        ("with (a as b): c", (1, 6, 1, 14)),
        ("for a in (b): c", (1, 5, 1, 13)),
        ("a = f(b)", (1, 1, 1, 9)),
        ("from a import (b, c)", (1, 6, 1, 21)),
        ("x: int = (y)", (1, 1, 1, 13)),
    ],
)
def test_places_of_statements(text: str, place: tuple[int, ...]) -> None:
    (found,) = module(text).body
    assert Leaves(text).span(found.loc) == place


@pytest.mark.parametrize(
    "text",
    [
        "def f(a=[]): []",
        "def f() -> g(): []",
        "@f()\nclass A(B()): []",
        "import a\nfrom b import (c)\n[]",
        "with (a as b): []",
        "for (a) in f(): []",
        "def f[T: (int)](): []",
        "class A[T](): []",
        "(f)(a)[b], (lambda: (x))(), ((yield)), []",
        "(await (a)); (not (b)); (*(c), ()); (a if (b) else (c)); ('d' 'e'); (f''); (...); []",
        "x = {(a): (b)}, {(a)}, [(a)], ((a) for (b) in (c) if (d)), {(a): (b) for c in d}, []",
        "(a < (b)); ((a) and (b)); (a := (b)); (a + (b)) + (c); ((1)), ((2j)), ((1.0)); []",
    ],
)
def test_every_closing_bracket_is_counted(text: str) -> None:
    """The place of `[]` behind all else is found by counting the brackets since the last leaf."""
    found = [node for node in walk(module(text)) if isinstance(node, ir.Display) and not node.items]
    line = text.rsplit("\n", maxsplit=1)[-1]
    assert Leaves(text).span(max(node.loc for node in found))[1:] == (
        line.rindex("[") + 1,
        text.count("\n") + 1,
        len(line) + 1,
    )


def test_what_stands_in_an_f_string_has_its_place() -> None:
    text = 'a + (f"{b.c(d):{e}}")'
    (found,) = module(text).body
    inner = [node for node in walk(found) if isinstance(node, ir.Format)]
    assert {node.loc for node in walk(inner[0]) if hasattr(node, "loc")} == {inner[0].loc}
    assert Leaves(text).span(inner[0].loc) == (1, 6, 1, 21)


@pytest.mark.parametrize(
    ("body", "generator"),
    [
        ("yield", True),
        ("x = [(yield a)]", True),
        ("if a:\n    await (yield from b)", True),
        ("f'{(yield)}'", True),
        ("return lambda: (yield)", False),
        ("def g(): yield", False),
        ("def g(a=(yield)): pass", True),
        ("class A:\n    def g(self): yield", False),
        ("def g(): pass\n  yield", True),
        ("return [a for a in b]", False),
    ],
)
def test_generators(body: str, generator: bool) -> None:
    (found,) = module(f"def f():\n  {body}").body
    assert isinstance(found, ir.Def)
    assert found.generator is generator
