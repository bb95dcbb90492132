"""How often each function is worth reading, so that the cost stays in proportion to the size of the project.

A function that trains, or that makes or gets what trains, is read for every caller. Plumbing (registries, loggers,
conversions) is called in as many contexts as the project has callers, and tells the same each time.
"""

from __future__ import annotations

MOST_READINGS = 4
"""Contexts, over all programs of a run, in which a function that does not matter is read."""


class Effort:
    """Counts readings of definitions over all programs of a run."""

    def __init__(self) -> None:
        self._readings: dict[int, int] = {}
        self._mattering: set[int] = set()

    def worthwhile(self, definition: object) -> bool:
        """Whether reading the definition in one more context may tell something new."""
        return id(definition) in self._mattering or self._readings.get(id(definition), 0) < MOST_READINGS

    def note(self, definition: object, matters: bool) -> None:
        """The definition was read."""
        self._readings[id(definition)] = self._readings.get(id(definition), 0) + 1
        if matters:
            self._mattering.add(id(definition))
