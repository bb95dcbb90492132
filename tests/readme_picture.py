"""Export what gradlint prints for a fixture, with its colours, as the picture of README.md.

python tests/readme_picture.py            write fixtures/readme.svg
python tests/readme_picture.py --check    exit 1 if the picture shows anything else than what is printed today

The run is a real one. The comments that mark the expected findings are taken out of the copy that it reads.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
FIXTURE = ROOT / "fixtures" / "scripts" / "classic_adam_01.py"
PICTURE = ROOT / "fixtures" / "readme.svg"
COMMAND = f"gradlint {FIXTURE.name}"
WIDTH = 100
CELL = 12.2
"""How wide rich draws a character."""
RUN = re.compile(
    r'<text class="(?P<style>[^"]*)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="[\d.]+"(?P<rest>[^>]*)>'
    r"(?P<text>[^<]*)</text>"
)
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def printed() -> str:
    """What the command prints at a terminal of this width, colours included."""
    with tempfile.TemporaryDirectory() as folder:
        code = re.sub(r"  # finding.*", "", FIXTURE.read_text(encoding="utf-8"))
        Path(folder, FIXTURE.name).write_text(code, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "gradlint", "--color", "always", FIXTURE.name],
            cwd=folder, env={**os.environ, "COLUMNS": str(WIDTH)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode != 1:
        raise SystemExit(f"{COMMAND} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def svg(output: str) -> str:
    """The picture: no font is fetched from anywhere, whoever looks at it uses a font that is there."""
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w", encoding="utf-8"), _environ={})  # noqa: SIM115
    console.print(Text.from_ansi(output.rstrip("\n")), soft_wrap=True)
    template = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    template = template.replace("font-family: Fira Code, monospace;", f"font-family: {FONTS};")
    template = re.sub(r"<!-- Generated .*? -->\s*", "", template)
    drawn = RUN.sub(placed, console.export_svg(title=COMMAND, code_format=template, unique_id="gradlint"))
    return "\n".join(line.rstrip() for line in drawn.splitlines() if line.strip()) + "\n"


def placed(run: re.Match[str]) -> str:
    """One run of text without the spaces around it, which not all viewers draw: it is moved to the right instead."""
    text = run["text"].replace("&#160;", " ")
    if not text.strip():
        return ""
    skipped, size = len(text) - len(text.lstrip()), len(html.unescape(text.strip()))
    x, length = float(run["x"]) + skipped * CELL, size * CELL
    inner = text.strip().replace(" ", "&#160;")
    return f'<text class="{run["style"]}" x="{x:g}" y="{run["y"]}" textLength="{length:g}"{run["rest"]}>{inner}</text>'


def words(picture: str) -> list[tuple[str, str]]:
    """What is to be read in a picture, and where in its line: the rest may differ between versions of rich."""
    return [(run["x"], html.unescape(run["text"])) for run in RUN.finditer(picture)]


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if the picture is out of date")
    new = svg(printed())
    if not parser.parse_args(arguments).check:
        PICTURE.write_text(new, encoding="utf-8")
    elif not PICTURE.exists() or words(PICTURE.read_text(encoding="utf-8")) != words(new):
        print("fixtures/readme.svg is out of date; run python tests/readme_picture.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
