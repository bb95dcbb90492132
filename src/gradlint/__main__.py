"""The entry of `gradlint` and of `python -m gradlint`."""

from __future__ import annotations

from gradlint import safe_path

safe_path.clean()  # before anything else is imported: the working directory may hold a click.py


def main() -> None:
    """Run the command line and exit with its code."""
    import sys

    from gradlint import cli

    sys.exit(cli.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
