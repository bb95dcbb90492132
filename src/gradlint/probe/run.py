"""A probe from the options to the verdict: prepare, supervise, read, judge, settle."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gradlint import source, verdict
from gradlint.config import UsageError
from gradlint.finding import Finding, ProbeSummary, Report, Span, Verdict
from gradlint.observed import Run, Settled, Spot
from gradlint.places import Places
from gradlint.probe import codec, ending, processes, received, workers
from gradlint.probe.environment import environment
from gradlint.probe.judge import judge
from gradlint.probe.options import Options, interpreter
from gradlint.probe.received import BadResult, Events
from gradlint.probe.sources import Locator, Sources, prepare
from gradlint.probe.supervisor import Limits, Moment, Outcome, supervise
from gradlint.probe.symptoms import Locate
from gradlint.probe.target import Target, find
from gradlint.probe.wire import Event, Reason, Request, Result
from gradlint.probe.workspace import Workspace, workspace
from gradlint.rule import known_rules

CHILD = Path(__file__).with_name("child") / "__main__.py"
_FREE_SHARE = 0.8
Show = Callable[[Event | None, Moment], None]
"""Told many times a second what the child is doing and what it uses."""


@dataclass(frozen=True, slots=True)
class Probed:
    """Everything that a report of a probe needs."""

    options: Options
    verdict: Settled
    reason: str
    run: Run
    report: Report
    """The static findings with their verdicts, and those that only the run has made."""
    outcome: Outcome
    result: Result | None
    """Of the first worker."""
    others: tuple[Result, ...]
    """Of the other workers of a cluster."""
    invalid: str
    """Why the result was not believed; empty if it was, or if there is none."""
    locate: Locate

    @property
    def reached(self) -> bool:
        """Whether a training step was seen."""
        return bool(self.run.updaters)

    @property
    def failed(self) -> bool:
        """The probe itself failed."""
        return bool(self.invalid) or (self.result is not None and self.result.reason is Reason.CHILD_FAILED)


def probe(options: Options, report: Report, codes: frozenset[str], show: Show) -> Probed:
    """Run the program and hold what it shows against the static findings.

    Args:
        options: what to run, and how.
        report: the static findings.
        codes: the rules that may be reported.
        show: told what is going on.

    Raises:
        UsageError: if there is no such program or interpreter, or the system is Windows.
    """
    if os.name != "posix":
        raise UsageError("probe: this system has no process groups and sessions; use Linux, macOS or WSL")
    directory = Path(os.getcwd())
    python = interpreter(options.python)
    target = find(options, directory)
    with workspace(directory, isolate=options.isolate) as space:
        sources = prepare((*report.findings, *report.hidden), target, space)
        base = replace(_request(options, target, space), sources=sources.sources, operands=sources.operands)
        count = range(options.workers)
        requests = [replace(base, result=str(space.result(i)), events=str(space.events(i))) for i in count]
        outcome, last = _supervise(options, python, requests, space, show)
        taken = [_receive(space.result(i), requests[i], i, options.workers) for i in count]
        exits = workers.codes(space, options.workers, outcome.returncode)
        locate = Locator(space, target.notebook)
        runs = []
        for (result, invalid), code in zip(taken, exits, strict=True):
            why = invalid and f"the result file is not valid: {invalid}"
            why = why or ending.missing(options, replace(outcome, returncode=code), result, last)
            runs.append(_judged(result, options.name, why, locate, sources))
        run = workers.join(runs)
        home = Spot(source.shown(target.path) if target.path is not None else options.name, 1)
        settled = _settled(report, run, codes, home)
        overall = verdict.overall(settled.findings, run)
        reason = _reason(overall, settled, run)
        first, others = taken[0][0], tuple(result for result, _ in taken[1:] if result is not None)
        if first is not None and overall is Settled.NOT_OBSERVED:
            reason = "; ".join(filter(None, [reason, ending.idle(first, locate)]))
        settled = replace(settled, probe=ProbeSummary(options.name, overall.value, reason))
        invalid = next((why for _, why in taken if why), "")
        return Probed(options, overall, reason, run, settled, outcome, first, others, invalid, locate)


def _judged(result: Result | None, program: str, why: str, locate: Locate, sources: Sources) -> Run:
    if result is None:
        return Run(program, (), why)
    return judge(
        result, program=program, missing=why, locate=locate, operands=sources.operands, flagged=sources.flagged
    )  # fmt: skip


def _request(options: Options, target: Target, space: Workspace) -> Request:
    return Request(
        script=str(space.inside(target.path)) if target.module is None and target.path is not None else None,
        module=target.module,
        result="",
        events="",
        root=str(space.inside(target.root)),
        argv=options.arguments,
        steps=options.steps,
        watch=options.watch,
        seed=options.seed,
        device=options.device,
        replay=options.replay,
    )


def _supervise(
    options: Options, python: str, requests: Sequence[Request], space: Workspace, show: Show
) -> tuple[Outcome, Event | None]:
    """Run the child; also the last thing that it said to be doing."""
    for index, request in enumerate(requests):
        space.request(index).write_text(codec.dumps(request), encoding="utf-8")
    events = Events(space.events(0))
    last: list[Event] = []

    def each(moment: Moment) -> bool:
        for event in events.new():
            last[:] = [event]
        show(last[0] if last else None, moment)
        return False

    free = processes.available_memory()
    memory = options.memory if options.memory is not None else int(free * _FREE_SHARE) if free else None
    outcome = supervise(
        workers.command([[python, str(CHILD), str(space.request(index))] for index in range(len(requests))], space),
        Limits(options.timeout, memory),
        environment=environment(os.environ, device=options.device, temporary=space.temporary),
        directory=space.directory,
        each=each,
    )
    for event in events.new():
        last[:] = [event]
    return outcome, last[0] if last else None


def _receive(path: Path, request: Request, worker: int, count: int) -> tuple[Result | None, str]:
    try:
        result = received.result(path, request)
        return workers.named(result, worker, count) if result is not None else None, ""
    except BadResult as error:
        return None, str(error)


# --- findings ----------------------------------------------------------------------------------------------------


def _settled(report: Report, run: Run, codes: frozenset[str], home: Spot) -> Report:
    """The report with verdicts. What is confirmed is shown, however unsure the reader was."""
    lines = source.reader()

    def line(spot: Spot | None) -> Span:
        spot = spot or home
        shown = lines(spot.path, spot.cell)
        content = shown[spot.line - 1] if 0 < spot.line <= len(shown) else ""
        begin = len(content) - len(content.lstrip()) + 1
        return Span(spot.path, spot.line, begin, spot.line, max(len(content.rstrip()) + 1, begin), spot.cell)

    findings, hidden, suppressed = (
        verdict.settle(each, run) for each in (report.findings, report.hidden, report.suppressed)
    )
    raised = [finding for finding in hidden if finding.verdict is Verdict.CONFIRMED]
    # A comment that silences a forecast does not silence what really happens; nor does a forecast that is hardly one.
    own = [each for each in verdict.unpredicted(findings, run, line) if each.code in codes]
    places, known = Places(), {rule.code: rule.name for rule in known_rules()}
    silenced = [finding for finding in own if places.silencers(finding, known)]
    shown = [*findings, *raised, *(finding for finding in own if finding not in silenced)]
    return replace(
        report,
        findings=tuple(sorted(shown, key=_order)),
        hidden=tuple(finding for finding in hidden if finding.verdict is not Verdict.CONFIRMED),
        suppressed=(*suppressed, *silenced),
    )


def _order(finding: Finding) -> tuple[object, ...]:
    """As the linter sorts, but confirmed findings first."""
    span = finding.span
    confirmed = finding.verdict is Verdict.CONFIRMED
    return (not confirmed, span.path, span.cell or 0, span.line, span.column, finding.code)


def _reason(overall: Settled, report: Report, run: Run) -> str:
    """The verdict in one sentence."""
    if overall is Settled.CONFIRMED:
        seen = [updater.headline for updater in run.updaters if updater.headline]
        told = [f.evidence[0].message for f in report.findings if f.verdict is Verdict.CONFIRMED and f.evidence]
        return (seen or told or ["a suppressed finding is confirmed"])[0]
    if overall is Settled.INCONCLUSIVE:
        return run.missing or "no update was seen"
    return "; ".join(updater.calm for updater in run.updaters)
