"""Starts the workers of a distributed program and waits for them: `python launch.py SPECIFICATION.json`.

It is the leader of the supervised family, so that limits hold for all workers together. Imports the standard library only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

_DONE = 77
_PATIENCE = 20.0
"""Seconds that the others have once one worker has failed: they may wait for it forever."""


def main(path: str) -> int:
    """Run the workers; their exit codes go into the file that the specification names."""
    with open(path, encoding="utf-8") as stream:
        specification = json.load(stream)
    workers = [
        subprocess.Popen(command, env={**os.environ, "TF_CONFIG": config}, stdin=subprocess.DEVNULL)
        for command, config in zip(specification["commands"], specification["configs"], strict=True)
    ]
    failed_at: float | None = None
    while any(worker.poll() is None for worker in workers):
        if failed_at is None and any(worker.poll() not in (None, _DONE) for worker in workers):
            failed_at = time.monotonic()
        if failed_at is not None and time.monotonic() - failed_at > _PATIENCE:
            for worker in workers:
                worker.kill()
        time.sleep(0.05)
    with open(specification["codes"], "w", encoding="utf-8") as stream:
        json.dump([worker.returncode for worker in workers], stream)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
