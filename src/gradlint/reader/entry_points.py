"""Where programs start: scripts, and definitions that train though nobody calls them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradlint.reader.ir import (
    Assign,
    Attr,
    Call,
    Class,
    Compare,
    Const,
    Def,
    ExprStmt,
    For,
    If,
    ModuleIR,
    Name,
    While,
    With,
)
from gradlint.reader.walk import walk
from gradlint.vocabulary.optimizers import OPTIMIZERS


def is_script(ir: ModuleIR, imported: bool) -> bool:
    """It says that it is run as a program, or it does something and nobody imports it."""
    return _has_main(ir) or (not imported and _acts(ir))


def definitions(ir: ModuleIR) -> Iterator[object]:
    """The statements of a file's top level, also those under conditions."""
    todo = list(ir.body)
    while todo:
        statement = todo.pop(0)
        yield statement
        if isinstance(statement, If | While | For):
            todo = [*statement.body, *statement.orelse, *todo]
        elif isinstance(statement, With):
            todo = [*statement.body, *todo]


_TRAINING = frozenset(
    [
        "apply_gradients",
        "apply",
        "minimize",
        "compile",
        "get_updates",
        "train_on_batch",
        "fit",
        "fit_generator",
        "gradient",
        "gradients",
        "compute_gradients",
        "get_gradients",
        "assign_sub",
        "assign",
        "std",
        "reduce_std",
        "nanstd",
        "var",
        "step",
        "optimizers",
        "optimizer",
        "train_step",
        "TerminateOnNaN",
        "is_nan",
        "is_inf",
        "is_finite",
        "isnan",
        "isfinite",
        "isinf",
        "check_numerics",
        "assert_all_finite",
        "create_train_op",
        "optimize_loss",
        "train",
    ]
)


def concerns_training(definition: Def | Class) -> bool:
    """It names something that a rule looks for. What it merely uses is read from whoever uses it."""
    if "loss" in definition.name.lower():
        return True
    for node in walk(definition):
        if isinstance(node, Compare) and any(map(_names_nan, (node.left, *node.rights))):
            return True
        name = node.id if isinstance(node, Name) else node.name if isinstance(node, Attr) else ""
        if name in _TRAINING or name in OPTIMIZERS or name.endswith("Optimizer"):
            return True
    return False


_NAN = frozenset({"nan", "NaN", "NAN"})


def _names_nan(node: object) -> bool:
    """`nan`, `np.nan`, `float("nan")`."""
    if isinstance(node, Call):
        return any(isinstance(each.value, Const) and str(each.value.value).lower() == "nan" for each in node.args)
    return isinstance(node, Name | Attr) and (node.id if isinstance(node, Name) else node.name) in _NAN


TEST_CODE = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_tests?|conftest)\.py$")
"""Paths that a test runner looks at."""


def is_test(ir: ModuleIR) -> bool:
    """Test code: a test runner starts its functions with values made for the test, so no program starts in them.

    Going by the name alone, `model_test.py` might as well evaluate a model: something in it has to be a test.
    """
    if TEST_CODE.search(ir.path) is None:
        return False
    folder, _, name = ir.path.rpartition("/")
    return (
        not name.endswith(("_test.py", "_tests.py"))
        or "/test" in f"/{folder}"
        or any(
            (isinstance(statement, Def | Class) and statement.name.lower().startswith("test"))
            or (isinstance(statement, Class) and statement.name.endswith("Test"))
            for statement in ir.body
        )
    )


def is_test_case(definition: object) -> bool:
    """A class of tests, whatever its file is called: `class ModelTest(tf.test.TestCase)`."""
    bases = [base.value for base in definition.bases] if isinstance(definition, Class) else []
    return any(
        (isinstance(base, Attr) and base.name == "TestCase") or (isinstance(base, Name) and base.id == "TestCase")
        for base in bases
    )


def _has_main(ir: ModuleIR) -> bool:
    """`if __name__ == "__main__":` at the top level."""
    for statement in ir.body:
        if isinstance(statement, If) and isinstance(statement.test, Compare):
            sides = (statement.test.left, *statement.test.rights)
            if any(isinstance(side, Name) and side.id == "__name__" for side in sides):
                return True
    return False


def _acts(ir: ModuleIR) -> bool:
    """The module does something when it runs, beyond defining and importing."""
    for statement in ir.body:
        if isinstance(statement, For | While | With):
            return True
        if isinstance(statement, ExprStmt | Assign) and isinstance(statement.value, Call):
            return True
        if isinstance(statement, ExprStmt) and not isinstance(statement.value, Const):
            return True
        if isinstance(statement, Assign):
            return True
    return False
