"""Why a program counts as recurrent or as reinforcement learning."""

from __future__ import annotations

from collections.abc import Iterator

from gradlint.model import Context, Noted, RewardPath, Where
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.ir import Import, ImportFrom
from gradlint.reader.state import Run
from gradlint.reader.trace import ContextEvent, UpdateEvent
from gradlint.vocabulary.recurrent import rl_package
from gradlint.vocabulary.rewards import kind_of_name


def find(run: Run, evidence: Evidence, rewards: tuple[RewardPath, ...]) -> Context:
    """The evidence, strongest first."""
    recurrent: dict[Where, Noted] = {}
    reinforcement: dict[Where, Noted] = {}
    for event, _ in evidence.of(ContextEvent):
        (recurrent if event.kind == "recurrent" else reinforcement).setdefault(event.noted.where, event.noted)
    for path in rewards:
        reinforcement.setdefault(path.source, Noted(path.source, "rewards reach the loss"))
    if not reinforcement:
        for noted in _imports(run, evidence):
            reinforcement.setdefault(noted.where, noted)
    if not reinforcement:
        for noted in _vocabulary(run, evidence):
            reinforcement.setdefault(noted.where, noted)
    return Context(tuple(recurrent.values())[:3], tuple(reinforcement.values())[:3])


_DISCOUNTS = frozenset({"gamma", "discount", "discount_factor", "discount_rate", "gae_lambda"})


def _vocabulary(run: Run, evidence: Evidence) -> Iterator[Noted]:
    """Code around an update that names rewards and a discount: the weakest evidence, so only where there is no other."""
    for event, _ in evidence.of(UpdateEvent):
        module = run.project.module(event.where.path)
        names = module.names if module is not None else frozenset()
        if names & _DISCOUNTS and any(kind_of_name(name) == "rewards" for name in names):
            yield Noted(event.where, "the code around it discounts rewards")
            return


def _imports(run: Run, evidence: Evidence) -> Iterator[Noted]:
    """Reinforcement-learning packages that the program's files import."""
    paths = {evidence.program.path} | {each.path for o in evidence.occurrences for each in o.stack if each.path}
    for path in sorted(paths):
        module = run.project.module(path)
        for statement in module.body if module is not None else ():
            names = [name for name, _ in statement.names] if isinstance(statement, Import) else []
            if isinstance(statement, ImportFrom) and not statement.level:
                names = [statement.module]
            for name in names:
                package = rl_package(name) if run.project.resolve(path, 0, name) is None else None
                if package is not None:
                    yield Noted(Where(path, statement.loc), f"the program imports {package}")
