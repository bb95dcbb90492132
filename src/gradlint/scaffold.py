"""What `gradlint new-rule` writes: a check that works, its page, and its test; in a checkout of gradlint or in a plugin."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from gradlint import templates
from gradlint.config import UsageError
from gradlint.configuration.document import parse
from gradlint.plugins import CODE, GROUP, NAME, OURS
from gradlint.rule import known_rules

_WRITTEN = re.compile(r'@rule\(\s*"([A-Z]+)([0-9]{3})"')
_FIRST = {True: 901, False: 1}
"""The number of the first rule: those of gradlint below 900 belong to groups, which only its author can choose."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a rule go."""

    root: Path
    checks: Path
    pages: Path
    tests: Path
    plugin: str = ""
    """The name of the plugin, empty for gradlint itself."""
    new: tuple[tuple[Path, str], ...] = ()
    """What the plugin still lacks, with its text."""


def new_rule(name: str, code: str | None, directory: Path) -> tuple[Layout, str, tuple[Path, ...]]:
    """Write a rule; return where to, its code, and the files.

    Raises:
        UsageError: if the name or the code cannot be used, the directory is neither, or a file exists already.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UsageError(
            f"new-rule: {name!r} is no name of a rule: small letters, digits and dashes, as in huge-clip-bound"
        )
    if name.startswith(("no-", "disallow-")):
        raise UsageError(f"new-rule: {name!r}: name the bad pattern, so that it reads well after 'allow'")
    layout = find(directory)
    code = _checked(code, layout) if code is not None else _free(layout)
    if any(rule.name == name for rule in known_rules()):
        raise UsageError(f"new-rule: gradlint has a rule {name!r} already")
    if (same := _unchanged(layout)) is not None:
        raise UsageError(f"new-rule: {same} is still as it was written: change it first, or two rules report the same")
    files = dict(_files(layout, name, code))
    for path in files:
        if path.exists():
            raise UsageError(f"new-rule: {path} exists already")
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"new-rule: {path}: {error.strerror}") from error
    return layout, code, tuple(files)


def next_steps(layout: Layout) -> Iterator[str]:
    """What remains to be done, for people."""
    if layout.plugin:
        yield f"Install it:   python -m pip install -e {layout.root}"
        yield f"Test it:      python -m pytest {layout.root}"
        yield f'Configure it: plugins = ["{layout.plugin}"]'
    else:
        yield "Renew the table of README.md: python tests/readme_table.py"
        yield "Test it: python -m pytest tests/test_house_style.py tests/test_rule_pages.py"


def find(directory: Path) -> Layout:
    """The layout of a directory: gradlint's own, that of a plugin, or that of a plugin to be."""
    checks = directory / "src" / "gradlint" / "checks"
    if checks.is_dir():
        return Layout(directory, checks, directory / "rules", directory / "tests")
    if (directory / "pyproject.toml").is_file():
        return _plugin(directory)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        wanted = "gradlint's own checkout, nor has it a pyproject.toml, nor is it empty"
        raise UsageError(f"new-rule: {directory} is neither {wanted}: --directory names where the rule goes")
    return _new_plugin(directory)


