"""What a change does to the findings in real code: two revisions of gradlint, run over the same distributions.

Each revision is checked out into a temporary worktree and run from there; without NEW, the checkout as it is now is compared
with OLD. A finding is the same if code, place and message are. Default-level findings are told from those that only
`--pedantic` shows, and so are findings that went from one to the other.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpora import SETS, Corpus, corpora
from tool import ToolError, each, gradlint

ROOT = Path(__file__).resolve().parents[2]
QUIET = frozenset({"info", "low"})
"""Severity and confidence of what only `--pedantic` shows."""


@dataclass(frozen=True, order=True)
class Shown:
    """A finding as far as two revisions are compared."""

    path: str
    line: int
    code: str
    message: str
    level: str
    """default or pedantic"""

    def __str__(self) -> str:
        return f"{self.level:8} {self.code} {self.path}:{self.line}: {self.message}"


@contextmanager
def checkout(repository: Path, revision: str) -> Iterator[Path]:
    """A revision in a temporary worktree."""
    with tempfile.TemporaryDirectory(prefix="gradlint-revision-") as scratch:
        target = Path(scratch) / "tree"
        git = ["git", "-C", str(repository), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(target), revision], check=True)
        try:
            yield target
        finally:
            subprocess.run([*git, "remove", "--force", str(target)], check=True)


def findings(source: Path, corpus: Corpus) -> frozenset[Shown]:
    """What the gradlint in `source` finds in a distribution."""
    report = gradlint(corpus.root, "check", "--pedantic", "--exit-zero", source=source)
    return frozenset(
        Shown(
            f"{corpus.root.name}/{entry['path']}",
            entry["line"],
            entry["code"],
            entry["message"],
            "pedantic" if QUIET & {entry["severity"], entry["confidence"]} else "default",
        )
        for entry in report["findings"]
    )


def differences(old: Iterable[Shown], new: Iterable[Shown]) -> Iterator[str]:
    """Added, removed and moved between the levels, in the order of the code."""
    before = {(each.path, each.line, each.code, each.message): each for each in old}
    after = {(each.path, each.line, each.code, each.message): each for each in new}
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was is None:
            yield f"+ {now}"
        elif now is None:
            yield f"- {was}"
        elif was != now:
            yield f"~ {now} (was {was.level})"


def compare(old: Path, new: Path, chosen: Sequence[Corpus], jobs: int) -> Iterator[str]:
    """The differences in all distributions; one that a revision fails on is named."""

    def both(corpus: Corpus) -> list[str]:
        try:
            return list(differences(findings(old, corpus), findings(new, corpus)))
        except ToolError as error:
            return [f"FAILED {error}"]

    for _, lines in each(both, chosen, jobs):
        yield from lines


def main(argv: Sequence[str] | None = None) -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description="Compare what two revisions of gradlint find in the distributions.")
    parser.add_argument("old", help="a revision")
    parser.add_argument("new", nargs="?", help="another one; without it, the checkout as it is now")
    parser.add_argument("--set", dest="which", choices=SETS, action="append", help="default: library and application")
    parser.add_argument("--only", default="", metavar="TEXT", help="distributions whose name contains this")
    parser.add_argument("--code", default="", metavar="GL", help="rules whose code begins with this")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args(argv)
    sets = options.which or ["library", "application"]
    chosen = [corpus for which in sets for corpus in corpora(which) if options.only in corpus.root.name]
    with ExitStack() as stack:
        trees = [stack.enter_context(checkout(ROOT, each)) for each in (options.old, options.new) if each is not None]
        old, new = [tree / "src" for tree in [*trees, ROOT][:2]]
        count = {"+": 0, "-": 0, "~": 0, "F": 0}
        for line in compare(old, new, chosen, options.jobs):
            if line.startswith("FAILED") or line[2:].split()[1].startswith(options.code):
                count[line[0]] += 1
                print(line, flush=True)
    print(f"{count['+']} added, {count['-']} removed, {count['~']} at another level", file=sys.stderr)
    return 2 if count["F"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
