"""What a linter says: places, how bad, how sure, and what a probe saw. Imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of source text. Lines and columns count from 1, columns in characters; the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None
    """Number of the notebook cell that `line` counts in (Markdown cells included), None in a script."""


class Severity(IntEnum):
    """How bad a finding is if it is right."""

    INFO = 1
    """Hygiene: worth knowing, seldom the cause of a dead run."""
    WARNING = 2
    """Risky: known to end in exploding gradients or NaN under common conditions."""
    ERROR = 3
    """Certainly a bug, or NaN as soon as the stated condition occurs."""

    @property
    def label(self) -> str:
        """As users write it."""
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the reader is of the facts; every assumption lowers it."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def label(self) -> str:
        """As users write it."""
        return self.name.lower()


class Symptom(Enum):
    """What a rule predicts and a probe can observe: the word that both share."""

    EXPLODING = "exploding-gradient"
    NON_FINITE = "non-finite"
    OVERSIZED_UPDATE = "oversized-update"
    UNSCALED_TARGET = "unscaled-target"
    WRONG_UPDATE = "wrong-update"
    NONE = "nothing"
    """It is about the code, not about a run."""


class Verdict(Enum):
    """What is known about a finding at run time. There is no "refuted": one clean step proves nothing."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    NOT_OBSERVED = "not-observed"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Related:
    """A place that explains a finding: where a value was created, produced, or used."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run has shown about a finding."""

    message: str
    quantity: str = ""
    """What was measured, such as `loss-growth`; empty where nothing was."""
    value: float | None = None
    limit: float | None = None
    """The value beyond which it is a symptom."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where, why, and what to do about it."""

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    span: Span
    predicts: Symptom
    help: str
    related: tuple[Related, ...] = ()
    verdict: Verdict = Verdict.SUSPECTED
    evidence: tuple[Evidence, ...] = ()
    """The reasons of the verdict; empty if the program was not run."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Every place of the finding, its own first."""
        return (self.span, *(related.span for related in self.related))


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be checked, or a part of gradlint that failed on it. Never silent."""

    path: str
    line: int
    message: str
    internal: bool = False
    """True where gradlint itself failed (exit code 3), False where the input is at fault."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the training code was understood, in update sites (places where gradients reach weights)."""

    sites: int = 0
    understood: int = 0
    """Sites whose gradients and optimizer were followed."""
    explained: int = 0
    """Sites that were not understood, but `gradlint facts` says why."""
    optimizers_expected: int = 0
    """Sites whose optimizer is constructed inside the checked project."""
    optimizers_resolved: int = 0


@dataclass(frozen=True, slots=True)
class ProbeSummary:
    """The run that has given findings their verdicts."""

    program: str
    verdict: str
    """confirmed, not-observed or inconclusive."""
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one run, complete: nothing that was found is missing from it."""

    findings: tuple[Finding, ...] = ()
    """What the user is shown, sorted by place and code."""
    hidden: tuple[Finding, ...] = ()
    """Found, but below the asked severity or confidence; the summary names rules and counts."""
    suppressed: tuple[Finding, ...] = ()
    """Found, but silenced by a comment in the code."""
    problems: tuple[Problem, ...] = ()
    files: int = 0
    """Files that were read as program text."""
    skipped: int = 0
    """Files that mention nothing that gradlint looks for."""
    coverage: Coverage = Coverage()
    probe: ProbeSummary | None = None
    """None if the program was not run."""
