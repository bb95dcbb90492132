"""What the reader understood, for `gradlint facts`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypedDict

from gradlint.report.escape import count, visible

VERSION = 1


class Place(TypedDict):
    """A place with what is to be said about it."""

    path: str
    line: int
    column: int
    note: str


class OptimizerFact(TypedDict):
    """A constructed optimizer."""

    name: str
    constructor: str
    flavour: str
    learning_rate: str | None
    path: str
    line: int
    column: int
    clips: str


class UpdateFact(TypedDict):
    """A place where gradients reach weights."""

    method: str
    path: str
    line: int
    column: int
    optimizers: list[str]
    optimizer_unknown: str | None
    gradients: list[Place]
    gradients_unknown: str | None
    clipping: str
    finite_check: str


class Gap(TypedDict):
    """Something that was not followed."""

    path: str
    line: int
    column: int
    what: str
    reason: str


class ContextFact(TypedDict):
    """Why a program counts as recurrent or as reinforcement learning."""

    recurrent: list[Place]
    reinforcement: list[Place]


class ProgramFact(TypedDict):
    """One root and everything that it reaches."""

    root: str
    path: str
    context: ContextFact
    optimizers: list[OptimizerFact]
    updates: list[UpdateFact]
    clips: list[Place]
    rewards: list[Place]
    checks: list[Place]
    unfollowed: list[Gap]


class SiteFact(TypedDict):
    """An update site as a token search finds it; status is understood, explained or missed."""

    path: str
    line: int
    kind: str
    status: str
    reason: str | None


class Facts(TypedDict):
    """Everything that `gradlint facts` says."""

    version: int
    programs: list[ProgramFact]
    sites: list[SiteFact]
    coverage: dict[str, int]
    errors: list[dict[str, str | int]]


def render_json(data: Facts) -> str:
    """The facts as JSON, pure ASCII."""
    return json.dumps(data, indent=2) + "\n"


def render_text(data: Facts) -> str:
    """The facts as an outline."""
    lines: list[str] = []
    for program in data["programs"]:
        lines += [*_program(program), ""]
    lines += _sites(data)
    lines += [
        f"error: {visible(str(error['path']))}:{error['line']}: {visible(str(error['message']))}"
        for error in data["errors"]
    ]
    return "".join(line.rstrip() + "\n" for line in lines)


def _program(program: ProgramFact) -> Iterator[str]:
    yield visible(program["root"])
    for title, places in (
        ("recurrent", program["context"]["recurrent"]),
        ("reinforcement learning", program["context"]["reinforcement"]),
    ):
        yield from _places(title, places)
    yield from _section("optimizers", [_optimizer(optimizer) for optimizer in program["optimizers"]])
    yield from _section("updates", [line for update in program["updates"] for line in _update(update)])
    for title, places in (
        ("clips", program["clips"]),
        ("rewards", program["rewards"]),
        ("checks for NaN", program["checks"]),
    ):
        yield from _places(title, places)
    yield from _section(
        "not followed",
        [f"{_at(gap)}  {visible(gap['what'])}: {visible(gap['reason'])}" for gap in program["unfollowed"]],
    )


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"  {title}"
        yield from (f"    {line}" for line in lines)


def _places(title: str, places: list[Place]) -> Iterator[str]:
    yield from _section(title, [f"{_at(place)}  {visible(place['note'])}" for place in places])


def _at(place: Place | OptimizerFact | UpdateFact | Gap) -> str:
    return f"{visible(place['path'])}:{place['line']}:{place['column']}"


def _optimizer(optimizer: OptimizerFact) -> str:
    rate = optimizer["learning_rate"] or "not followed"
    return (
        f"{_at(optimizer)}  {visible(optimizer['name'])} ({visible(optimizer['constructor'])}, "
        f"{optimizer['flavour']}), learning rate {visible(rate)}, clips: {optimizer['clips']}"
    )


def _update(update: UpdateFact) -> Iterator[str]:
    optimizer = ", ".join(update["optimizers"]) or f"not followed: {update['optimizer_unknown']}"
    yield f"{_at(update)}  {visible(update['method'])}, optimizer {visible(optimizer)}"
    for gradient in update["gradients"]:
        yield f"  gradients {_at(gradient)}  {visible(gradient['note'])}"
    if update["gradients_unknown"]:
        yield f"  gradients not followed: {visible(update['gradients_unknown'])}"
    yield f"  clipped: {update['clipping']}, checked for NaN before: {update['finite_check']}"


def _sites(data: Facts) -> Iterator[str]:
    open_sites = [site for site in data["sites"] if site["status"] != "understood"]
    if open_sites:
        yield "update sites that were not understood"
        for site in open_sites:
            reason = visible(site["reason"] or "no reason known")
            yield f"  {visible(site['path'])}:{site['line']}  {visible(site['kind'])}: {reason}"
        yield ""
    number = data["coverage"].get
    yield (
        f"{count(len(data['programs']), 'program')}; "
        f"understood {number('understood', 0)} of {count(number('sites', 0), 'update site')}, "
        f"explained {number('explained', 0)}; "
        f"optimizer resolved at {number('optimizers_resolved', 0)} of {number('optimizers_expected', 0)}"
    )
