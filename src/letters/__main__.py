"""``python -m letters``."""

from letters.cli.__main__ import run

run()
