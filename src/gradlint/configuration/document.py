"""A TOML document with the lines that its keys and strings stand on, which the parser of Python does not tell."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradlint.config import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Document", "Keys", "parse", "tomllib"]

Keys = tuple[str, ...]

_TOKEN = re.compile(
    r"""
    (?P<space> [ \t\r]+ | \#[^\n]* )
  | (?P<string> \"{3}(?:[^"\\]|\\.|"(?!""))*\"{3,5} | '{3}(?:[^']|'(?!''))*'{3,5} | "(?:[^"\\\n]|\\.)*" | '[^'\n]*' )
  | (?P<newline> \n )
  | (?P<mark> [\[\]{}=,] | \. )
  | (?P<bare> [^\s\[\]{}=,."'\#]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Document:
    """The settings of one file, or of one option of the command line."""

    name: str
    """The file as the user sees it, or the option."""
    table: Mapping[str, Any]
    """The keys of gradlint, wherever in the file they stand."""
    prefix: Keys = ()
    """The tables around them: `("tool", "gradlint")` in a pyproject.toml."""
    lines: Mapping[Keys, int] = field(default_factory=dict)
    strings: Mapping[tuple[Keys, str], int] = field(default_factory=dict)
    """Lines of the strings in the value of a key."""

    def place(self, keys: Keys, item: str | None = None) -> str:
        """`pyproject.toml:4`: where a key, or one string in its value, is written."""
        if not self.lines:
            return self.name
        full = (*self.prefix, *keys)
        if item is not None:
            for length in range(len(full), 0, -1):
                line = self.strings.get((full[:length], item))
                if line is not None:
                    return f"{self.name}:{line}"
        known = (self.lines[full[:length]] for length in range(len(full), 0, -1) if full[:length] in self.lines)
        return f"{self.name}:{next(known, 1)}"

    def error(self, keys: Keys, message: str, item: str | None = None) -> UsageError:
        """What is wrong, with the place and the key."""
        dotted = ".".join(key if re.fullmatch(r"[\w-]+", key) else f'"{key}"' for key in (*self.prefix, *keys))
        return UsageError(f"{self.place(keys, item)}: {dotted}: {message}" if dotted else f"{self.name}: {message}")


def parse(name: str, text: str) -> tuple[dict[str, Any], dict[Keys, int], dict[tuple[Keys, str], int]]:
    """The whole document, and the lines of its keys and strings.

    Raises:
        UsageError: if it is not valid TOML.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, where = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", where)
        place = f"{name}:{line[1]}" if line else f"{name}:{text.count(chr(10)) + 1}"
        raise UsageError(f"{place}: not valid TOML: {message[:1].lower()}{message[1:]}") from error
    except (RecursionError, ValueError) as error:
        raise UsageError(f"{name}: not valid TOML: nested too deep, or with numbers that are too long") from error
    lines: dict[Keys, int] = {}
    strings: dict[tuple[Keys, str], int] = {}
    _Scan(text, lines, strings).document()
    return document, lines, strings


class _Scan:
    """Walks over text that is known to be valid TOML. Only the places of things are of interest."""

    def __init__(self, text: str, lines: dict[Keys, int], strings: dict[tuple[Keys, str], int]) -> None:
        self._lines, self._strings = lines, strings
        self._line = 1
        self._tokens = self._read(text)

    def _read(self, text: str) -> Iterator[tuple[str, str, int]]:
        for match in _TOKEN.finditer(text):
            kind, token = str(match.lastgroup), match.group()
            line = self._line
            self._line += token.count("\n")
            if kind != "space":
                yield kind, token, line

    def document(self) -> None:
        table: Keys = ()
        key: list[str] = []
        for kind, token, line in self._tokens:
            if kind == "newline":
                key = []
            elif token == "=" and kind == "mark":
                path = (*table, *key)
                for length in range(len(table) + 1, len(path) + 1):
                    self._lines.setdefault(path[:length], line)
                self._value(path)
                key = []
            elif token == "[" and kind == "mark":
                table = self._header()
                self._lines.setdefault(table, line)
            elif kind in ("bare", "string"):
                key.append(_plain(token))

    def _header(self) -> Keys:
        parts: list[str] = []
        for kind, token, _ in self._tokens:
            if kind == "newline":
                break
            if kind in ("bare", "string"):
                parts.append(_plain(token))
        return tuple(parts)

    def _value(self, path: Keys) -> None:
        """To the end of a value: strings in it, and keys of tables written in one line."""
        depth = 0
        last: tuple[str, int] | None = None
        for kind, token, line in self._tokens:
            if kind == "newline" and not depth:
                return
            if kind == "string":
                last = (_plain(token), line)
                self._strings.setdefault((path, last[0]), line)
            elif kind == "bare":
                last = (token, line)
            elif token == "=" and last is not None:
                self._lines.setdefault((*path, last[0]), last[1])
            elif token in ("[", "{"):
                depth += 1
            elif token in ("]", "}"):
                depth -= 1


def _plain(token: str) -> str:
    """The text of a key or string."""
    if token[:1] not in "\"'":
        return token
    return str(tomllib.loads(f"k = {token}")["k"])
