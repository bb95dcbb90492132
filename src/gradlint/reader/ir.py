"""The compact program that the reader works on: what is left of a file after lowering.

Nodes carry no text and no tree of libcst, so they are cheap to build, to keep and to send between processes. Where a node
stands in the file is one integer (`Loc`), made of leaf ordinals; `positions.py` turns it into lines and columns, and only
for the few nodes that a finding shows.

A *leaf* is a token NAME that is no keyword (True, False and None do count, and so do the soft keywords `match`, `case`
and `type` where they act as keywords), a NUMBER, or a STRING (a whole f-string is one leaf). Leaves are numbered
from 0 in the order of the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Loc: TypeAlias = int
_CLOSE_BITS = 12
_LEAF_BITS = 26


def pack(first: int, last: int, closes: int) -> Loc:
    """Pack the first and last leaf of a node and the number of closing brackets of the node that follow the last leaf.

    A node without a leaf of its own (`[]`, `...`) has last = first - 1, first being the ordinal of the next leaf.
    """
    return (first << (_LEAF_BITS + _CLOSE_BITS)) | ((last + 1) << _CLOSE_BITS) | min(closes, (1 << _CLOSE_BITS) - 1)


def unpack(loc: Loc) -> tuple[int, int, int]:
    """First leaf, last leaf, closing brackets behind it; inverse of `pack`."""
    last = ((loc >> _CLOSE_BITS) & ((1 << _LEAF_BITS) - 1)) - 1
    return loc >> (_LEAF_BITS + _CLOSE_BITS), last, loc & ((1 << _CLOSE_BITS) - 1)


# -- expressions ------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Name:
    loc: Loc
    id: str


@dataclass(slots=True, eq=False)
class Const:
    """A literal. Integers beyond +-10**400 are float inf; `...` is Ellipsis; adjacent strings are joined."""

    loc: Loc
    value: object


@dataclass(slots=True, eq=False)
class Format:
    """An f-string: its replacement fields, and in `text` its literal parts with each field replaced by NUL."""

    loc: Loc
    parts: tuple[Expr, ...]
    text: str


@dataclass(slots=True, eq=False)
class Attr:
    loc: Loc
    obj: Expr
    name: str


@dataclass(slots=True, eq=False)
class Item:
    """`obj[index]`; several indices are a tuple Display."""

    loc: Loc
    obj: Expr
    index: Expr


@dataclass(slots=True, eq=False)
class Slice:
    loc: Loc
    low: Expr | None
    high: Expr | None
    step: Expr | None


@dataclass(slots=True, eq=False)
class Arg:
    """One argument; stars is 0, 1 (`*value`) or 2 (`**value`)."""

    name: str | None
    stars: int
    value: Expr


@dataclass(slots=True, eq=False)
class Call:
    loc: Loc
    func: Expr
    args: tuple[Arg, ...]


@dataclass(slots=True, eq=False)
class Binary:
    """`left op right`, op as written: + - * / // % ** @ << >> & | ^."""

    loc: Loc
    op: str
    left: Expr
    right: Expr


@dataclass(slots=True, eq=False)
class Unary:
    """op is one of - + ~ not."""

    loc: Loc
    op: str
    operand: Expr


@dataclass(slots=True, eq=False)
class Logic:
    """`a and b`, `a or b`; longer chains nest to the left."""

    loc: Loc
    op: Literal["and", "or"]
    left: Expr
    right: Expr


@dataclass(slots=True, eq=False)
class Compare:
    """`left ops[0] rights[0] ops[1] rights[1] ...`; ops: < <= > >= == != in not-in is is-not (with a space as written)."""

    loc: Loc
    left: Expr
    ops: tuple[str, ...]
    rights: tuple[Expr, ...]


@dataclass(slots=True, eq=False)
class Choice:
    """`body if test else orelse`."""

    loc: Loc
    test: Expr
    body: Expr
    orelse: Expr


@dataclass(slots=True, eq=False)
class Display:
    """A tuple, list or set written out; items may be Starred."""

    loc: Loc
    kind: Literal["tuple", "list", "set"]
    items: tuple[Expr, ...]


@dataclass(slots=True, eq=False)
class Mapping:
    """A dict written out; a key None stands for `**value`."""

    loc: Loc
    items: tuple[tuple[Expr | None, Expr], ...]


@dataclass(slots=True, eq=False)
class Starred:
    loc: Loc
    value: Expr


@dataclass(slots=True, eq=False)
class Clause:
    """`for target in iter if conditions...` of a comprehension."""

    target: Expr
    iter: Expr
    conditions: tuple[Expr, ...]


@dataclass(slots=True, eq=False)
class Comp:
    """A comprehension. For a dict, element is the key and value the value; else value is None."""

    loc: Loc
    kind: Literal["list", "set", "gen", "dict"]
    element: Expr
    value: Expr | None
    clauses: tuple[Clause, ...]


@dataclass(slots=True, eq=False)
class Lambda:
    loc: Loc
    params: tuple[Param, ...]
    body: Expr


