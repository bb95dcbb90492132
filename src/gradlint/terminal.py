"""Standard output and standard error: colour, width, broken pipes, the progress bar."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from gradlint.config import NoProgress, Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_PIPE_WIDTH = 120
_NARROWEST, _WIDEST = 40, 160


def wants_color(choice: str, stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`; `NO_COLOR` and `FORCE_COLOR` decide where the user does not."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return os.environ["FORCE_COLOR"] != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def shows_links(stream: TextIO) -> bool:
    """Whether the terminal behind `stream` is known to show hyperlinks; `FORCE_HYPERLINK` decides if it is set."""
    told = os.environ.get("FORCE_HYPERLINK")
    if told:
        return told != "0"
    if not stream.isatty() or os.environ.get("TERM") == "dumb" or os.environ.get("CI"):
        return False
    if any(name in os.environ for name in ("WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "DOMTERM")):
        return True
    version = os.environ.get("VTE_VERSION", "0")  # 0.50 was the first
    known = os.environ.get("TERM_PROGRAM") in {"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby"}
    terms = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm")
    return known or os.environ.get("TERM", "").startswith(terms) or (version.isdigit() and int(version) >= 5000)


def width() -> int:
    """Columns of the terminal, `COLUMNS` if it is set, and what logs are read at if there is no terminal."""
    columns = shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns
    return min(max(columns, _NARROWEST), _WIDEST)


def write(text: str, stream: TextIO) -> None:
    """Write all of `text`; a reader that went away (`| head`) is no error, a narrow encoding gets escapes."""
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        # Nothing may be left in the buffer, or the interpreter complains when it flushes at exit.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


class _BarProgress:
    """A bar that each stage starts anew."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def start(self, total: int, what: str) -> None:
        """Replace the bar by the one of the next stage."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(what, total=total)

    def advance(self) -> None:
        """Move the bar."""
        if self._task is not None:
            self._bar.advance(self._task)


@contextmanager
def progress(color: bool) -> Iterator[Progress]:
    """A bar on standard error that is gone when the work is done; nothing if nobody watches."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield NoProgress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=Console(stderr=True, no_color=not color), transient=True) as bar:
        yield _BarProgress(bar)
