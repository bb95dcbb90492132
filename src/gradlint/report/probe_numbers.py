"""The numbers of a probe: steps, variables, time steps of recurrent layers, and what was replayed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from gradlint.observed import Spot, number
from gradlint.probe.changes import AS_IS, CHANGES, course, stable
from gradlint.probe.judge import seen_in
from gradlint.probe.symptoms import Locate, Seen, recurrent_factor
from gradlint.probe.wire import Headroom, Level, Recurrent, Replay, Step, Trajectory, Variable
from gradlint.probe.wire import Result as Measured
from gradlint.report import View
from gradlint.report.bars import bar, sparkline
from gradlint.report.escape import place, visible
from gradlint.report.full import wrap

_VARIABLES = 8
_BAR, _SHAPE = 14, 16
_WIDE = 72
"""Columns from which bars have their full length."""
_CURVE = 24
_INDENT = "  "


def numbers(result: Measured, locate: Locate, view: View) -> list[list[Text]]:
    """Blocks of rows, those of each optimizer together."""
    blocks: list[list[Text]] = []
    for seen in seen_in(result, locate):
        blocks.append([*_head(seen, view), *_steps(seen.steps, view)])
        blocks.append(list(_variables(seen, view)))
        blocks += [list(_through_time(each, view)) for each in seen.recurrent if each.step == seen.recurrent[0].step]
        blocks.append([row for each in _least_headroom(seen) for row in _headroom(each, locate, view)])
        blocks += [list(_replay(seen, replay, view)) for replay in seen.replays[:1]]
    return [block for block in blocks if block]


def _head(seen: Seen, view: View) -> Iterator[Text]:
    head = Text(seen.name, style="bold")
    rate = seen.steps[0].learning_rate
    head.append(f", learning rate {number(rate)}" if rate is not None else "", style="not bold")
    parts = [("created", seen.optimizer.created), ("applied", seen.steps[0].sites.applied)]
    for word, site in parts:
        spot = seen.locate(site)
        head.append(f", {word} at {_place(spot)}" if spot is not None else "", style="not bold")
    yield from wrap(head, view)


def _place(spot: Spot) -> str:
    return place(spot.path, spot.line, cell=spot.cell)


def _steps(steps: Sequence[Step], view: View) -> Iterator[Text]:
    """One row a step."""
    clipped = any(step.global_norm_applied not in (None, step.global_norm_raw) for step in steps)
    header = ["step", "loss", "gradient", *(["after clipping"] if clipped else []), "update/weights", ""]
    rows = [header]
    for step in steps:
        row = [str(step.index), _cell(step.loss), _cell(step.global_norm_raw)]
        row += [_cell(step.global_norm_applied)] if clipped else []
        rows.append([*row, _cell(step.update_ratio), _remarks(step)])
    for index, text in enumerate(_table(rows, left=1)):
        bad = index > 0 and not steps[index - 1].finite
        yield from wrap(Text(text, style="dim" if not index else "bold red" if bad else ""), view, 6)
    losses = [step.loss for step in steps]
    if len(losses) > 2:
        yield Text(f"{_INDENT}loss {sparkline(losses, _CURVE)}")


def _cell(value: float | None) -> str:
    return "-" if value is None else number(value)


def _remarks(step: Step) -> str:
    scale = step.loss_scale
    parts = ["not finite"] if not step.finite else []
    parts += [f"skipped by the loss scale {number(scale.before)}"] if scale and scale.skipped else []
    parts += [f"{step.tapes} gradients accumulated"] if step.tapes > 1 else []
    parts += [f"{step.replicas} replicas"] if step.replicas > 1 else []
    return ", ".join(parts)


def _table(rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """Rows with columns of one width; the last `left` ones are aligned to the left."""
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]
    right = len(widths) - left
    for row in rows:
        cells = [" " * (widths[c] - cell_len(row[c])) + row[c] if c < right else row[c] for c in range(len(widths))]
        yield (_INDENT + "  ".join(cells)).rstrip()


def _variables(seen: Seen, view: View) -> Iterator[Text]:
    """The variables with the largest gradients, in the first step that has one that is not finite, or in the first."""
    full = [step for step in seen.steps if step.level is Level.FULL and step.variables]
    if not full:
        return
    step = next((step for step in full if not step.finite), full[0])
    worst = sorted(step.variables, key=_badness, reverse=True)
    largest = max((norm for v in worst if (norm := _norm(v)) is not None and math.isfinite(norm)), default=0.0)
    shown = worst[:_VARIABLES]
    prefix = _prefix([variable.name for variable in step.variables])
    bars = _BAR if view.width >= _WIDE else _BAR // 2
    rows = [("variable", "shape", "", "gradient", "update/weights")]
    for variable in shown:
        ratio = "from zero" if variable.zero_initialised else _cell(variable.update_ratio)
        shape = "x".join(map(str, variable.shape))[:_SHAPE] or "scalar"
        name = visible(variable.name.removeprefix(prefix))
        rows.append((name, shape, bar(_norm(variable), largest, bars), _told(variable), ratio))
    yield Text(
        f"{_INDENT}the largest gradients of step {step.index}, of {len(worst)} variable{'s' * (len(worst) != 1)}",
        style="dim",
    )
    widths = [max(cell_len(row[column]) for row in rows) for column in range(5)]
    widths[2] = bars
    widths[0] = min(widths[0], max(view.width - sum(widths[1:]) - 10, 12))
    for index, (name, shape, drawn, size, ratio) in enumerate(rows):
        left = "  ".join(map(set_cell_size, (_cropped(name, widths[0]), shape, drawn), widths))
        bad = index > 0 and shown[index - 1].nan + shown[index - 1].inf > 0
        text = f"{_INDENT}{left}  {size:>{widths[3]}}  {ratio:>{widths[4]}}"
        yield Text(text, style="dim" if not index else "bold red" if bad else "")


def _cropped(name: str, width: int) -> str:
    """The end of a name says more than its beginning."""
    while cell_len(name) > width:
        name = "..." + name.removeprefix("...")[1:]
    return name


def _prefix(names: Sequence[str]) -> str:
    """What all names of a model begin with says nothing."""
    folders = [name.split("/")[:-1] for name in names]
    shared = [parts[0] for parts in zip(*folders, strict=False) if len(set(parts)) == 1] if len(names) > 1 else []
    return "".join(f"{part}/" for part in shared)


def _norm(variable: Variable) -> float | None:
    return variable.raw if variable.raw is not None else variable.clipped


def _badness(variable: Variable) -> tuple[int, float]:
    norm = _norm(variable)
    return variable.nan + variable.inf, norm if norm is not None and math.isfinite(norm) else 0.0


def _told(variable: Variable) -> str:
    if variable.nan or variable.inf:
        return " ".join(f"{n} {word}" for n, word in ((variable.nan, "NaN"), (variable.inf, "inf")) if n)
    norm = _norm(variable)
    return number(norm) if norm is not None else "none"


def _through_time(each: Recurrent, view: View) -> Iterator[Text]:
    head = f"{_INDENT}{visible(each.layer)} ({visible(each.cell)}), gradient from the first time step to the last: "
    curve = Text(head).append(sparkline(each.norms, _CURVE), style="bold")
    yield from wrap(curve, view, 4)
    if each.growth is not None:
        factor = f"{number(recurrent_factor(each))} times over {each.time_steps}"
        yield from wrap(Text(f"{_INDENT}{number(each.growth)} times with each time step backwards, {factor}"), view, 4)


def _least_headroom(seen: Seen) -> list[Headroom]:
    """The tightest moment of each narrow dtype and pass."""
    least: dict[tuple[str, str], Headroom] = {}
    for each in seen.headroom:
        key = (each.dtype, each.phase.value)
        if key not in least or each.bits < least[key].bits:
            least[key] = each
    return list(least.values())


def _headroom(each: Headroom, locate: Locate, view: View) -> Iterator[Text]:
    spot = locate(each.site)
    where = f" at {_place(spot)}" if spot is not None else ""
    text = f"{visible(each.dtype)}, {each.phase.value}: at most {number(each.max_abs)} in {visible(each.operation)}{where},"
    yield from wrap(Text(f"{_INDENT}{text} {number(each.bits)} doublings before it overflows"), view, 4)


def _replay(seen: Seen, replay: Replay, view: View) -> Iterator[Text]:
    """What the loss does on one batch, as it is and if one thing is different."""
    if not replay.trusted:
        why = f"step {replay.step} could not be replayed, so no change was tried: {visible(replay.why)}"
        yield from wrap(Text(f"{_INDENT}{why}"), view, 4)
        return
    head = f"{_INDENT}step {replay.step} again on the same batch, with the weights that result"
    yield from wrap(Text(head, style="dim"), view, 4)
    for each in replay.trajectories:
        yield from _trajectory(each, view)
    sharpness = replay.sharpness
    if sharpness is not None:
        text = f"{_INDENT}sharpness {number(sharpness.largest)}"
        if sharpness.limit is not None:
            rate = number(seen.steps[0].learning_rate)
            text += f": {seen.name} is stable below a learning rate of {number(sharpness.limit)} here, and uses {rate}"
        yield from wrap(Text(text), view, 4)
    for skipped in replay.skipped:
        yield from wrap(
            Text(f"{_INDENT}not measured: {visible(skipped.what)} ({visible(skipped.why)})", style="dim"), view, 4
        )


def _trajectory(each: Trajectory, view: View) -> Iterator[Text]:
    label = "as it is" if each.name == AS_IS else CHANGES.get(each.name, visible(each.name))
    rate = f" ({number(each.learning_rate)})" if each.name.startswith("lr") else ""
    if not each.losses:
        yield from wrap(Text(f"{_INDENT}{label}{rate}: {visible(each.note) or 'not evaluated'}"), view, 4)
        return
    curve = sparkline(each.losses, 10)
    row = Text(f"{_INDENT}{curve:<6}  ").append(f"{label}{rate}: ")
    row.append(course(each.losses), style="green" if stable(each) else "bold red")
    row.append(f", {number(each.losses[0])} → {number(each.losses[-1])}")
    row.append(f" ({visible(each.note)})" if each.note and not each.exact else "", style="dim")
    yield from wrap(row, view, 10)
