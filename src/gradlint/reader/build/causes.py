"""How an operand gets to where an operation has no finite value, in words."""

from __future__ import annotations

from dataclasses import dataclass

from gradlint.model import Where
from gradlint.terms import Term
from gradlint.values import Num


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the operand gets there. `note` stands at its place; `doubts` is how much of it is assumed."""

    reason: str
    note: str
    where: Where | None
    doubts: int


_CONDITIONS = ("<", "<=", ">", ">=", "==", "!=", "not")
_ZEROS: dict[str, tuple[str, str]] = {
    "softmax": ("a softmax rounds to 0 for logits that are far apart", "the softmax"),
    "sigmoid": ("a sigmoid rounds to 0 and 1 for large logits", "the sigmoid"),
    "hard_sigmoid": ("a hard sigmoid is 0 for all that is small", "the hard sigmoid"),
    "tanh": ("a tanh rounds to 1 for large inputs", "the tanh"),
    "relu": ("relu is 0 for all that is negative", "the relu"),
    "relu6": ("relu is 0 for all that is negative", "the relu"),
    "uniform": ("random numbers from [0, 1) are 0 now and then", "the random numbers"),
    "sequence_mask": ("a mask may select nothing", "the mask"),
    "mask": ("by its name it is a mask, and a mask may select nothing", "the mask"),
    "one_hot": ("one-hot rows are 0 in all places but one", "the one-hot rows"),
    "count_nonzero": ("the count may be 0", "the count"),
    "gradient": ("gradients are 0 where a network is saturated or dead", "the gradients"),
    "clip": ("it is clipped to a range that ends there", "the clip"),
    "-": ("the difference of equal values is 0", "the difference"),
    "zeros": ("it starts with zeros", "the zeros"),
    **dict.fromkeys(_CONDITIONS, ("a condition may hold nowhere", "the condition")),
}
_ARC: dict[str, tuple[str, str]] = {
    "l2_normalize": ("the cosine of a vector with itself is 1", "the unit vector"),
    "norm": ("the cosine of a vector with itself is 1", "the length"),
    "tanh": ("a tanh rounds to 1 for large inputs", "the tanh"),
    "clip": ("it is clipped to a range that ends there", "the clip"),
}
_ANY_VALUE = ("it is 0 where its inputs are (rows of padding, for example)", "the linear output")
_ZEROS |= {"product": _ANY_VALUE, "linear": _ANY_VALUE, "selection": ("nothing may be selected", "the selection")}
_LARGE: dict[str, tuple[str, str]] = {
    "product": ("nothing bounds the output of a linear layer", "the linear output"),
    "linear": ("nothing bounds the output of a linear layer", "the linear output"),
    "log_prob": ("a log-probability density has no bound", "the log-probability"),
    "relu": ("relu bounds nothing from above", "the relu"),
    "gradient": ("nothing bounds the gradients", "the gradients"),
    "-": ("nothing bounds the difference", "the difference"),
}


def of(operation: str, operand: Num) -> Cause:
    """The nearest operation behind the operand that explains its range."""
    table = {"exp": _LARGE, "arc": _ARC}.get(operation, _ZEROS)
    assumed = int(operand.assumed)
    for term in _nearest_first(operand.term):
        if term.op in table and not _complement(term):
            reason, note = table[term.op]
            if term.op in _CONDITIONS and not (
                operand.term and operand.term.single
            ):  # NumPy counts in whole data sets, TensorFlow in batches
                assumed = 2
            if term.op == "mask":  # masked means are written for lengths that vary, masked logarithms leave few out
                assumed = 2 if operation == "log" else 1
            return Cause(reason, f"{note} is made here", term.where, assumed)
    plain = "nothing bounds it from above" if operation == "exp" else "it can be exactly 0"
    return Cause(plain, "", None, assumed)


def _complement(term: Term) -> bool:
    """`1 - p`: what p is explains it."""
    return term.op == "-" and isinstance(term.operand(0), float)


def _nearest_first(term: Term | None) -> list[Term]:
    """The term and what it is made of, breadth first."""
    found: list[Term] = []
    level = [term] if term is not None else []
    while level and len(found) < 64:
        found += level
        level = [arg for each in level for arg in each.args if isinstance(arg, Term)]
    return found
