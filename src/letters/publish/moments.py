"""Of all entries that changed in one pass, each at a second of its own: two of one moment puzzle readers of Atom.

The feed validator warns of entries that bear the same `updated`, since readers that sort by it, or remember the newest they
have seen, then show some of them in any order or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from letters.publish.assemble import whole_seconds

_SECOND = timedelta(seconds=1)


def set_apart(
    updates: Mapping[str, tuple[str, datetime]], order: Sequence[str], *, taken: Iterable[datetime]
) -> dict[str, tuple[str, datetime]]:
    """The updates, by entry id as digest and date, with no date twice and none that is `taken` by an entry which stays as it is.

    `order` is that of feeds, of all that are updated. The one that comes last keeps its date, those before it go back by a
    second each: a date in the future would be as odd, and the feed's own date stays that of the pass.
    """
    used = {whole_seconds(moment) for moment in taken}
    apart = {}
    # Where to go on looking, so that a thousand of one moment do not each begin at it.
    free: dict[datetime, datetime] = {}
    for entry_id in reversed(order):
        digest, wanted = updates[entry_id]
        wanted = whole_seconds(wanted)
        moment = free.get(wanted, wanted)
        while moment in used:
            moment -= _SECOND
        used.add(moment)
        free[wanted] = moment - _SECOND
        apart[entry_id] = (digest, moment)
    return apart
