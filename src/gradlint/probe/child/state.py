"""The one object of a probed run: what was asked, what was seen, and when it is enough."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Iterator
from typing import Any

from . import channel
from .frames import Frames, Place, site

EXIT_DONE = 77
NOT_BEGUN, BEGUN = 3, 12
"""How many times the asked updates one optimizer may take while another has had none, or too few."""


class Entry:
    """One optimizer: the user's object, and what it did so far."""

    def __init__(self, index: int, optimizer: Any, created: Place | None) -> None:
        self.index = index
        self.name = type(optimizer).__name__ if optimizer is not None else "assign"
        self.module = type(optimizer).__module__ if optimizer is not None else ""
        self.created = created
        self.updates = 0
        self.settings: dict[str, Any] = {}
        self.learning_rate: float | None = None
        self.inner_of: Entry | None = None
        """The optimizer that wraps this one (loss scaling) and is counted instead of it."""
        self.previous: Any = None
        """Gradients and weights of the update before, for the secant."""
        self.micro: list[Any] = []
        """Calls that only accumulated since the last update."""
        self.replicas: dict[int, Any] = {}
        """Parts of the current update that the other replicas of this process have told so far."""
        self._optimizer = weakref.ref(optimizer) if optimizer is not None else lambda: None
        self.by_hand = optimizer is None

    @property
    def optimizer(self) -> Any:
        """The user's object, None when it is gone or there was none."""
        return self._optimizer()

    @property
    def counts(self) -> bool:
        """Updates of this one are waited for."""
        return self.inner_of is None and (self.updates > 0 or (self.optimizer is not None and not self.by_hand))


