"""What happens when nobody looks: the losses of every cell that standard input names, as a line of JSON each."""

from __future__ import annotations

import json
import sys

from cells import Cell
from program import train


def main() -> int:
    """Train one cell after the other."""
    for line in sys.stdin:
        cell = Cell(**json.loads(line))
        losses = list(train(cell.problem, cell.optimizer, cell.rate, cell.seed))
        print(json.dumps(losses), flush=True)  # NaN and Infinity as Python writes and reads them
    return 0


if __name__ == "__main__":
    sys.exit(main())
