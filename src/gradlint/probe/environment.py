"""The environment of the probed program: its user's own, minus what opens windows, asks, or reports elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_HARMLESS = {
    "MPLBACKEND": "Agg",  # plt.show() returns at once
    "QT_QPA_PLATFORM": "offscreen",
    "SDL_VIDEODRIVER": "dummy",  # pygame, and with it gym's rendering
    "SDL_AUDIODRIVER": "dummy",
    "PYGLET_HEADLESS": "True",
    "WANDB_MODE": "disabled",
    "WANDB_SILENT": "true",
    "COMET_MODE": "DISABLED",
    "NEPTUNE_MODE": "debug",
    "GIT_TERMINAL_PROMPT": "0",
    "PIP_NO_INPUT": "1",
    "PYTHONBREAKPOINT": "0",
    "PYTHONUNBUFFERED": "1",
    "PYTHONFAULTHANDLER": "1",
}
_REMOVED = (
    "PYTHONSAFEPATH",  # a script imports its neighbours
    "PYTHONSTARTUP",
    "PYTHONINSPECT",
    "DISPLAY",
    "WAYLAND_DISPLAY",
)


def environment(own: Mapping[str, str], *, device: str, temporary: Path) -> dict[str, str]:
    """The whole environment of the child.

    Args:
        own: the environment of this process.
        device: `cpu` hides all GPUs.
        temporary: directory for temporary files.
    """
    made = {name: value for name, value in own.items() if name not in _REMOVED}
    made |= _HARMLESS
    made.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    made |= {name: str(temporary) for name in ("TMPDIR", "TEMP", "TMP")}
    made["MLFLOW_TRACKING_URI"] = temporary.joinpath("mlruns").as_uri()
    if device == "cpu":
        made |= {"CUDA_VISIBLE_DEVICES": "-1", "HIP_VISIBLE_DEVICES": "-1", "ROCR_VISIBLE_DEVICES": "-1"}
    return made
