"""``letters``, also as ``python -m letters.cli``."""

import sys

from letters.cli import main


def run() -> None:
    """The console script."""
    sys.exit(main())


if __name__ == "__main__":
    run()