def _plugin(directory: Path) -> Layout:
    path = directory / "pyproject.toml"
    try:
        table: Any = parse(str(path), path.read_text(encoding="utf-8"))[0]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"new-rule: {path}: {error}") from error
    for key in ("project", "entry-points", GROUP):
        table = table.get(key, {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict) or len(table) != 1:
        raise UsageError(f'new-rule: {path} must name one plugin in [project.entry-points."{GROUP}"]')
    ((plugin, module),) = table.items()
    parts = str(module).partition(":")[0].strip().split(".")
    for base in (directory / "src", directory):
        package = base.joinpath(*parts)
        if (package / "__init__.py").is_file():
            around = [base.joinpath(*parts[:length]) for length in range(len(parts), 0, -1)]
            folders = (each / folder for each in around for folder in ("pages", "rules"))
            pages = next((each for each in folders if each.is_dir()), package / "pages")
            return Layout(directory, package, pages, directory / "tests", plugin)
    raise UsageError(f"new-rule: {path}: {GROUP}: {module} is no package in {directory / 'src'} or {directory}")


def _new_plugin(directory: Path) -> Layout:
    distribution = re.sub(r"[^a-z0-9]+", "-", directory.absolute().name.lower()).strip("-")
    package = distribution.replace("-", "_")
    if not package.isidentifier() or keyword.iskeyword(package) or package == "gradlint":
        raise UsageError(
            f"new-rule: {directory.absolute().name!r} is no name for a package; call the directory gradlint-something"
        )
    plugin = distribution.removeprefix("gradlint-")
    checks = directory / "src" / package
    words = {"distribution": distribution, "package": package, "plugin": plugin, "group": GROUP}
    new = (
        (directory / "pyproject.toml", Template(templates.PROJECT).substitute(words)),
        (checks / "__init__.py", f'"""Rules for gradlint: the plugin {plugin}."""\n'),
    )
    return Layout(directory, checks, checks / "pages", directory / "tests", plugin, new)


def _files(layout: Layout, name: str, code: str) -> Iterator[tuple[Path, str]]:
    function = name.replace("-", "_")
    check = layout.checks / f"{function}.py"
    words = {
        "name": name,
        "code": code,
        "function": function,
        "check": check.relative_to(layout.root).as_posix(),
        "plugin": layout.plugin,
        "plugins": f', "{layout.plugin}"' if layout.plugin else "",
    }
    yield from layout.new
    yield check, Template(templates.CHECK).substitute(words)
    yield layout.pages / f"{name}.md", Template(templates.PAGE).substitute(words)
    yield layout.tests / f"test_{function}.py", Template(templates.TEST).substitute(words)
    pages = layout.tests / "test_pages.py"
    if layout.plugin and not pages.exists():
        yield pages, Template(templates.TEST_OF_PAGES).substitute(words)


def _unchanged(layout: Layout) -> Path | None:
    """A check that is still the one of the template."""
    for path in sorted(layout.checks.glob("*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        codes = ["".join(match) for match in _WRITTEN.findall(text)]
        words = {"code": codes[0], "name": path.stem.replace("_", "-"), "function": path.stem} if codes else {}
        if words and text == Template(templates.CHECK).substitute(words):
            return path
    return None


def _written(layout: Layout) -> dict[str, str]:
    """The codes of the rules that are there, each with its file."""
    found = {rule.code: "gradlint" for rule in known_rules()}
    for path in sorted(layout.checks.glob("*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        found.update({prefix + number: str(path) for prefix, number in _WRITTEN.findall(text)})
    return found


def _checked(code: str, layout: Layout) -> str:
    if not CODE.fullmatch(code):
        raise UsageError(f"--code: {code!r} is no code: two to eight capital letters and three digits, such as AC001")
    if layout.plugin and code.startswith(OURS):
        raise UsageError(f"--code: {code}: codes that begin with {OURS} are gradlint's own")
    if not layout.plugin and not code.startswith(OURS):
        raise UsageError(f"--code: {code}: codes of gradlint itself begin with {OURS}")
    written = _written(layout)
    if code in written:
        raise UsageError(f"--code: {code} is taken: {written[code]}")
    return code


def _free(layout: Layout) -> str:
    """The next code of those that are there, or the first of a plugin."""
    written = _written(layout)
    prefix = OURS
    if layout.plugin:
        own = [code for code in written if not code.startswith(OURS)]
        prefix = max(own)[:-3] if own else _prefix(layout.plugin)
    number = _FIRST[not layout.plugin]
    while f"{prefix}{number:03}" in written:
        number += 1
    return _checked(f"{prefix}{number:03}", layout)


def _prefix(plugin: str) -> str:
    """`SM` for short-memory, `ACM` for acme."""
    words = re.findall(r"[A-Z]+", plugin.upper()) or ["OWN"]
    letters = "".join(word[0] for word in words)[:8] if len(words) > 1 else words[0][:3].ljust(2, "X")
    return f"X{letters[:7]}" if letters.startswith(OURS) else letters
