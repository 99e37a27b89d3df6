"""When to look again after a look that succeeded. Pure.

A source's own rhythm says when (`rhythm`), its publisher's wishes make that later (`wishes`), and jitter takes sources
apart that were once looked at together.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from letters.settings.types import WatchSettings
from letters.store.sources import SourceState
from letters.watch import rhythm
from letters.watch.parse.values import Hints
from letters.watch.values import Said
from letters.watch.wishes import out_of_skipped, wished_wait

# Of the time until the next look.
_JITTER = 0.1
# A source whose hub pushes is still looked at, so many times as often as the quietest one: hubs die silently.
_SAFETY = 4


def next_look(
    state: SourceState, said: Said, hints: Hints, *, settings: WatchSettings, is_pushed: bool, now: datetime
) -> datetime:
    """When to look at the source next.

    Never before `every` has passed nor before the publisher wants it; never later than `slowest`, or than the
    publisher's wish where that is later (R62). With `is_pushed`, not before a quarter of `slowest`.
    """
    every, slowest = settings.every, max(settings.slowest, settings.every)
    own = rhythm.next_wait(state.rhythm, since=state.first_look_at, every=every, slowest=slowest, now=now)
    if is_pushed:
        own = max(own, slowest / _SAFETY)
    wished = max(wished_wait(said, hints), every)
    wait = max(own, wished)
    # What is looked at as often as passes are made is not moved: a moment late would cost it a whole pass.
    if wait > every:
        wait = max(wait * (1 + jitter(state)), wished)
    return out_of_skipped(now + min(wait, max(slowest, wished)), hints)


def jitter(state: SourceState) -> float:
    """A share between -0.1 and 0.1 that only depends on the source and the number of its look, so that passes repeat."""
    seed = hashlib.blake2b(f"{state.source}\0{state.looks}".encode(), digest_size=4).digest()
    return (int.from_bytes(seed, "big") / 0xFFFF_FFFF * 2 - 1) * _JITTER
