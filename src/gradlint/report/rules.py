"""The list of rules, for `gradlint rules`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from gradlint.report import no_page
from gradlint.rule import Rule


def render_json(rules: Sequence[Rule]) -> str:
    """All that the registry knows of each rule."""
    listed = [
        {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity.label,
            "predicts": rule.predicts.value,
            "summary": rule.summary,
            "plugin": rule.plugin or None,
        }
        for rule in rules
    ]
    return json.dumps(listed, indent=2) + "\n"


def render_text(rules: Sequence[Rule], page: Callable[[str], str] = no_page) -> str:
    """One line a rule; its name leads to its page where the terminal shows hyperlinks."""
    width = max((len(rule.name) for rule in rules), default=0)
    return "".join(
        f"{rule.code}  {_linked(rule.name, page(rule.name))}{' ' * (width - len(rule.name))}"
        f"  {rule.severity.label:7}  {rule.summary}\n"
        for rule in rules
    )


def _linked(text: str, address: str) -> str:
    return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if address else text
