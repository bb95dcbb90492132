"""The values of string and number literals. No text is evaluated, so none can warn, fail or take long."""

from __future__ import annotations

import re
import unicodedata

_ESCAPE = re.compile(r"\\(\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[\\'\"abfnrtv])")
_BYTES_ESCAPE = re.compile(r"\\(\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|[\\'\"abfnrtv])")
_SIMPLE = {
    "\n": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_LARGEST: int = 10**400


def integer(text: str) -> int | float:
    """Read an integer literal; beyond 10**400 it is inf, whose conversion no limit of the interpreter stops."""
    if len(text) < 300:
        return int(text, 0)
    digits = text.replace("_", "").lower()
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2])
    if base is None:
        digits = digits.lstrip("0") or "0"
        return int(digits) if len(digits) <= 400 else float("inf")
    value = int(digits[2:], base)
    return value if value <= _LARGEST else float("inf")


def imaginary(text: str) -> complex:
    """Read an imaginary literal."""
    return complex(0.0, float(text[:-1]))


def string(text: str) -> str | bytes:
    """Read one string literal with its prefix and quotes."""
    body = text.lstrip("rRbBuU")
    prefix = text[: len(text) - len(body)]
    width = 3 if body[:3] in {'"""', "'''"} and len(body) > 5 else 1
    inner = body[width:-width]
    if "\\" in inner or "\r" in inner or prefix:
        return _decoded(inner, prefix.lower())
    return inner


def _decoded(inner: str, prefix: str) -> str | bytes:
    if "b" in prefix:
        value = plain(inner, "r" in prefix, _BYTES_ESCAPE)
        return bytes(ord(letter) & 255 for letter in value)
    return plain(inner, "r" in prefix)


def plain(inner: str, raw: bool, escape: re.Pattern[str] = _ESCAPE) -> str:
    """Resolve line ends and, unless raw, escapes; what is no valid escape stays as written."""
    if "\r" in inner:
        inner = inner.replace("\r\n", "\n").replace("\r", "\n")
    if raw or "\\" not in inner:
        return inner
    return escape.sub(_character, inner)


def _character(match: re.Match[str]) -> str:
    code = match.group(1)
    if code in _SIMPLE:
        return _SIMPLE[code]
    try:
        if code[0] == "N":
            return unicodedata.lookup(code[2:-1])
        return chr(int(code, 8) if code.isdigit() else int(code[1:], 16))
    except (KeyError, ValueError):
        return match.group()
