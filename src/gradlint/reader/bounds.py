"""Refuse what would crash or stall the parser of libcst, before it sees the text.

That parser is recursive native code: beyond its stack the process dies, and nested patterns take it exponential time.
The limits hold on a stack of 2 MiB, a quarter of what Linux gives to a main thread.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradlint.reader.scan import tokens

MAX_CHARACTERS = 4_000_000
MAX_BRACKETS = 100
MAX_BLOCKS = 50
MAX_PATTERN_BRACKETS = 8
MAX_CHAIN = 400
MAX_STRINGS = 800
MAX_ELIFS = 400

# How much each word deepens the tree; a lambda costs the parser several times the stack of an operator.
_WORDS: Mapping[str, int] = {
    "and": 1,
    "or": 1,
    "not": 1,
    "else": 1,
    "for": 1,
    "await": 1,
    "lambda": 5,
    "elif": 0,
    "if": 0,
    "case": 0,
}
# Operators that build no chain, or a flat one.
_FLAT = frozenset({":", "=", ":=", "->", "<", ">", "<=", ">=", "==", "!="})


def check(text: str) -> tuple[int, str] | None:
    """Find the first thing in a text that must not be parsed: its offset, and why."""
    if len(text) > MAX_CHARACTERS:
        return 0, f"longer than {MAX_CHARACTERS} characters"
    chain = total = strings = deepest = 0  # chain: links in the innermost bracket; total: in all brackets that are open
    indent = 0
    outer: list[int] = []
    elifs: dict[int, int] = {}  # per indentation
    blocks: list[int] = []  # their indentations
    fresh, in_case, line_start = True, False, 0
    for kind, start, end in tokens(text):
        if fresh and kind not in {"newline", "comment"}:
            indent = start - line_start
            while blocks and blocks[-1] >= indent:
                blocks.pop()
            blocks.append(indent)
            if len(blocks) > MAX_BLOCKS:
                return start, f"blocks nested more than {MAX_BLOCKS} deep"
        if kind == "name":
            word = text[start:end] if end - start < 7 else ""
            if word in _WORDS:
                chain += _WORDS[word]
                total += _WORDS[word]
                if fresh and word == "if":
                    elifs.pop(indent, None)
                elif fresh and word == "elif":
                    elifs[indent] = elifs.get(indent, 0) + 1
                    if elifs[indent] > MAX_ELIFS:
                        return start, f"more than {MAX_ELIFS} elif in a row"
                elif fresh:
                    in_case = word == "case"
            strings = 0
        elif kind == "op":
            operator = text[start:end]
            if operator in {",", ";"}:
                total -= chain
                chain = 0
            elif operator not in _FLAT:
                chain += 1
                total += 1
            elif in_case and deepest > MAX_PATTERN_BRACKETS and not outer and operator == ":":
                return start, f"pattern with brackets nested more than {MAX_PATTERN_BRACKETS} deep"
            strings = 0
        elif kind == "comment":
            continue
        elif kind in {"open", "fstart"}:
            outer.append(chain)
            chain = 0
            if len(outer) > deepest:
                deepest = len(outer)
                if deepest > MAX_BRACKETS:
                    return start, f"brackets nested more than {MAX_BRACKETS} deep"
        elif kind in {"close", "fend"}:
            total -= chain
            if outer:
                before = outer.pop()
                total += max(chain - before, 0) + 1
                chain = max(chain, before) + 1
            else:
                chain = 0
        elif kind == "newline":
            line_start = end
            if not outer:
                chain = total = strings = deepest = 0
                fresh, in_case = True, False
            continue
        elif kind == "string":
            strings += 1
            if strings > MAX_STRINGS:
                return start, f"more than {MAX_STRINGS} strings in a row"
        fresh = False
        if total > MAX_CHAIN:
            return start, f"more than {MAX_CHAIN} operators in a row"
    return None
