"""How much of real training code gradlint understands, measured against a plain token search.

For each distribution the sites that `sites.py` finds by spelling are looked up in what `gradlint facts` says:

* *understood*: optimizer and gradients were followed;
* *explained*: `facts` names a reason why not, or says that the file could not be read;
* *missing*: `facts` does not mention the site.

Optimizers are counted twice.  `own` is what gradlint's summary says of itself.  `here` is computed from the
facts: of the sites whose call needs an optimizer, those where some program ends with a known constructor, against
all but those whose constructor is outside, which is where facts names a parameter that nothing in the project fills.
Code that no program reaches counts as unresolved, for gradlint reads what nothing calls as a root of its own.
"""

from __future__ import annotations

import argparse
import ast
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpora import Corpus, corpora
from sites import KINDS, file_sites, python_files, read_source
from tool import ToolError, each, gradlint

LISTED = 0.95
RESOLVED = 0.80
OUTSIDE = ("has no caller in the project", "no call of compile was seen")
WITHOUT_OPTIMIZER = frozenset({"assign_sub"})
UNREAD = "the file could not be read: "


@dataclass(frozen=True)
class Place:
    """A call found by the token search: where its method's name is, where the call begins and where it ends."""

    path: str
    line: int
    kind: str
    start: tuple[int, int]
    end_line: int


@dataclass(frozen=True)
class Verdict:
    """What gradlint says of one site."""

    place: Place
    status: str
    reason: str | None
    resolved: bool
    resolvable: bool


@dataclass
class Measured:
    """One distribution."""

    corpus: Corpus
    verdicts: list[Verdict] = field(default_factory=list)
    coverage: Counter[str] = field(default_factory=Counter)
    error: str | None = None

    def count(self, status: str) -> int:
        """How many sites have this status."""
        return sum(verdict.status == status for verdict in self.verdicts)

    @property
    def resolvable(self) -> int:
        """Sites whose optimizer is made in the project."""
        return sum(verdict.resolvable for verdict in self.verdicts)

    @property
    def resolved(self) -> int:
        """Those of them that gradlint leads back to the constructor."""
        return sum(verdict.resolvable and verdict.resolved for verdict in self.verdicts)


def extents(path: Path) -> dict[tuple[int, str], list[tuple[tuple[int, int], int]]]:
    """Of every method call in a file that Python can parse: line of the name -> begin and last line of the call."""
    found: dict[tuple[int, str], list[tuple[tuple[int, int], int]]] = defaultdict(list)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(read_source(path))
    except (SyntaxError, ValueError):
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in KINDS:
            line, end = node.func.end_lineno or node.lineno, node.end_lineno or node.lineno
            found[line, node.func.attr].append(((node.lineno, node.col_offset + 1), end))
    return found


def places(root: Path) -> Iterator[Place]:
    """The sites of a distribution."""
    for path in python_files(root):
        found = file_sites(path)
        known = extents(path) if found else {}
        shown = path.relative_to(root).as_posix()
        for site in found:
            waiting = known.get((site.line, site.kind))
            start, end = waiting.pop(0) if waiting else ((site.line, 0), site.line)
            yield Place(shown, site.line, site.kind, start, end)


def measure(corpus: Corpus) -> Measured:
    """Compare the token search with the facts."""
    measured = Measured(corpus)
    try:
        facts = gradlint(corpus.root, "facts")
    except ToolError as error:
        measured.error = str(error)
        facts = {"programs": [], "sites": [], "coverage": {}, "errors": []}
    measured.coverage.update(facts["coverage"])
    said = {(site["path"], site["line"], site["kind"]): site for site in facts["sites"]}
    unread = {error["path"]: error["message"] for error in facts["errors"]}
    updates: dict[tuple[str, int, int], list[dict[str, Any]]] = defaultdict(list)
    for program in facts["programs"]:
        for update in program["updates"]:
            updates[update["path"], update["line"], update["column"]].append(update)
    for place in places(corpus.root):
        site = said.get((place.path, place.end_line, place.kind))
        known = updates[(place.path, *place.start)]
        measured.verdicts.append(_verdict(place, site, known, unread.get(place.path)))
    return measured


def _verdict(place: Place, site: dict[str, Any] | None, updates: list[dict[str, Any]], unread: str | None) -> Verdict:
    if site is None:
        if unread is None:
            return Verdict(place, "missing", None, False, False)
        return Verdict(place, "explained", UNREAD + unread, False, False)
    resolved = any(update["optimizers"] and update["optimizer_unknown"] is None for update in updates)
    reasons = [str(update["optimizer_unknown"]) for update in updates if update["optimizer_unknown"] is not None]
    outside = bool(reasons) and all(any(text in reason for text in OUTSIDE) for reason in reasons)
    needs = place.kind not in WITHOUT_OPTIMIZER and (bool(reasons) or resolved or site["status"] != "understood")
    by_hand = bool(updates) and not reasons and not resolved
    return Verdict(place, site["status"], site["reason"], resolved, needs and not by_hand and (resolved or not outside))


