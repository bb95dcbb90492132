"""`python <this directory>/__main__.py REQUEST.json`: loads the package under a name of its own, off the import path."""

from __future__ import annotations

import importlib.util
import os
import sys

NAME = "_gradlint_probe_child"


def main() -> None:
    """Import nothing of the user's by accident: this directory must not stay on the import path."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    spec = importlib.util.spec_from_file_location(
        NAME, os.path.join(here, "__init__.py"), submodule_search_locations=[here]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = package
    spec.loader.exec_module(package)
    importlib.import_module(NAME + ".run").main(sys.argv[1])


if __name__ == "__main__":
    main()
