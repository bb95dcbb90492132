"""Optimizer objects of the heap as optimizers of the model: learning rate, clipping, flavour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from gradlint.model import Argument, Certainty, Optimizer, Update, Where
from gradlint.reader import containers
from gradlint.reader.build import clips as clipping
from gradlint.reader.build import remade
from gradlint.reader.build.numbers import number, place
from gradlint.reader.build.resolve import Evidence
from gradlint.reader.build.schedules import schedule
from gradlint.reader.events import CompileEvent, FitEvent, UpdateEvent
from gradlint.reader.heap import Obj
from gradlint.reader.ir import Assign, Name
from gradlint.reader.state import ClassInfo, Run
from gradlint.reader.target import Target
from gradlint.reader.walk import walk
from gradlint.values import NONE, Const, Num, Ref, Source, Value, number_of, options, truth
from gradlint.vocabulary.clipping import GRADIENT_TRANSFORMERS, OPTIMIZER_CLIP_ARGUMENTS

_SCHEDULES = re.compile(r"(?i)scheduler|lr_?find|range_?test|cycl|warm_?up")
"""Names of callbacks that set the learning rate themselves."""
_SETTERS = frozenset({"set_value", "assign", "set_hyper", "_set_hyper"})
_RATES = frozenset({"lr", "learning_rate", "_lr"})
_BANDITS = re.compile(r"(^|[/._])bandits?([/._]|$)")
"""Contextual bandits fit rewards of single steps, often linearly, and bear rates that other agents do not."""

_POSTERIORS = frozenset(
    {
        "fit_surrogate_posterior",
        "build_factored_surrogate_posterior",
        "GaussianProcess",
        "GaussianProcessRegressionModel",
    }
)
"""Variational inference and the kernels of Gaussian processes: a few parameters of a distribution are fitted, and TensorFlow
Probability does so with Adam at 0.1."""
_SAMPLED = frozenset({"nce_loss", "sampled_softmax_loss"})
"""Losses of word embeddings: a step moves the few rows that a batch mentions, each by its share; SGD at 1 is usual there."""


def same_model(left: Value, right: Value) -> bool:
    """Both values may be one model; two unknown models are taken for one, unless different calls made them."""
    mine = {option.id for option in options(left) if isinstance(option, Ref)}
    other = {option.id for option in options(right) if isinstance(option, Ref)}
    if mine and other:
        return bool(mine & other)
    calls, others = _calls(left), _calls(right)
    return not mine and not other and not (calls - others and others - calls)


def _calls(value: Value) -> set[Where]:
    """The calls that were not followed on the way to a value."""
    return {
        source.where
        for option in options(value)
        if isinstance(option, Num)
        for source in option.flows
        if source.kind == "call"
    }


class Optimizers:
    """The optimizers of one program, made from heap objects on demand."""

    def __init__(self, run: Run, evidence: Evidence, target: Target) -> None:
        self.run = run
        self.evidence = evidence
        self.target = target
        self._made: dict[int, Optimizer | None] = {}

    def of(self, value: Value) -> tuple[tuple[Optimizer, ...], str | None]:
        """The optimizers that a value may be, and why it could not be followed if it is none."""
        found: list[Optimizer] = []
        reason: str | None = None
        for option in options(value):
            if isinstance(option, Ref):
                made = self.get(option)
                if made is not None and made not in found:
                    found.append(made)
                elif made is None:
                    reason = reason or "it is an object that is no known optimizer"
            elif option != NONE:
                reason = reason or _reason(option)
        return tuple(found), None if found else reason or "nothing was assigned to it"

    def get(self, ref: Ref) -> Optimizer | None:
        """The optimizer that an object is; wrappers are their inner optimizer with the wrapper's clipping added."""
        if ref.id not in self._made:
            self._made[ref.id] = None
            self._made[ref.id] = self._make(ref)
        return self._made[ref.id]

    def _make(self, ref: Ref) -> Optimizer | None:
        obj = self.run.heap.get(ref)
        if obj.kind != "optimizer":
            return None
        inner = obj.attrs.get("@inner")
        if inner is not None:
            found, _ = self.of(inner)
            own = self._clips(obj)
            if found:
                clips = own if own is not Certainty.NEVER else found[0].clips
                around = tuple(clipping.of_optimizer(self.run, obj, "")) if "@skips" in obj.attrs else ()
                return replace(found[0], clips=clips, around=(*around, *found[0].around))
            return None
        spec = obj.entries.get("spec")
        name = spec.value if isinstance(spec, Const) else obj.name.rpartition(".")[2]
        rate = number(self.run, obj.attrs.get("@learning_rate"))
        momentum = number_of(obj.attrs.get("@momentum", NONE)) or 0.0
        keyword = obj.entries.get("lr_where")
        flavour = self.target.flavour(obj.raw, obj.where.path)
        return Optimizer(
            where=obj.where,
            name=str(name),
            constructor=obj.name,
            flavour="project" if isinstance(obj.cls, ClassInfo) else flavour,
            learning_rate=rate,
            learning_rate_where=place(obj, "rate_where"),
            default_rate="written" not in obj.entries and (rate is None or not rate.origins),
            momentum=momentum,
            clips=self._clips(obj),
            from_string="string" in obj.entries,
            lr_keyword=keyword.value if isinstance(keyword, Const) and isinstance(keyword.value, Where) else None,
            caller_may_clip=self._caller_may_clip(obj),
            bounds=tuple(clipping.of_optimizer(self.run, obj, flavour)),
            schedule=schedule(self.run, obj.attrs.get("@learning_rate")),
            rate_may_change="rate used" in obj.entries or self._sets_rates,
            decay=self._argument(obj, "decay"),
            epsilon=self._argument(obj, "epsilon"),
            beta_2=self._argument(obj, "beta_2"),
            highest_rate=self.run.told(obj.where.path).max_learning_rate.get(str(name)),
        )

    @cached_property
    def _sets_rates(self) -> bool:
        """Some file of the program sets a learning rate by hand (`K.set_value(model.optimizer.lr, rate)`)."""
        found = (self.run.project.module(path) for path in self.evidence.paths)
        return any(m is not None and m.names & _SETTERS and m.names & _RATES for m in found)

    def _argument(self, obj: Obj, keyword: str) -> Argument | None:
        """An argument that is written, whether or not its value was followed."""
        value = obj.attrs.get(f"@{keyword}")
        if value is None or value == NONE:
            return None
        return Argument(keyword, place(obj, keyword), number(self.run, value))

    def skips(self, value: Value) -> bool:
        """A wrapper leaves out updates with non-finite gradients (LossScaleOptimizer)."""
        for option in options(value):
            if isinstance(option, Ref):
                attrs = self.run.heap.get(option).attrs
                if "@skips" in attrs or ("@inner" in attrs and self.skips(attrs["@inner"])):
                    return True
        return False

    @staticmethod
    def _clips(obj: Obj) -> Certainty:
        if truth(obj.attrs.get("@clips", Const(False))):
            return Certainty.ALWAYS
        found = Certainty.UNKNOWN if "@open" in obj.attrs else Certainty.NEVER
        for keyword in (*OPTIMIZER_CLIP_ARGUMENTS, GRADIENT_TRANSFORMERS):
            value = obj.attrs.get(f"@{keyword}")
            if value is None or value == NONE:
                continue
            if isinstance(value, Const):
                found = Certainty.SOMETIMES if value.assumed or value.value is None else Certainty.ALWAYS
            elif NONE in options(value) or isinstance(value, Num):
                found = Certainty.SOMETIMES
            else:
                found = Certainty.ALWAYS
            if found is Certainty.ALWAYS:
                return found
        return found

    @staticmethod
    def _caller_may_clip(obj: Obj) -> bool:
        """All that could make it clip are defaults of None, and `**kwargs` that nobody was seen to fill."""
        given = [obj.attrs.get(f"@{keyword}", NONE) for keyword in (*OPTIMIZER_CLIP_ARGUMENTS, GRADIENT_TRANSFORMERS)]
        empty = all(isinstance(value, Const) and value.value is None for value in given)
        is_open = obj.attrs.get("@open") == Const(True)
        return empty and "@clips" not in obj.attrs and (is_open or any(value != NONE for value in given))

    def _purpose(self, name: str, where: Where, uses: int) -> Iterator[str]:
        """Why an unusual learning rate may be deliberate."""
        if uses and self._only_scalars(where):
            yield "toy-variables"
        if _BANDITS.search(where.path) or where in self._bandits:
            yield "bandit"
        module = self.run.project.module(where.path)
        names = module.names if module is not None else frozenset()
        if names & _POSTERIORS:
            yield "posterior"
        if name == "SGD" and names & _SAMPLED:
            yield "embeddings"
        fits = [fit for fit, _ in self.evidence.of(FitEvent)]
        for event, _ in self.evidence.of(CompileEvent):
            if any(o.where == where for o in self.of(event.optimizer)[0]):
                if any(self._reschedules(fit.callbacks) for fit in fits if same_model(event.model, fit.model)):
                    yield "callback-schedule"

    def _never_read(self, where: Where) -> bool:
        """It is bound to a name which no file of the program mentions again."""
        module = self.run.project.module(where.path)
        bound = [node for node in walk(module) if isinstance(node, Assign) and node.value.loc == where.loc]
        names = {target.id if isinstance(target, Name) else "" for node in bound for target in node.targets}
        if len(names) != 1 or "" in names:
            return False
        (name,) = names
        others = (self.run.project.module(path) for path in self.evidence.paths if path != where.path)
        if any(other is not None and name in other.names for other in others):
            return False
        return sum(isinstance(node, Name) and node.id == name for node in walk(module)) == 1

    @cached_property
    def _bandits(self) -> set[Where]:
        """Optimizers that were given to agents of a library of contextual bandits."""
        agents = {o.where for o in map(self.run.heap.get, self.run.heap.of_kind("agent")) if _BANDITS.search(o.name)}
        given = [event for event, _ in self.evidence.of(UpdateEvent) if event.where in agents] if agents else []
        return {optimizer.where for event in given for optimizer in self.of(event.optimizer)[0]}

    def _reschedules(self, callbacks: Value) -> bool:
        for option in options(containers.element(self.run, callbacks)):
            obj = self.run.heap.get(option) if isinstance(option, Ref) else None
            if obj is not None and _SCHEDULES.search(obj.name.rpartition(".")[2]):
                return True
        return False

    def _only_scalars(self, where: Where) -> bool:
        """All that this optimizer updates are single numbers (a curve fit), or one variable, such as a styled image."""
        found: set[Source] = set()
        for event, _ in self.evidence.of(UpdateEvent):
            if any(o.where == where for o in self.of(event.optimizer)[0]):
                flows = self.run.heap.flows(event.variables)
                # what a variable starts from flows into it, too: an image that is made from another one
                variables = {source for source in flows if source.kind == "variable"}
                if not variables or any(source.kind in ("parameter", "parameters", "model") for source in flows):
                    return False
                found |= variables
        return len(found) == 1 or (bool(found) and all(source.detail == "scalar" for source in found))

    def all(self, updates: tuple[Update, ...]) -> tuple[Optimizer, ...]:
        """Every optimizer of the program, with how many updates use it."""
        for ref in sorted(self.run.heap.of_kind("optimizer"), key=lambda r: r.id):
            self.get(ref)
        counted: dict[Where, Optimizer] = {}
        again = remade.find(self.evidence)
        for made in self._made.values():
            if made is not None and made.where not in counted:
                uses = sum(any(o.where == made.where for o in update.optimizers) for update in updates)
                purpose = frozenset(self._purpose(made.name, made.where, uses))
                if updates and not uses and self._never_read(made.where):
                    purpose |= {"unused"}
                counted[made.where] = replace(made, updates=uses, purpose=purpose, remade=again.get(made.where))
        return tuple(counted[where] for where in sorted(counted))


def _reason(option: Value) -> str:
    if isinstance(option, Num):
        return option.unknown or "it is computed in a way that was not followed"
    return f"it is {type(option).__name__.lower()} of a library that was not followed"
