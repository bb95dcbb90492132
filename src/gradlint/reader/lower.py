"""libcst's tree -> the compact program."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from gradlint.reader.ir import ModuleIR
from gradlint.reader.lower_compounds import COMPOUNDS
from gradlint.reader.lower_expressions import EXPRESSIONS
from gradlint.reader.lower_state import Lower, State
from gradlint.reader.lower_statements import suite

_TABLE: Mapping[type, Lower] = {**EXPRESSIONS, **COMPOUNDS}


def lower(path: str, tree: cst.Module) -> ModuleIR:
    """Lower one module."""
    state = State(_TABLE)
    body = suite(state, tree.body)
    return ModuleIR(path, body, state.tail >> 12, frozenset(state.names))
