"""The episodes with which a card shares most, packed: that is kept for each of a hundred thousand cards."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

#: Points for rare words that are shared, and the place of the episode with which they are; the nearest first.
Nearest = Sequence[tuple[int, int]]
_PLACE_BITS = 32
_PLACE = (1 << _PLACE_BITS) - 1


def pack(nearest: Nearest) -> array[int]:
    """Eight bytes for each."""
    return array("Q", [points << _PLACE_BITS | place for points, place in nearest])


def unpack(packed: array[int]) -> Nearest:
    return [(one >> _PLACE_BITS, one & _PLACE) for one in packed]
