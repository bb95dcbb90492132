"""How often gradlint is right, measured against labels that people made by reading the code.

`labels.toml` says of a line of a distribution that a rule's hazard is there (`present = true`) or that it is not.
A label and a finding match when rule and file are equal and the label's line lies in the finding's span or is the
line of one of its related places. GL401 speaks of whole programs, so there any place in the same file is enough.

* recall: of the labels with a hazard, those that a finding matches, with `--pedantic` and at the default level;
* precision: of the default-level findings that match a label, those that match one with a hazard.

The findings that our own programs in fixtures/scripts are marked with are labels, too: many rules have few hazards in
distributions. (Tests hold those to be found, all of them and nothing else; figures without them are printed as well.)

A whole run prints what has changed since the last recorded one (`last.json`, written by `--record`).

`--sample N` prints random default-level findings with their code, for reading: of a set, or of the projects in any other
directory (`--directory`), without those that a label already speaks of.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import marked
from corpora import SETS, Corpus, corpora
from tool import ToolError, each, gradlint

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LABELS = Path(__file__).with_name("labels.toml")
RECORD = Path(__file__).with_name("last.json")
PRECISION = 0.92
RECALL = 0.85
PROGRAM_LEVEL = frozenset({"GL401"})
QUIET_SEVERITY = frozenset({"info"})
QUIET_CONFIDENCE = frozenset({"low"})


@dataclass(frozen=True)
class Label:
    """What a reader says of one line."""

    corpus: str
    path: str
    line: int
    rule: str
    present: bool
    why: str
    decidable: bool
    origin: str

    def __str__(self) -> str:
        mark = "" if self.decidable else " (the source alone does not decide)"
        return f"{self.corpus}/{self.path}:{self.line}: {self.rule}: {self.why}{mark}"


@dataclass(frozen=True)
class Found:
    """One finding, as far as it matters here."""

    corpus: str
    code: str
    path: str
    line: int
    end_line: int
    severity: str
    confidence: str
    message: str
    related: tuple[tuple[str, int, str], ...]

    @property
    def default(self) -> bool:
        """Shown without `--pedantic`."""
        return self.severity not in QUIET_SEVERITY and self.confidence not in QUIET_CONFIDENCE

    @property
    def lines(self) -> range:
        """The lines that it stands on."""
        return range(self.line, self.end_line + 1)

    def __str__(self) -> str:
        level = f"{self.severity}, {self.confidence} confidence"
        return f"{self.corpus}/{self.path}:{self.line}: {self.code}: {self.message} [{level}]"

    def at(self, label: Label) -> bool:
        """Whether this is about the label's very line."""
        if self.code != label.rule:
            return False
        if self.path == label.path and label.line in self.lines:
            return True
        return any(path == label.path and line == label.line for path, line, _ in self.related)

    def near(self, label: Label) -> bool:
        """Whether this is about the label's program, as far as the file shows."""
        if self.code != label.rule or label.rule not in PROGRAM_LEVEL:
            return False
        return label.path in {self.path, *(path for path, _, _ in self.related)}


@dataclass
class Tally:
    """The figures of one rule."""

    hazards: int = 0
    decidable: int = 0
    """Hazards that the project's source alone decides."""
    found: int = 0
    decided: int = 0
    """Decidable ones that were found."""
    found_by_default: int = 0
    right: int = 0
    wrong: int = 0
    unlabelled: int = 0

    def __iadd__(self, other: Tally) -> Tally:
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


