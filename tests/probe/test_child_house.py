"""The child runs in the user's interpreter: what it may import, and the Python that it is written in."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import gradlint
from gradlint.probe import wire

CHILD = Path(gradlint.__file__).parent / "probe" / "child"
MODULES = sorted(CHILD.glob("*.py"))
ALLOWED = {"numpy", "tensorflow", *sys.stdlib_module_names}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_child_imports_only_what_the_user_has(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= ALLOWED
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert (node.module or "").split(".")[0] in ALLOWED
        assert not isinstance(node, ast.Match)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_child_modules_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 300


def test_both_sides_know_the_same_exit_status() -> None:
    assert f"EXIT_DONE = {wire.EXIT_DONE}" in (CHILD / "state.py").read_text(encoding="utf-8")


def test_every_type_of_the_wire_format_is_documented() -> None:
    for name, value in vars(wire).items():
        if isinstance(value, type) and value.__module__ == wire.__name__:
            assert value.__doc__, name
            assert not value.__doc__.startswith(f"{name}("), f"{name} has only the docstring that dataclass makes"
