"""Replay the first step of every optimizer: check it against what was observed, then ask what would have happened."""

from __future__ import annotations

import math
import time
from typing import Any, Callable

import numpy as np
import tensorflow as tf

from . import tensors
from .clipping import Clip, by_global_norm, inferred, nothing
from .program import SAME_GRADIENT, TRUSTED, NotReplayable, Program
from .sharpness import sharpness
from .state import Probe
from .tape import Gradient
from .trajectory import Path, walk
from .updates import Update

CLIP_NORM = 1.0
ERRORS = (tf.errors.OpError, ValueError, TypeError, RuntimeError, LookupError, AttributeError)
"""What re-executing operations and copying optimizers can raise."""


def replay(probe: Probe, update: Update, step: dict[str, Any]) -> None:
    """The gauge. Only of a fully instrumented first step: the optimizer's later steps have their own observed losses."""
    if not probe.request["replay"] or update.level != "full" or step["index"] != 1:
        return
    run = Replay(probe, update)
    try:
        run.go()
    except NotReplayable as error:
        run.told["why"] = str(error)
    except ERRORS as error:
        run.told["why"] = f"{type(error).__name__}: {str(error)[:300]}"
        run.told["trusted"] = False
    finally:
        spent = time.monotonic() - run.started
        run.told["seconds"] = spent
        probe.times["replay"] += spent
        probe.replays.append(run.told)