class Probe:
    """Everything that hooks share. Hooks run in the user's threads, hence the lock."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.request = request
        self.frames = Frames([request["root"]])
        self.channel = channel.Channel(request["events"], request["result"])
        self.lock = threading.RLock()
        self.local = threading.local()
        self.process = os.getpid()
        self.optimizers: list[Entry] = []
        self.steps: list[dict[str, Any]] = []
        self.non_finite: list[dict[str, Any]] = []
        self.recurrent: list[dict[str, Any]] = []
        self.replays: list[dict[str, Any]] = []
        self.headroom: list[dict[str, Any]] = []
        self.skipped: list[dict[str, str]] = []
        self.hooks: list[str] = []
        self.counts = dict.fromkeys(("gradient_calls", "apply_calls", "session_runs", "train_runs"), 0)
        self.operands: Any = None
        self.endings: list[Any] = []
        """Called when the script has come to its end."""
        self.times = {"import_tensorflow": 0.0, "instruments": 0.0, "replay": 0.0}
        self.script_started: float | None = None
        self.to_first_update: float | None = None
        self._finished = False

    # --- what hooks ask ------------------------------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """Not in our own calls, and not in a process that the script forked."""
        return not getattr(self.local, "inside", 0) and os.getpid() == self.process

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """What happens in here is ours: hooks stand aside and nothing is recorded."""
        recording = getattr(self.local, "recording", None)
        paused = recording.paused if recording is not None else False
        self.local.inside = getattr(self.local, "inside", 0) + 1
        if recording is not None:
            recording.paused = True
        try:
            yield
        finally:
            self.local.inside -= 1
            if recording is not None:
                recording.paused = paused

    @contextlib.contextmanager
    def measuring(self, what: str) -> Iterator[None]:
        """A failure of ours must not become the user's: it is told, and the script goes on."""
        start = time.monotonic()
        replay = self.times["replay"]
        try:
            with self.inside():
                yield
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{os.path.basename(last.filename)}:{last.lineno}"
            self.skip(what, f"{type(error).__name__}: {error} ({where})")
        finally:
            spent = time.monotonic() - start - (self.times["replay"] - replay)
            if getattr(self.local, "inside", 0) == 0:
                self.times["instruments"] += spent

    def skip(self, what: str, why: str) -> None:
        """Something was not measured: said once."""
        said = {"what": what, "why": why[:500]}
        with self.lock:
            if said not in self.skipped:
                self.skipped.append(said)

    # --- optimizers and steps ------------------------------------------------------------------------------------

    def entry(self, optimizer: Any, created: Place | None = None) -> Entry:
        """The entry of an optimizer; a new one for one that was not seen before. None: updates by hand."""
        with self.lock:
            for entry in self.optimizers:
                if (optimizer is None and entry.by_hand) or (optimizer is not None and entry.optimizer is optimizer):
                    return entry
            entry = Entry(len(self.optimizers), optimizer, created)
            self.optimizers.append(entry)
            return entry

    def about_to_update(self, entry: Entry) -> str | None:
        """How closely this update is to be looked at; None: enough of this optimizer was seen."""
        if self.to_first_update is None and self.script_started is not None:
            self.to_first_update = time.monotonic() - self.script_started - self.times["instruments"]
        if entry.updates < self.request["steps"]:
            return "full"
        return "watched" if entry.updates < self.total else None

    @property
    def total(self) -> int:
        """Updates that are asked of each optimizer."""
        return int(self.request["steps"]) + int(self.request["watch"])

    def updated(self, entry: Entry) -> None:
        """Count an update, and stop the script when all have had theirs."""
        entry.updates += 1
        waited_for = [each for each in self.optimizers if each.counts]
        most = max(each.updates for each in waited_for)
        late = [each for each in waited_for if each.updates < self.total]
        if not late:
            self.finish("steps-done")
        if all(most >= self.total * (BEGUN if each.updates else NOT_BEGUN) for each in late):
            for each in late:
                why = f"it had {each.updates} updates when another optimizer had {most}"
                self.skip(f"optimizer {each.index} ({each.name})", why)
            self.finish("steps-done")

    def tell_step(self, step: dict[str, Any]) -> None:
        """Keep a step, and tell the parent at once."""
        self.steps.append(step)
        norm = step["global_norm_raw"]
        self.channel.event(
            "step",
            step=step["index"],
            optimizer=step["optimizer"],
            loss=step["loss"],
            global_norm=norm if norm is not None else step["global_norm_clipped"],
        )
        self.channel.result(self.result("killed"))

    # --- the end -------------------------------------------------------------------------------------------------

    def finish(self, reason: str, error: dict[str, Any] | None = None, exit_code: int | None = None) -> None:
        """Write the result and leave at once: no `except:` of the script, no `finally:`, no atexit runs after this."""
        with self.lock:
            if self._finished:
                return
            if reason != "steps-done":
                for ending in self.endings:
                    ending()
            self._finished = True
            self.channel.result(self.result(reason, error, exit_code))
            self.channel.event("finished", reason)
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()
            os._exit(EXIT_DONE)

    def result(self, reason: str, error: dict[str, Any] | None = None, exit_code: int | None = None) -> dict[str, Any]:
        """The result as the wire format has it."""
        return {
            "version": 1,
            "reason": reason,
            "error": error,
            "exit_code": exit_code,
            "versions": versions(),
            "timing": {**self.times, "to_first_update": self.to_first_update, "total": channel.seconds()},
            "tried": {**self.counts, "hooks": self.hooks, "optimizers": sum(not e.by_hand for e in self.optimizers)},
            "optimizers": [told(entry) for entry in self.optimizers],
            "steps": self.steps,
            "non_finite": self.non_finite,
            "recurrent": self.recurrent,
            "headroom": self.headroom,
            "operands": self.operands.result() if self.operands is not None else [],
            "replays": self.replays,
            "skipped": self.skipped,
        }


def told(entry: Entry) -> dict[str, Any]:
    """An optimizer as the wire format has it."""
    return {
        "name": entry.name,
        "module": entry.module,
        "created": site(entry.created),
        "learning_rate": entry.learning_rate,
        "settings": entry.settings,
        "updates": entry.updates,
        "inner_of": entry.inner_of.index if entry.inner_of is not None else None,
    }


def versions() -> dict[str, Any]:
    """Of what the script has loaded."""
    found: dict[str, Any] = {"python": sys.version.split()[0]}
    for package in ("tensorflow", "keras", "tf_keras", "numpy"):
        version = getattr(sys.modules.get(package), "__version__", None)
        found[package] = None if version is None else str(version)
    return found
