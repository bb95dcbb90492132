"""How near the tensors of a step in float16 or bfloat16 come to overflow, forward and backward."""

from __future__ import annotations

from typing import Any

from . import tensors
from .frames import site
from .state import Probe
from .updates import Update

NARROW = ("float16", "bfloat16")


def headroom(probe: Probe, update: Update, step: dict[str, Any]) -> None:
    """The largest magnitude per dtype and pass, in a fully instrumented step."""
    if update.level != "full":
        return
    largest: dict[tuple[str, str], tuple[float, Any]] = {}
    seen = set()
    for tape in update.tapes_of_all_replicas():
        if tape.recording is None or id(tape.recording) in seen:
            continue
        seen.add(id(tape.recording))
        for index, op in enumerate(tape.recording.ops):
            backward = tape.recording.backward_from is not None and index >= tape.recording.backward_from
            for output in op.outputs:
                dtype = tensors.dtype_of(output)
                if dtype in NARROW:
                    magnitude = tensors.tally(tensors.array(output))["max_abs"] or 0.0
                    key = (dtype, "backward" if backward else "forward")
                    if magnitude > largest.get(key, (0.0, None))[0]:
                        largest[key] = (magnitude, op)
    for (dtype, phase), (magnitude, op) in sorted(largest.items()):
        probe.headroom.append(
            {
                "optimizer": update.entry.index,
                "step": step["index"],
                "dtype": dtype,
                "phase": phase,
                "max_abs": magnitude,
                "bits": tensors.headroom_bits(dtype, magnitude),
                "operation": op.kind,
                "site": site(op.place),
            }
        )
