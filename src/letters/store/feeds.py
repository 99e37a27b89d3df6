"""Feeds that exist, and which entries joined them in which order.

Rows are only ever added. A feed once made stays, even empty. An entry that leaves a feed keeps its place there, so that
one that comes back does so where it was.

A feed's history is cut into full pages (RFC 5005 section 4) when so many entries are on none: a page once cut keeps its entries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, text, update

from letters.store.among import among, is_among
from letters.store.tables import entry, episode, feed, feed_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFeed:
    """A feed that exists."""

    path: str
    since: datetime
    #: A UUID that never changes, wherever the site moves.
    guid: str
    #: How many entries it holds now, and the newest date among those that its document shows.
    held: int = 0
    newest_at: datetime | None = None
    #: Full pages of its history, numbered from 1.
    pages: int = 0


def lock_feeds(c: Connection) -> None:
    """Make other writers of feeds wait until the transaction ends.

    On SQLite a write transaction excludes all others already.
    """
    if c.dialect.name == "postgresql":
        c.execute(text("LOCK TABLE feed IN SHARE ROW EXCLUSIVE MODE"))


# --- feeds -------------------------------------------------------------------------------------------------


def load_feeds(c: Connection, paths: Collection[str] | None = None) -> dict[str, StoredFeed]:
    """Feeds by path: all that ever were, or those of `paths` that are."""
    query = select(feed).order_by(feed.c.path)
    if paths is None:
        return _by_path(c, query)
    return _by_path(c, query.where(is_among(c.dialect.name, feed.c.path)), among(c.dialect.name, paths))


def load_widest(c: Connection) -> dict[str, StoredFeed]:
    """The feeds of whole topics and of whole audiences, by path."""
    kinds = feed.c.path.like("topics/%") | feed.c.path.like("audiences/%")
    return _by_path(c, select(feed).where(kinds, feed.c.path.not_like("%/%/%")).order_by(feed.c.path))


def load_narrower(c: Connection, path: str) -> dict[str, StoredFeed]:
    """Of a topic's feed its audiences', of an audience's its topics', by path; those that hold something."""
    kind, _, key = path.partition("/")
    # Keys hold no wildcard (design: "Keys match").
    pattern = f"topics/{key}/%" if kind == "topics" else f"topics/%/{key}"
    return _by_path(c, select(feed).where(feed.c.path.like(pattern), feed.c.held > 0).order_by(feed.c.path))


def _by_path(
    c: Connection, query: Select[Any], parameters: Mapping[str, Any] | None = None
) -> dict[str, StoredFeed]:
    return {row.path: _feed(row) for row in c.execute(query, parameters or {})}


def _feed(row: Row[Any]) -> StoredFeed:
    return StoredFeed(
        path=row.path,
        since=row.since,
        guid=row.guid,
        held=row.held,
        newest_at=row.newest_at,
        pages=row.pages,
    )


def add_feeds(c: Connection, feeds: Iterable[StoredFeed]) -> None:
    """Make feeds that do not exist yet."""
    rows = [{"path": one.path, "since": one.since, "guid": one.guid} for one in feeds]
    if rows:
        c.execute(insert(feed), rows)


# --- who belongs -------------------------------------------------------------------------------------------


def load_memberships(c: Connection, entry_ids: Collection[str]) -> dict[str, dict[str, bool]]:
    """By entry and path, whether the entry is in the feed now, of those it ever joined."""
    query = select(feed_entry.c.entry_id, feed_entry.c.feed, feed_entry.c.present)
    rows = c.execute(
        query.where(is_among(c.dialect.name, feed_entry.c.entry_id)), among(c.dialect.name, entry_ids)
    )
    found: dict[str, dict[str, bool]] = {}
    for row in rows:
        found.setdefault(row.entry_id, {})[row.feed] = row.present
    return found


def add_members(c: Connection, joining: Mapping[str, Sequence[str]], *, at: datetime) -> None:
    """Let entries join feeds, by path, after those that joined before; the last of each list comes out newest."""
    query = select(feed_entry.c.feed, func.max(feed_entry.c.position).label("last"))
    query = query.where(is_among(c.dialect.name, feed_entry.c.feed)).group_by(feed_entry.c.feed)
    last = {row.feed: row.last for row in c.execute(query, among(c.dialect.name, joining))}
    rows = [
        {"feed": path, "entry_id": entry_id, "joined_at": at, "shown_at": at, "position": position}
        for path, ids in joining.items()
        for position, entry_id in enumerate(ids, start=last.get(path, 0) + 1)
    ]
    if rows:
        c.execute(insert(feed_entry), rows)


def set_present(c: Connection, pairs: Iterable[tuple[str, str]], *, present: bool) -> None:
    """Let entries leave feeds or come back to them, as pairs of path and entry."""
    rows = [{"a_path": path, "an_id": entry_id, "is_present": present} for path, entry_id in pairs]
    if rows:
        c.execute(
            update(feed_entry)
            .where(feed_entry.c.feed == bindparam("a_path"), feed_entry.c.entry_id == bindparam("an_id"))
            .values(present=bindparam("is_present")),
            rows,
        )


def show_again(c: Connection, entry_ids: Collection[str], *, at: datetime) -> None:
    """Edited entries come before the eyes of their feeds' readers once more."""
    if entry_ids:
        c.execute(
            update(feed_entry).where(is_among(c.dialect.name, feed_entry.c.entry_id)).values(shown_at=at),
            among(c.dialect.name, entry_ids),
        )


