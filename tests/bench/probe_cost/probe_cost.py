"""What a probe costs beside the program itself, in one run on one machine.

    python tests/bench/probe_cost/probe_cost.py [--python PYTHON] [--rounds N]

* *own*: the program's own time from its start to the end of its first update, without the probe: it trains one step and ends;
* *probe*: `gradlint probe` of the same program, from start to end, with all that it does unless told otherwise;
* *recording*: an eager step while its operations are recorded, over the same step while they are not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[2] / "src"
MODELS = ("dense", "convolution", "recurrent")
STYLES = ("fit", "loop")
RATIO, SECONDS, RECORDING = 1.5, 3.0, 1.1
"""The probe may take 1.5 times the program's own time and 3 s more than that time; a recorded step 1.1 times an eager one."""
ENVIRONMENT = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "NO_COLOR": "1", "CUDA_VISIBLE_DEVICES": "-1"}


def seconds(command: Sequence[str], expected: set[int]) -> float:
    """Wall-clock time of a command."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=HERE, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - start
    if done.returncode not in expected:
        raise RuntimeError(
            f"{' '.join(command)}: exit code {done.returncode}: {done.stderr[-2000:] or done.stdout[-2000:]}"
        )
    return taken


def in_turns(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure."""
    taken: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for times, measure in zip(taken, measures, strict=True):
            times.append(measure())
    return [median(times) for times in taken]


def probes(python: str, rounds: int) -> bool:
    """Time whole probes; whether all stay within the limit."""
    print(f"{'program':24} {'own':>7} {'probe':>7} {'(probe - own) / own':>20} {'limit':>7}")
    good = True
    for model in MODELS:
        for style in STYLES:
            script = [str(HERE / "million.py")]
            probe = [sys.executable, "-m", "gradlint", "probe", "--python", python, *script, "--", model, style]
            one_step = [python, *script, model, style, "--steps", "1"]
            own, whole = in_turns(rounds, lambda: seconds(one_step, {0}), lambda: seconds(probe, {0, 1}))  # noqa: B023
            limit = own + RATIO * own + SECONDS
            good &= whole <= limit
            print(
                f"{model + ' ' + style:24} {own:6.1f}s {whole:6.1f}s {(whole - own) / own:20.2f} {limit:6.1f}s",
                flush=True,
            )
    return good


def recordings(python: str, rounds: int) -> bool:
    """Time recorded steps; whether all stay within the limit."""
    print(f"\n{'eager step':24} {'plain':>9} {'recorded':>9} {'ratio':>7}")
    good = True
    for model in MODELS:
        command = [python, str(HERE / "recording.py"), model, str(rounds)]
        environment = {**ENVIRONMENT, "PYTHONPATH": str(SOURCE)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        ratio = found["recorded"] / found["plain"]
        good &= ratio <= RECORDING
        print(f"{model:24} {found['plain'] * 1e3:6.1f} ms {found['recorded'] * 1e3:6.1f} ms {ratio:7.3f}", flush=True)
    return good


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 1 if the probe costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="an interpreter with TensorFlow")
    parser.add_argument("--rounds", type=int, default=3, help="of whole probes")
    parser.add_argument("--steps", type=int, default=40, help="of each kind that are timed")
    options = parser.parse_args(argv)
    good = [probes(options.python, options.rounds), recordings(options.python, options.steps)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    raise SystemExit(main())
