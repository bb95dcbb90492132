"""The list of rules, for `gradlint rules`."""

from __future__ import annotations

import json
from collections.abc import Sequence

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
        }
        for rule in rules
    ]
    return json.dumps(listed, indent=2) + "\n"


def render_text(rules: Sequence[Rule]) -> str:
    """One line a rule."""
    width = max((len(rule.name) for rule in rules), default=0)
    return "".join(f"{rule.code}  {rule.name:{width}}  {rule.severity.label:7}  {rule.summary}\n" for rule in rules)
