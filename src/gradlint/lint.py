"""From paths to a report: discover, read, interpret, judge, suppress, sort."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from gradlint import discovery, source
from gradlint.comments import Comments
from gradlint.config import NoProgress, Progress, Settings
from gradlint.configuration.nearest import Configurations, rules_of
from gradlint.finding import Confidence, Coverage, Finding, Problem, Report
from gradlint.importers import importers
from gradlint.judge import Judge, judge
from gradlint.model import TrainingModel
from gradlint.places import Places
from gradlint.reader.build import build
from gradlint.reader.files import DEEPEST, Files
from gradlint.reader.ir import ModuleIR
from gradlint.reader.programs import Programs
from gradlint.reader.project import Project
from gradlint.reader.project import imports as imported_names
from gradlint.reader.sites import SiteBook, Status, sites
from gradlint.reader.target import Target
from gradlint.report.facts import Facts
from gradlint.source import SourceFile
from gradlint.understood import program_fact, site_fact

MOST_NEIGHBOURS = 200
"""Files of one directory that are looked at for signs of an old Keras."""


NEW_OBJECTS = 200_000
"""New objects after which Python looks for unreachable cycles while files are read."""


@dataclass
class Reading:
    """Files read and programs interpreted, one at a time."""

    files: Files
    read: list[str]
    """The files whose text is of interest: programs start in them."""
    checked: list[str]
    """The files that findings are about."""
    configurations: Configurations
    alone: bool = False
    """What lies around the files is of no concern."""
    beside: list[str] = field(default_factory=list)
    """Files that import the named ones: what they do with them concerns the named ones, the rest is not told."""
    named: frozenset[str] = frozenset()
    """The files that were named one by one."""
    problems: list[Problem] = field(default_factory=list)
    sites: SiteBook = field(default_factory=SiteBook)
    cut: list[str] = field(default_factory=list)
    """Roots of programs that were not read to their end."""

    def models(self, progress: Progress) -> Iterator[TrainingModel]:
        """The training model of each program."""
        sys.setrecursionlimit(max(sys.getrecursionlimit(), DEEPEST))
        project = Project(self.files.load)
        told = self.configurations.told
        programs = Programs(project, sorted({*self.read, *self.beside}), frozenset(self.checked), self.named, told)
        target = Target(modules=_neighbours(project, self.read), told=told)
        progress.start(len(self.read), "interpreting")
        for program in programs:
            try:
                model = build(programs.run, program, target)
            except Exception as error:  # one program that we fail on must not hide the others
                self.problems.append(_internal(program.path, program.root, error))
                self.cut.append(program.path)
                continue
            if program.cut:
                self.cut.append(program.path)
            self.sites.add(model)
            yield model
        self.problems += [_internal(path, "interpreting", error) for path, error in programs.failures]
        self.cut += [path for path, _ in programs.failures]
        self.sites.saw(programs.run.calls_seen)

    @cached_property
    def in_part(self) -> frozenset[str]:
        """Files that a program reaches which was not read to its end."""
        project = Project(self.files.load)
        todo, found = list(self.cut), set(self.cut)
        while todo:
            path = todo.pop()
            module = project.module(path)
            for level, name in imported_names(module) if module is not None else ():
                target = project.resolve(path, level, name)
                if target is not None and target not in found:
                    found.add(target)
                    todo.append(target)
        return frozenset(found)

    def complete(self, paths: Collection[str]) -> list[str]:
        """Files in which all that could be found was found: also what others do with them, who were not asked for."""
        if any(problem.internal for problem in self.problems):
            return []
        whole = [path for path in paths if path not in self.in_part]
        if self.alone or not self._used_elsewhere(whole):
            return whole
        return [path for path in whole if not self._used_elsewhere([path])]

    def _used_elsewhere(self, paths: list[str]) -> bool:
        """Files that were not read import one of these."""
        users = importers([path for path in paths if os.path.exists(path)], Project(self.files.load)) if paths else []
        return not set(users) <= {*self.checked, *self.beside}

    def statuses(self) -> list[Status]:
        """What became of every update site in the checked files."""
        found: list[Status] = []
        for path in self.read:
            module = self.files.load(path)
            if module is not None:
                found += sorted((self.sites.status(site) for site in sites(module)), key=lambda s: s.site.where)
        return found


def _internal(path: str, what: str, error: Exception) -> Problem:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""
    return Problem(path, 1, f"gradlint failed on {what}: {type(error).__name__}: {error}{place}", internal=True)


@cache
def _package(path: str) -> str:
    """The outermost package that a file belongs to, "" for a script."""
    found, folder = "", os.path.dirname(path)
    while folder and os.path.isfile(os.path.join(folder, "__init__.py")):
        found, folder = folder, os.path.dirname(folder)
    return found


def _neighbours(project: Project, paths: Iterable[str]) -> Callable[[str], Iterator[ModuleIR]]:
    """The files of a file's top-level directory: together they show which Keras is meant."""
    by_folder: dict[str, list[str]] = {}
    for path in paths:
        by_folder.setdefault(_package(path), []).append(path)

    def modules(path: str) -> Iterator[ModuleIR]:
        package = _package(path)
        together = by_folder.get(package, []) if package else []
        imported = project.module(path)
        near = [project.resolve(path, level, name) for level, name in imported_names(imported)] if imported else []
        for each in dict.fromkeys([path, *(n for n in near if n is not None), *together[:MOST_NEIGHBOURS]]):
            module = project.module(each)
            if module is not None:
                yield module

    return modules


