"""What the reader understood, as the plain data that `gradlint facts` shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gradlint.finding import Span
from gradlint.model import Noted, Optimizer, TrainingModel, Update, Where
from gradlint.reader.sites import Status
from gradlint.report.facts import ContextFact, Gap, OptimizerFact, Place, ProgramFact, SiteFact, UpdateFact

SpanOf = Callable[[Where], Span]


def _place(span: SpanOf, where: Where, note: str) -> Place:
    found = span(where)
    return Place(path=found.path, line=found.line, column=found.column, note=note)


def _places_of(span: SpanOf, noted: Iterable[Noted]) -> list[Place]:
    return [_place(span, each.where, each.note) for each in noted]


def program_fact(model: TrainingModel, span: SpanOf) -> ProgramFact:
    """What was understood of one program."""
    return ProgramFact(
        root=model.root,
        path=model.path,
        context=ContextFact(
            recurrent=_places_of(span, model.context.recurrent),
            reinforcement=_places_of(span, model.context.reinforcement),
        ),
        optimizers=[_optimizer_fact(each, span) for each in model.optimizers],
        updates=[_update_fact(each, span) for each in model.updates],
        clips=[_place(span, each.where, each.function) for each in model.clips],
        rewards=[
            _place(span, each.source, f"{each.bounded.value} bounded on the way to the {each.sink_kind}")
            for each in model.rewards
        ],
        checks=[_place(span, each.where, f"{each.function} on {each.subject}") for each in model.checks],
        unfollowed=[
            Gap(path=at.path, line=at.line, column=at.column, what=each.what, reason=each.reason)
            for each in model.unfollowed
            for at in [span(each.where)]
        ],
    )


def _optimizer_fact(optimizer: Optimizer, span: SpanOf) -> OptimizerFact:
    at = span(optimizer.where)
    return OptimizerFact(
        name=optimizer.name,
        constructor=optimizer.constructor,
        flavour=optimizer.flavour,
        learning_rate=optimizer.learning_rate.text if optimizer.learning_rate is not None else None,
        path=at.path,
        line=at.line,
        column=at.column,
        clips=optimizer.clips.value,
    )


def _update_fact(update: Update, span: SpanOf) -> UpdateFact:
    at = span(update.where)
    return UpdateFact(
        method=update.method,
        path=at.path,
        line=at.line,
        column=at.column,
        optimizers=[f"{o.name} ({span(o.where).path}:{span(o.where).line})" for o in update.optimizers],
        optimizer_unknown=update.optimizer_unknown,
        gradients=_places_of(span, update.gradients),
        gradients_unknown=update.gradients_unknown,
        clipping=update.clipping.value,
        finite_check=update.finite_check.value,
    )


def site_fact(status: Status, span: SpanOf) -> SiteFact:
    """What became of one update site."""
    at = span(status.site.where)
    return SiteFact(path=at.path, line=at.end_line, kind=status.site.kind, status=status.status, reason=status.reason)
