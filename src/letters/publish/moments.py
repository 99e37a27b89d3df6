"""Of all entries that changed in one pass, each at a second of its own: two of one moment puzzle readers of Atom.

The feed validator warns of entries that bear the same `updated`, since readers that sort by it, or remember the newest they
have seen, then show some of them in any order or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from letters.model import Entry
from letters.publish.assemble import whole_seconds

_SECOND = timedelta(seconds=1)


def set_apart(
    entries: Iterable[Entry], updates: Mapping[str, tuple[str, datetime]]
) -> dict[str, tuple[str, datetime]]:
    """The updates, by entry id as digest and date, with no date twice nor that of an entry which stays as it is.

    The one that comes last in the order of feeds keeps its date, those before it go back by a second each: a date in the
    future would be as odd, and the feed's own date stays that of the pass.
    """
    if not updates:
        return {}
    ordered = sorted(entries, key=lambda one: (one.ready_at, one.published, one.id), reverse=True)
    taken = {whole_seconds(one.updated_at) for one in ordered if one.id not in updates}
    apart = {}
    # Where to go on looking, so that a thousand of one moment do not each begin at it.
    free: dict[datetime, datetime] = {}
    for entry in ordered:
        if entry.id not in updates:
            continue
        digest, wanted = updates[entry.id]
        wanted = whole_seconds(wanted)
        moment = free.get(wanted, wanted)
        while moment in taken:
            moment -= _SECOND
        taken.add(moment)
        free[wanted] = moment - _SECOND
        apart[entry.id] = (digest, moment)
    return apart