def share(part: int, whole: int) -> str:
    """A part of a whole, in per cent."""
    return f"{100 * part / whole:5.1f}%" if whole else "    - "


def heading() -> str:
    """The first lines of the table."""
    return (
        f"{'':68} {'listed':>7}   {'optimizers resolved':>19}\n"
        f"{'distribution':36} {'sites':>6} {'underst.':>8} {'explain.':>8} {'missing':>7}"
        f"{'':10} {'here':>11} {'own':>9}"
    )


def row(measured: Measured) -> str:
    """The line of one distribution."""
    corpus = measured.corpus
    return _row(f"{corpus.name}-{corpus.version}", [measured]) + (
        f"  FAILED {measured.error}" if measured.error else ""
    )


def _row(name: str, measured: Sequence[Measured]) -> str:
    sites = sum(len(m.verdicts) for m in measured)
    understood, explained, missing = (
        sum(m.count(status) for m in measured) for status in ("understood", "explained", "missing")
    )
    here = f"{sum(m.resolved for m in measured)}/{sum(m.resolvable for m in measured)}"
    resolved, expected = (sum(m.coverage[f"optimizers_{what}"] for m in measured) for what in ("resolved", "expected"))
    return (
        f"{name:36} {sites:6} {understood:8} {explained:8} {missing:7}  "
        f"{share(understood + explained, sites):>7}   {here:>9} {f'{resolved}/{expected}':>9}"
    )


def reasons(measured: Sequence[Measured], most: int = 25) -> Iterator[str]:
    """Why sites are not understood, most frequent first, with an example of each."""
    found: dict[str, list[str]] = defaultdict(list)
    for each_one in measured:
        for verdict in each_one.verdicts:
            if verdict.status != "understood":
                found[verdict.reason or "missing"].append(
                    f"{each_one.corpus.root.name}/{verdict.place.path}:{verdict.place.line}"
                )
    for reason, where in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))[:most]:
        yield f"{len(where):5}  {reason}  ({where[0]})"


def worst(measured: Sequence[Measured]) -> Iterator[str]:
    """Every site that is missing, or whose optimizer should be known and is not."""
    for each_one in measured:
        for verdict in each_one.verdicts:
            if verdict.status == "missing" or (verdict.resolvable and not verdict.resolved):
                place = verdict.place
                where = f"{each_one.corpus.root.name}/{place.path}:{place.line}"
                yield f"{where}: {place.kind}: {verdict.status}: {verdict.reason or '-'}"


def failures(which: str, measured: Sequence[Measured]) -> Iterator[str]:
    """What is not as good as it has to be."""
    sites = sum(len(m.verdicts) for m in measured)
    listed = sites - sum(m.count("missing") for m in measured)
    if sites and listed / sites < LISTED:
        yield f"{which}: {listed} of {sites} sites are listed, {LISTED:.0%} are asked for"
    resolved, resolvable = sum(m.resolved for m in measured), sum(m.resolvable for m in measured)
    if which == "application" and resolvable and resolved / resolvable < RESOLVED:
        yield f"{which}: {resolved} of {resolvable} optimizers are resolved, {RESOLVED:.0%} are asked for"
    if any(m.error is not None for m in measured):
        yield f"{which}: gradlint failed on a distribution"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 1 if the figures are not reached."""
    parser = argparse.ArgumentParser(description="Measure how much training code gradlint understands.")
    parser.add_argument("--set", dest="which", choices=("application", "library", "holdout", "all"), default="all")
    parser.add_argument("--only", metavar="TEXT", default="", help="distributions whose name contains this")
    parser.add_argument("--worst", action="store_true", help="list sites that are missing or not resolved")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args(argv)
    failed: list[str] = []
    for which in ("library", "application") if options.which == "all" else (options.which,):
        chosen = [corpus for corpus in corpora(which) if options.only in corpus.name]
        measured = []
        print(f"== {which} set\n\n{heading()}")
        for _, result in each(measure, chosen, options.jobs):
            measured.append(result)
            print(row(result), flush=True)
        print(_row("total", measured))
        print("\nnot understood, by reason\n")
        print("\n".join(reasons(measured)), flush=True)
        if options.worst:
            print("\nmissing, or with an optimizer that should be resolved\n")
            print("\n".join(worst(measured)), flush=True)
        print()
        failed += failures(which, measured)
    print("\n".join(failed) if failed else "coverage is as good as it has to be")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
