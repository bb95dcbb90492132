"""Rule pages: found in the installed package or the checkout, read into sections and examples."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable  # under another name in Python 3.10

    from gradlint.rule import Rule

FOLDERS = ("pages", "rules")
"""Where in its package a plugin keeps its pages."""

SECTIONS = (
    "What it does",
    "Why is this bad",
    "Example",
    "Use instead",
    "What the probe looks for",
    "When to ignore it",
    "Sources",
)
"""The headings of every page, in this order."""

_TITLE = re.compile(r"# (?P<name>[a-z0-9-]+) \((?P<code>[A-Z]+\d+)\)")
_MARKER = re.compile(r"#\s*finding(?::\s*(?P<codes>[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*))?\s*$")


class PageError(Exception):
    """A page is missing or does not have the shape of a rule page; the message names it."""


@dataclass(frozen=True, slots=True)
class Example:
    """One Python block: a whole small file."""

    code: str
    expected: tuple[tuple[int, str], ...]
    """Line in the block (from 1) and code of each finding that must be there; empty in good examples."""
    heading: str
    """The `##` section that it stands in."""
    line: int
    """Line of the page on which the block's first line stands."""


@dataclass(frozen=True, slots=True)
class Page:
    """One rule page."""

    name: str
    code: str
    title: str
    summary: str
    """The sentence under the title."""
    sections: dict[str, str]
    """Heading -> Markdown below it, subsections included."""
    text: str
    examples: tuple[Example, ...]


def load(name: str) -> Page:
    """The page of the rule with this name.

    Raises:
        PageError: if there is no such page, or it is malformed.
    """
    path = _directory() / f"{name}.md"
    if not path.is_file():
        raise PageError(f"rule {name} has no page: {path} does not exist")
    return parse(path.read_text(encoding="utf-8"), str(path))


def of(rule: Rule) -> Page:
    """The page of a rule, also of one that a plugin brings.

    Raises:
        PageError: if there is no such page, or it is malformed.
    """
    if not rule.plugin:
        return load(rule.name)
    found = _of_plugin(rule)
    if found is None:
        folders = " or ".join(f"{package.replace('.', '/')}/{FOLDERS[0]}" for package in _packages(rule))
        message = f"rule {rule.name} of plugin {rule.plugin!r} has no page: {rule.name}.md is looked for in {folders}"
        raise PageError(
            message if folders else f"rule {rule.name} of plugin {rule.plugin!r} is in no package with pages"
        )
    return parse(found.read_text(encoding="utf-8"), str(found))


def address(name: str) -> str:
    """The page as an address that a terminal can open, empty if there is none."""
    return _uri(_directory() / f"{name}.md")


def addresses(rules: Iterable[Rule]) -> Callable[[str], str]:
    """From the names of these rules to such addresses."""
    brought = {rule.name: rule for rule in rules if rule.plugin}
    return lambda name: _uri(_of_plugin(brought[name])) if name in brought else address(name)


def _uri(path: Traversable | None) -> str:
    return path.absolute().as_uri() if isinstance(path, Path) and path.is_file() else ""


def _packages(rule: Rule) -> Iterator[str]:
    """The packages around a rule's module, from inside out."""
    package = rule.check.__module__.rpartition(".")[0]
    while package:
        yield package
        package = package.rpartition(".")[0]


def _of_plugin(rule: Rule) -> Traversable | None:
    for package in _packages(rule):
        for folder in FOLDERS:
            path = files(package) / folder / f"{rule.name}.md"
            if path.is_file():
                return path
    return None


def names() -> tuple[str, ...]:
    """Names of all pages, sorted."""
    return tuple(sorted(path.name.removesuffix(".md") for path in _directory().iterdir() if path.name.endswith(".md")))


def parse(text: str, path: str) -> Page:
    """Read a page from its Markdown.

    Raises:
        PageError: if the title, the summary or a heading is missing or out of order.
    """
    lines = text.splitlines()
    title = _TITLE.fullmatch(lines[0]) if lines else None
    if title is None:
        raise PageError(f"{path}: the first line must be '# rule-name (GL000)'")
    sections, examples, preamble = _split(lines[1:], title["code"])
    summary = " ".join(preamble.split())
    if not summary:
        raise PageError(f"{path}: a sentence must stand under the title")
    if tuple(sections) != SECTIONS:
        raise PageError(f"{path}: the headings must be {', '.join(SECTIONS)}; found {', '.join(sections) or 'none'}")
    return Page(title["name"], title["code"], lines[0].removeprefix("# "), summary, sections, text, tuple(examples))


def _split(lines: list[str], code: str) -> tuple[dict[str, str], list[Example], str]:
    """Sections, examples, and what stands before the first heading. Headings inside code blocks are code."""
    bodies: dict[str, list[str]] = {}
    heading, fence = "", ""
    block: list[str] = []
    examples: list[Example] = []
    for number, line in enumerate(lines, start=2):
        if fence and line.strip() == "```":
            if fence == "```python":
                expected = _expected(block, code)
                examples.append(Example("\n".join(block) + "\n", expected, heading, number - len(block)))
            fence, block = "", []
        elif fence:
            block.append(line)
        elif line.startswith("```"):
            fence = line.strip()
        elif line.startswith("## "):
            heading = line.removeprefix("## ").strip()
            bodies[heading] = []
            continue
        bodies.setdefault(heading, []).append(line)
    preamble = "\n".join(bodies.pop("", []))
    return {name: "\n".join(body).strip() for name, body in bodies.items()}, examples, preamble


def _expected(block: list[str], code: str) -> tuple[tuple[int, str], ...]:
    found: list[tuple[int, str]] = []
    for number, line in enumerate(block, start=1):
        if marker := _MARKER.search(line):
            found.extend((number, each.strip()) for each in (marker["codes"] or code).split(","))
    return tuple(found)


def _directory() -> Traversable:
    """The pages of the installed package, or of the checkout that the package lies in."""
    shipped = files("gradlint") / "rules"
    if shipped.is_dir():
        return shipped
    checkout = Path(__file__).resolve().parents[2] / "rules"
    if checkout.is_dir():
        return checkout
    raise PageError(f"the rule pages are missing: looked in {shipped} and in {checkout}")
