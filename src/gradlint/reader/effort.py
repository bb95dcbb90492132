"""How often each function is worth reading, so that the cost stays in proportion to the size of the project.

A function that trains, or that makes or gets what trains, is read for every caller. Plumbing (registries, loggers,
conversions) is called in as many contexts as the project has callers, and tells the same each time.
"""

from __future__ import annotations

MOST_READINGS = 4
"""Contexts, over all programs of a run, in which a function that does not matter is read."""
FREE = 10_000
"""Evaluations (about a tenth of a second) before anybody counts: a script and its helpers are read in full."""


class Effort:
    """Counts readings of functions over all programs of a run.

    A function is told by its definition and the context of the function that it is defined in, if it is: what a decorator
    returns is another function for everything that it decorates.
    """

    def __init__(self) -> None:
        self._readings: dict[tuple[int, int], int] = {}
        self._mattering: set[int] = set()
        self._spent = 0

    def spend(self, evaluations: int) -> None:
        """A program was read."""
        self._spent += evaluations

    def worthwhile(self, definition: object, context: int, evaluations: int) -> bool:
        """Whether reading the function in one more context may tell something new.

        `evaluations` are those of the present program so far.
        """
        if id(definition) in self._mattering or self._spent + evaluations < FREE:
            return True
        return self._readings.get((id(definition), context), 0) < MOST_READINGS

    def note(self, definition: object, context: int, matters: bool) -> None:
        """The function was read."""
        key = (id(definition), context)
        self._readings[key] = self._readings.get(key, 0) + 1
        if matters:
            self._mattering.add(id(definition))
