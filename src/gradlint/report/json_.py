"""JSON, version 1; `schema.json` beside this module describes it. Within a version, keys are only ever added."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from gradlint.finding import Evidence, Finding, Related, Report, Severity, Verdict
from gradlint.report import View

VERSION = 1


def schema() -> str:
    """The JSON Schema of the format."""
    return Path(__file__).with_name("schema.json").read_text(encoding="utf-8")


def render(report: Report, view: View) -> str:
    """The whole report. Pure ASCII, so that no terminal, pipe or code page can spoil it."""
    return json.dumps(document(report), indent=2) + "\n"


def document(report: Report) -> dict[str, object]:
    """The report as plain data."""
    plain: dict[str, object] = {
        "version": VERSION,
        "findings": [finding_document(finding) for finding in report.findings],
        "errors": [
            {"path": problem.path, "line": problem.line, "message": problem.message} for problem in report.problems
        ],
        "summary": _summary(report),
    }
    probe = report.probe
    return plain | {"probe": asdict(probe)} if probe is not None else plain


def finding_document(finding: Finding) -> dict[str, object]:
    """A finding as plain data."""
    span = finding.span
    plain: dict[str, object] = {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.label,
        "confidence": finding.confidence.label,
        "verdict": finding.verdict.value,
        "message": finding.message,
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "related": [_related(related) for related in finding.related],
        "help": finding.help,
    }
    if finding.verdict is not Verdict.SUSPECTED:
        plain["evidence"] = [_evidence(evidence) for evidence in finding.evidence]
    return plain if span.cell is None else {**plain, "cell": span.cell}


def _evidence(evidence: Evidence) -> dict[str, object]:
    plain: dict[str, object] = {"message": evidence.message}
    if evidence.quantity:
        plain |= {
            "quantity": evidence.quantity,
            "value": json_number(evidence.value),
            "limit": json_number(evidence.limit),
        }
    return plain


def json_number(value: float | None) -> float | str | None:
    """JSON has no NaN and no infinity: they are the strings `nan`, `inf` and `-inf`."""
    if value is None or math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _related(related: Related) -> dict[str, object]:
    span = related.span
    plain: dict[str, object] = {"path": span.path, "line": span.line, "message": related.message}
    return plain if span.cell is None else {**plain, "cell": span.cell}


def _summary(report: Report) -> dict[str, object]:
    severities = Counter(finding.severity for finding in report.findings)
    coverage = report.coverage
    return {
        "files": report.files,
        "skipped": report.skipped,
        "severities": {severity.label: severities[severity] for severity in reversed(Severity)},
        "rules": _by_code(report.findings),
        "not_shown": _by_code(report.hidden),
        "suppressed": _by_code(report.suppressed),
        "coverage": {
            "sites": coverage.sites,
            "understood": coverage.understood,
            "explained": coverage.explained,
            "optimizers_expected": coverage.optimizers_expected,
            "optimizers_resolved": coverage.optimizers_resolved,
        },
    }


def _by_code(findings: Iterable[Finding]) -> dict[str, int]:
    counts = Counter(finding.code for finding in findings)
    return {code: counts[code] for code in sorted(counts)}
