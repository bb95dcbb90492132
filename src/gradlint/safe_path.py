"""Keep the checked tree off the import path. Imports only what the interpreter has loaded anyway (os and sys).

`python -m gradlint` puts the working directory first on `sys.path`, so that a `rich.py` or `click.py` lying in the
checked tree would be executed by checking it.
"""

# pathlib is not loaded yet, and loading it is what must not happen before `clean`.
from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from multiprocessing.context import BaseContext


def cleaned(entries: list[str], cwd: str, trusted: frozenset[str]) -> list[str]:
    """The import path with the `trusted` directories first, without relative entries, and without `cwd`.

    The order matters for those who keep their project in `PYTHONPATH`: it may be the checked tree, too.
    """
    here = os.path.realpath(cwd)
    safe = [entry for entry in entries if os.path.realpath(entry or cwd) in trusted]
    rest = [entry for entry in entries if os.path.isabs(entry) and os.path.realpath(entry) not in {here, *trusted}]
    return safe + rest


def _installed() -> frozenset[str]:
    """Where this package, the standard library and the interpreter's own packages are: never a checked tree."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    library = os.path.dirname(os.path.abspath(os.__file__))
    packages = [entry for entry in sys.path[1:] if os.path.basename(entry) in {"site-packages", "dist-packages"}]
    return frozenset(map(os.path.realpath, [package, library, os.path.join(library, "lib-dynload"), *packages]))


def clean() -> None:
    """Drop the working directory from this process's import path; also for the initialiser of worker processes."""
    try:
        cwd = os.getcwd()
    except OSError:  # the directory is gone, so nothing can be imported from it
        return
    sys.path[:] = cleaned(sys.path, cwd, _installed())


def context() -> BaseContext:
    """The way to start worker processes that import nothing from the working directory.

    A forked child starts with this process's import path. A spawned one runs `python -c`, which searches the working
    directory before our initialiser is called, hence the variable (Python 3.11 on). Whoever starts a user's own program
    must take `PYTHONSAFEPATH` out of its environment again.
    """
    import multiprocessing

    if sys.platform == "linux":
        return multiprocessing.get_context("fork")
    os.environ["PYTHONSAFEPATH"] = "1"
    return multiprocessing.get_context("spawn")
