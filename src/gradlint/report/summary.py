"""The last lines of a report: how much was checked, found, held back and understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from gradlint.finding import Finding, Report, Severity
from gradlint.report.escape import count, visible


def summary(report: Report, *, pedantic: bool) -> list[str]:
    """The summary, one statement a line; a clean run of code that holds no surprises is one line."""
    lines = [_headline(report)]
    if report.probe is not None:
        probe = report.probe
        lines.append(visible(f"Probe of {probe.program}: {probe.verdict}: {probe.reason}."))
    if report.hidden:
        lines.append(f"Not shown: {_by_code(report.hidden)} ({_remedy(pedantic)} shows them).")
    if report.suppressed:
        lines.append(f"Suppressed by comments: {_by_code(report.suppressed)}.")
    if report.coverage.sites:
        lines.append(_coverage(report))
    return lines


def _headline(report: Report) -> str:
    files = count(report.files, "file")
    if report.skipped:
        files += f" ({report.skipped} more hold no training code)"
    unchecked = f"; {count(len(report.problems), 'problem')} kept code from being checked" if report.problems else ""
    if report.findings:
        return f"Found {_by_severity(report.findings)} in {files}{unchecked}."
    if not report.files:
        nothing = "no training code in " + count(report.skipped, "file") if report.skipped else "no Python files"
        return f"Nothing to check: {nothing}{unchecked}."
    return f"No findings in {files}{unchecked}."


def _by_severity(findings: Iterable[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    labels = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    return ", ".join(count(counts[severity], label) for severity, label in labels.items() if counts[severity])


def _by_code(findings: Iterable[Finding]) -> str:
    counts = Counter(finding.code for finding in findings)
    return ", ".join(f"{counts[code]} {code}" for code in sorted(counts))


def _remedy(pedantic: bool) -> str:
    return "--min-confidence low" if pedantic else "--pedantic"


def _coverage(report: Report) -> str:
    coverage = report.coverage
    text = f"Understood {coverage.understood} of {count(coverage.sites, 'update site')}"
    if coverage.optimizers_expected:
        text += f"; optimizer resolved at {coverage.optimizers_resolved} of {coverage.optimizers_expected}"
    missing = coverage.understood < coverage.sites or coverage.optimizers_resolved < coverage.optimizers_expected
    return text + (" (`gradlint facts` says what is missing)." if missing else ".")


def statistics(report: Report) -> str:
    """A table of how often each rule fired, most frequent first."""
    counts: dict[str, list[int]] = {}
    rules: dict[str, Finding] = {}
    for column, findings in enumerate((report.findings, report.hidden, report.suppressed)):
        for finding in findings:
            rules.setdefault(finding.code, finding)
            counts.setdefault(finding.code, [0, 0, 0])[column] += 1
    if not counts:
        return ""
    rows = [("shown", "not shown", "suppressed", "rule")]
    for code in sorted(counts, key=lambda code: ([-number for number in counts[code]], code)):
        shown, hidden, suppressed = map(str, counts[code])
        rows.append((shown, hidden, suppressed, f"{code} [{rules[code].name}]"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "".join(
        "  ".join([*(cell.rjust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) + "\n"
        for row in rows
    )