class Replay:
    """One replay in the making."""

    def __init__(self, probe: Probe, update: Update) -> None:
        self.probe = probe
        self.update = update
        self.theta: list[Any] = []
        self.started = time.monotonic()
        self.told: dict[str, Any] = {
            "optimizer": update.entry.index,
            "step": update.entry.updates + 1,
            "trusted": False,
            "why": "",
            "observed": None,
            "replayed": None,
            "operations": 0,
            "parameters": sum(int(each.size) for each in update.weights),
            "trajectories": [],
            "sharpness": None,
            "secant": None,
            "skipped": [],
            "seconds": 0.0,
        }

    def go(self) -> None:
        """Self-check first: without it nothing else is worth telling."""
        tape = self.tape()
        self.say("self-check")
        self.theta = [tf.constant(each) for each in self.update.weights]
        program = Program(tape.recording, tape.targets, self.update.variables, self.scale(tape))  # type: ignore[arg-type]
        self.told["operations"] = len(program.ops)
        loss, gradients = self.check(program, tape)
        self.told["trusted"] = True
        try:
            program.compile(self.theta, loss, gradients)
        except (NotReplayable, *ERRORS) as error:
            self.skip("a graph of the step, for speed", f"{type(error).__name__}: {str(error)[:300]}")
        self.trajectories(program)
        self.sharpness(program)

    def say(self, what: str) -> None:
        """Progress."""
        self.probe.channel.event("replaying", what, optimizer=self.update.entry.index)

    def skip(self, what: str, why: str) -> None:
        """Told beside what was measured."""
        self.told["skipped"].append({"what": what, "why": why})

    def late(self, what: str) -> bool:
        """Whether the replay has taken so long that this is left out; then it is told."""
        limit = float(self.probe.request["replay_seconds"])
        if time.monotonic() - self.started <= limit:
            return False
        self.skip(what, f"the replay had taken {limit:g} s already")
        return True

    def tape(self) -> Gradient:
        """The last of the step's tapes."""
        update = self.update
        if update.graph_values is not None:
            raise NotReplayable("steps of a TensorFlow 1 session are not replayed")
        if update.replicas > 1:
            raise NotReplayable("steps of several replicas are not replayed")
        if not update.match.tapes or update.match.tapes[-1].recording is None:
            raise NotReplayable("no tape with a recording belongs to this update")
        count = len(update.match.tapes) + update.micro_steps
        if count > 1:
            self.skip(f"the other {count - 1} of {count} accumulated batches", "only the last one is replayed")
        return update.match.tapes[-1]

    def scale(self, tape: Gradient) -> float:
        """Undo loss scaling; where gradients were added up, one batch stands for all of them."""
        share = len(self.update.match.tapes) if not self.update.match.mean else 1
        return tape.scale / share

    def check(self, program: Program, tape: Gradient) -> tuple[float, list[Any]]:
        """The replayed loss is the observed one, and so is the gradient. Returns both."""
        share = tape.scale / program.scale
        observed = tape.loss() * share
        replayed, gradients = program.gradient(self.theta)
        self.told["observed"], self.told["replayed"] = observed, replayed
        if not math.isfinite(observed):
            raise NotReplayable("the observed loss is not finite")
        if not abs(replayed - observed) <= TRUSTED * max(abs(observed), 1e-12):
            raise NotReplayable("the replayed loss differs from the observed one")
        if not math.isfinite(tensors.global_norm(each for each in self.update.raw if each is not None)):
            raise NotReplayable("the observed gradient is not finite")
        taken = [tape.gradients_taken.get(key) for key in self.update.keys]
        known = [
            (tensors.array(one) / program.scale, tensors.array(two))
            for one, two in zip(taken, gradients)
            if one is not None
        ]
        distance = tensors.difference_norm([one for one, _ in known], [two for _, two in known])
        if not distance <= SAME_GRADIENT * tensors.global_norm([one for one, _ in known]):
            raise NotReplayable("the replayed gradient differs from the observed one (a custom gradient?)")
        return replayed, gradients

    def trajectories(self, program: Program) -> None:
        """As it is, and the counterfactuals."""
        update, rate = self.update, self.update.learning_rate
        clip: Clip = nothing
        exact, note = True, ""
        if update.clipped and all(each is not None for each in update.raw):
            clip, exact, note = inferred(update.raw, update.clipped)
        path = self.walk(program, "as-is", clip=clip, exact=exact, note=note)
        if path is not None and exact and clip is nothing and all(norm <= CLIP_NORM for norm in path.norms):
            self.keep(path, "clip-1", exact=True, note="to the global norm 1")  # the same steps: nothing is clipped
        else:
            self.walk(program, "clip-1", clip=by_global_norm(CLIP_NORM), exact=True, note="to the global norm 1")
        if rate is None:
            self.skip("lr/10", "the learning rate is not known")
        else:
            self.walk(program, "lr/10", clip=clip, exact=exact, note=note, rate=rate / 10)
            if path is not None and path.secant:
                self.told["secant"] = path.secant
                if 1 / path.secant < rate:
                    self.walk(program, "lr=1/secant", clip=clip, exact=exact, note=note, rate=1 / path.secant)
        self.rewards(program, lambda: self.walk(program, "normalised-rewards", clip=clip, exact=exact, note=note))

    def walk(
        self,
        program: Program,
        name: str,
        clip: Clip,
        exact: bool,
        note: str,
        rate: float | None = None,
    ) -> Path | None:
        """One trajectory. The first, as it is, is always worth its time."""
        if name != "as-is" and self.late(name):
            return None
        self.say(name)
        try:
            path = walk(program, self.update, self.theta, int(self.probe.request["replay_steps"]), clip, rate)
        except NotReplayable as error:
            self.skip(name, str(error))
            return None
        except ERRORS as error:  # the user's optimizer, or one that cannot be made twice
            self.skip(name, f"{type(error).__name__}: {str(error)[:300]}")
            return None
        self.keep(path, name, exact, note, rate)
        return path

    def keep(self, path: Path, name: str, exact: bool, note: str, rate: float | None = None) -> None:
        """A trajectory as the wire format has it."""
        made = {
            "name": name,
            "learning_rate": self.update.learning_rate if rate is None else rate,
            "losses": path.losses,
            "norms": path.norms,
            "exact": exact,
            "note": note,
        }
        self.told["trajectories"].append(made)

    def rewards(self, program: Program, walk_with: Callable[[], Any]) -> None:
        """Rewards at instrumented lines are found in the program by their values, and normalised."""
        operands = self.probe.operands
        for index, declared in enumerate(operands.declared):
            values = operands.seen[index].last
            if declared["role"] != "reward" or values is None:
                continue
            found = [each for each in program.constants() if _holds(each, values)]
            if not found:
                self.skip("normalised-rewards", f"the rewards of line {declared['line']} were not found in the step")
                continue
            for each in found:
                numbers = tensors.array(each).astype(np.float64)
                normal = (numbers - numbers.mean()) / (numbers.std() + 1e-8)
                program.instead[id(each)] = tf.constant(normal, dtype=each.dtype)
            walk_with()
            program.instead.clear()
            return

    def sharpness(self, program: Program) -> None:
        """Up to a size: it takes about 20 gradients."""
        limit = int(self.probe.request["sharpness_limit"])
        if self.told["parameters"] > limit:
            self.skip("sharpness", f"{self.told['parameters']} parameters, the limit is {limit}")
            return
        if self.late("sharpness"):
            return
        self.say("sharpness")
        self.told["sharpness"] = sharpness(program, self.theta, self.update)
        if self.told["sharpness"] is None:
            self.skip("sharpness", "the gradient around the weights is not finite")


def _holds(tensor: Any, values: Any) -> bool:
    """The same numbers, in whatever shape and precision."""
    numbers = tensors.array(tensor)
    if numbers.size != values.size or numbers.size < 2:
        return False
    left, right = numbers.astype(np.float64).ravel(), values.astype(np.float64).ravel()
    return bool(np.allclose(left, right, rtol=1e-3, atol=1e-6))
