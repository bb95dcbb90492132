"""Workflow commands of GitHub Actions: each finding becomes an annotation of the pull request."""

from __future__ import annotations

from gradlint.finding import Finding, Report, Severity, Span, Verdict
from gradlint.report import View
from gradlint.report.escape import place, visible

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_DATA: dict[str, str | int | None] = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY: dict[str, str | int | None] = {**_DATA, ":": "%3A", ",": "%2C"}


def escape_data(text: str) -> str:
    """Escape the message of a workflow command."""
    return text.translate(str.maketrans(_DATA))


def escape_property(text: str) -> str:
    """Escape a property of a workflow command."""
    return text.translate(str.maketrans(_PROPERTY))


def render(report: Report, view: View) -> str:
    """One command for each problem and each finding."""
    lines = [
        _command(
            "error",
            {"file": problem.path, "line": problem.line, "title": "gradlint"},
            f"{place(problem.path, problem.line)}: {visible(problem.message)}",
        )
        for problem in report.problems
    ]
    for finding in report.findings:
        title = f"{finding.code} {finding.name}"
        lines.append(_command(_LEVELS[finding.severity], {**_region(finding.span), "title": title}, _message(finding)))
    return "".join(line + "\n" for line in lines)


def _command(level: str, properties: dict[str, str | int], message: str) -> str:
    listed = ",".join(f"{key}={escape_property(visible(str(value)))}" for key, value in properties.items())
    return f"::{level} {listed}::{escape_data(message)}"


def _region(span: Span) -> dict[str, str | int]:
    if span.cell is not None:  # the lines of a cell are not the lines of the file
        return {"file": span.path, "line": 1}
    if span.end_line != span.line:  # GitHub rejects columns over several lines
        return {"file": span.path, "line": span.line, "endLine": span.end_line}
    return {
        "file": span.path,
        "line": span.line,
        "endLine": span.end_line,
        "col": span.column,
        "endColumn": span.end_column,
    }


def _message(finding: Finding) -> str:
    span = finding.span
    lines = [f"{place(span.path, span.line, span.column, span.cell)}: {visible(finding.message)}"]
    for related in finding.related:
        where = place(related.span.path, related.span.line, cell=related.span.cell)
        lines.append(f"{where}: {visible(related.message)}")
    if finding.verdict is not Verdict.SUSPECTED:
        told = "; ".join(visible(evidence.message) for evidence in finding.evidence)
        lines.append(f"probe: {finding.verdict.value}: {told}")
    if finding.help:
        lines.append(f"help: {visible(finding.help)}")
    return "\n".join(lines)
