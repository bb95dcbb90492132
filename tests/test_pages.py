"""Reading rule pages, including broken ones."""

from __future__ import annotations

import pytest

from gradlint import pages

BODY = "".join(f"## {heading}\n\nWords.\n\n" for heading in pages.SECTIONS)
PAGE = f"# some-rule (GL999)\n\nOne sentence\nover two lines.\n\n{BODY}"


def test_parse() -> None:
    code = "```python\n# ## no heading\nx = 1  # finding\ny = 2  # finding: GL101, GL102\n```\n"
    page = pages.parse(PAGE.replace("## Use instead", f"{code}\n## Use instead"), "p.md")
    assert (page.name, page.code, page.summary) == ("some-rule", "GL999", "One sentence over two lines.")
    assert tuple(page.sections) == pages.SECTIONS
    (example,) = page.examples
    assert example.expected == ((2, "GL999"), (3, "GL101"), (3, "GL102"))
    assert example.heading == "Example"
    assert page.text.splitlines()[example.line - 1] == "# ## no heading"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "first line"),
        ("# Some rule\n", "first line"),
        (PAGE.replace("One sentence\nover two lines.", ""), "sentence"),
        (PAGE.replace("## Sources", "## Links"), "headings must be"),
        (PAGE.replace("## Example", "## Use instead", 1), "headings must be"),
    ],
)
def test_malformed_page_is_named(text: str, message: str) -> None:
    with pytest.raises(pages.PageError, match=rf"p\.md.*{message}"):
        pages.parse(text, "p.md")


def test_missing_page_is_named() -> None:
    with pytest.raises(pages.PageError, match=r"no-such-rule has no page: .*no-such-rule\.md"):
        pages.load("no-such-rule")
