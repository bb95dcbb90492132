"""A probe for people at a terminal: the verdict, the findings, then the numbers that it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from gradlint.finding import Finding, Verdict
from gradlint.observed import Settled, Updater
from gradlint.probe.ending import size, tried
from gradlint.probe.run import Probed
from gradlint.probe.wire import Reason, Result
from gradlint.report import View
from gradlint.report.escape import count, place, visible
from gradlint.report.full import VERDICTS, finding_rows, to_string, wrap
from gradlint.report.probe_numbers import numbers

_STYLES = {
    Settled.CONFIRMED: "bold red",
    Settled.NOT_OBSERVED: "bold green",
    Settled.INCONCLUSIVE: "bold yellow",
}
_TAIL = 15
"""Lines of the script's last output that are shown where it explains the end."""
_LIMITS = "These batches and these steps only: later ones, other data and schedules were not seen."


def render(probed: Probed, view: View) -> str:
    """The report, ending with a newline."""
    blocks = [list(_verdict(probed, view))]
    blocks += [list(block) for block in _unfinished(probed, view)]
    blocks += [finding_rows(finding, view) for finding in _confirmed(probed, True)]
    blocks.append(list(_not_confirmed(probed, view)))
    for result in (probed.result, *probed.others):
        if result is not None:
            blocks += numbers(result, probed.locate, view)
    blocks.append(list(_closing(probed, view)))
    rows = [row for block in blocks if block for row in [*block, Text()]]
    return to_string(rows[:-1], view)


def _verdict(probed: Probed, view: View) -> Iterator[Text]:
    style = _STYLES[probed.verdict]
    head = Text(probed.verdict.value.replace("-", " ").upper(), style=style)
    yield from wrap(head.append(f" {visible(probed.reason)}", style="not bold default"), view)
    if probed.verdict is not Settled.INCONCLUSIVE and probed.run.missing:
        yield from wrap(Text(f"The run was cut short: {visible(probed.run.missing)}."), view)
    for updater in probed.run.updaters:
        if updater.observations and updater.counterfactuals:
            yield from wrap(Text(_remedies(updater)), view)
    if probed.verdict is Settled.NOT_OBSERVED:
        yield from wrap(Text(_LIMITS, style="dim"), view)
    for updater in probed.run.updaters if probed.verdict is Settled.INCONCLUSIVE else ():
        yield from wrap(Text(f"Seen so far: {visible(updater.calm)}."), view)


def _remedies(updater: Updater) -> str:
    """What was measured to help, and what was measured not to."""
    helps = [each.message for each in updater.counterfactuals if each.stable]
    useless = [each.message for each in updater.counterfactuals if not each.stable]
    text = f"On this batch {'; '.join(helps)}." if helps else "Nothing that was tried helps on this batch."
    return visible(text + (f" But {'; '.join(useless)}." if useless and helps else ""))


def _confirmed(probed: Probed, wanted: bool) -> list[Finding]:
    return [each for each in probed.report.findings if (each.verdict is Verdict.CONFIRMED) is wanted]


def _not_confirmed(probed: Probed, view: View) -> Iterator[Text]:
    """What was predicted and not seen, in few words: `gradlint check` shows it with its source."""
    for finding in _confirmed(probed, False):
        span = finding.span
        row = Text(f"{finding.code} [{visible(finding.name)}]", style="bold")
        row.append(f" {place(span.path, span.line, cell=span.cell)}: ", style="not bold")
        row.append(finding.verdict.value.replace("-", " "), style=VERDICTS[finding.verdict])
        told = "; ".join(visible(each.message) for each in finding.evidence)
        yield from wrap(row.append(f" ({told})" if told else "", style="not bold default"), view)
    if probed.report.hidden or probed.report.suppressed:
        shy = [("not shown", probed.report.hidden), ("silenced by comments", probed.report.suppressed)]
        told = ", ".join(f"{len(each)} {word}" for word, each in shy if each)
        yield from wrap(Text(f"Other static findings, none of them confirmed: {told}.", style="dim"), view)
    for problem in probed.report.problems:
        yield from wrap(Text(f"{place(problem.path, problem.line)}: {visible(problem.message)}", style="dim"), view)


def _unfinished(probed: Probed, view: View) -> Iterator[Iterator[Text]]:
    """Why there is nothing to show, or less than was asked for."""
    result = probed.result
    if result is not None and not probed.reached:
        yield wrap(Text(f"No update was seen: {visible(tried(result))}."), view)
    if result is not None and result.error is not None:
        yield _lines(result.error.traceback, len(result.error.traceback))
    elif probed.run.missing and probed.outcome.output.strip() and _cut(result):
        yield _output(probed.outcome.output)


def _cut(result: Result | None) -> bool:
    return result is None or result.reason not in (Reason.STEPS_DONE,)


def _lines(text: str, most: int) -> Iterator[Text]:
    for line in text.rstrip().splitlines()[-most:]:
        yield Text(visible(line.expandtabs(4)), style="dim")


def _output(output: str) -> Iterator[Text]:
    yield Text("The last lines that the script printed:")
    yield from _lines(output, _TAIL)


def _closing(probed: Probed, view: View) -> Iterator[Text]:
    """What was run, how long it took, and what was not measured."""
    result, outcome = probed.result, probed.outcome
    for each in result.skipped if result is not None else ():
        yield from wrap(Text(f"Not measured: {visible(each.what)} ({visible(each.why)}).", style="dim"), view)
    text = f"{probed.options.name} ran for {outcome.seconds:.1f} s"
    if result is not None:
        timing = result.timing
        parts = [f"importing TensorFlow {timing.import_tensorflow:.1f}"]
        if timing.to_first_update is not None:
            parts.append(f"to the first update {timing.to_first_update:.1f}")
        parts += [f"measuring {timing.instruments:.1f}", f"replaying {timing.replay:.1f}"]
        text += f" ({', '.join(parts)})"
    text += f" and used {size(outcome.peak_memory)}"
    if outcome.survivors:
        text += f"; {count(outcome.survivors, 'process')} that it left running ended"
    yield from wrap(Text(f"{visible(text)}.", style="dim"), view)
    if result is not None:
        yield from wrap(Text(_versions(result), style="dim"), view)


def _versions(result: Result) -> str:
    seen = result.versions
    named = [
        ("Python", seen.python),
        ("TensorFlow", seen.tensorflow),
        ("Keras", seen.keras),
        ("tf_keras", seen.tf_keras),
    ]
    return visible(", ".join(f"{name} {version}" for name, version in named if version) + ".")
