"""Rules: a decorator, what a rule yields, and the rules of gradlint itself, found by walking `gradlint.checks`.

Those of plugins are found by `gradlint.plugins`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Context, Noted, TrainingModel, Where


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule yields: one place that is wrong."""

    where: Where
    message: str
    help: str
    """The fix in one line."""
    confidence: Confidence
    related: tuple[Noted, ...] = ()
    severity: Severity | None = None
    """Only where it differs from the rule's own."""


Check = Callable[[TrainingModel], Iterator[Match]]


def doubted(confidence: Confidence, doubts: int) -> Confidence:
    """One less for every doubt, down to low."""
    return Confidence(max(confidence - doubts, Confidence.LOW))


def of_absence(model: TrainingModel, confidence: Confidence) -> Confidence:
    """Confidence that something is missing: one less where callers that were not seen could have supplied it."""
    return doubted(confidence, model.assumes_parameters)


def in_context(context: Context, confidence: Confidence) -> Confidence:
    """Confidence in what needs exploding gradients to matter: low where nothing ties them to what is trained."""
    return Confidence.LOW if context.elsewhere and not context.explosive else confidence


@dataclass(frozen=True, slots=True)
class Rule:
    """A registered rule. Its name is its function's name with dashes, and the stem of its page."""

    code: str
    name: str
    summary: str
    severity: Severity
    predicts: Symptom
    check: Check
    plugin: str = ""
    """The plugin that it comes from, empty for gradlint's own."""


def rule(code: str, *, severity: Severity, predicts: Symptom) -> Callable[[Check], Check]:
    """Make a function a rule; the first line of its docstring is the rule's summary."""

    def register(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        summary = (check.__doc__ or "").strip().partition("\n")[0]
        if not summary:
            raise ValueError(f"{code} [{name}] has no docstring, whose first line is its summary")
        check.__gradlint_rule__ = Rule(code, name, summary, severity, predicts, check)  # type: ignore[attr-defined]
        return check

    return register


def _only_seen(model: TrainingModel) -> Iterator[Match]:
    """Nothing in the model of a program shows it."""
    return iter(())


OBSERVED = (
    Rule(
        "GL011", "non-finite-step", "A loss, a gradient or a weight stops being a finite number in the first updates.",
        Severity.ERROR, Symptom.NON_FINITE, _only_seen,
    ),
    Rule(
        "GL012", "loss-blow-up", "The loss grows manifold within the first updates, or would on the same batch.",
        Severity.ERROR, Symptom.EXPLODING, _only_seen,
    ),
    Rule(
        "GL013", "oversized-update", "The first update is several times as long as the weights that it changes.",
        Severity.ERROR, Symptom.OVERSIZED_UPDATE, _only_seen,
    ),
    Rule(
        "GL014", "growing-recurrent-gradient", "The gradient of a recurrent layer grows with every time step backwards.",
        Severity.WARNING, Symptom.EXPLODING, _only_seen,
    ),
)  # fmt: skip
"""Rules whose findings only a run can make (`gradlint probe`)."""


ABOUT_COMMENTS = (
    Rule(
        "GL001", "useless-ignore", "A comment that is to silence a finding silences nothing.",
        Severity.WARNING, Symptom.NONE, _only_seen,
    ),
)  # fmt: skip
"""Rules about the comments that silence the others; `gradlint.comments` applies them."""


def rules_in(module: ModuleType) -> tuple[Rule, ...]:
    """The rules that a module defines; those that it imports are another module's."""
    found = (getattr(value, "__gradlint_rule__", None) for value in vars(module).values())
    mine = (each for each in found if isinstance(each, Rule) and each.check.__module__ == module.__name__)
    return tuple(dict.fromkeys(mine))


def known_rules() -> tuple[Rule, ...]:
    """Every rule of gradlint itself that a report can name, sorted by code."""
    return tuple(sorted((*ABOUT_COMMENTS, *OBSERVED, *all_rules()), key=lambda rule: rule.code))


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of gradlint itself that checks the text of a program, sorted by code.

    Raises:
        ValueError: if two rules share a code or a name, or a module of `checks` holds no rule.
    """
    from gradlint import checks

    found: dict[str, Rule] = {}
    for info in pkgutil.iter_modules(checks.__path__):
        module = importlib.import_module(f"gradlint.checks.{info.name}")
        rules = rules_in(module)
        if not rules:
            raise ValueError(f"gradlint.checks.{info.name} holds no rule")
        for each in rules:
            if each.code in found or each.name in {other.name for other in found.values()}:
                raise ValueError(f"{each.code} [{each.name}] is registered twice")
            found[each.code] = each
    return tuple(found[code] for code in sorted(found))
