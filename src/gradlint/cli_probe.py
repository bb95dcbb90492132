"""The command line of the probe: arguments -> static findings -> run -> render -> exit code."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradlint.cli_options import configured
from gradlint.config import Settings, UsageError
from gradlint.finding import Report

if TYPE_CHECKING:
    from gradlint.probe.run import Probed


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    from gradlint.probe.options import parse_size

    try:
        return parse_size(value) if value is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


class _Command(click.Command):
    """Says what to do with an option that is meant for the script."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            message = f"{error.message} (the script's own arguments stand behind --)"
            raise click.NoSuchOption(error.option_name, message, error.possibilities, ctx) from error


@click.command(cls=_Command)
@click.option("-m", "module", metavar="MODULE", help="Run a module as python -m does, instead of a script.")
@click.option("--python", metavar="PYTHON", help="Interpreter that you train with. [default: gradlint's own]")
@click.option("--steps", type=click.IntRange(1), default=1, show_default=True, help="Updates that are fully measured.")
@click.option(
    "--watch",
    type=click.IntRange(0),
    default=4,
    show_default=True,
    help="Further updates: loss, norm, finiteness only.",
)
@click.option(
    "--timeout", type=click.FloatRange(1), metavar="SECONDS", default=300, show_default=True, help="Time limit."
)
@click.option(
    "--memory", callback=_size, metavar="SIZE", help="Memory limit, such as 4G. [default: 80 % of what is free]"
)
@click.option(
    "--device", type=click.Choice(["cpu", "gpu"]), default="cpu", show_default=True, help="cpu hides all GPUs."
)
@click.option("--isolate", is_flag=True, help="Run in a temporary copy of the working directory.")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Seed random, NumPy and TensorFlow.")
@click.option(
    "--workers",
    type=click.IntRange(1, 16),
    default=1,
    show_default=True,
    help="Start so many as a cluster (TF_CONFIG).",
)
@click.option("--no-replay", is_flag=True, help="Do not replay the step with clipping, lower rates and so on.")
@click.option("--output-format", type=click.Choice(["full", "json"]), default="full", show_default=True)
@click.option("--output-file", type=click.Path(dir_okay=False), metavar="FILE", help="Write the result here.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True)
@configured
@click.argument("script", required=False, metavar="SCRIPT")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGUMENTS...]")
def probe(
    *,
    script: str | None,
    arguments: tuple[str, ...],
    module: str | None,
    no_replay: bool,
    output_format: str,
    output_file: str | None,
    color: str,
    config: tuple[str, ...],
    isolated: bool,
    **rest: Any,
) -> int:
    """Run a training program until its first updates, and show whether the numbers blow up.

    SCRIPT is a Python file or a notebook, and stays as it is. This executes its code with your rights.

    Exit codes: 0 nothing observed; 1 something confirmed; 2 wrong usage; 3 the probe failed; 4 no training step reached.
    """
    from gradlint.probe.options import Options

    if module is not None:
        script, arguments = None, (*([script] if script is not None else []), *arguments)
    elif script is None:
        raise UsageError("probe: name a script, or a module with -m")
    options = Options(script, module, arguments, replay=not no_replay, **rest)
    settings = Settings(config=config, isolated=isolated)
    probed = _run(options, _static(options, settings, color), settings, color)
    _show(probed, output_format, output_file, color)
    return _exit_code(probed)


def settled(report: Report, settings: Settings, command: str, python: str | None) -> tuple[Report, int]:
    """Static findings held against a run (`check --probe`); also the exit code that the run asks for."""
    from gradlint.probe.options import Options

    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--probe: {command!r}: {error}") from error
    module = words[1] if words[:1] == ["-m"] and len(words) > 1 else None
    script, arguments = (None, words[2:]) if module else (words[0] if words else "", words[1:])
    probed = _run(Options(script, module, tuple(arguments), python=python), report, settings, "auto")
    return probed.report, _exit_code(probed)


def _static(options: Any, settings: Settings, color: str) -> Report:
    """What is to be confirmed: the findings of the program."""
    from gradlint import lint, source, terminal
    from gradlint.probe.target import find

    path = find(options, Path(os.getcwd())).path
    if path is None:
        return Report()
    with terminal.progress(terminal.wants_color(color, sys.stderr)) as progress:
        return lint.run(replace(settings, paths=(source.shown(path),)), progress)


def _run(options: Any, report: Report, settings: Settings, color: str) -> Probed:
    from gradlint import terminal
    from gradlint.configuration.nearest import Configurations
    from gradlint.probe import run
    from gradlint.probe.progress import live
    from gradlint.probe.supervisor import Terminated
    from gradlint.probe.target import find

    here = Path(os.getcwd())
    path = str(find(options, here).path or here / options.module)
    codes = Configurations(settings).of(path).codes_of(path)
    try:
        with live(terminal.wants_color(color, sys.stderr)) as show:
            return run.probe(options, report, codes, show)
    except Terminated as request:  # everything is cleaned up: now the signal has its usual effect
        signal.signal(request.number, signal.SIG_DFL)
        os.kill(os.getpid(), request.number)
        raise


def _show(probed: Probed, output_format: str, output_file: str | None, color: str) -> None:
    from gradlint import source, terminal
    from gradlint.cli import save
    from gradlint.report import View, probe_full, probe_json
    from gradlint.report.bars import ascii_only

    colored = color == "always" if output_file else terminal.wants_color(color, sys.stdout)
    if output_format == "json":
        text = probe_json.render(probed)
    else:
        text = probe_full.render(probed, View(source.reader(), terminal.width(), colored))
    if output_file:
        save(Path(output_file), text)
        terminal.write(f"{probed.verdict.value}: {probed.reason}\n", sys.stderr)
    else:
        unicode = (sys.stdout.encoding or "").lower().startswith("utf")
        terminal.write(text if unicode else ascii_only(text), sys.stdout)


def _exit_code(probed: Probed) -> int:
    from gradlint import cli
    from gradlint.observed import Settled

    if probed.verdict is Settled.CONFIRMED:
        return cli.FOUND
    if probed.failed:
        return cli.INTERNAL
    return cli.CLEAN if probed.reached else cli.NO_STEP
