"""libcst's tree -> the compact program."""

from __future__ import annotations

import libcst as cst

from gradlint.reader.ir import ModuleIR
from gradlint.reader.lower_expressions import State
from gradlint.reader.lower_statements import suite


def lower(path: str, tree: cst.Module) -> ModuleIR:
    """Lower one module."""
    state = State()
    body = suite(state, tree.body)
    return ModuleIR(path, body, state.tail >> 12)
