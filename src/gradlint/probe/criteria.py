"""The thresholds of the probe's judgement, each with what it is worth.

The figures are precision and recall over 208 training programs of others, 22 of which really went non-finite or exploded
within 250 to 4000 steps. The criteria were chosen on the same programs, so the figures are optimistic; the loss criterion
had .90 and 1.0 on the half that it was not chosen on. On 216 seeded runs of twelve small problems that had no part in the
choice (tests/bench/grid/grid.py), the criteria together foretold early blow-ups with precision .95 and recall 1.0, and 3 of 12
that came later.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

LOSS_GROWTH = 5.0
"""Largest loss of the first five steps over the first, per optimizer; with non-finite numbers .91 and .95."""
REPLAY_GROWTH = 10.0
"""The same on one batch, with the user's own optimizer; a loss that stops being finite counts, too. On 48 seeded runs of four
small problems, five such steps told the runs whose loss later grew tenfold within 150 steps from the others without a
mistake; twenty steps on 72 runs of six other problems had precision 1.0 (SGD) and .93 (Adam), and recall 1.0."""
UPDATE_RATIO = 3.0
"""Length of the first update over that of the weights, without variables that start at zero; with non-finite numbers .92
and .55."""
SECANT_STEP, SECANT_GROWTH = 2.0, 1.5
"""Learning rate times secant, and growth of the loss in the same step: both together 1.0 and .64. For gradient descent on a
quadratic, 2 is the limit of stability."""
RECURRENT_FACTOR = 1e3
"""Growth per time step to the power of their number. A fact about this batch and these weights, not a forecast; the default
initialisations of LSTM, GRU and SimpleRNN stay below 1."""


def growth(losses: Sequence[float | None]) -> float | None:
    """Largest finite loss over the first; None where the first is not positive, for a ratio then says nothing."""
    known = [loss for loss in losses[1:] if loss is not None and math.isfinite(loss)]
    if not known or losses[0] is None or not math.isfinite(losses[0]) or losses[0] <= 0:
        return None
    return max(known) / losses[0]


def replay_growth(losses: Sequence[float]) -> float | None:
    """The same where only the weights differ from point to point: then a non-finite loss is growth without limit."""
    return math.inf if any(not math.isfinite(loss) for loss in losses[1:]) else growth(losses)
