"""The cells of the grid: every problem with every optimizer and learning rate. No TensorFlow in here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PROBLEMS = (
    "attention", "autoencoder", "counts", "deep", "factors", "forecast", "gaussian", "images", "language", "temporal",
    "text", "variational",
)  # fmt: skip
RATES = {
    "sgd": (0.001, 0.01, 0.1, 1.0, 10.0),
    "momentum": (0.001, 0.01, 0.1, 1.0),
    "adam": (0.0001, 0.001, 0.01, 0.1, 1.0),
    "rmsprop": (0.001, 0.01, 0.1, 1.0),
}
STEPS = 150


@dataclass(frozen=True, order=True)
class Cell:
    """One training run."""

    problem: str
    optimizer: str
    rate: float
    seed: int

    @property
    def arguments(self) -> list[str]:
        """For the command line of program.py."""
        return [self.problem, self.optimizer, f"{self.rate:g}", "--seed", str(self.seed)]

    def __str__(self) -> str:
        return f"{self.problem} {self.optimizer} {self.rate:g}"


def cells(problems: tuple[str, ...], seed: int) -> Iterator[Cell]:
    """All cells of some problems."""
    for problem in problems:
        for optimizer, rates in RATES.items():
            for rate in rates:
                yield Cell(problem, optimizer, rate, seed)
