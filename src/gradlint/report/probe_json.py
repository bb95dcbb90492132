"""A probe as JSON, version 1; `probe_schema.json` beside this module describes it. Keys are only ever added."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

from gradlint.observed import Spot
from gradlint.probe.ending import tried
from gradlint.probe.run import Probed
from gradlint.probe.symptoms import Locate
from gradlint.probe.wire import Headroom, NonFinite, Optimizer, Recurrent, Replay, Result, Site, Step, Variable
from gradlint.report.json_ import finding_document, json_number

VERSION = 1


def schema() -> str:
    """The JSON Schema of the format."""
    return Path(__file__).with_name("probe_schema.json").read_text(encoding="utf-8")


def render(probed: Probed) -> str:
    """The whole result, pure ASCII."""
    return json.dumps(document(probed), indent=2, allow_nan=False) + "\n"


def document(probed: Probed) -> dict[str, object]:
    """The result as plain data."""
    result, locate = probed.result, probed.locate
    return {
        "version": VERSION,
        "program": probed.options.name,
        "verdict": probed.verdict.value,
        "reason": probed.reason,
        "missing": probed.run.missing,
        "findings": [finding_document(finding) for finding in probed.report.findings],
        "not_shown": [finding_document(finding) for finding in probed.report.hidden],
        "errors": [{"path": p.path, "line": p.line, "message": p.message} for p in probed.report.problems],
        **_measured(result, locate),
        "workers": [_measured(each, locate) for each in probed.others],
        "script": _script(probed, result),
        "timing": _timing(probed, result),
    }


def _measured(result: Result | None, locate: Locate) -> dict[str, object]:
    """What one process has measured."""
    return {
        "optimizers": [_optimizer(each, locate) for each in result.optimizers] if result else [],
        "steps": [_step(each, result, locate) for each in result.steps] if result else [],
        "non_finite": [_non_finite(each, locate) for each in result.non_finite] if result else [],
        "recurrent": [_recurrent(each) for each in result.recurrent] if result else [],
        "headroom": [_headroom(each, locate) for each in result.headroom] if result else [],
        "replay": [_replay(each) for each in result.replays] if result else [],
        "skipped": [{"what": each.what, "why": each.why} for each in result.skipped] if result else [],
    }


def _place(site: Site | None, locate: Locate) -> dict[str, object] | None:
    spot: Spot | None = locate(site)
    if spot is None:
        return None
    plain: dict[str, object] = {"path": spot.path, "line": spot.line}
    return plain if spot.cell is None else {**plain, "cell": spot.cell}


def _plain(value: object) -> object:
    """A field of the wire format whose type JSON has, or nearly."""
    if isinstance(value, float):
        return json_number(value)
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _optimizer(each: Optimizer, locate: Locate) -> dict[str, object]:
    return {
        "name": each.name,
        "module": each.module,
        "created": _place(each.created, locate),
        "learning_rate": json_number(each.learning_rate),
        "settings": {name: _plain(value) for name, value in each.settings.items()},
        "updates": each.updates,
        "inner_of": each.inner_of,
    }


_STEP = (
    "loss", "learning_rate", "global_norm_raw", "global_norm_clipped", "global_norm_applied", "weight_norm", "update_norm",
    "update_ratio", "secant", "finite", "tapes", "micro_steps", "replicas",
)  # fmt: skip


def _step(each: Step, result: Result, locate: Locate) -> dict[str, object]:
    scale = each.loss_scale
    sites = each.sites
    return {
        "index": each.index,
        "optimizer": result.optimizers[each.optimizer].name,
        "optimizer_index": each.optimizer,
        "level": each.level.value,
        **{name: _plain(getattr(each, name)) for name in _STEP},
        "loss_scale": scale
        and {"before": json_number(scale.before), "after": json_number(scale.after), "skipped": scale.skipped},
        "sites": {
            "created": _place(sites.created, locate),
            "gradient": _place(sites.gradient, locate),
            "applied": _place(sites.applied, locate),
        },
        "variables": [_variable(variable) for variable in each.variables],
    }


def _variable(each: Variable) -> dict[str, object]:
    return {field.name: _plain(getattr(each, field.name)) for field in fields(each)}


def _non_finite(each: NonFinite, locate: Locate) -> dict[str, object]:
    ranges = (*each.inputs, *([each.output] if each.output is not None else []))
    told = [{field.name: _plain(getattr(one, field.name)) for field in fields(one)} for one in ranges]
    return {
        "optimizer_index": each.optimizer,
        "step": each.step,
        "phase": each.phase.value,
        "operation": each.operation,
        "place": _place(each.site, locate),
        "forward_operation": each.forward_operation,
        "forward_place": _place(each.forward_site, locate),
        "inputs": told[: len(each.inputs)],
        "output": told[-1] if each.output is not None else None,
        "variables": list(each.variables),
    }


def _recurrent(each: Recurrent) -> dict[str, object]:
    names = ("layer", "cell", "step", "time_steps", "norms", "growth", "total", "states")
    return {"optimizer_index": each.optimizer, **{name: _plain(getattr(each, name)) for name in names}}


def _headroom(each: Headroom, locate: Locate) -> dict[str, object]:
    plain = {name: _plain(getattr(each, name)) for name in ("step", "dtype", "max_abs", "bits", "operation")}
    return {"optimizer_index": each.optimizer, **plain, "phase": each.phase.value, "place": _place(each.site, locate)}


def _replay(each: Replay) -> dict[str, object]:
    names = ("step", "trusted", "why", "observed", "replayed", "operations", "parameters", "secant", "seconds")
    sharpness = each.sharpness
    return {
        "optimizer_index": each.optimizer,
        **{name: _plain(getattr(each, name)) for name in names},
        "trajectories": [
            {field.name: _plain(getattr(one, field.name)) for field in fields(one)} for one in each.trajectories
        ],
        "sharpness": sharpness and {field.name: _plain(getattr(sharpness, field.name)) for field in fields(sharpness)},
        "skipped": [{"what": one.what, "why": one.why} for one in each.skipped],
    }


def _script(probed: Probed, result: Result | None) -> dict[str, object]:
    """What became of the program itself."""
    error = result.error if result else None
    plain: dict[str, object] = {
        "ending": probed.outcome.ending.value,
        "reason": result.reason.value if result else None,
        "exit_code": result.exit_code if result else None,
        "error": error and {"type": error.type, "message": error.message, "traceback": error.traceback},
        "output": probed.outcome.output[-_MOST_OUTPUT:],
        "invalid_result": probed.invalid,
    }
    if result is not None:
        versions = result.versions
        plain["versions"] = {field.name: getattr(versions, field.name) for field in fields(versions)}
        plain["tried"] = tried(result)
    return plain


_MOST_OUTPUT = 20_000
"""Characters of what the script printed."""


def _timing(probed: Probed, result: Result | None) -> dict[str, object]:
    plain: dict[str, object] = {
        "seconds": probed.outcome.seconds,
        "peak_memory": probed.outcome.peak_memory,
        "survivors": probed.outcome.survivors,
    }
    if result is not None:
        timing = result.timing
        plain |= {field.name: _plain(getattr(timing, field.name)) for field in fields(timing)}
    return plain