def count_again(c: Connection, paths: Collection[str], *, shown: int) -> None:
    """Bring `held` and `newest_at` of feeds up to date; `shown` is how many entries a document holds."""
    is_held = (feed_entry.c.feed == feed.c.path) & feed_entry.c.present
    held = select(func.count()).select_from(feed_entry).where(is_held).scalar_subquery()
    newest = (
        select(feed_entry.c.entry_id)
        .where(is_held)
        .order_by(feed_entry.c.position.desc())
        .limit(shown)
        .correlate(feed)
        .subquery()
    )
    moment = select(func.max(func.coalesce(episode.c.published, episode.c.first_seen))).select_from(
        newest.join(entry, entry.c.id == newest.c.entry_id).join(episode, episode.c.id == entry.c.episode_id)
    )
    c.execute(
        update(feed)
        .where(is_among(c.dialect.name, feed.c.path))
        .values(held=held, newest_at=moment.scalar_subquery()),
        among(c.dialect.name, paths),
    )


# --- what documents hold -----------------------------------------------------------------------------------


def cut_pages(c: Connection, paths: Collection[str], *, size: int) -> list[tuple[str, int]]:
    """Cut full pages of `size` entries from those that are on none; returns which, as path and number."""
    full = (
        select(feed_entry.c.feed, func.count().label("loose"))
        .where(is_among(c.dialect.name, feed_entry.c.feed), feed_entry.c.present, feed_entry.c.page.is_(None))
        .group_by(feed_entry.c.feed)
        .having(func.count() >= size)
        .order_by(feed_entry.c.feed)
    )
    wanted = [(row.feed, row.loose // size) for row in c.execute(full, among(c.dialect.name, paths))]
    return [(path, _cut(c, path, size)) for path, pages in wanted for _ in range(pages)]


def _cut(c: Connection, path: str, size: int) -> int:
    """Put the oldest entries that are on no page on the next; returns its number."""
    number = (c.scalar(select(feed.c.pages).where(feed.c.path == path)) or 0) + 1
    loose = (feed_entry.c.feed == path) & feed_entry.c.present & feed_entry.c.page.is_(None)
    oldest = select(feed_entry.c.position).where(loose).order_by(feed_entry.c.position)
    last = c.scalar(oldest.limit(1).offset(size - 1))
    c.execute(update(feed_entry).where(loose, feed_entry.c.position <= last).values(page=number))
    c.execute(update(feed).where(feed.c.path == path).values(pages=number))
    return number


def current_members(c: Connection, path: str, *, size: int) -> list[str]:
    """Ids of the `size` entries of a feed's document, the one that joined last first.

    These are all that stand on no full page, and beside them those that joined or were edited last: so whoever knows the full
    pages misses neither a new entry nor an edit.
    """
    found = list(c.execute(_LOOSE, {"path": path, "size": size}))
    if len(found) < size:
        found += c.execute(_SHOWN_LAST, {"path": path, "size": size - len(found)}).all()
    return [row.entry_id for row in sorted(found, key=lambda row: row.position, reverse=True)]


# Spelt once: a tree has tens of thousands of documents.
_HELD = select(feed_entry.c.entry_id, feed_entry.c.position).where(
    feed_entry.c.feed == bindparam("path"), feed_entry.c.present
)
_LOOSE = (
    _HELD.where(feed_entry.c.page.is_(None)).order_by(feed_entry.c.position.desc()).limit(bindparam("size"))
)
_SHOWN_LAST = (
    _HELD.where(feed_entry.c.page.is_not(None))
    .order_by(feed_entry.c.shown_at.desc(), feed_entry.c.position.desc())
    .limit(bindparam("size"))
)


def page_members(c: Connection, path: str, number: int) -> list[str]:
    """Ids of the entries on a full page, the one that joined last first; those of retired cards are gone from it."""
    rows = c.execute(
        select(feed_entry.c.entry_id)
        .join(entry, entry.c.id == feed_entry.c.entry_id)
        .where(feed_entry.c.feed == path, feed_entry.c.page == number, entry.c.retired_at.is_(None))
        .order_by(feed_entry.c.position.desc())
    )
    return list(rows.scalars())


def loose_members(c: Connection, path: str) -> list[str]:
    """Ids of the entries that a feed holds and that stand on no full page, the one that joined last first."""
    rows = c.execute(
        select(feed_entry.c.entry_id)
        .where(feed_entry.c.feed == path, feed_entry.c.present, feed_entry.c.page.is_(None))
        .order_by(feed_entry.c.position.desc())
    )
    return list(rows.scalars())


def count_archived(c: Connection, path: str) -> int:
    """How many entries stand on full pages of a feed's history; those of retired cards are gone from them."""
    query = select(func.count()).select_from(feed_entry.join(entry, entry.c.id == feed_entry.c.entry_id))
    return (
        c.scalar(
            query.where(
                feed_entry.c.feed == path, feed_entry.c.page.is_not(None), entry.c.retired_at.is_(None)
            )
        )
        or 0
    )


def pages_of(c: Connection, entry_ids: Collection[str]) -> set[tuple[str, int]]:
    """The full pages on which entries stand, as path and number."""
    query = select(feed_entry.c.feed, feed_entry.c.page).where(feed_entry.c.page.is_not(None))
    rows = c.execute(
        query.where(is_among(c.dialect.name, feed_entry.c.entry_id)), among(c.dialect.name, entry_ids)
    )
    return {(row.feed, row.page) for row in rows}


def neighbours(
    c: Connection, path: str, entry_ids: Collection[str]
) -> dict[str, tuple[str | None, str | None]]:
    """By entry, those that a feed holds just before and just after it, in the order in which they joined; none at the ends."""
    one, other = feed_entry.alias("one"), feed_entry.alias("other")
    held = select(other.c.entry_id).where(other.c.feed == one.c.feed, other.c.present).limit(1)
    before = held.where(other.c.position < one.c.position).order_by(other.c.position.desc())
    after = held.where(other.c.position > one.c.position).order_by(other.c.position)
    query = select(
        one.c.entry_id,
        before.correlate(one).scalar_subquery().label("before"),
        after.correlate(one).scalar_subquery().label("after"),
    ).where(one.c.feed == path, is_among(c.dialect.name, one.c.entry_id))
    rows = c.execute(query, among(c.dialect.name, entry_ids))
    return {row.entry_id: (row.before, row.after) for row in rows}