@dataclass
class Result:
    """Everything that was compared."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    misses: list[tuple[Label, str]] = field(default_factory=list)
    false_alarms: list[tuple[Label, Found]] = field(default_factory=list)
    unlabelled: list[Found] = field(default_factory=list)

    @property
    def total(self) -> Tally:
        """The figures of all rules together."""
        total = Tally()
        for tally in self.tallies.values():
            total += tally
        return total


def read_labels(path: Path = LABELS) -> list[Label]:
    """The labels of the file, and those that our own programs carry."""
    labels = [Label(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["label"]]
    own = (
        Label(marked.NAME, name, line, rule, True, "marked in the program", True, marked.NAME)
        for name, line, rule in marked.hazards()
    )
    return [*labels, *own]


def findings(corpus: Corpus) -> list[Found]:
    """What gradlint finds in a distribution, with `--pedantic`."""
    try:
        report = gradlint(corpus.root, "check", "--pedantic", "--exit-zero")
    except ToolError as error:
        print(f"FAILED {error}", file=sys.stderr)
        return []
    return [_found(corpus.root.name, entry) for entry in report["findings"] if "cell" not in entry]


def _found(corpus: str, entry: dict[str, Any]) -> Found:
    return Found(
        corpus,
        entry["code"],
        entry["path"],
        entry["line"],
        entry["end_line"],
        entry["severity"],
        entry["confidence"],
        entry["message"],
        tuple((place["path"], place["line"], place["message"]) for place in entry["related"]),
    )


def compare(labels: Sequence[Label], found: Sequence[Found]) -> Result:
    """Match the labels of one distribution with its findings."""
    result = Result()

    def tally(rule: str) -> Tally:
        return result.tallies.setdefault(rule, Tally())

    for label in labels:
        if label.present:
            matching = [each for each in found if each.at(label) or each.near(label)]
            shown = any(each.default for each in matching)
            tally(label.rule).hazards += 1
            tally(label.rule).decidable += label.decidable
            tally(label.rule).found += bool(matching)
            tally(label.rule).decided += bool(matching) and label.decidable
            tally(label.rule).found_by_default += shown
            if not matching:
                result.misses.append((label, "not found"))
            elif not shown:
                result.misses.append((label, f"only with --pedantic: {matching[0]}"))
    for finding in found:
        if not finding.default:
            continue
        about = next((label for label in _by_relevance(labels, finding)), None)
        if about is None:
            tally(finding.code).unlabelled += 1
            result.unlabelled.append(finding)
        elif about.present:
            tally(finding.code).right += 1
        else:
            tally(finding.code).wrong += 1
            result.false_alarms.append((about, finding))
    return result


def _by_relevance(labels: Sequence[Label], finding: Found) -> Iterator[Label]:
    """Labels that a finding is about: those of its own lines first, then its other places, then its program."""
    on_line = [label for label in labels if finding.at(label)]
    primary = [label for label in on_line if label.path == finding.path and label.line in finding.lines]
    for group in (primary, on_line, [label for label in labels if finding.near(label)]):
        yield from sorted(group, key=lambda label: not label.present)


def merged(results: Iterable[Result]) -> Result:
    """The results of all distributions together."""
    whole = Result()
    for result in results:
        for rule, tally in result.tallies.items():
            whole.tallies.setdefault(rule, Tally()).__iadd__(tally)
        whole.misses += result.misses
        whole.false_alarms += result.false_alarms
        whole.unlabelled += result.unlabelled
    return whole


def table(result: Result) -> Iterator[str]:
    """One line for each rule, and the total."""
    yield (
        f"{'rule':6} {'hazards':>7} {'recall with --pedantic':>22} {'of decidable ones':>18} {'by default':>15} "
        f"{'precision':>15} {'unlabelled':>11}"
    )
    for rule, tally in [*sorted(result.tallies.items()), ("all", result.total)]:
        precision = _share(tally.right, tally.right + tally.wrong)
        recall, by_default = _share(tally.found, tally.hazards), _share(tally.found_by_default, tally.hazards)
        decided = _share(tally.decided, tally.decidable)
        yield (
            f"{rule:6} {tally.hazards:7} {recall:>22} {decided:>18} {by_default:>15} {precision:>15} "
            f"{tally.unlabelled:11}"
        )


def record(result: Result) -> str:
    """The figures as they are kept in `last.json`: one line for each rule."""
    lines = (f"  {json.dumps(rule)}: {json.dumps(vars(tally))}" for rule, tally in sorted(result.tallies.items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def changes(result: Result, recorded: str) -> Iterator[str]:
    """What is not as it was recorded, rule by rule."""
    before = {rule: Tally(**figures) for rule, figures in json.loads(recorded).items()}
    for rule in sorted(before.keys() | result.tallies.keys()):
        old, new = vars(before.get(rule, Tally())), vars(result.tallies.get(rule, Tally()))
        told = [f"{name} {old[name]} -> {new[name]}" for name in old if old[name] != new[name]]
        if told:
            yield f"{rule:6} {', '.join(told)}"


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} = {part / whole:.2f}" if whole else "-"


def frame(root: Path, path: str, line: int, message: str, around: int) -> Iterator[str]:
    """Some lines of code with a mark at the one that is meant."""
    try:
        lines = (root / path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        lines = [str(error)]
    yield f"  {path}:{line}: {message}"
    for number in range(max(1, line - around), min(len(lines), line + around) + 1):
        yield f"  {'>' if number == line else ' '} {number:5} {lines[number - 1]}"


def projects(directory: Path) -> list[Corpus]:
    """Each directory in a directory as a project of its own."""
    return [Corpus(path.name, "", "", path) for path in sorted(directory.iterdir()) if path.is_dir()]


def sample(chosen: Sequence[Corpus], labels: Sequence[Label], count: int, seed: int, jobs: int) -> Iterator[str]:
    """Random default-level findings that no label speaks of, with code, for reading."""
    roots = {corpus.root.name: corpus.root for corpus in chosen}
    shown = [
        finding
        for corpus, found in each(findings, chosen, jobs)
        for finding in found
        if finding.default and not any(_by_relevance([x for x in labels if x.corpus == corpus.root.name], finding))
    ]
    drawn = random.Random(seed).sample(shown, min(count, len(shown)))
    yield f"{len(drawn)} of {len(shown)} default-level findings without a label, seed {seed}"
    for number, finding in enumerate(sorted(drawn, key=lambda f: (f.corpus, f.path, f.line)), 1):
        yield f"\n[{number}] {finding}"
        root = roots[finding.corpus]
        yield from frame(root, finding.path, finding.line, "here", 6)
        for path, line, message in finding.related[:6]:
            yield from frame(root, path, line, message, 2)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 1 if the figures are not reached."""
    parser = argparse.ArgumentParser(description="Measure how often gradlint is right.")
    parser.add_argument("--misses", action="store_true", help="list hazards that are not reported")
    parser.add_argument("--false-alarms", action="store_true", help="list findings that the labels deny")
    parser.add_argument("--unlabelled", action="store_true", help="list default-level findings without a label")
    parser.add_argument("--origin", help="only labels of this origin")
    parser.add_argument("--only", default="", metavar="TEXT", help="distributions whose name contains this")
    parser.add_argument("--sample", type=int, metavar="N", help="print N random default-level findings instead")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", dest="which", choices=SETS, default="application", help="the set to sample from")
    parser.add_argument("--directory", type=Path, help="sample from the projects in this directory instead")
    parser.add_argument("--record", action="store_true", help=f"write the figures into {RECORD.name}")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args(argv)
    if options.record and (options.origin is not None or options.only):
        parser.error("--record is for whole runs: without --origin and --only")
    if options.sample is not None:
        chosen = projects(options.directory) if options.directory is not None else corpora(options.which)
        print("\n".join(sample(chosen, read_labels(), options.sample, options.seed, options.jobs)))
        return 0
    labels = [label for label in read_labels() if options.origin in (None, label.origin)]
    labels = [label for label in labels if options.only in label.corpus]
    labels.sort(key=lambda label: (label.corpus, label.path, label.line, label.rule))
    by_corpus = {name: list(group) for name, group in groupby(labels, key=lambda label: label.corpus)}
    pinned = {f"{c.name}-{c.version}": c for which in ("library", "application") for c in corpora(which)}
    pinned[marked.NAME] = Corpus(marked.NAME, "", "", marked.ROOT)
    unknown = sorted(by_corpus.keys() - pinned.keys())
    if unknown:
        print(f"labels of distributions that are in no set: {', '.join(unknown)}", file=sys.stderr)
    chosen = [pinned[name] for name in sorted(by_corpus.keys() & pinned.keys())]
    results = {
        corpus.root.name: compare(by_corpus[corpus.root.name], found)
        for corpus, found in each(findings, chosen, options.jobs)
    }
    result = merged(results.values())
    print("\n".join(table(result)))
    print("without our own programs")
    print(list(table(merged(results[name] for name in results if name != marked.NAME)))[-1])
    if options.misses:
        print("\nhazards that are not reported by default\n")
        print("\n".join(f"{label}\n    {said}" for label, said in result.misses))
    if options.false_alarms:
        print("\nfalse alarms\n")
        print("\n".join(f"{label}\n    {finding}" for label, finding in result.false_alarms))
    if options.unlabelled:
        print("\ndefault-level findings without a label\n")
        print("\n".join(map(str, result.unlabelled)))
    if options.origin is None and not options.only and RECORD.is_file():
        changed = list(changes(result, RECORD.read_text(encoding="utf-8")))
        print("\nsince the last recorded run\n")
        print("\n".join(changed) or "nothing has changed")
    if options.record:
        RECORD.write_text(record(result), encoding="utf-8")
    total = result.total
    good = total.decided >= RECALL * total.decidable and total.right >= PRECISION * (total.right + total.wrong)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
