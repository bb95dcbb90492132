"""What networks are trained on."""

from __future__ import annotations

from dataclasses import dataclass

from gradlint.finding import Confidence
from gradlint.model.places import Noted, Where


@dataclass(frozen=True, slots=True)
class Images:
    """Images that reach a network in training with the values of their pixels."""

    source: Where
    what: str
    """`the images of mnist`, `image files` ..."""
    sink: Where
    method: str
    """fit, train_on_batch, or __call__ under a tape."""
    largest: float
    """The largest absolute value that does occur."""
    normalised: Noted | None
    """A layer of the program behind which their size no longer shows."""
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Table:
    """A table that pandas reads and that reaches a network in training."""

    source: Where
    reader: str
    """read_csv, read_excel ..."""
    sink: Where
    method: str
    checked: bool
    """Something looks for missing values in it, removes or replaces them."""
    scaled: bool
    """Some numbers of it are scaled on the way, or in the network."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Large observations of an environment that reach a network in training as they are."""

    source: Where
    why: str
    """How large they are, and how that is known."""
    sink: Where
    method: str
