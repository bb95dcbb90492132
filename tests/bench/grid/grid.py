"""How well does a probe of five steps foretell that training blows up? Truth: 150 steps of the same run, not probed.

    python tests/bench/grid/grid.py [PROBLEM...] [--python PYTHON] [--results FILE]

A run *blows up* at the first step whose loss is not finite or more than ten times the first. *Early* is within the updates that
the probe watches, *late* is afterwards. A warning of a run that blows up late is neither right nor wrong for early blow-ups: it
is counted in columns of its own.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cells import PROBLEMS, Cell, cells
from criteria import CRITERIA, losses, replayed

HERE = Path(__file__).resolve().parent
WATCHED = 5
"""Updates that `gradlint probe` sees unless told otherwise."""
BLOW_UP = 10.0
WANTED = 0.9
ENVIRONMENT = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "NO_COLOR": "1", "CUDA_VISIBLE_DEVICES": "-1"}


@dataclass(frozen=True)
class Row:
    """One cell: what happened, and what the probe said."""

    cell: Cell
    truth: list[float]
    probe: dict[str, Any]

    @property
    def blown(self) -> int | None:
        """Updates after which the unprobed run has blown up."""
        limit = BLOW_UP * self.truth[0]
        return next((at for at, loss in enumerate(self.truth) if not math.isfinite(loss) or loss > limit), None)

    @property
    def kind(self) -> str:
        """`early`, `late` or `never`."""
        return "never" if self.blown is None else "early" if self.blown <= WATCHED else "late"

    def __str__(self) -> str:
        most = max((loss for loss in self.truth if math.isfinite(loss)), default=math.nan) / self.truth[0]
        when = "" if self.blown is None else f", blown up after {self.blown} updates"
        return f"{self.cell}: at most {most:.3g} times the first loss{when}"

    @property
    def deviation(self) -> float:
        """Largest relative difference between the losses of the probed run and of the other, while both are moderate."""
        pairs = [(seen, true) for seen, true in zip(losses(self.probe), self.truth, strict=False) if abs(true) < 1e6]
        return max((abs(seen - true) / max(abs(true), 1e-6) for seen, true in pairs[:2]), default=0.0)


def truths(python: str, asked: Sequence[Cell]) -> list[list[float]]:
    """The losses of unprobed runs."""
    given = "".join(json.dumps(asdict(cell)) + "\n" for cell in asked)
    command = [python, str(HERE / "truth.py")]
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    if done.returncode:
        raise RuntimeError(f"training failed: {done.stderr[-2000:]}")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(asked), f"{len(asked)} cells, {len(found)} answers"
    return found


def probe(python: str, cell: Cell) -> dict[str, Any]:
    """The command, as a user gives it."""
    command = [sys.executable, "-m", "gradlint", "probe", "--python", python, "--output-format", "json"]
    command += [str(HERE / "program.py"), "--", *cell.arguments]
    done = subprocess.run(command, cwd=HERE, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{cell}: exit code {done.returncode}: {done.stderr.strip() or done.stdout[-500:]}")
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def measure(python: str, problems: tuple[str, ...], seed: int, jobs: int) -> list[Row]:
    """Train and probe every cell."""
    asked = list(cells(problems, seed))
    print(f"training {len(asked)} runs", file=sys.stderr)
    trained = truths(python, asked)
    rows = []
    with ThreadPoolExecutor(jobs) as pool:
        seen = pool.map(lambda cell: probe(python, cell), asked)
        for cell, truth, found in zip(asked, trained, seen, strict=True):
            rows.append(Row(cell, truth, found))
            print(f"{len(rows)}/{len(asked)} {cell}: {found['verdict']}, {rows[-1].kind}", file=sys.stderr, flush=True)
    return rows


def share(part: int, whole: int) -> str:
    """A ratio with its counts."""
    return f"{part:3}/{whole:<3} {part / whole:5.2f}" if whole else f"{part:3}/{whole:<3}     -"


def report(rows: Iterable[Row]) -> bool:
    """Print; whether the probe foretells as well as it should."""
    rows = list(rows)
    kinds = {kind: [row for row in rows if row.kind == kind] for kind in ("early", "late", "never")}
    print(f"{len(rows)} runs; " + ", ".join(f"{len(found)} blow up {kind}" for kind, found in kinds.items()))
    deviation = max(row.deviation for row in rows)
    print(f"largest deviation of the probed first two losses from the unprobed: {deviation:.1e}")
    print(f"replay trusted: {sum(bool(replayed(row.probe)) for row in rows)} of {len(rows)}\n")
    print(f"{'criterion':52} {'precision':>13} {'recall, early':>14} {'recall, late':>14}")
    scores = []
    for name, says in CRITERIA.items():
        early, late, never = (sum(says(row.probe) for row in found) for found in kinds.values())
        recalls = f"{share(early, len(kinds['early'])):>14} {share(late, len(kinds['late'])):>14}"
        print(f"{name:52} {share(early, early + never)} {recalls}")
        scores.append((early / max(early + never, 1), early / max(len(kinds["early"]), 1)))
    listed = {"False alarms": ("never", True), "Missed": ("early", False), "Late and not foretold": ("late", False)}
    ours = next(iter(CRITERIA.values()))
    for title, (kind, said) in listed.items():
        print(f"\n{title}:")
        for row in kinds[kind]:
            if ours(row.probe) is said:
                print(f"  {row}")
    return min(scores[0]) >= WANTED


def save(rows: Sequence[Row], path: Path) -> None:
    """Keep what was measured; the report can be made again from it."""
    kept = [{"cell": asdict(row.cell), "truth": row.truth, "probe": row.probe} for row in rows]
    path.write_text(json.dumps(kept), encoding="utf-8")


def load(path: Path) -> list[Row]:
    """What was kept."""
    return [Row(Cell(**each["cell"]), each["truth"], each["probe"]) for each in json.loads(path.read_text("utf-8"))]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 1 if precision or recall of early blow-ups is below 0.9."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problems", nargs="*", metavar="PROBLEM", help=f"default: all of {', '.join(PROBLEMS)}")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with TensorFlow")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--results", type=Path, help="keep what was measured; what is there is reported again")
    options = parser.parse_args(argv)
    if unknown := sorted(set(options.problems) - set(PROBLEMS)):
        parser.error(f"no such problem: {', '.join(unknown)}")
    if options.results is not None and options.results.exists():
        rows = load(options.results)
    else:
        rows = measure(options.python, tuple(options.problems) or PROBLEMS, options.seed, options.jobs)
        if options.results is not None:
            save(rows, options.results)
    return 0 if report(rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
