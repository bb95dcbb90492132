"""One line on the terminal while the program runs: what it is doing, for how long, and its memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from gradlint.probe.ending import doing, size
from gradlint.probe.run import Show
from gradlint.probe.supervisor import Moment
from gradlint.probe.wire import Event
from gradlint.report.escape import visible

_EVERY = 0.1
_SPINNER = "|/-\\"


@contextmanager
def live(color: bool) -> Iterator[Show]:
    """The line, gone when the run is over; nothing if nobody watches."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda event, moment: None
        return
    from rich.console import Console
    from rich.live import Live

    # Refreshed by us: a thread of rich's would make it unsafe to start the program.
    console = Console(stderr=True, no_color=not color)
    with Live(
        console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as shown:
        next_time = 0.0

        def show(event: Event | None, moment: Moment) -> None:
            nonlocal next_time
            if moment.seconds >= next_time:
                next_time = moment.seconds + _EVERY
                shown.update(line(event, moment, console.width), refresh=True)

        yield show


def line(event: Event | None, moment: Moment, width: int) -> str:
    """What is going on, in one line; rich markup in it is escaped."""
    from rich.markup import escape

    minutes, seconds = divmod(int(moment.seconds), 60)
    what = doing(event) if event is not None else "starting Python"
    used = f"{minutes:02}:{seconds:02}  {size(moment.memory)}"
    more = f"  {moment.processes} processes" if moment.processes > 1 else ""
    spinner = _SPINNER[int(moment.seconds * 4) % len(_SPINNER)]
    return escape(visible(f"{spinner} {used}{more}  {what}")[: max(width - 1, 20)])
