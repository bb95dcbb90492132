"""Every example of every rule page through the real analyzer: the pages are what they say."""

from __future__ import annotations

import pytest

from gradlint import lint, pages
from gradlint.finding import Severity
from gradlint.rule import all_rules

EXAMPLES = [(page, example) for page in map(pages.load, pages.names()) for example in page.examples]

INFO = {rule.code for rule in all_rules() if rule.severity is Severity.INFO}


@pytest.mark.parametrize(
    ("page", "example"), EXAMPLES, ids=[f"{page.name}:{example.line}" for page, example in EXAMPLES]
)
def test_example(page: pages.Page, example: pages.Example) -> None:
    report = lint.check_text(example.code)
    assert not report.problems, f"rules/{page.name}.md:{example.line}: {report.problems}"
    # what a rule of severity info finds is hidden by default, but its own page shows it
    shown = [*report.findings, *(f for f in report.hidden if f.code == page.code and page.code in INFO)]
    found = sorted((finding.span.line, finding.code) for finding in shown)
    assert found == sorted(example.expected), "\n" + "\n".join(
        f"rules/{page.name}.md:{example.line + finding.span.line - 1}: {finding.code} {finding.message}"
        for finding in shown
    )
