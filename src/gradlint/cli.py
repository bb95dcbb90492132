"""The command line: arguments -> settings -> lint -> render -> exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradlint import __version__, cli_probe, cli_show
from gradlint.cli_options import COLOR, FIRST_WORD, complete_rule, configured, selecting, shared
from gradlint.config import Settings, UsageError, nearest
from gradlint.finding import Confidence, Report, Severity

if TYPE_CHECKING:
    from gradlint.rule import Rule

CLEAN, FOUND, USAGE, INTERNAL, NO_STEP, INTERRUPTED = 0, 1, 2, 3, 4, 130
_CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Main(click.Group):
    """A group whose first argument may be a path: `gradlint src` is `gradlint check src`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {*self.commands, "-h", "--help", "--version"}
        ctx.meta[FIRST_WORD] = {} if args else {name: each.get_short_help_str() for name, each in self.commands.items()}
        return super().parse_args(ctx, args if args and args[0] in own else ["check", *args])

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("gradlint", "[check] [OPTIONS] [PATH]...")
        formatter.write_usage("gradlint", "COMMAND [ARGUMENTS]...", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        check = self.commands["check"]
        options = [param for param in check.params if isinstance(param, click.Option)]
        records = (option.get_help_record(ctx) for option in options)
        with formatter.section("Options of check"):
            formatter.write_dl([record for record in records if record])
        with formatter.section("Other options"):
            formatter.write_dl([("--version", "Show the version and exit."), ("-h, --help", "Show this and exit.")])


@click.group(cls=_Main, context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="gradlint", message="%(prog)s %(version)s")
def main() -> None:
    """Find what will make training with TensorFlow or Keras end in NaN, before it runs.

    A path with the name of a command is written ./explain.

    Exit codes: 0 clean; 1 findings at or above --fail-on, files that could not be checked, or something that a probe has
    confirmed; 2 wrong usage; 3 a mistake of gradlint itself; 4 a probe that saw no training step.
    """


main.add_command(cli_probe.probe)


_LABELS = [severity.label for severity in Severity]
_SURE = [confidence.label for confidence in Confidence]


class _Check(click.Command):
    """`--add-ignore` takes its reason behind an equals sign only, so that a path may follow it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--add-ignore=" if each == "--add-ignore" else each for each in args])


@main.command(cls=_Check)
@selecting
@click.option("--pedantic", is_flag=True, help="Also show notes and findings of low confidence.")
@click.option("--min-confidence", type=click.Choice(_SURE), help="Show no less. [default: medium]")
@click.option("--fail-on", type=click.Choice(_LABELS), help="Exit with 1 from here. [default: warning]")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings.")
@click.option("--statistics", is_flag=True, help="Show how often each rule fired, not the findings.")
@click.option(
    "--output-format", type=click.Choice(["full", "concise", "github", "json"]), default="full", show_default=True
)
@click.option("--output-file", type=click.Path(dir_okay=False), metavar="FILE", help="Write the report here.")
@click.option("--color", type=COLOR, default="auto", show_default=True)
@click.option(
    "--probe",
    "probed",
    metavar="SCRIPT",
    help="Also run this program, given as one word with its arguments, see probe.",
)
@click.option("--python", metavar="PYTHON", help="Interpreter for --probe. [default: gradlint's own]")
@click.option("--add-ignore", metavar="[=REASON]", help="Write comments that silence what is found now.")
@click.option("--stdin-filename", metavar="PATH", help="Name of the program on standard input, for the path -.")
@click.option("--show-settings", is_flag=True, help="Show what holds for the paths and where it comes from.")
@click.option("--show-files", is_flag=True, help="Show the files that would be considered.")
@shared
def check(
    *,
    exit_zero: bool,
    statistics: bool,
    output_format: str,
    output_file: str | None,
    color: str,
    probed: str | None,
    python: str | None,
    show_settings: bool,
    show_files: bool,
    add_ignore: str | None,
    **rest: Any,
) -> int:
    """Check files and directories.

    This is the default command; without a path it checks the working directory, and - stands for standard input.
    """
    from gradlint.configuration.nearest import Configurations

    settings = _settings(**rest)
    configurations = Configurations(settings)
    for path in settings.paths:  # a wrong selector is told before standard input is waited for
        configurations.around(path)
    if show_settings or show_files:
        return cli_show.settings(settings) if show_settings else cli_show.files(settings)
    if add_ignore is not None:
        return cli_show.add_ignores(settings, add_ignore, color)
    settings = cli_show.with_stdin(settings, sys.stdin)
    from gradlint import lint, terminal

    with terminal.progress(terminal.wants_color(color, sys.stderr)) as progress:
        report = lint.run(settings, progress)
    outcome = CLEAN
    if probed is not None:
        report, outcome = cli_probe.settled(report, settings, probed, python)
    elif python is not None:
        raise UsageError("--python: nothing is run without --probe")
    _show(report, settings, output_format=output_format, output_file=output_file, color=color, statistics=statistics)
    if any(problem.internal for problem in report.problems):
        return INTERNAL
    code = FOUND if configurations.fails(report) or outcome == FOUND else outcome
    return CLEAN if exit_zero and code == FOUND else code


def _settings(
    *, paths: tuple[str, ...], min_confidence: str | None = None, fail_on: str | None = None, **rest: Any
) -> Settings:
    return Settings(
        paths=paths or (".",),
        min_confidence=Confidence[min_confidence.upper()] if min_confidence else None,
        fail_on=Severity[fail_on.upper()] if fail_on else None,
        **rest,
    )


def _show(
    report: Report, settings: Settings, *, output_format: str, output_file: str | None, color: str, statistics: bool
) -> None:
    """Write the report; the formats for machines stay pure, so their summary goes to standard error."""
    from gradlint import pages, source, terminal
    from gradlint.configuration.nearest import Configurations
    from gradlint.report import View, no_page, render
    from gradlint.report import summary as ends

    colored = color == "always" if output_file else terminal.wants_color(color, sys.stdout)
    configurations = Configurations(settings)
    pedantic = configurations.pedantic(report)
    linked = colored and not output_file and terminal.shows_links(sys.stdout)
    page = pages.addresses(configurations.rules(each.span.path for each in report.findings)) if linked else no_page
    view = View(source.reader(source.given(settings)), terminal.width(), colored, pedantic, page)
    tabled = statistics and output_format != "json"  # JSON holds the statistics anyway
    text = ends.statistics(report) if tabled else render(output_format, report, view)
    if output_file:
        save(Path(output_file), text)
    else:
        terminal.write(text, sys.stdout)
    if output_file or tabled or output_format in {"concise", "github"}:
        closing = ends.summary(report, pedantic=pedantic)
        terminal.write("".join(line + "\n" for line in closing), sys.stderr)


def save(path: Path, text: str) -> None:
    """Write a report into a file."""
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise UsageError(f"--output-file: {path}: {error.strerror}") from error


@main.command()
@click.argument("rule", shell_complete=complete_rule)
@click.option("--color", type=COLOR, default="auto", show_default=True)
@configured
def explain(rule: str, color: str, config: tuple[str, ...], isolated: bool) -> int:
    """Show the page of a rule.

    RULE is a code or a name, such as GL201 or high-learning-rate.
    """
    from gradlint import pages, terminal
    from gradlint.configuration.nearest import Configurations
    from gradlint.report.markdown import render
    from gradlint.rule import known_rules

    def find(known: Iterable[Rule]) -> list[Rule]:
        return [each for each in known if rule.upper() == each.code or rule.lower() == each.name]

    known = known_rules()
    if not find(known):  # a rule of gradlint is explained whatever a configuration says
        known = Configurations(Settings(config=config, isolated=isolated)).rules_around(os.getcwd())
    found = find(known)
    if not found:
        raise UsageError(f"no rule is called {rule!r}{nearest(rule, {each.code: each.name for each in known})}")
    try:
        page = pages.of(found[0])
    except pages.PageError as error:
        if found[0].plugin:  # the page of a rule of ours is always there
            raise UsageError(str(error)) from error
        raise
    text = render(page.text, terminal.width(), terminal.wants_color(color, sys.stdout))
    terminal.write(text, sys.stdout)
    return CLEAN


_FORMAT = click.option(
    "--format", "--output-format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@main.command()
@_FORMAT
@configured
def rules(form: str, config: tuple[str, ...], isolated: bool) -> int:
    """List the rules.

    Those of plugins are listed if the configuration of the working directory names them, or --config does.
    """
    from gradlint import pages, terminal
    from gradlint.configuration.nearest import Configurations
    from gradlint.report import no_page
    from gradlint.report import rules as listing

    known = Configurations(Settings(config=config, isolated=isolated)).rules_around(os.getcwd())
    page = pages.addresses(known) if terminal.shows_links(sys.stdout) else no_page
    listed = listing.render_json(known) if form == "json" else listing.render_text(known, page)
    terminal.write(listed, sys.stdout)
    return CLEAN


@main.command(name="new-rule")
@click.argument("name")
@click.option("--code", metavar="XX001", help="Code of the rule. [default: the next free one]")
@click.option("--directory", type=click.Path(), default=".", metavar="DIR", help="Where it goes. [default: here]")
def new_rule(name: str, code: str | None, directory: str) -> int:
    """Write a new rule: check, page and test.

    NAME states the bad pattern, such as huge-clip-bound. The directory is a checkout of gradlint, or holds a plugin, or is
    new and becomes a plugin.
    """
    from gradlint import scaffold, terminal

    layout, code, written = scaffold.new_rule(name, code, Path(directory))
    lines = [f"{code} [{name}]", *(f"  {path}" for path in written), *scaffold.next_steps(layout)]
    terminal.write("".join(line + "\n" for line in lines), sys.stdout)
    return CLEAN


@main.command()
@shared
@_FORMAT
def facts(form: str, **rest: Any) -> int:
    """Show what was understood.

    Roots, programs, optimizers, updates, clips, rewards and checks; and what could not be followed, and why.
    """
    from gradlint import lint, terminal
    from gradlint.report import facts as rendering

    settings = _settings(**rest)
    with terminal.progress(terminal.wants_color("auto", sys.stderr)) as progress:
        data = lint.facts(settings, progress)
    terminal.write(rendering.render_json(data) if form == "json" else rendering.render_text(data), sys.stdout)
    return FOUND if data["errors"] else CLEAN


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Show a script that makes a shell complete commands, options, paths and rules.

    For bash: eval "$(gradlint completion bash)" in ~/.bashrc.
    """
    from click.shell_completion import get_completion_class

    from gradlint import terminal

    found = get_completion_class(shell)
    assert found is not None
    terminal.write(found(main, {}, "gradlint", "_GRADLINT_COMPLETE").source().lstrip("\n"), sys.stdout)
    return CLEAN


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code; whatever happens, the user sees no traceback."""
    try:
        code = main.main(list(arguments), prog_name="gradlint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except UsageError as error:
        _complain(f"error: {error}")
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # the last line of defence: a mistake of ours is reported as ours
        _complain(_crash(error))
        return INTERNAL
    return code if isinstance(code, int) else CLEAN


def _complain(message: str) -> None:
    from gradlint import terminal
    from gradlint.report.escape import visible

    terminal.write(f"gradlint: {visible(message)}\n", sys.stderr)


def _crash(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = (
        f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "unknown place"
    )
    return (
        f"internal error: {type(error).__name__}: {error} ({where}). "
        "This is a mistake in gradlint, not in your code: please report it with the command that you ran."
    )
