"""Episodes that are kept from readers: in quarantine, until somebody knows what they are (R64), or removed (R65).

Neither is paired, published or mailed. The row of a removed episode stays as a tombstone, so that it does not come back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update

from letters.store import tables
from letters.store.episodes import load_episodes, update_episodes

T = TypeVar("T")

_e, _pairing, _entry = tables.episode.c, tables.pairing, tables.entry
_IDS_AT_ONCE = 10_000

#: `removed_by` of an episode that was brought back.
RESTORED = "restored"

#: The condition of the table's partial index, word for word, so that both databases use it.
IS_HIDDEN = or_(_e.quarantined_at.is_not(None), _e.removed_at.is_not(None))
IS_QUARANTINED = and_(IS_HIDDEN, _e.quarantined_at.is_not(None), _e.removed_at.is_(None))
IS_REMOVED = and_(IS_HIDDEN, _e.removed_at.is_not(None))


def load_hidden_ids(c: Connection) -> frozenset[str]:
    """The ids of all episodes that are kept from readers."""
    return frozenset(c.execute(select(_e.id).where(IS_HIDDEN)).scalars())


def remove_episodes(c: Connection, ids: Collection[str], *, by: str, now: datetime) -> list[str]:
    """Set tombstones; returns whose are new.

    What a removed episode held is released as a retired card's is, here and at once: its pairing goes, so that the card is
    free for another episode, and its entry is retired and keeps its id and address.
    """
    newly: list[str] = []
    for some in _portions(sorted(set(ids))):
        found = c.execute(select(_e.id).where(_e.id.in_(some), _e.removed_at.is_(None))).scalars().all()
        newly += found
        c.execute(update(tables.episode).where(_e.id.in_(found)).values(removed_at=now, removed_by=by))
        c.execute(delete(_pairing).where(_pairing.c.episode_id.in_(found)))
        c.execute(
            update(_entry)
            .where(_entry.c.episode_id.in_(found), _entry.c.retired_at.is_(None))
            .values(retired_at=now, episode_id=None)
        )
    return newly


def restore_episodes(c: Connection, ids: Collection[str]) -> list[str]:
    """Take tombstones away; returns whose. The next pass pairs these episodes as any other, and their entries revive.

    It is remembered that somebody did, for a publisher's notice stays in his document and would remove them again.
    """
    restored: list[str] = []
    for some in _portions(sorted(set(ids))):
        found = c.execute(select(_e.id).where(_e.id.in_(some), IS_REMOVED)).scalars().all()
        restored += found
        c.execute(update(tables.episode).where(_e.id.in_(found)).values(removed_at=None, removed_by=RESTORED))
    return restored


def release_episodes(
    c: Connection, ids: Collection[str], *, as_news: bool = False, now: datetime
) -> list[str]:
    """Let episodes out of quarantine; returns whose it was.

    They are as those of a first look: stored, paired and published with a card, but no news. With `as_news` they count as
    new, and as first seen now.
    """
    released: list[str] = []
    for some in _portions(sorted(set(ids))):
        found = c.execute(select(_e.id).where(_e.id.in_(some), IS_QUARANTINED)).scalars().all()
        released += found
        c.execute(update(tables.episode).where(_e.id.in_(found)).values(quarantined_at=None))
    if as_news and released:
        _make_news(c, released, now=now)
    return released


def _make_news(c: Connection, ids: Collection[str], *, now: datetime) -> None:
    episodes = load_episodes(c, ids=ids, with_hidden=True)
    update_episodes(c, [replace(one, is_new=True, first_seen=now) for one in episodes], now=now)
    change = update(tables.episode).where(_e.id == bindparam("b_id")).values(is_new=True, first_seen=now)
    c.execute(change, [{"b_id": one.id} for one in episodes])


def _portions(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))
