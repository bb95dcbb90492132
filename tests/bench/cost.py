"""What gradlint costs beside the parser that it uses: processor time of one process, and its peak memory.

Both are measured in fresh processes, in turns, and the median of several rounds counts:

* *parse*: `libcst.parse_module` over exactly the files that gradlint parses;
* *gradlint*: the whole run with one process, from reading files to the finished report.

Start-up of Python and imports are in neither.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from corpora import Corpus, corpora

MOST = 1.6

LIST = """
import json, sys
from gradlint import lint
from gradlint.config import NoProgress, Settings
from gradlint.reader import files
parsed = []
lowered = files.lowered
def noted(file):
    parsed.append(file.path)
    return lowered(file)
files.lowered = noted
lint.run(Settings(paths=(".",), jobs=1), NoProgress())
print(json.dumps(parsed))
"""

PARSE = """
import json, sys, time
import libcst
from pathlib import Path
from gradlint import source
texts = []
for path in json.load(sys.stdin):
    file = source.load(Path(path))
    texts += [file.text] if isinstance(file, source.SourceFile) else []
libcst.parse_module("x = 1")
sys.setrecursionlimit(20_000)
start, failed = time.process_time(), 0
for text in texts:
    try:
        libcst.parse_module(text)
    except Exception:
        failed += 1
seconds = time.process_time() - start
lines = sum(text.count("\\n") for text in texts)
print(json.dumps({"seconds": seconds, "files": len(texts), "lines": lines, "failed": failed}))
"""

RUN = """
import json, resource, sys, time
import libcst
from gradlint import lint
from gradlint.config import NoProgress, Settings
libcst.parse_module("x = 1")
start = time.process_time()
report = lint.run(Settings(paths=(".",), jobs=1), NoProgress())
seconds = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"seconds": seconds, "peak": peak, "findings": len(report.findings)}))
"""


@dataclass(frozen=True)
class Cost:
    """The medians of one distribution."""

    name: str
    files: int
    lines: int
    parse: float
    run: float
    peak: int

    def __str__(self) -> str:
        ratio = f"{self.run / self.parse:6.2f}" if self.parse else "     -"
        megabytes = f"{self.peak / 1e6:7.0f} MB"
        return f"{self.name:40} {self.files:6} {self.lines:8} {self.parse:8.2f}s {self.run:8.2f}s {ratio} {megabytes}"


def child(program: str, root: Path, given: str = "") -> Any:
    """Run a small program in a fresh process within a directory; what it prints is JSON."""
    # -P: the checked tree must not be on the import path; unknown to Python 3.10, where -I would lose PYTHONPATH
    options = ["-P"] if sys.version_info >= (3, 11) else []
    command = [sys.executable, *options, "-c", program]
    done = subprocess.run(command, cwd=root, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{root.name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def measure(corpus: Corpus, rounds: int) -> Cost:
    """Measure one distribution."""
    parsed = json.dumps(child(LIST, corpus.root))
    parses: list[dict[str, Any]] = []
    runs: list[dict[str, Any]] = []
    for number in range(rounds):
        turns = ((parses, PARSE, parsed), (runs, RUN, ""))
        for results, what, given in turns if number % 2 == 0 else turns[::-1]:
            results.append(child(what, corpus.root, given))
    return Cost(
        corpus.root.name,
        parses[0]["files"],
        parses[0]["lines"],
        median(each["seconds"] for each in parses),
        median(each["seconds"] for each in runs),
        max(each["peak"] for each in runs),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 1 if gradlint costs too much over all distributions."""
    parser = argparse.ArgumentParser(description="Measure what gradlint costs beside libcst.parse_module.")
    parser.add_argument("names", nargs="*", help="distributions; default tf-agents and a sample of the application set")
    parser.add_argument("--sample", type=int, default=8, metavar="N", help="how many of the application set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    library, application = corpora("library"), corpora("application")
    if options.names:
        chosen = [corpus for corpus in (*library, *application) if corpus.name in options.names]
    else:
        drawn = random.Random(options.seed).sample(application, min(options.sample, len(application)))
        chosen = [*(corpus for corpus in library if corpus.name == "tf-agents"), *drawn]
    print(f"{'distribution':40} {'files':>6} {'lines':>8} {'parse':>9} {'gradlint':>9} {'ratio':>6} {'peak':>10}")
    costs = []
    for corpus in chosen:
        costs.append(measure(corpus, options.rounds))
        print(costs[-1], flush=True)
    total = Cost(
        "total",
        sum(cost.files for cost in costs),
        sum(cost.lines for cost in costs),
        sum(cost.parse for cost in costs),
        sum(cost.run for cost in costs),
        max((cost.peak for cost in costs), default=0),
    )
    print(total)
    return 1 if total.run > MOST * total.parse else 0


if __name__ == "__main__":
    raise SystemExit(main())
