"""What cannot be read is said with its line and reason, and never ends the process."""

import io
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlint.reader import ir
from gradlint.reader.bounds import MAX_BLOCKS, MAX_BRACKETS, MAX_CHAIN, MAX_CHARACTERS, MAX_ELIFS, MAX_STRINGS, check
from gradlint.reader.parse import Unreadable, parse

MANY = 30_000


def refused(text: str) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        parse("m.py", text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a\nx = (\n", 2, "'(' was never closed"),
        ("a\r\nif b:\r\nc", 3, "expected an indented block"),
        ("a\rb c\r", 2, "invalid syntax"),
        ("x = '", 1, "unterminated string literal"),
        ("x = 1\nx = \0", 2, "NUL character"),
        ("x = 1\nx = '\ud800'", 2, "lone surrogate"),
        ("if a:\n    b\n  c\n", 3, "unindent"),
        ("x = 1__0", 1, "invalid decimal literal"),
    ],
)
def test_a_syntax_error_names_its_line(text: str, line: int, message: str) -> None:
    error = refused(text)
    assert error.line == line
    assert message in error.message
    assert "Python 2" not in error.message
    assert str(error).startswith(f"line {line}: ")


@pytest.mark.parametrize(
    "line",
    [
        "print 'a'",
        "print a, b",
        "print >>f, 'a' % b, c d",
        "exec 'a'",
        "raise E, 'a'",
        "x = `a`",
        "x = a <> b",
        "x = 0777",
        "x = 10L",
        "x = ur'a'",
        "def f(a, (b, c)): pass",
    ],
)
def test_python_2_is_recognised(line: str) -> None:
    error = refused(f"import a\n\n{line}\n")
    assert error.line == 3
    assert error.message.endswith("(Python 2 code?)")


def test_what_only_the_parser_refuses_is_said_to_be_so() -> None:
    error = refused("x\nclass A(x=1, *b): pass")
    assert (error.line, error.message[:30]) == (2, "not understood by the parser: ")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\ny = " + "(" * MANY + ")" * MANY, 2, f"brackets nested more than {MAX_BRACKETS} deep: not read"),
        ("x = " + "[" * MANY, 1, "brackets nested"),
        ("x = " + "{1:" * MANY, 1, "brackets nested"),
        ("x = " + "f(\n" * MANY, MAX_BRACKETS + 1, "brackets nested"),
        ('x = f"{' + "(" * MANY + ")" * MANY + '}"', 1, "brackets nested"),
        ('x = f"{x[""]+' + "(" * MANY + ")" * MANY + '}"', 1, "brackets nested"),
        ('f"{' * MANY, 1, "brackets nested"),
        ('x = f"' + "{x:" * MANY, 1, "brackets nested"),
        ("x = " + "1 + " * MANY + "1", 1, f"more than {MAX_CHAIN} operators in a row: not read"),
        ("x = (" + "a and\n" * MANY + "1)", MAX_CHAIN + 1, "operators in a row"),
        ("x = 1\\\n" + "+ 1\\\n" * MANY + "+ 1", MAX_CHAIN + 2, "operators in a row"),
        ("x = " + "-" * MANY + "a", 1, "operators in a row"),
        ("x = " + "not " * MANY + "a", 1, "operators in a row"),
        ("x = a" + ".b" * MANY, 1, "operators in a row"),
        ("x = a" + "()" * MANY, 1, "operators in a row"),
        ("x = a" + "[b, 1]" * MANY, 1, "operators in a row"),
        ("x = " + "lambda: " * MANY + "a", 1, "operators in a row"),
        ("x = " + "a if b else " * MANY + "c", 1, "operators in a row"),
        ("x = [a " + "for b in c " * MANY + "]", 1, "operators in a row"),
        ("x = " + "(1 + " * 90 + "1" + " * 2 / 3 ** 4 - 5)" * 90, 1, "operators in a row"),
        ('x = f"{' + "1+" * MANY + '1}"', 1, "operators in a row"),
        ("x = (" + "'a'\n" * MANY + ")", MAX_STRINGS + 1, "strings in a row"),
        ("if a: pass\n" + "elif b: pass\n" * MANY, MAX_ELIFS + 2, "elif in a row"),
        ("".join(" " * depth + "if a:\n" for depth in range(1000)), MAX_BLOCKS + 1, "blocks nested"),
        ("match x:\n case " + "{1:" * 20 + "a" + "}" * 20 + ": pass", 2, "pattern with brackets nested"),
        ("a" * MAX_CHARACTERS + "b", 1, "longer than"),
    ],
    ids=range(26),
)
def test_what_would_crash_the_parser_is_refused(text: str, line: int, message: str) -> None:
    error = refused(text)
    assert error.line == line
    assert message in error.message


