"""Why a program counts as recurrent or as reinforcement learning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from gradlint.model import Context, Noted, RewardPath, Update, Where
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.events import CompileEvent, ContextEvent, UpdateEvent
from gradlint.reader.heap import Obj
from gradlint.reader.ir import Attr, Import, ImportFrom, Name, Param
from gradlint.reader.state import ClassInfo, Run
from gradlint.reader.trace import Occurrence
from gradlint.reader.walk import walk
from gradlint.values import MOST_FLOWS, Flows, Mark, Ref, Source, options
from gradlint.vocabulary.recurrent import rl_package
from gradlint.vocabulary.rewards import kind_of_name, part_of_transition


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
_DISCOUNTING = "discounts rewards"


def _vocabulary(run: Run, evidence: Evidence) -> Iterator[Noted]:
    """Names in the code around an update: the weakest evidence, so only where there is no other."""
    for event, _ in evidence.of(UpdateEvent):
        does = _reinforces(run, event.where.path)
        if does is not None:
            yield Noted(_mentioned(run, event.where, _is_telling(does)) or event.where, f"the code around it {does}")
            return


def _is_telling(does: str) -> Callable[[str], bool]:
    return _is_discount if does == _DISCOUNTING else lambda name: kind_of_name(name) == "advantages"


def _mentioned(run: Run, where: Where, tells: Callable[[str], bool]) -> Where | None:
    """The first place of the file that mentions such a name."""
    module = run.project.module(where.path)
    nodes = (node for statement in module.body for node in walk(statement)) if module is not None else ()
    names = {Name: "id", Attr: "name", Param: "name"}
    found = [node.loc for node in nodes if type(node) in names and tells(getattr(node, names[type(node)]))]
    return Where(where.path, min(found)) if found else None


def _is_discount(name: str) -> bool:
    return name.lower() in _DISCOUNTS or name.lower().endswith(("_gamma", "_discount"))


def _reinforces(run: Run, path: str) -> str | None:
    """What the names in a file tell of reinforcement learning: rewards with a discount, or advantages with actions."""
    module = run.project.module(path)
    names = module.names if module is not None else frozenset()
    kinds = {kind_of_name(name) for name in names}
    if "rewards" in kinds and any(map(_is_discount, names)):
        return _DISCOUNTING
    if "advantages" in kinds and any(part_of_transition(name) == "action" for name in names):
        return "weighs actions by their advantage"
    return None


def _imports(run: Run, evidence: Evidence) -> Iterator[Noted]:
    """Reinforcement-learning packages that the program's files import."""
    for path in evidence.paths:
        module = run.project.module(path)
        for statement in module.body if module is not None else ():
            names = [name for name, _ in statement.names] if isinstance(statement, Import) else []
            if isinstance(statement, ImportFrom) and not statement.level:
                names = [statement.module]
            for name in names:
                package = rl_package(name) if run.project.resolve(path, 0, name) is None else None
                if package is not None:
                    yield Noted(Where(path, statement.loc), f"the program imports {package}")


# -- of one update -----------------------------------------------------------------------------------------------------------


def of_updates(
    run: Run, evidence: Evidence, updates: Iterable[Update], whole: Context, rewards: tuple[RewardPath, ...]
) -> tuple[Update, ...]:
    """The updates, each with the evidence about its own network and loss, and that which may be about another."""
    if not whole.explosive:
        return tuple(updates)
    recurrent = [(event.noted, seen) for event, seen in evidence.of(ContextEvent) if event.kind == "recurrent"]
    trained, losses = _trained(run, evidence), _losses(evidence)
    rewarded = {source for flows in losses.values() if _pays(flows) for source in flows if source.kind == "model"}
    paid_files = {path.sink.path for path in rewards}
    found = []
    for update in updates:
        models, loss = trained.get(update.where, []), losses.get(update.where, {})
        files = _files(update, models)
        near = _near(recurrent, files) if models else _in_loss(recurrent, loss)
        files |= {noted.where.path for noted in update.gradients}
        elsewhere = () if near else whole.recurrent
        reinforced: tuple[Noted, ...] = ()
        if update.method == "agent" or _pays(loss) or rewarded & set(loss):
            reinforced = whole.reinforcement
        elif _self_contained(loss) and rewarded:
            pass  # rewards are seen to reach other losses, and not to reach this one
        elif files & paid_files or any(_reinforces(run, path) for path in files):
            reinforced = whole.reinforcement
        else:
            elsewhere += whole.reinforcement
        found.append(replace(update, context=Context(near, reinforced, elsewhere)))
    return tuple(found)


def _in_loss(recurrent: list[tuple[Noted, Occurrence]], loss: Flows) -> tuple[Noted, ...]:
    """The recurrent layers whose results go into a loss."""
    places = {source.where for source in loss}
    if not places or len(loss) >= MOST_FLOWS:  # not known, or not all of it
        return tuple({noted.where: noted for noted, _ in recurrent}.values())[:3]
    return tuple({noted.where: noted for noted, _ in recurrent if noted.where in places}.values())[:3]


def _files(update: Update, models: list[Obj]) -> set[str]:
    """The files that tell about an update: its own, and those of its networks and their classes."""
    classes = {model.cls.module.ir.path for model in models if isinstance(model.cls, ClassInfo)}
    return {update.where.path, *(model.where.path for model in models)} | classes


def _pays(loss: Flows) -> bool:
    return any(source.kind == "reward" for source in loss)


def _self_contained(loss: Flows) -> bool:
    """All that goes into the loss was followed, down to the networks that make it."""
    opaque = any(marks.may & Mark.OPAQUE for marks in loss.values())
    return not opaque and any(source.kind == "model" for source in loss)


def _losses(evidence: Evidence) -> dict[Where, Flows]:
    """What goes into the losses (and the targets of fit) behind each update."""
    found: dict[Where, dict[Source, object]] = {}
    computed = {source: evidence.flows(event.loss) for source, event in evidence.gradient_sources.items()}
    for update, _ in evidence.of(UpdateEvent):
        for source in evidence.flows(update.gradients):
            found.setdefault(update.where, {}).update(computed.get(source, {}))
    return found  # type: ignore[return-value]


def _trained(run: Run, evidence: Evidence) -> dict[Where, list[Obj]]:
    """The model objects whose weights each update changes; none where some of them are not known."""
    found: dict[Where, list[Obj]] = {}
    unknown: set[Where] = set()
    for compiled, _ in evidence.of(CompileEvent):
        for option in options(compiled.model):
            if isinstance(option, Ref):
                found.setdefault(compiled.where, []).append(run.heap.get(option))
            else:
                unknown.add(compiled.where)
    for update, _ in evidence.of(UpdateEvent):
        flows = run.heap.flows(update.variables)
        owners = [source.detail.partition(":")[2] for source in flows if source.kind == "parameters"]
        if not owners or len(owners) < len(flows) or not all(owner.isdigit() for owner in owners):
            unknown.add(update.where)
        found.setdefault(update.where, []).extend(run.heap.get(Ref(int(o))) for o in owners if o.isdigit())
    return {where: models for where, models in found.items() if where not in unknown}


def _near(recurrent: list[tuple[Noted, Occurrence]], files: set[str]) -> tuple[Noted, ...]:
    """The recurrent layers that were made in these files, or while these files' code was running."""
    found = {
        noted.where: noted
        for noted, seen in recurrent
        if noted.where.path in files or any(each.path in files for each in seen.stack)
    }
    return tuple(found.values())[:3]
