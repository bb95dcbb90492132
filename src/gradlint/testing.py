"""For the tests of a plugin: the examples of its pages as test cases. It needs no test runner; with pytest it is used so:

@pytest.mark.parametrize("example", page_examples("my-plugin"), ids=str)
def test_example(example):
    check_example(example)
"""

from __future__ import annotations

from dataclasses import dataclass

from gradlint import lint, pages
from gradlint.finding import Report, Severity
from gradlint.plugins import rules_of
from gradlint.rule import Rule

__all__ = ["PageExample", "check", "check_example", "page_examples"]


@dataclass(frozen=True, slots=True)
class PageExample:
    """A Python block on the page of a rule."""

    rule: Rule
    page: pages.Page
    example: pages.Example

    def __str__(self) -> str:
        """`my-rule:12`: the page, and the line that the block begins on."""
        return f"{self.page.name}:{self.example.line}"


def page_examples(plugin: str) -> list[PageExample]:
    """Every Python block on the pages of an installed plugin.

    Raises:
        UsageError: if the plugin is not installed, or cannot be used.
        PageError: if a rule has no page, its page is malformed, disagrees with the rule, or shows no example of it.
    """
    found = []
    for rule in rules_of(plugin):
        page = pages.of(rule)
        _compare(rule, page)
        found += [PageExample(rule, page, example) for example in page.examples]
    return found


def check_example(example: PageExample) -> None:
    """Check a block as a file of its own: all rules of gradlint and of the plugin find what is marked, and nothing else.

    Raises:
        AssertionError: if they find something else; the message lists it.
    """
    report = check(example.example.code, example.rule.plugin)
    info = example.rule.severity is Severity.INFO
    hidden = [finding for finding in report.hidden if info and finding.code == example.rule.code]
    found = sorted((finding.span.line, finding.code) for finding in (*report.findings, *hidden))
    problems = [f"{example}: {problem.message}" for problem in report.problems]
    if found != sorted(example.example.expected) or problems:
        wanted = [f"{example}: expected in line {line}: {code}" for line, code in example.example.expected]
        shown = [
            f"{example}: found in line {finding.span.line}: {finding.code} {finding.message}"
            for finding in (*report.findings, *hidden)
        ]
        raise AssertionError("\n".join(["the page and the rules disagree", *wanted, *shown, *problems]))


def check(code: str, *plugins: str) -> Report:
    """Check a program with the rules of gradlint and of installed plugins."""
    return lint.check_text(code, plugins=plugins)


def _compare(rule: Rule, page: pages.Page) -> None:
    what = f"the page of {rule.name} in plugin {rule.plugin!r}"
    if page.title != f"{rule.name} ({rule.code})":
        raise pages.PageError(f"{what} is titled {page.title!r}, and the rule is {rule.name} ({rule.code})")
    if page.summary != rule.summary:
        raise pages.PageError(
            f"{what} begins with {page.summary!r}, and the docstring of the rule with {rule.summary!r}"
        )
    bad = {code for each in page.examples if each.heading == "Example" for _, code in each.expected}
    good = [each for each in page.examples if not each.expected]
    if rule.code not in bad or not good:
        raise pages.PageError(f"{what} must show an example with `# finding` under Example, and one without a finding")
