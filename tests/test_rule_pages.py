"""Every example of every rule page through the real analyzer: the pages are what they say."""

from __future__ import annotations

import pytest

from gradlint import lint, pages
from gradlint.finding import Finding, Severity
from gradlint.rule import known_rules

EXAMPLES = [(page, example) for page in map(pages.load, pages.names()) for example in page.examples]


def notes_of(page: pages.Page, example: pages.Example) -> list[Finding]:
    """What a rule whose findings are notes says of its own examples; `--pedantic` shows it."""
    (rule,) = (rule for rule in known_rules() if rule.name == page.name)
    if rule.severity is not Severity.INFO:
        return []
    report = lint.check_text(example.code, pedantic=True)
    return [finding for finding in report.findings if finding.code == rule.code]


@pytest.mark.parametrize(
    ("page", "example"), EXAMPLES, ids=[f"{page.name}:{example.line}" for page, example in EXAMPLES]
)
def test_example(page: pages.Page, example: pages.Example) -> None:
    report = lint.check_text(example.code)
    assert not report.problems, f"rules/{page.name}.md:{example.line}: {report.problems}"
    found = sorted({(finding.span.line, finding.code) for finding in (*report.findings, *notes_of(page, example))})
    assert found == sorted(example.expected), "\n" + "\n".join(
        f"rules/{page.name}.md:{example.line + finding.span.line - 1}: {finding.code} {finding.message}"
        for finding in report.findings
    )
