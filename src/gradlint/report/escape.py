"""Text that cannot do anything to whoever shows it."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""Control, bidirectional and other invisible characters as escapes: `\x1b`, `\u202e`, `\udcff` (a bad byte)."""
    return text if text.isprintable() else "".join(map(visible_character, text))


def visible_character(character: str) -> str:
    """The same for one character."""
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def place(path: str, line: int, column: int | None = None, cell: int | None = None) -> str:
    """`train.py:3:7`, or `nb.ipynb:cell 2:3:7` for a place in a notebook."""
    parts = [visible(path), *([f"cell {cell}"] if cell is not None else []), str(line)]
    return ":".join(parts if column is None else [*parts, str(column)])


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
