"""Measuring calls in flagged expressions: what is measured, and that nothing else changes."""

from __future__ import annotations

import ast
import builtins
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlint.probe.instrument import FUNCTION, Flagged, instrument

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "scripts"


def at(text: str, part: str, *, wanted: str = "operand") -> Flagged:
    """The stretch that holds `part`."""
    index = text.index(part)
    line, column = text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
    end = index + len(part)
    return Flagged(line, column, text.count("\n", 0, end) + 1, end - text.rfind("\n", 0, end), wanted)


def roles(text: str, part: str, *, wanted: str = "operand") -> tuple[str, list[str]]:
    new, measured = instrument(text, [at(text, part, wanted=wanted)], 0)
    assert new.count("\n") == text.count("\n")
    return new, [each.role for each in measured]


def test_a_division_is_measured_at_its_divisor_and_its_result() -> None:
    new, measured = instrument("x = (a - m) / s\n", [at("x = (a - m) / s\n", "(a - m) / s")], 4)
    assert new == f"x = {FUNCTION}(4, ((a - m) / {FUNCTION}(5, (s))))\n"
    assert [(each.role, each.line, each.column) for each in measured] == [("quotient", 1, 5), ("division", 1, 15)]


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("r /= r.std()\n", "r /= r.std()", ["division"]),
        ("l = -tf.math.log(p + q)\n", "tf.math.log(p + q)", ["log"]),
        ("l = tf.sqrt(d)\n", "tf.sqrt(d)", ["sqrt"]),
        ("l = tf.exp(d)\n", "tf.exp(d)", ["exp"]),
        ("l = tf.divide(a, b)\n", "tf.divide(a, b)", ["division"]),
        ("l = d ** 0.5\n", "d ** 0.5", ["power"]),
        ("l = f(\n    a\n    / b,\n)\n", "a\n    / b", ["quotient", "division"]),
        ("l = '学习率', a / b\n", "a / b", ["quotient", "division"]),
        ("l = a / (yield b)\n", "a / (yield b)", ["quotient", "division"]),
        ("l = [a / (b := s) for a in c]\n", "a / (b := s)", ["quotient", "division"]),
        ("l = tf.math.log(*p)\n", "tf.math.log(*p)", []),
        ("l = f'{a / b}'\n", "a / b", []),
        ("l = log()\n", "log()", []),
    ],
)
def test_what_is_measured(text: str, part: str, expected: list[str]) -> None:
    if "yield" in text:
        text = f"def f():\n    {text}"
    new, found = roles(text, part)
    assert found == expected
    assert (new == text) is (not expected)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("s, reward, done, info = env.step(a)\n", "reward"),
        ("s, r, term, trunc, _ = env.step(a)\n", "r"),
        ("self.s, self.reward, done = env.step(a)\n", "self.reward"),
        ("while not done: s, x, done, _ = env.step(a); n += 1\n", "x"),
        ("rew_t = env.step(a)[1]\n", "rew_t"),
        ("out = env.step(a)\n", None),
        ("s, _, done, info = env.step(a)\n", None),
        ("f(env.step(a))\n", None),
    ],
)
def test_rewards_are_measured_behind_the_statement(text: str, name: str | None) -> None:
    new, found = roles(text, "env.step(a)", wanted="reward")
    assert found == (["reward"] if name else [])
    if name:
        assert f"; {FUNCTION}(0, {name})" in new


@pytest.mark.parametrize(
    ("text", "part", "wanted", "measured"),
    [
        ("g, n = tf.clip_by_global_norm(g, 5.0)\n", "tf.clip_by_global_norm(g, 5.0)", "bound", "(5.0)"),
        ("[tf.clip_by_norm(g, clip_norm=c) for g in gs]\n", "tf.clip_by_norm(g, clip_norm=c)", "bound", "(c)"),
        ("clip(g)\n", "clip(g)", "bound", None),
        ("o = Adam(lr=RATE)\n", "lr=RATE", "rate", "(RATE)"),
        ("o = Adam(lr=RATE, beta_1=0)\n", "RATE", "rate", "(RATE)"),
        ("o = Adam(0.1)\n", "0.1", "rate", None),
    ],
)
def test_bounds_and_rates(text: str, part: str, wanted: str, measured: str | None) -> None:
    new, found = roles(text, part, wanted=wanted)
    assert found == ([wanted] if measured else [])
    assert (f"{FUNCTION}(0, {measured})" in new) is (measured is not None)


def test_what_cannot_be_parsed_is_left_alone() -> None:
    for text in ("x = 1 /\n", "(" * 5000, "\0"):
        assert instrument(text, [Flagged(1, 1, 1, 2)], 0) == (text, ())


def test_the_program_computes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "def f(a, b):\n    a = (a - 1) / (b + 1)  # why\n    a /= b\n    return a ** 2\n"
    flagged = [at(text, "(a - 1) / (b + 1)"), at(text, "a /= b"), at(text, "a ** 2")]
    new, measured = instrument(text, flagged, 0)
    seen: list[tuple[str, float]] = []

    def operand(index: int, value: float) -> float:
        seen.append((measured[index].role, value))
        return value

    monkeypatch.setattr(builtins, FUNCTION, operand, raising=False)
    spaces: list[dict[str, Any]] = [{}, {}]
    exec(text, spaces[0])
    exec(new, spaces[1])
    assert spaces[0]["f"](5, 3) == spaces[1]["f"](5, 3)
    assert seen == [("division", 4), ("quotient", 1.0), ("division", 3), ("power", 1 / 3)]


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.py")), ids=lambda path: path.stem)
def test_every_division_of_every_fixture(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    flagged = [
        Flagged(node.lineno, node.col_offset + 1, node.end_lineno or 0, (node.end_col_offset or 0) + 1)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
    ]
    if text.isascii():
        new, measured = instrument(text, flagged, 0)
        in_strings = sum(
            isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Div)
            for node in ast.walk(ast.parse(text)) if isinstance(node, ast.JoinedStr) for inner in ast.walk(node)
        )  # fmt: skip
        assert len({each.flagged for each in measured}) == len(flagged) - in_strings
        assert new.count("\n") == text.count("\n")


@settings(max_examples=200)
@given(st.lists(st.integers(0, 60), min_size=4, max_size=4))
def test_any_stretch_is_harmless(numbers: list[int]) -> None:
    text = "x = (a / b) / (c / d)  # 学\ny = log(x / 2) ** (\n    3 / x)\n"
    new, _ = instrument(text, [Flagged(numbers[0] + 1, numbers[1] + 1, numbers[2] + 1, numbers[3] + 1)], 0)
    ast.parse(new)
