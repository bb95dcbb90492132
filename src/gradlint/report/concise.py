"""`path:line:col: CODE [name] message`, one line a finding."""

from __future__ import annotations

from gradlint.finding import Report, Verdict
from gradlint.report import View
from gradlint.report.escape import place, visible


def render(report: Report, view: View) -> str:
    """Problems first, then findings; nothing else."""
    lines = [
        f"{place(problem.path, problem.line)}: {'internal error' if problem.internal else 'error'}: "
        f"{visible(problem.message)}"
        for problem in report.problems
    ]
    for finding in report.findings:
        span = finding.span
        where = place(span.path, span.line, span.column, span.cell)
        verdict = f" ({finding.verdict.value})" if finding.verdict is not Verdict.SUSPECTED else ""
        lines.append(f"{where}: {finding.code} [{finding.name}] {visible(finding.message)}{verdict}")
    return "".join(line.rstrip() + "\n" for line in lines)