def _read(settings: Settings, progress: Progress) -> Reading:
    """Discover and read the files to check."""
    configurations = Configurations(settings)
    if settings.stdin is not None:
        return _read_stdin(settings, settings.stdin, configurations)
    wanted: list[tuple[str, bool]] = []
    problems: list[Problem] = []
    for found in discovery.discover(settings.paths, configurations):
        if isinstance(found, Problem):
            problems.append(found)
        else:
            wanted.append((source.shown(found.path), found.named))
    for path in (*settings.paths, *(path for path, _ in wanted)):
        configurations.around(path)  # a mistake in any of them is told before anything is read
    files = Files()
    kept = files.read_ahead(wanted, settings.workers, progress)
    kept += files.read_drivers(wanted, kept)
    named = [path for path, named in wanted if named]
    beside = importers(named, Project(files.load)) if named else []
    checked = [path for path, _ in wanted]
    beside = files.read_beside(path for path in beside if path not in set(checked))
    return Reading(files, kept, checked, configurations, beside=beside, named=frozenset(named), problems=problems)


def _read_stdin(settings: Settings, data: bytes, configurations: Configurations) -> Reading:
    """Read the program on standard input."""
    name = Path(settings.stdin_filename or "-")
    if configurations.named(os.path.abspath(name)):
        return Reading(Files(), [], [], configurations)
    file = source.decode(name, data)
    if isinstance(file, Problem):
        return Reading(Files(), [], [], configurations, problems=[file])
    files = Files([file])
    kept = [file.path] if files.load(file.path) is not None else []
    beside = files.read_beside(path for path in importers([file.path], Project(files.load)) if path != file.path)
    return Reading(files, kept, [file.path], configurations, beside=beside, named=frozenset([file.path]))


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Syntax trees are many small objects without cycles: to look for cycles among them takes a quarter of the time."""
    before = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def run(settings: Settings, progress: Progress) -> Report:
    """Check files and directories."""
    with _rare_collections():
        return _report(_read(settings, progress), Places(source.given(settings)), progress)


def check_text(text: str, path: str = "example.py", *, pedantic: bool = False, plugins: tuple[str, ...] = ()) -> Report:
    """Check one text as if it were a file of that name (which need not exist), with the rules of these plugins too."""
    file = SourceFile(path, text)
    files = Files([file])
    files.load(path)
    config = (f"plugins = {json.dumps(plugins)}",)
    alone = Configurations(Settings(paths=(path,), pedantic=pedantic, isolated=True, config=config))
    reading = Reading(files, [path], [path], alone, True, named=frozenset({path}))
    return _report(reading, Places([file]), NoProgress())


def _report(reading: Reading, places: Places, progress: Progress) -> Report:
    """Judge every program and sort what was found."""
    configurations = reading.configurations
    selected = rules_of(configurations.of(path) for path in reading.checked)
    known = configurations.rules(reading.checked)
    rules = tuple(rule for rule in known if rule.code in selected)
    merged: dict[tuple[object, ...], Finding] = {}
    verdict = Judge(rules, places, frozenset(reading.checked))
    for model in reading.models(progress):
        for finding in judge(verdict, model):
            if finding.code in configurations.codes_of(finding.span.path):
                key = (finding.code, finding.span)
                merged[key] = _stronger(merged.get(key), finding)
    shown: list[Finding] = []
    hidden: list[Finding] = []
    suppressed: list[Finding] = []
    comments = Comments(places, configurations.codes_of, {rule.code: rule.name for rule in known})
    silenced = {id(finding) for finding in merged.values() if comments.silence(finding)}
    reading.problems += verdict.problems
    useless = list(comments.useless(sorted(reading.files.commented & set(reading.checked)), reading.complete))
    silenced |= {id(finding) for finding in useless if comments.silence(finding)}
    for finding in sorted([*merged.values(), *useless], key=_by_place):
        if id(finding) in silenced:
            suppressed.append(finding)
        else:
            (shown if configurations.of(finding.span.path).shows(finding) else hidden).append(finding)
    problems = {*reading.problems, *reading.files.problems}
    return Report(
        findings=tuple(shown),
        hidden=tuple(hidden),
        suppressed=tuple(suppressed),
        problems=tuple(sorted(problems, key=lambda p: (p.path, p.line, p.message))),
        files=reading.files.count,
        skipped=reading.files.skipped,
        coverage=_coverage(reading.statuses()),
    )


def _by_place(finding: Finding) -> tuple[str, int, int, int, str]:
    span = finding.span
    return span.path, span.cell or 0, span.line, span.column, finding.code


def _stronger(old: Finding | None, new: Finding) -> Finding:
    """Of one finding in several programs, the one that is surer of more."""
    if old is None:
        return new
    return max(old, new, key=lambda finding: (finding.severity, finding.confidence))


def _coverage(statuses: Iterable[Status]) -> Coverage:
    found = list(statuses)
    return Coverage(
        sites=len(found),
        understood=sum(status.status == "understood" for status in found),
        explained=sum(status.status == "explained" for status in found),
        optimizers_expected=sum(status.resolvable for status in found),
        optimizers_resolved=sum(status.resolvable and status.resolved for status in found),
    )


def facts(settings: Settings, progress: Progress) -> Facts:
    """What was understood of the training code, and what was not and why."""
    reading = _read(settings, progress)
    places = Places(source.given(settings))
    programs = [program_fact(model, places.span) for model in reading.models(progress) if _says_something(model)]
    statuses = reading.statuses()
    coverage = _coverage(statuses)
    problems = sorted({*reading.problems, *reading.files.problems}, key=lambda p: (p.path, p.line, p.message))
    return Facts(
        version=1,
        programs=programs,
        sites=[site_fact(status, places.span) for status in statuses],
        coverage={
            "sites": coverage.sites,
            "understood": coverage.understood,
            "explained": coverage.explained,
            "optimizers_expected": coverage.optimizers_expected,
            "optimizers_resolved": coverage.optimizers_resolved,
        },
        errors=[{"path": p.path, "line": p.line, "message": p.message} for p in problems],
    )


def _says_something(model: TrainingModel) -> bool:
    return bool(model.optimizers or model.updates or model.rewards or model.divisions or model.clips or model.checks)


__all__ = ["Confidence", "check_text", "facts", "run"]
