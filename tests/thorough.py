"""How much is tried: enough for each commit, or, with ``LETTERS_THOROUGH=1`` (as `make soak` has it), for a night."""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("LETTERS_THOROUGH"))


def tries(usually: int, *, thorough: int) -> int:
    """How many examples, rounds or documents."""
    return thorough if THOROUGH else usually
