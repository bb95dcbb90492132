"""Write what the command prints into README.md, and read the commands that README.md promises to work.

python tests/readme_blocks.py               rewrite the help text and the JSON example
python tests/readme_blocks.py --check       exit 1 if one of them is out of date
python tests/readme_blocks.py --print run   the code block behind `<!-- run -->`
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
EXAMPLE = ["--output-format", "json", "--select", "GL201", "fixtures/scripts/classic_adam_01.py"]
GENERATED = {"help": ("text", ["--help"]), "json": ("json", EXAMPLE)}


def block(text: str, name: str) -> str:
    """The content of the code block that stands behind a marker.

    Raises:
        ValueError: if there is not exactly one.
    """
    found = re.findall(rf"<!-- {name} -->\n```\w*\n(.*?)```\n", text, re.DOTALL)
    if len(found) != 1:
        raise ValueError(f"README.md must hold one code block behind <!-- {name} -->, and holds {len(found)}")
    return str(found[0])


def printed(arguments: list[str]) -> str:
    """What gradlint prints, run in the checkout."""
    done = subprocess.run(
        [sys.executable, "-m", "gradlint", *arguments],
        cwd=ROOT, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode > 1:
        raise SystemExit(done.stderr)
    return done.stdout.rstrip("\n") + "\n"


def updated(text: str) -> str:
    """The text with its generated blocks renewed."""
    for name, (language, arguments) in GENERATED.items():
        old = block(text, name)
        new = printed(arguments)
        if old.split() != new.split():  # spaces may differ between versions of click
            before = f"<!-- {name} -->\n```{language}\n{old}```\n"
            text = text.replace(before, f"<!-- {name} -->\n```{language}\n{new}```\n")
    return text


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if a block is out of date")
    parser.add_argument("--print", metavar="NAME", help="print the block of this name")
    options = parser.parse_args(arguments)
    old = README.read_text(encoding="utf-8")
    if options.print:
        sys.stdout.write(block(old, options.print))
        return 0
    new = updated(old)
    if not options.check:
        README.write_text(new, encoding="utf-8")
    elif new != old:
        print("README.md: a generated block is out of date; run python tests/readme_blocks.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
