"""The words in an expression: names and attributes, as weak evidence of what a value is."""

from __future__ import annotations

from gradlint.reader.ir import Attr, Binary, Call, Display, Expr, Item, Name, Starred, Unary


def words(node: Expr | None) -> frozenset[str]:
    """Names and attribute names that the value of an expression is made of (not those in indices or arguments)."""
    found: set[str] = set()
    todo = [node]
    while todo:
        each = todo.pop()
        if isinstance(each, Name):
            found.add(each.id)
        elif isinstance(each, Attr):
            found.add(each.name)
            todo.append(each.obj)
        elif isinstance(each, Item):
            todo.append(each.obj)
        elif isinstance(each, Binary):
            todo += (each.left, each.right)
        elif isinstance(each, Unary):
            todo.append(each.operand)
        elif isinstance(each, Starred):
            todo.append(each.value)
        elif isinstance(each, Display):
            todo += each.items
        elif isinstance(each, Call):
            todo += [argument.value for argument in each.args]
            if isinstance(each.func, Attr):
                todo.append(each.func.obj)
    return frozenset(found - {"self", "np", "tf", "K", "keras", "numpy", "math"})
