"""The page of a rule at a terminal."""

from __future__ import annotations

import io

from rich.console import Console
from rich.markdown import Markdown

_WIDEST = 100
"""Prose is not read easily on wider lines."""


def render(text: str, width: int, color: bool) -> str:
    """Markdown for reading; without colour no line ends in a space."""
    console = Console(
        file=io.StringIO(), force_terminal=color, color_system="standard" if color else None, no_color=not color,
        legacy_windows=False, width=min(width, _WIDEST), height=25, emoji=False, _environ={},
    )  # fmt: skip
    with console.capture() as capture:
        console.print(Markdown(text, hyperlinks=False, code_theme="ansi_dark"))
    rendered = capture.get()
    return rendered if color else "".join(line.rstrip() + "\n" for line in rendered.splitlines())
