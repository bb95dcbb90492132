"""Static findings x a run -> settled findings; and findings of their own for symptoms that no rule has predicted.

Nothing here says "safe" or "refuted": later batches, epochs and schedules were not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from gradlint.finding import Confidence, Evidence, Finding, Span, Symptom, Verdict
from gradlint.observed import Observation, Run, Settled, Sign, Spot, Updater, first_line, number
from gradlint.poles import Answer, never_ran, settle_operand, settle_origin, untested
from gradlint.rule import OBSERVED

LARGE_REWARD = 10.0
"""Reference code clips rewards to 1 or scales them to about that: see rules/raw-rewards.md."""
SAME = 1e-5
"""Relative difference of two float32 norms of the same gradients."""

_ARITHMETIC = frozenset(
    {
        "GL302", "GL304", "GL501", "GL502", "GL503", "GL504", "GL505", "GL506", "GL507", "GL508", "GL509", "GL510", "GL511",
        "GL512", "GL514", "GL604", "GL605", "GL707", "GL805",
    }
)  # fmt: skip
"""They name an operation with an operand that can be measured."""
_WITHOUT_OPERAND = frozenset({"GL513", "GL516", "GL705", "GL802", "GL902", "GL903", "GL905"})
"""They predict a number that is not finite, and no operand that could be measured shows it."""

_EXPLAINED = {
    "GL101": {Sign.BLOW_UP},
    "GL102": {Sign.BLOW_UP},
    "GL104": {Sign.BLOW_UP},
    "GL201": {Sign.BLOW_UP, Sign.OVERSIZED},
    "GL204": {Sign.BLOW_UP, Sign.OVERSIZED},
    "GL207": {Sign.BLOW_UP, Sign.OVERSIZED},
    "GL209": {Sign.BLOW_UP, Sign.OVERSIZED},
    "GL301": {Sign.BLOW_UP, Sign.OVERSIZED},
    "GL302": {Sign.NON_FINITE},
    "GL701": {Sign.RECURRENT},
    "GL702": {Sign.RECURRENT},
    "GL801": {Sign.BLOW_UP, Sign.OVERSIZED},
    "GL803": {Sign.BLOW_UP, Sign.OVERSIZED},
    "GL804": {Sign.BLOW_UP, Sign.OVERSIZED},
}
"""Symptoms that need no finding of their own once a finding of this rule is confirmed. A missing check is no cause,
and clipping bounds the step, not the growth through time."""


def settle(findings: Iterable[Finding], run: Run) -> tuple[Finding, ...]:
    """Each finding with what the run says about it."""
    settled = []
    for finding in findings:
        if finding.predicts is Symptom.NONE:
            settled.append(finding)
            continue
        verdict, evidence = _failed_there(finding, run) or _SETTLERS.get(finding.code, _unknown)(finding, run)
        settled.append(replace(finding, verdict=verdict, evidence=evidence))
    return tuple(settled)


def unpredicted(settled: Sequence[Finding], run: Run, span: Callable[[Spot | None], Span]) -> Iterator[Finding]:
    """Findings for symptoms that no confirmed finding explains; `span` also says where those stand that have no line."""
    confirmed = [finding for finding in settled if finding.verdict is Verdict.CONFIRMED]
    for updater in run.updaters:
        explained = set().union(*(_EXPLAINED.get(f.code, set()) for f in confirmed if _concerns(f, updater, run)))
        shown = {each.sign for each in updater.observations}
        if Sign.BLOW_UP in shown:  # one cause, one finding
            explained |= {Sign.OVERSIZED}
        if updater.consequence:
            explained |= {Sign.NON_FINITE}
        for observation in updater.observations:
            if observation.sign not in explained and not _is_told(observation, confirmed):
                yield _own(observation, span(observation.spot))


def _is_told(observation: Observation, confirmed: Iterable[Finding]) -> bool:
    told = _ARITHMETIC | _WITHOUT_OPERAND
    return any(observation.evidence in finding.evidence for finding in confirmed if finding.code in told)


def overall(findings: Iterable[Finding], run: Run) -> Settled:
    """The verdict on the run."""
    if any(finding.verdict is Verdict.CONFIRMED for finding in findings):
        return Settled.CONFIRMED
    return Settled.INCONCLUSIVE if run.missing or not run.updaters else Settled.NOT_OBSERVED


def _own(observation: Observation, span: Span) -> Finding:
    rule = next(rule for rule in OBSERVED if rule.name == observation.sign.value)
    return Finding(
        rule.code, rule.name, rule.severity, Confidence.HIGH, observation.message, span, rule.predicts, observation.help,
        verdict=Verdict.CONFIRMED, evidence=(observation.evidence,),
    )  # fmt: skip


# --- which part of the run a finding is about --------------------------------------------------------------------


def _at(spot: Spot | None, finding: Finding) -> bool:
    return spot is not None and any(spot.within(span) for span in finding.spans)


def _updaters(finding: Finding, run: Run) -> list[Updater]:
    """The optimizers that were created, or whose gradients were computed or applied, at the lines of a finding."""
    created = [each for each in run.updaters if _at(each.created, finding)]
    return created or [each for each in run.updaters if any(_at(spot, finding) for spot in each.spots)]


_APART = frozenset({"GL301", "GL302", "GL701", "GL702", "GL801", "GL803", "GL804"})
"""Rewards, divisions, layers and data stand apart from the optimizers that they reach."""


def _concerns(finding: Finding, updater: Updater, run: Run) -> bool:
    return finding.code in _APART or updater in _updaters(finding, run)


def _unseen(run: Run) -> Answer:
    """No update was seen at the lines of the finding."""
    if run.failure is not None or not run.updaters:
        return untested(run.missing or "no update was seen")
    return untested(
        f"the run of {run.program} made no update at these lines" + (f": {run.missing}" * bool(run.missing))
    )


def _unknown(finding: Finding, run: Run) -> Answer:
    return untested("the probe measures nothing that this rule is about")


def _failed_there(finding: Finding, run: Run) -> Answer | None:
    """The script raised at the very line: for rules that say that it will."""
    failure = run.failure
    if (
        failure is None
        or finding.code not in ("GL103", "GL202", "GL203", "GL412", "GL904")
        or not _at(failure.spot, finding)
    ):
        return None
    return Verdict.CONFIRMED, (Evidence(f"the script raises {failure.type} here: {first_line(failure.message)}"),)


# --- one function for each kind of rule --------------------------------------------------------------------------


def _clipping(updater: Updater) -> Answer | None:
    """GL101: something exploded; but where clipping was tried on this batch and did not stop it, it is not the cause."""
    seen = _of_steps(updater, Sign.BLOW_UP, Sign.RECURRENT)
    clipped = updater.tried("clip-1")
    if seen and (clipped is None or clipped.stable):
        return Verdict.CONFIRMED, (*seen, *([Evidence(clipped.message)] if clipped else []))
    if seen and clipped is not None:
        return Verdict.NOT_OBSERVED, (*seen, Evidence(f"but missing clipping is not the cause: {clipped.message}"))
    return None


def _of_steps(updater: Updater, *signs: Sign) -> list[Evidence]:
    """These symptoms, and a number that stopped being finite once the weights had moved; NaN before that has other causes."""
    counted = [*signs, *([Sign.NON_FINITE] if updater.stepped else [])]
    seen = (updater.shows(sign) for sign in counted)
    return [each.evidence for each in seen if each is not None]


def _bypassed(finding: Finding, run: Run) -> Answer:
    """GL102, GL104: the optimizer is handed more than the bound that the clip names whose result it does not get."""
    updaters = [each for each in _updaters(finding, run) if each.raw is not None and each.handed is not None]
    if not updaters:
        return _unseen(run)
    bound = _measured(finding, run)
    if bound is None:
        return untested("the bound of this clip could not be measured")
    for updater in updaters:
        raw, handed = updater.raw or 0.0, updater.handed or 0.0
        if abs(raw - handed) <= SAME * abs(raw) and handed > bound:
            text = f"{updater.name} was handed gradients of global norm {number(handed)}, as they were computed"
            return Verdict.CONFIRMED, (Evidence(f"{text}, past {number(bound)}", "global-norm", handed, bound),)
    return _calm(updaters)


def _rate(updater: Updater) -> Answer | None:
    """GL201, GL204, GL207, GL209: the loss grows, a number stops being finite, or an update dwarfs the weights."""
    seen = _of_steps(updater, Sign.BLOW_UP, Sign.OVERSIZED)
    if not seen:
        return None
    tried = [updater.tried(name) for name in ("lr/10", "lr=1/secant")]
    return Verdict.CONFIRMED, (*seen, *(Evidence(each.message) for each in tried if each is not None))


def _keyword(finding: Finding, run: Run) -> Answer:
    """GL202: the optimizer trains with another rate than the one that was written."""
    rates = [(each, each.learning_rate) for each in _updaters(finding, run) if each.learning_rate is not None]
    if not rates:
        return _unseen(run)
    meant = _measured(finding, run)
    if meant is None:
        return untested("the rate that is written here could not be measured")
    for updater, rate in rates:
        text = f"{updater.name} trains with learning rate {number(rate)}, and {number(meant)} was written"
        if rate is not None and abs(rate - meant) > SAME * meant:
            return Verdict.CONFIRMED, (Evidence(text, "learning-rate", rate, meant),)
    return Verdict.NOT_OBSERVED, (Evidence(f"the learning rate is {number(meant)}, as written"),)


def _measured(finding: Finding, run: Run) -> float | None:
    """The one number at the finding's place, the largest if it varied."""
    return max((each.high for each in run.operands.get(finding.span, ()) if each.high is not None), default=None)


