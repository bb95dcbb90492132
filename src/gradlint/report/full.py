"""For people at a terminal: each finding with its source, the places that explain it, and the fix."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from gradlint.finding import Confidence, Finding, Problem, Related, Report, Severity, Verdict
from gradlint.report import View
from gradlint.report.escape import place, visible
from gradlint.report.frame import excerpt, frame
from gradlint.report.summary import summary

_LINK_ID = re.compile(r"\x1b\]8;id=[^;]*;")
"""rich numbers hyperlinks at random; without numbers the same report gives the same bytes."""

VERDICTS = {
    Verdict.CONFIRMED: "bold red",
    Verdict.NOT_OBSERVED: "bold green",
    Verdict.UNTESTED: "bold yellow",
}
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}


def render(report: Report, view: View) -> str:
    """Findings, then what could not be checked, then the summary."""
    blocks = [finding_rows(finding, view) for finding in report.findings]
    blocks += [_problem(problem, view) for problem in report.problems]
    clean = not report.findings and not report.problems
    last = [
        row
        for index, line in enumerate(summary(report, pedantic=view.pedantic))
        for row in wrap(Text(line, style="bold green" if clean and not index else "bold" if not index else ""), view)
    ]
    rows = [row for block in blocks for row in [*block, Text()]] + last
    return to_string(rows, view)


def to_string(rows: list[Text], view: View) -> str:
    """Rows as text, with terminal codes if the view is coloured; no row is broken or padded."""
    for row in rows:
        row.rstrip()
    if not view.color:
        return "".join(row.plain + "\n" for row in rows)
    # Everything is given, so that no environment variable and no terminal changes the bytes.
    console = Console(
        file=io.StringIO(), force_terminal=True, color_system="standard", no_color=False, legacy_windows=False,
        width=view.width, height=25, highlight=False, markup=False, emoji=False, _environ={},
    )  # fmt: skip
    with console.capture() as capture:
        for row in rows:
            console.print(row, soft_wrap=True)
    return _LINK_ID.sub("\x1b]8;;", capture.get())


def wrap(text: Text, view: View, indent: int = 4) -> Iterator[Text]:
    """Break at spaces so that no row is wider than the view; later rows are indented."""
    row_start, last_space, used, first = 0, -1, 0, True
    plain = text.plain
    for index, character in enumerate(plain):
        if character == " ":
            last_space = index
        used += cell_len(character)
        if used > (view.width if first else view.width - indent) and last_space > row_start:
            yield _indented(text[row_start:last_space], 0 if first else indent)
            row_start, first = last_space + 1, False
            used = cell_len(plain[row_start : index + 1])
    yield _indented(text[row_start:], 0 if first else indent)


def _indented(text: Text, indent: int) -> Text:
    return Text(" " * indent).append_text(text) if indent else text


def finding_rows(finding: Finding, view: View) -> list[Text]:
    """A finding with its source, the places that explain it, what a run has shown, and the fix."""
    style = _STYLES[finding.severity]
    span = finding.span
    name = Style(bold=True, link=view.page(finding.name) or None)
    head = Text().append(finding.code, style=style).append(" [", style="bold").append(visible(finding.name), style=name)
    head.append("] ", style="bold")
    head.append(finding.severity.label, style=style).append(f": {visible(finding.message)}", style="bold")
    rows = list(wrap(head, view))
    body = frame(view.lines(span.path, span.cell), span, view.width, style)
    gutter = body[0].plain.index("|") if body else 2
    rows.append(Text(" " * (gutter - 1) + "--> ", style="bold blue"))
    rows[-1].append(place(span.path, span.line, span.column, span.cell), style="not bold default")
    rows += body
    for related in finding.related:
        rows += _related(related, view, gutter)
    if finding.confidence is not Confidence.HIGH:
        doubt = f"confidence is {finding.confidence.label}: part of the code that decides was not seen"
        rows += wrap(Text("note: ", style="bold").append(doubt, style="not bold"), view, 6)
    if finding.verdict is not Verdict.SUSPECTED:
        rows += _verdict(finding, view)
    if finding.help:
        rows += wrap(
            Text("help: ", style="bold green").append(visible(finding.help), style="not bold default"), view, 6
        )
    return rows


def _related(related: Related, view: View, gutter: int) -> Iterator[Text]:
    span = related.span
    row = Text(" " * gutter + "= ", style="bold blue")
    row.append(place(span.path, span.line, cell=span.cell), style="bold default")
    yield from wrap(row.append(f": {visible(related.message)}", style="not bold default"), view, gutter + 6)
    indent = gutter + 6
    line = excerpt(view.lines(span.path, span.cell), span, max(view.width - indent, 20))
    if line:
        yield Text(" " * indent + line, style="dim")


def _verdict(finding: Finding, view: View) -> Iterator[Text]:
    """What a run has shown."""
    head = Text("probe: ", style="bold magenta").append(finding.verdict.value, style=VERDICTS[finding.verdict])
    told = "; ".join(visible(each.message) for each in finding.evidence if each.message not in finding.message)
    yield from wrap(head.append(f": {told}" if told else "", style="not bold default"), view, 7)


def _problem(problem: Problem, view: View) -> list[Text]:
    label = "internal error" if problem.internal else "error"
    head = Text(label, style="bold red").append(f": {visible(problem.message)}", style="bold")
    rows = list(wrap(head, view))
    rows.append(Text(" --> ", style="bold blue").append(place(problem.path, problem.line), style="not bold default"))
    if problem.internal:
        rows += wrap(Text("This is a mistake in gradlint, not in your code: please report it."), view)
    return rows
