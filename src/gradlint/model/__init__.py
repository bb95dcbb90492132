"""What the reader understood of one program: the only thing that rules see. Plain frozen data, no libcst.

A *program* is a root (a script, a module's training code, a function or class that nothing calls) and everything that
it reaches. A place is a `Where`; it becomes lines and columns only if a finding shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gradlint.model.inputs import Images, Observed, Table
from gradlint.model.layers import Initializer, LossUse, OutputActivation, RecurrentLayer
from gradlint.model.numerics import Hazard
from gradlint.model.optimizers import Argument, Bound, Optimizer, Schedule
from gradlint.model.places import Certainty, Context, Noted, Number, Unfollowed, Where
from gradlint.model.precision import Precision
from gradlint.model.rewards import Division, Return, RewardPath
from gradlint.model.updates import Clip, FiniteCheck, GraphCheck, NanComparison, NanReplacement, Pairing, Update

__all__ = [
    "Argument",
    "Bound",
    "Certainty",
    "Clip",
    "Context",
    "Division",
    "FiniteCheck",
    "GraphCheck",
    "Hazard",
    "Images",
    "Initializer",
    "LossUse",
    "NanComparison",
    "NanReplacement",
    "Noted",
    "Number",
    "Observed",
    "Optimizer",
    "OutputActivation",
    "Pairing",
    "Precision",
    "RecurrentLayer",
    "Return",
    "RewardPath",
    "Schedule",
    "Table",
    "TrainingModel",
    "Unfollowed",
    "Update",
    "Where",
]


@dataclass(frozen=True, slots=True)
class TrainingModel:
    """Everything that rules may ask about one program."""

    root: str
    """What the program starts from, for people: `train.py`, `agent.py: class Agent`."""
    path: str
    optimizers: tuple[Optimizer, ...] = ()
    updates: tuple[Update, ...] = ()
    clips: tuple[Clip, ...] = ()
    checks: tuple[FiniteCheck, ...] = ()
    graph_checks: tuple[GraphCheck, ...] = ()
    nan_replacements: tuple[NanReplacement, ...] = ()
    nan_comparisons: tuple[NanComparison, ...] = ()
    rewards: tuple[RewardPath, ...] = ()
    returns: tuple[Return, ...] = ()
    divisions: tuple[Division, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    pairings: tuple[Pairing, ...] = ()
    losses: tuple[LossUse, ...] = ()
    recurrent_layers: tuple[RecurrentLayer, ...] = ()
    nan_masks: tuple[Where, ...] = ()
    """Where a layer is to mask what is equal to NaN."""
    context: Context = field(default_factory=Context)
    unfollowed: tuple[Unfollowed, ...] = ()
    assumes_parameters: bool = False
    """The root is a function or class whose callers were not seen."""
    lr_keyword: str = "rejected"
    """What the meant Keras does with `lr=`: rejected, ignored or accepted."""
    target: str = ""
    """The meant Keras and TensorFlow and how they were inferred, for people."""
    target_assumed: bool = False
    """Nothing told which Keras is meant, so the current one is."""
    float16: Noted | None = None
    """Where the program makes float16 the type of all weights (not `mixed_float16`, which keeps them in float32)."""
    normalises: bool = False
    """Some file of the program names a normalisation layer or a network that is made elsewhere and may have some."""
    images: tuple[Images, ...] = ()
    observed: tuple[Observed, ...] = ()
    tables: tuple[Table, ...] = ()
    precision: Precision = field(default_factory=Precision)

    def updates_by(self, optimizer: Optimizer) -> tuple[Update, ...]:
        """The updates that use an optimizer, found by where it is made."""
        return tuple(u for u in self.updates if any(each.where == optimizer.where for each in u.optimizers))

    def may_be_clipped(self, optimizer: Optimizer) -> bool:
        """Something may clip the gradients of this optimizer, in it or on the way to it."""
        return {optimizer.clips, *(each.clipping for each in self.updates_by(optimizer))} != {Certainty.NEVER}

    def context_of(self, update: Update) -> Context:
        """Why exploding gradients are to be expected of an update."""
        return update.context or self.context

    def is_explosive(self, optimizer: Optimizer) -> bool:
        """Exploding gradients are to be expected in some update that uses this optimizer."""
        contexts = [self.context_of(each) for each in self.updates_by(optimizer)] or [self.context]
        return any(context.explosive for context in contexts)

    def only_through_time(self, optimizer: Optimizer) -> bool:
        """Plain gradient descent, without momentum, of recurrent networks in no reinforcement-learning program."""
        contexts = [self.context_of(each) for each in self.updates_by(optimizer)] or [self.context]
        return not optimizer.momentum and all(each.recurrent and not each.reinforcement for each in contexts)
