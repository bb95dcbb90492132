"""Write the rule table into README.md between `<!-- rules -->` and `<!-- /rules -->`.

python tests/readme_table.py            rewrite the table
python tests/readme_table.py --check    exit 1 if it is out of date
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from gradlint.rule import known_rules

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"(?P<start><!-- rules -->\n).*?(?P<end><!-- /rules -->)", re.DOTALL)


def table() -> str:
    """One row per rule, with a link to its page."""
    rows = [
        f"| [{rule.code}](rules/{rule.name}.md) | `{rule.name}` | {rule.severity.label} | {rule.summary} |"
        for rule in known_rules()
    ]
    return "\n".join(["| code | name | severity | what it finds |", "|---|---|---|---|", *rows]) + "\n"


def updated(text: str) -> str:
    """The text with the table between its markers renewed.

    Raises:
        ValueError: if the markers are not there exactly once.
    """
    if len(BLOCK.findall(text)) != 1:
        raise ValueError("README.md must hold <!-- rules --> and <!-- /rules --> exactly once, each on its own line")
    return BLOCK.sub(lambda match: match["start"] + table() + match["end"], text)


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if the table is out of date")
    check = parser.parse_args(arguments).check
    old = README.read_text(encoding="utf-8")
    new = updated(old)
    if check and new != old:
        print("README.md: the rule table is out of date; run python tests/readme_table.py", file=sys.stderr)
        return 1
    if not check:
        README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
