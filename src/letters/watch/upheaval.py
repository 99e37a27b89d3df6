"""Whether a document's identifiers all changed at once, and what follows from it (R64). Pure.

An upheaval is a crowd of unknown entries (at least three, and more than the known ones), while most of what the document
ought to hold is absent, and the crowd is not simply later: either most of it is no newer than the newest stored, or at
least three of it were recognised by other means. A busy source that nobody looked at for long has a crowd too, and what
should be there is gone too, but all of it is later and none of it is recognised.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from letters.errors import Problem
from letters.model import Episode
from letters.store.seen import SeenEpisode
from letters.watch.news import is_later, newest_of

CROWD = 3
#: Quarantine ends by itself when a document that came this much later, or after, still lists what is in it.
CONFIRMED_AFTER = timedelta(days=3)


def is_crowd(seen: Mapping[str, SeenEpisode], *, unknown: int, present: Collection[str]) -> bool:
    """Whether most entries of a document are unknown, and most of the newest that are stored are missing from it.

    `present` are the identities of the others, read or kept; `seen` has to be all that is stored of the source.
    """
    if unknown < CROWD or unknown <= len(present):
        return False
    shown = {one: known for one, known in seen.items() if not (known.removed_at or known.quarantined_at)}
    expected = sorted(shown, key=lambda one: shown[one].published or shown[one].first_seen, reverse=True)[
        : unknown + len(present)
    ]
    absent = sum(1 for identity in expected if identity not in present)
    return 2 * absent > len(expected)


def suspects(
    seen: Mapping[str, SeenEpisode], left: Mapping[int, Episode], *, recognised: int
) -> frozenset[int]:
    """The places of those of a crowd's entries that are to be quarantined.

    `left` are those in which nothing was recognised, by place. The ones dated after everything that is stored are let
    through: no stored episode can be one of them, whatever it is called now. A document of which little was recognised, at
    a source that gives no dates, says nothing of its age, and is taken for what it most probably is: a page was turned.
    """
    newest = newest_of(seen.values())
    if newest is None and recognised < CROWD:
        return frozenset()
    latest = newest or max(known.first_seen for known in seen.values())
    old = frozenset(place for place, entry in left.items() if not is_later(entry, latest))
    is_upheaval = recognised >= CROWD or 2 * (len(old) + recognised) > len(left) + recognised
    return old if is_upheaval else frozenset()


def confirmed(seen: Mapping[str, SeenEpisode], *, present: Collection[str], now: datetime) -> tuple[str, ...]:
    """Ids of episodes in quarantine that the source, calm by now, still lists long enough after."""
    return tuple(
        known.id
        for identity, known in seen.items()
        if known.quarantined_at and identity in present and known.quarantined_at + CONFIRMED_AFTER <= now
    )


def quarantine_problem(where: str, key: str, *, held: int, recognised: int) -> Problem:
    """Entries that nobody can tell from old ones under new identifiers."""
    others = f" {recognised} were recognised," if recognised else ""
    return Problem(
        where=where,
        what=f"its entries came under other identifiers;{others} {held} could not be, and {_are(held)} in quarantine, "
        "neither published nor mailed",
        remedy=f'look with "letters episodes list --quarantined --source {key}"; let them in with '
        f'"letters episodes release {key}"',
    )


def renamed_notice(where: str, number: int) -> Problem:
    """A move that nobody has to do anything about."""
    return Problem(
        where=where,
        what=f"{number} of its entries came under other identifiers and were recognised; none is news again",
        is_notice=True,
    )


def released_notice(where: str, number: int) -> Problem:
    """The end of a quarantine that nobody ended."""
    what = f"{number} of its episodes left quarantine, for it still lists them; they do not count as news"
    return Problem(where=where, what=what, is_notice=True)


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
