r"""The tokens of a Python text, the same on every version of Python.

The standard `tokenize` of Python 3.10 and 3.11 cannot read `f"{d["key"]}"`, and its tokens differ from those of 3.12.
This scanner knows just what the reader needs: it never fails, and it never takes more than linear time.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "name", "number", "string", "open", "close", "comment", "joined", "newline", "op", "fstart", "fend"
]
Token: TypeAlias = tuple[Kind, int, int]

# As in CPython, every character beyond ASCII is taken for part of a name: outside strings it can be nothing else.
_WORD = r"A-Za-z_\x80-\U0010ffff"
_DIGITS = r"[0-9](?:_?[0-9])*"
# An unterminated string ends at the end of its line or of the text, so no part of the text is looked at twice.
STRING_BODY = r"""
    \"{3} [^"\\]* (?: (?: \\(?s:.) | "(?!"") ) [^"\\]* )* (?: \"{3} | \\?\Z )
  | '{3} [^'\\]* (?: (?: \\(?s:.) | '(?!'') ) [^'\\]* )* (?: '{3} | \\?\Z )
  | " [^"\\\r\n]* (?: \\(?:\r\n|(?s:.)) [^"\\\r\n]* )* "?
  | ' [^'\\\r\n]* (?: \\(?:\r\n|(?s:.)) [^'\\\r\n]* )* '?
"""
_CODE = re.compile(
    rf"""
    (?P<fstart> (?: [fFtT][rR]? | [rR][fFtT] ) (?: \"{{3}} | '{{3}} | " | ' ) )
  | (?P<string> (?: [bB][rR]? | [rR][bB]? | [uU] )? (?: {STRING_BODY} ) )
  | (?P<name> [{_WORD}] [{_WORD}0-9]* )
  | (?P<number> 0[xX](?:_?[0-9a-fA-F])+ | 0[bB](?:_?[01])+ | 0[oO](?:_?[0-7])+
      | (?: {_DIGITS}\.(?:{_DIGITS})? | \.{_DIGITS} ) (?:[eE][-+]?{_DIGITS})? [jJ]?
      | {_DIGITS} (?:[eE][-+]?{_DIGITS})? [jJ]? )
  | (?P<open> [(\[{{] )
  | (?P<close> [)\]}}] )
  | (?P<comment> \#[^\r\n]* )
  | (?P<joined> \\(?:\r\n|[\r\n]) )
  | (?P<newline> \r\n|[\r\n] )
  | (?P<op> \.\.\. | \*\*=? | //=? | <<=? | >>=? | -> | [-+*/%@<>&|^=!:]= | [-+*/%@<>&|^~.=!:,;] )
    """,
    re.VERBOSE,
)
# In the literal part of an f-string, `\{` is a backslash and the start of a field, but `\N{DASH}` is a character.
_LITERAL = re.compile(r"""\\N\{[^{}"'\r\n]*\}|\\(?:\r\n|(?s:[^{}]))|\{\{|\}\}|[{}]|\"{3}|'{3}|["'\r\n]""")
_RAW_LITERAL = re.compile(r"""\\(?:\r\n|(?s:[^{}]))|\{\{|\}\}|[{}]|\"{3}|'{3}|["'\r\n]""")
_SPEC = re.compile(r"""\\(?:\r\n|(?s:[^{}]))|[{}]|\"{3}|'{3}|["'\r\n]""")


def tokens(text: str) -> Iterator[Token]:
    """Yield kind, start and end of every token. An f-string is `fstart`, the tokens of its fields, `fend`."""
    position = 1 if text.startswith("\ufeff") else 0
    while True:
        for match in _CODE.finditer(text, position):
            kind = match.lastgroup
            if kind == "fstart":
                break
            yield kind, match.start(), match.end()  # type: ignore[misc]
        else:
            return
        position = yield from _format_string(text, match)


@dataclass(slots=True)
class _Level:
    """One open part of an f-string: its literal text, a replacement field, or a format specification."""

    sort: Literal["literal", "field", "spec"]
    quote: str
    raw: bool
    depth: int = 0


def _format_string(text: str, opening: re.Match[str]) -> Generator[Token, None, int]:
    levels = [_opened(opening)]
    yield "fstart", opening.start(), opening.end()
    position = opening.end()
    while levels:
        level = levels[-1]
        match = _pattern(level).search(text, position)
        if match is None:
            break
        position = match.end()
        start, found = match.start(), match.group()
        if level.sort == "field":
            kind = match.lastgroup
            yield kind, start, position  # type: ignore[misc]
            if kind == "fstart":
                levels.append(_opened(match))
            elif kind == "open":
                level.depth += 1
            elif kind == "close" and level.depth:
                level.depth -= 1
            elif kind == "close":
                levels.pop()
            elif found in {":", ":="} and not level.depth:
                position = start + 1
                levels.append(_Level("spec", level.quote, level.raw))
        elif found == "{":
            yield "open", start, position
            levels.append(_Level("field", level.quote, level.raw))
        elif found == "}" and level.sort == "spec":
            yield "close", start, position
            del levels[-2:]
        elif found.startswith(level.quote) or (len(level.quote) == 1 and found in "\r\n"):
            position = start + len(level.quote)
            while levels.pop().sort != "literal":
                yield "close", start, start
            yield "fend", start, position
        elif len(found) == 3 and found[0] in "\"'":
            position = start + 1
    for level in levels:
        if level.sort == "literal":
            yield "fend", len(text), len(text)
    return position if not levels else len(text)


def _opened(match: re.Match[str]) -> _Level:
    prefix = match.group().rstrip("\"'")
    return _Level("literal", match.group()[len(prefix) :], "r" in prefix.lower())


def _pattern(level: _Level) -> re.Pattern[str]:
    if level.sort == "field":
        return _CODE
    if level.sort == "spec":
        return _SPEC
    return _RAW_LITERAL if level.raw else _LITERAL
