"""Feeds that exist, and which entries joined them in which order.

Rows are only ever added. A feed once made stays, even empty. An entry that leaves a feed keeps its place there, so that
one that comes back does so where it was, and later pages of a feed's history do not shift.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, func, insert, select, text

from letters.model import Audience, Topic
from letters.store.tables import audience, feed, feed_entry, topic


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFeed:
    """A feed that exists."""

    path: str
    since: datetime
    #: A UUID that never changes, wherever the site moves.
    guid: str


def lock_feeds(c: Connection) -> None:
    """Make other writers of feeds wait until the transaction ends.

    On SQLite a write transaction excludes all others already.
    """
    if c.dialect.name == "postgresql":
        c.execute(text("LOCK TABLE feed IN SHARE ROW EXCLUSIVE MODE"))


def load_feeds(c: Connection) -> dict[str, StoredFeed]:
    """All feeds that ever were, by path."""
    rows = c.execute(select(feed).order_by(feed.c.path))
    return {row.path: StoredFeed(path=row.path, since=row.since, guid=row.guid) for row in rows}


def add_feeds(c: Connection, feeds: Iterable[StoredFeed]) -> None:
    """Make feeds that do not exist yet."""
    rows = [{"path": one.path, "since": one.since, "guid": one.guid} for one in feeds]
    if rows:
        c.execute(insert(feed), rows)


def load_members(c: Connection) -> dict[str, list[str]]:
    """By path, the ids of the entries that ever joined, in the order in which they did."""
    rows = c.execute(
        select(feed_entry.c.feed, feed_entry.c.entry_id).order_by(feed_entry.c.feed, feed_entry.c.position)
    )
    members: dict[str, list[str]] = {}
    for path, entry_id in rows:
        members.setdefault(path, []).append(entry_id)
    return members


def add_members(c: Connection, joining: Mapping[str, Sequence[str]], *, at: datetime) -> None:
    """Let entries join feeds, by path, after those that joined before; the last of each list comes out newest."""
    last = {
        row.feed: row.last
        for row in c.execute(
            select(feed_entry.c.feed, func.max(feed_entry.c.position).label("last")).group_by(
                feed_entry.c.feed
            )
        )
    }
    rows = [
        {"feed": path, "entry_id": entry_id, "joined_at": at, "position": position}
        for path, ids in joining.items()
        for position, entry_id in enumerate(ids, start=last.get(path, 0) + 1)
    ]
    if rows:
        c.execute(insert(feed_entry), rows)


def load_topics(c: Connection) -> dict[str, Topic]:
    """Every topic that was ever named, by key, without its aliases."""
    return {
        key: Topic(key=key, name=name, declared=declared) for key, name, declared in _load_nouns(c, topic)
    }


def load_audiences(c: Connection) -> dict[str, Audience]:
    """Every audience that was ever named, by key, without its aliases."""
    return {
        key: Audience(key=key, name=name, declared=declared)
        for key, name, declared in _load_nouns(c, audience)
    }


def _load_nouns(c: Connection, nouns: Table) -> list[tuple[str, str, bool]]:
    rows = c.execute(select(nouns.c.key, nouns.c.name, nouns.c.declared).order_by(nouns.c.key))
    return [(row.key, row.name, row.declared) for row in rows]
