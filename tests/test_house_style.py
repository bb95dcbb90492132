"""The house rules of DESIGN.md that a machine can hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import readme_table

from gradlint import pages
from gradlint.observed import Sign
from gradlint.rule import OBSERVED, all_rules, known_rules

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "gradlint"
MODULES = sorted(SOURCE.rglob("*.py"))
CHECKS = sorted(path for path in (SOURCE / "checks").glob("*.py") if path.name != "__init__.py")
FOR_CHECKS = {"finding", "values", "model", "rule", "vocabulary"}


def of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def imports(path: Path) -> Iterator[str]:
    """Full dotted names of what a module imports, wherever in the module it does."""
    package = ["gradlint", *path.relative_to(SOURCE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from gradlint import model` imports gradlint.model
            yield from (f"{module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> set[str]:
    """First components below gradlint of what a module imports."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("gradlint.")}


def test_rules_and_pages_are_the_same_set() -> None:
    rules = {rule.name: rule for rule in known_rules()}
    missing = sorted(set(rules) - set(pages.names()))
    orphans = sorted(set(pages.names()) - set(rules))
    assert not missing, f"rules without a page in rules/: {missing}"
    assert not orphans, f"pages without a rule in checks/: {orphans}"


@pytest.mark.parametrize("rule", known_rules(), ids=lambda rule: rule.name)
def test_page_agrees_with_its_rule(rule) -> None:  # type: ignore[no-untyped-def]
    page = pages.load(rule.name)
    assert page.title == f"{rule.name} ({rule.code})"
    assert page.summary == rule.summary, "the sentence under the title is the first line of the check's docstring"
    assert all(page.sections[heading] for heading in pages.SECTIONS), "every section says something"
    assert "### Not flagged" in page.sections["Use instead"], "the traps of the rule are good examples"
    for example in page.examples:
        # what only a run shows has no line to mark; tests/probe runs these examples
        bad = example.heading == "Example" and rule not in OBSERVED
        assert bool(example.expected) is bad, (
            f"line {example.line}: markers belong into the section Example, and all of it"
        )
        if bad:
            assert rule.code in {code for _, code in example.expected}, f"line {example.line}: no finding of this rule"


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_rule_lives_in_the_module_of_its_name(rule) -> None:  # type: ignore[no-untyped-def]
    assert rule.check.__module__ == f"gradlint.checks.{rule.name.replace('-', '_')}"
    assert not rule.name.startswith(("no-", "disallow-")), (
        "the name states the bad pattern and reads well after 'allow'"
    )


def test_observed_rules_are_those_that_the_probe_can_see() -> None:
    assert [rule.name for rule in OBSERVED] == [sign.value for sign in Sign]
    assert not {rule.code for rule in OBSERVED} & {rule.code for rule in all_rules()}


def test_readme_table_is_up_to_date() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme_table.updated(text) == text, "run python tests/readme_table.py"


@pytest.mark.parametrize("path", CHECKS, ids=of)
def test_check_is_short_and_imports_little(path: Path) -> None:
    functions = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    ]
    assert functions
    for function in functions:
        assert (function.end_lineno or 0) - function.lineno + 1 < 40, f"{function.name} has 40 lines or more"
    assert ours(path) <= FOR_CHECKS


@pytest.mark.parametrize("path", MODULES, ids=of)
def test_libcst_stays_in_the_reader_and_the_fixes(path: Path) -> None:
    if path.relative_to(SOURCE).parts[0] not in ("reader", "fixes"):
        assert not [name for name in imports(path) if name.split(".")[0] == "libcst"]


def test_arrows_point_one_way() -> None:
    assert not ours(SOURCE / "finding.py")
    for path in (SOURCE / "model").glob("*.py"):
        assert ours(path) <= {"finding", "model"}, of(path)
    assert ours(SOURCE / "rule.py") <= {"finding", "model", "checks"}
    for path in (SOURCE / "vocabulary").glob("*.py"):
        assert ours(path) <= {"vocabulary", "ranges"}, of(path)
    for path in (SOURCE / "report").glob("*.py"):
        assert not ours(path) & {"reader", "model", "checks"}, f"{of(path)} sees findings only"
    for path in MODULES:
        if path != SOURCE / "rule.py" and path not in CHECKS:
            assert "checks" not in ours(path), f"{of(path)}: nobody imports checks but rule"


@pytest.mark.parametrize("path", MODULES, ids=of)
def test_module_is_short_and_finished(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # ir.py and wire.py are lists of types
    assert path.name in {"ir.py", "wire.py"} or len(text.splitlines()) < 400
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b|(?i:\bplaceholder (text|value|implementation)\b)", text)
    stubs = [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Raise) and "NotImplemented" in ast.dump(node)
    ]
    assert not stubs, f"not implemented at lines {stubs}"