@dataclass(slots=True, eq=False)
class Yield:
    """`yield value`, or `yield from value` (whole is True). `await x` is lowered to x."""

    loc: Loc
    value: Expr | None
    whole: bool


@dataclass(slots=True, eq=False)
class Walrus:
    loc: Loc
    target: Name
    value: Expr


Expr: TypeAlias = (
    Name
    | Const
    | Format
    | Attr
    | Item
    | Slice
    | Call
    | Binary
    | Unary
    | Logic
    | Compare
    | Choice
    | Display
    | Mapping
    | Starred
    | Comp
    | Lambda
    | Yield
    | Walrus
)


@dataclass(slots=True, eq=False)
class Param:
    """kind: "pos" (positional, also before `/`), "star" (`*args`), "kw" (behind a star), "kwargs" (`**kwargs`)."""

    loc: Loc
    name: str
    kind: Literal["pos", "star", "kw", "kwargs"]
    default: Expr | None
    annotation: Expr | None


# -- statements: loc covers the whole of a simple statement and the header of a compound one --------------------------


@dataclass(slots=True, eq=False)
class Assign:
    """`targets[0] = targets[1] = value`."""

    loc: Loc
    targets: tuple[Expr, ...]
    value: Expr


@dataclass(slots=True, eq=False)
class AugAssign:
    """`target op= value`, op without the equals sign."""

    loc: Loc
    target: Expr
    op: str
    value: Expr


@dataclass(slots=True, eq=False)
class AnnAssign:
    loc: Loc
    target: Expr
    annotation: Expr
    value: Expr | None


@dataclass(slots=True, eq=False)
class ExprStmt:
    loc: Loc
    value: Expr


@dataclass(slots=True, eq=False)
class Return:
    loc: Loc
    value: Expr | None


@dataclass(slots=True, eq=False)
class Raise:
    loc: Loc
    value: Expr | None


@dataclass(slots=True, eq=False)
class Jump:
    loc: Loc
    kind: Literal["break", "continue"]


@dataclass(slots=True, eq=False)
class Delete:
    loc: Loc
    targets: tuple[Expr, ...]


@dataclass(slots=True, eq=False)
class Assert:
    loc: Loc
    test: Expr
    message: Expr | None


@dataclass(slots=True, eq=False)
class Scope:
    """`global` or `nonlocal` names."""

    loc: Loc
    kind: Literal["global", "nonlocal"]
    names: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Import:
    """`import a.b as c, d`: pairs of the dotted name and the name after `as` or None."""

    loc: Loc
    names: tuple[tuple[str, str | None], ...]


@dataclass(slots=True, eq=False)
class ImportFrom:
    """`from ..module import a as b`; module is "" in `from . import a`; names is None for `*`."""

    loc: Loc
    level: int
    module: str
    names: tuple[tuple[str, str | None], ...] | None


@dataclass(slots=True, eq=False)
class If:
    loc: Loc
    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]


@dataclass(slots=True, eq=False)
class While:
    loc: Loc
    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]


@dataclass(slots=True, eq=False)
class For:
    loc: Loc
    target: Expr
    iter: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]


@dataclass(slots=True, eq=False)
class With:
    loc: Loc
    items: tuple[tuple[Expr, Expr | None], ...]
    body: tuple[Stmt, ...]


@dataclass(slots=True, eq=False)
class Handler:
    loc: Loc
    type: Expr | None
    name: str | None
    body: tuple[Stmt, ...]


@dataclass(slots=True, eq=False)
class Try:
    loc: Loc
    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Stmt, ...]
    final: tuple[Stmt, ...]


@dataclass(slots=True, eq=False)
class Case:
    """One `case`: the names that its pattern binds, its literal alternatives if it is made of literals alone, its guard."""

    loc: Loc
    binds: tuple[str, ...]
    literals: tuple[Expr, ...]
    guard: Expr | None
    body: tuple[Stmt, ...]


@dataclass(slots=True, eq=False)
class Match:
    loc: Loc
    subject: Expr
    cases: tuple[Case, ...]


@dataclass(slots=True, eq=False)
class Def:
    """A function; loc covers the header from its name on. generator: its own body contains a yield."""

    loc: Loc
    name: str
    params: tuple[Param, ...]
    body: tuple[Stmt, ...]
    decorators: tuple[Expr, ...]
    generator: bool


@dataclass(slots=True, eq=False)
class Class:
    loc: Loc
    name: str
    bases: tuple[Arg, ...]
    body: tuple[Stmt, ...]
    decorators: tuple[Expr, ...]


Stmt: TypeAlias = (
    Assign
    | AugAssign
    | AnnAssign
    | ExprStmt
    | Return
    | Raise
    | Jump
    | Delete
    | Assert
    | Scope
    | Import
    | ImportFrom
    | If
    | While
    | For
    | With
    | Try
    | Match
    | Def
    | Class
)


@dataclass(slots=True, eq=False)
class ModuleIR:
    """One file, lowered. leaves is how many leaves it has: the check that ordinals and text agree."""

    path: str
    body: tuple[Stmt, ...]
    leaves: int
    names: frozenset[str] = frozenset()
    """All names, parameters and attributes that it mentions."""