def _rewards(finding: Finding, run: Run) -> Answer:
    """GL301: large rewards were paid, or the loss grows with the rewards as they are and not with normalised ones."""
    for updater in run.updaters:
        grown, normalised = updater.shows(Sign.BLOW_UP), updater.tried("normalised-rewards")
        if grown is not None and normalised is not None and normalised.stable:
            return Verdict.CONFIRMED, (grown.evidence, Evidence(normalised.message))
    if finding.span not in run.operands:
        return untested("the reward has no name at this line, so it could not be measured")
    seen = run.operands[finding.span]
    skipped = never_ran(seen, run)
    if skipped is not None:
        return skipped
    low = min((each.low for each in seen if each.low is not None), default=0.0)
    high = max((each.high for each in seen if each.high is not None), default=0.0)
    text = f"rewards from {number(low)} to {number(high)} in {max(each.calls for each in seen)} calls"
    large = max(abs(low), abs(high))
    verdict = Verdict.CONFIRMED if large > LARGE_REWARD else Verdict.NOT_OBSERVED
    return verdict, (Evidence(text, "largest-reward", large, LARGE_REWARD),)


def _unchecked(updater: Updater) -> Answer | None:
    """GL401, GL402: a number that is not finite was on its way into the weights, or in them."""
    bad = updater.shows(Sign.NON_FINITE)
    return (Verdict.CONFIRMED, (bad.evidence, Evidence("nothing stopped that update"))) if bad is not None else None


