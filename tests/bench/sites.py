"""Find the places where gradients reach weights, by a plain search over tokens.

This is the yardstick for the analyzer, so it shares no code with it: it looks at spelling only.  A site is
a call of one of these methods:

* ``apply_gradients``, ``minimize``, ``get_updates``, ``compute_gradients`` and ``assign_sub``;
* ``apply`` of something whose name has ``opt`` in it, such as ``self.optimizer.apply``;
* ``compile``, when it is given ``optimizer=``; or, in a file that mentions Keras or TensorFlow, when its
  arguments mention an optimizer or a loss or its first argument can be an optimizer.

Strings, comments and definitions are not calls and are left out.  Only Python files are searched; a file
that cannot be split into tokens (mostly Python 2) is searched line by line instead.
"""

from __future__ import annotations

import argparse
import io
import re
import token
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

KINDS = ("apply_gradients", "minimize", "compile", "get_updates", "assign_sub", "apply", "compute_gradients")
NOT_MODELS = frozenset({"re", "regex", "sre", "sre_compile", "sre_parse", "pattern", "py_compile", "ast"})
NOT_MODELS |= {"torch", "jax", "xla", "experimental"}
NOT_OPTIMIZERS = frozenset({"optimize", "scipy"})
OPTIMIZER_NAMES = re.compile(r"\W*(ada\w*|n?adam\w*|sgd|rms_?prop|ftrl|lion|lamb|momentum)\W*", re.I)
FRAMEWORK = re.compile(r"\b(tf_)?keras\b|\btensorflow\b")
ROUGH_CALL = re.compile(rf"([\w.\])]*)\s*\.\s*({'|'.join(KINDS)})\s*\((.*)")
ROUGH_TEXT = re.compile(r"'''.*?'''|\"\"\".*?\"\"\"", re.S)
ROUGH_LITERAL = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
SKIPPED = frozenset({token.NEWLINE, token.NL, token.COMMENT, token.INDENT, token.DEDENT})


@dataclass(frozen=True, order=True)
class Site:
    """A call: its file, the line that has the method's name, and the method's name."""

    path: Path
    line: int
    kind: str


def read_source(path: Path) -> str:
    """The text of a Python file, in its declared encoding, or in Latin-1 if that fails."""
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return path.read_text(encoding="latin-1")


def arguments(tokens: Sequence[tokenize.TokenInfo], start: int) -> list[tokenize.TokenInfo]:
    """The tokens between an opening parenthesis, just before start, and the one that closes it."""
    depth = 1
    found = []
    for tok in tokens[start:]:
        depth += (tok.string in "([{") - (tok.string in ")]}") if tok.type == token.OP else 0
        if depth == 0:
            break
        found.append(tok)
    return found


def binds_optimizer(inside: Sequence[tokenize.TokenInfo], in_keras_file: bool) -> bool:
    """Whether the arguments of a ``compile`` call can be those of a Keras model."""
    if any(a.string == "optimizer" and b.string == "=" for a, b in pairwise(inside)):
        return True
    if not in_keras_file:
        return False
    words = {tok.string for tok in inside if tok.type == token.NAME}
    if any("optimizer" in word.lower() or "loss" in word.lower() for word in words):
        return True
    if not inside or (len(inside) > 1 and inside[1].string == "="):
        return False
    first = inside[0]
    return first.type != token.STRING or OPTIMIZER_NAMES.fullmatch(first.string) is not None


def accepts(kind: str, receiver: str) -> bool:
    """Whether a method of this name, called on something of this name, can be an update site."""
    if kind == "apply":
        return "opt" in receiver.lower()
    if kind == "minimize":
        return receiver not in NOT_OPTIMIZERS
    if kind == "compile":
        return receiver not in NOT_MODELS
    return True


def receiver_name(tokens: Sequence[tokenize.TokenInfo], dot: int) -> str:
    """The last name before a dot: ``b`` in ``a.b.``, ``f`` in ``f(x).``, ``d`` in ``d[k].``."""
    depth = 0
    for tok in reversed(tokens[:dot]):
        depth += (tok.string in ")]}") - (tok.string in "([{") if tok.type == token.OP else 0
        if depth < 0:
            return ""
        if depth == 0 and tok.string not in ("(", "[", "{"):
            return tok.string if tok.type == token.NAME else ""
    return ""


def token_sites(path: Path, source: str) -> Iterator[Site]:
    """The sites of a file that can be split into tokens."""
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in SKIPPED]
    in_keras_file = FRAMEWORK.search(source) is not None
    for i in range(1, len(tokens) - 1):
        kind = tokens[i].string
        if kind not in KINDS or tokens[i - 1].string != "." or tokens[i + 1].string != "(":
            continue
        if not accepts(kind, receiver_name(tokens, i - 1)):
            continue
        if kind != "compile" or binds_optimizer(arguments(tokens, i + 2), in_keras_file):
            yield Site(path, tokens[i].start[0], kind)


def blank(match: re.Match[str]) -> str:
    """An empty string with as many line ends as the text it replaces."""
    return '""' + "\n" * match.group().count("\n")


def rough_sites(path: Path, source: str) -> Iterator[Site]:
    """The sites of a file that cannot be split into tokens, found line by line."""
    in_keras_file = FRAMEWORK.search(source) is not None
    code = ROUGH_LITERAL.sub('""', ROUGH_TEXT.sub(blank, source))
    for number, line in enumerate(code.split("\n"), 1):
        for match in ROUGH_CALL.finditer(line.split("#")[0]):
            before, kind, after = match.groups()
            names = re.findall(r"\w+", before)
            if not accepts(kind, names[-1] if names else ""):
                continue
            wanted = "optimizer|loss" if in_keras_file else r"\boptimizer\s*="
            if kind != "compile" or re.search(wanted, after, re.I):
                yield Site(path, number, kind)


def file_sites(path: Path) -> list[Site]:
    """The sites of one Python file, in order."""
    source = read_source(path)
    if not any(kind in source for kind in KINDS):
        return []
    try:
        return sorted(token_sites(path, source))
    except (tokenize.TokenError, SyntaxError):
        return sorted(rough_sites(path, source))


def python_files(root: Path) -> Iterator[Path]:
    """The Python files below a directory, in order, or the file itself."""
    files = [root] if root.is_file() else root.rglob("*.py")
    yield from sorted(path for path in files if path.is_file())


def sites(root: Path) -> list[Site]:
    """The sites of every Python file below a directory."""
    return [site for path in python_files(root) for site in file_sites(path)]


def main(argv: Sequence[str] | None = None) -> int:
    """Print how many sites of each kind there are, or each site."""
    parser = argparse.ArgumentParser(description="Count the calls through which gradients reach weights.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--list", action="store_true", help="print each site instead of the counts")
    options = parser.parse_args(argv)
    found = sites(options.directory)
    if options.list:
        print("\n".join(f"{site.path}:{site.line}: {site.kind}" for site in found))
        return 0
    counts = Counter(site.kind for site in found)
    for kind in KINDS:
        print(f"{kind:18} {counts[kind]:6}")
    print(f"{'total':18} {len(found):6}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