@pytest.mark.parametrize(
    "text",
    [
        "x = [" + "(-1, 0.5 * 2, a.b, f(c)[0]),\n" * 500 + "]",
        "x = f(" + "a + b, " * 500 + ")",
        "x = (" + " + ".join(["f(a.b, 'c')[0]"] * 120) + ")",
        "x.a = -1\n" * 1000,
        "x = '(((((' * 3 # ((((\n" * 300,
        "x = f'(((((' * 3\n" * 300,
        "x = {" + "'a': 'b', " * 2000 + "}",
        "if a: pass\nelif b: pass\n" * 600,
        "def f():\n  if a: pass\n  elif b: pass\n" * 600,
        "x = (" + "'a'\n" * 500 + ")",
        "'''doc'''\n" * 1000,
        "case = f(" + "(" * 20 + "a" + ")" * 20 + ")",
        "x = (" + "1 < " * 1000 + "2)",
        "x = '\\\n(((((\\\n'\n" * 100,
        "f(lambda: 0)\n" * 600,
    ],
    ids=range(15),
)
def test_what_is_merely_long_is_read(text: str) -> None:
    assert check(text) is None
    assert parse("m.py", text).body


def test_deep_but_allowed_nesting_is_lowered() -> None:
    assert parse("m.py", "x = " + "(1 + " * 99 + "a" + ")" * 99).leaves == 101
    assert parse("m.py", "x = " + "not " * 390 + "a").leaves == 2
    assert parse("m.py", "if a: pass\n" + "elif b: pass\n" * 390).leaves == 391


def test_nothing_is_executed_or_folded() -> None:
    (statement,) = parse("m.py", "x = 10 ** 10 ** 10").body
    assert isinstance(statement, ir.Assign)
    assert isinstance(statement.value, ir.Binary)


def test_no_warning_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse("m.py", "x = '\\d'\ny = 1 is 1\nz = 1if 1else 2\n'a'()\nw = b'\\d' + '\\N{nothing}'")
        refused("x = '\\d'\nassert (a, 'b')\nprint 'a'")
    assert capsys.readouterr() == ("", "")


def test_line_ends_bom_and_form_feed() -> None:
    for text in ("a\rb\r", "a\r\nb\r\n", "\ufeffa\nb", "a\n\x0cb\n", "a\n\x0c\nb"):
        assert parse("m.py", text).leaves == 2


PIECES = ["(", ")", "[", "]", "{", "}", "f'", "'", '"""', ":", "=", "a", "1", "\\", "*", ",", ".", "+", "#", "é"]
SPACES = ["\n", "\r", "\x0c", "  "]
WORDS = ["lambda ", "if ", "else ", "def f", "class A", "match ", "case ", "not ", "yield ", "await "]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([*PIECES, *SPACES, *WORDS]), max_size=40).map("".join))
def test_every_text_is_read_or_refused(text: str) -> None:
    line, message = 1, "read"
    try:
        assert parse("m.py", text).path == "m.py"
    except Unreadable as error:
        line, message = error.line, error.message
    assert 1 <= line <= len(io.StringIO(text, newline=None).readlines()) + 1
    assert message