def _made(updater: Updater) -> Answer | None:
    """GL103 says that the update raises; if it was made, it has not."""
    return None


def _pairing(finding: Finding, run: Run) -> Answer:
    """GL412: a variable was given a gradient that was not computed for it."""
    updaters = _updaters(finding, run)
    wrong = [name for updater in updaters for name in updater.mismatched]
    if wrong:
        text = f"{len(wrong)} variables got a gradient that was not computed for them: {', '.join(wrong[:3])}"
        return Verdict.CONFIRMED, (Evidence(text, "mismatched-variables", float(len(wrong)), 0.0),)
    if not any(updater.paired for updater in updaters):
        return _unseen(run)
    return Verdict.NOT_OBSERVED, (Evidence("every variable got the gradient that was computed for it"),)


def _calm(updaters: Sequence[Updater]) -> Answer:
    return Verdict.NOT_OBSERVED, tuple(Evidence(each.calm) for each in updaters)


def _by_updaters(answer: Callable[[Updater], Answer | None]) -> Callable[[Finding, Run], Answer]:
    """Settle by the first optimizer of the finding that has an answer; the others were calm."""

    def settler(finding: Finding, run: Run) -> Answer:
        updaters = _updaters(finding, run)
        if not updaters:
            return _unseen(run)
        answers = (answer(updater) for updater in updaters)
        return next((each for each in answers if each is not None), None) or _calm(updaters)

    return settler


def _any_updater(answer: Callable[[Updater], Answer | None]) -> Callable[[Finding, Run], Answer]:
    """Settle by the first optimizer of the run that has an answer: what is fed in reaches all of them."""

    def settler(finding: Finding, run: Run) -> Answer:
        if not run.updaters:
            return _unseen(run)
        answers = (answer(updater) for updater in run.updaters)
        return next((each for each in answers if each is not None), None) or _calm(run.updaters)

    return settler


def _through_time(finding: Finding, run: Run) -> Answer:
    """GL701, GL702: the gradient grows with every time step backwards. Which line has made a layer is not known."""
    grown = [each.evidence for updater in run.updaters for each in updater.observations if each.sign is Sign.RECURRENT]
    measured = sum(updater.recurrent_layers for updater in run.updaters)
    if not measured:
        return untested(run.missing or "no gradient could be followed through time")
    if not grown:
        return _calm([updater for updater in run.updaters if updater.recurrent_layers])
    if len(grown) < measured:
        return untested(f"the gradients of {len(grown)} of {measured} recurrent layers grow, this one's or another's")
    return Verdict.CONFIRMED, tuple(grown)


_SETTLERS: dict[str, Callable[[Finding, Run], Answer]] = {
    "GL101": _by_updaters(_clipping),
    "GL102": _bypassed,
    "GL103": _by_updaters(_made),
    "GL104": _bypassed,
    "GL201": _by_updaters(_rate),
    "GL202": _keyword,
    "GL204": _by_updaters(_rate),
    "GL207": _by_updaters(_rate),
    "GL209": _by_updaters(_rate),
    "GL301": _rewards,
    "GL302": settle_operand,
    "GL401": _by_updaters(_unchecked),
    "GL402": _by_updaters(_unchecked),
    "GL412": _pairing,
    "GL701": _through_time,
    "GL702": _through_time,
    "GL801": _any_updater(_rate),
    "GL803": _any_updater(_rate),
    "GL804": _any_updater(_rate),
    **dict.fromkeys(_ARITHMETIC, settle_operand),
    **dict.fromkeys(_WITHOUT_OPERAND, settle_origin),
}
