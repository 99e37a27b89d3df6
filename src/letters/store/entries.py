"""Entries: ready pairs and their published identity.

`load_entries` answers what feeds may list and issues choose from; the others record what pairing and publishing decided.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from letters.model import Audience, Card, Entry, Episode, Topic
from letters.store import tables
from letters.store.among import among, is_among
from letters.store.codec import load

T = TypeVar("T", Topic, Audience)

_entry, _card, _episode = tables.entry, tables.card, tables.episode

# PostgreSQL takes at most 65,535 parameters in a statement, SQLite 32,766.
_IDS_AT_ONCE = 10_000


def add_entry(
    c: Connection,
    *,
    id: str,  # noqa: A002 - the noun's own word, and only ever a keyword
    address: str,
    card_id: str | None,
    episode_id: str | None,
    ready_at: datetime,
) -> None:
    """Make a pair an entry. Does nothing when it is one already.

    A retired entry with this id, or else of this card, is revived: it keeps its id, address and `ready_at`, so that
    nothing old comes back as new.
    """
    known = c.execute(_select_known(id, card_id)).all()
    # The entry of that very id comes first; another one of the same card has only a stale claim on it.
    known = sorted(known, key=lambda row: row.id != id)
    if not known:
        c.execute(
            insert(_entry).values(
                id=id,
                address=address,
                card_id=card_id,
                episode_id=episode_id,
                ready_at=ready_at,
                updated_at=ready_at,
            )
        )
    elif known[0].retired_at is not None:
        _revive(c, known[0].id, card_id=card_id, episode_id=episode_id)


def _select_known(entry_id: str, card_id: str | None) -> Any:
    mine: ColumnElement[bool] = _entry.c.id == entry_id
    return select(_entry.c.id, _entry.c.retired_at).where(
        mine if card_id is None else or_(mine, _entry.c.card_id == card_id)
    )


def _revive(c: Connection, entry_id: str, *, card_id: str | None, episode_id: str | None) -> None:
    if card_id is not None:
        c.execute(
            update(_entry)
            .where(_entry.c.card_id == card_id, _entry.c.id != entry_id, _entry.c.retired_at.is_not(None))
            .values(card_id=None)
        )
    c.execute(
        update(_entry)
        .where(_entry.c.id == entry_id)
        .values(card_id=card_id, episode_id=episode_id, retired_at=None)
    )


def attach_card(c: Connection, entry_id: str, card_id: str) -> None:
    """Give a card to an entry that was published without one; its id and address stay."""
    c.execute(update(_entry).where(_entry.c.id == entry_id).values(card_id=card_id))


def retire_entry(c: Connection, card_id: str, *, at: datetime) -> None:
    """Take a card's entry out of what is published, and free its episode for another card.

    The row stays for ever: its address goes on saying that the card was here.
    """
    c.execute(
        update(_entry)
        .where(_entry.c.card_id == card_id, _entry.c.retired_at.is_(None))
        .values(retired_at=at, episode_id=None)
    )


def load_entries(
    c: Connection,
    *,
    ids: Iterable[str] | None = None,
    ready_from: datetime | None = None,
    ready_before: datetime | None = None,
    retired: bool = False,
) -> list[Entry]:
    """Entries by `ready_at`, then id; `ready_from` belongs to the range, `ready_before` does not.

    With `retired`, the retired ones instead: those have an episode without title or link, for theirs is free.
    """
    conditions: list[ColumnElement[bool]] = [
        _entry.c.retired_at.is_not(None) if retired else _entry.c.retired_at.is_(None)
    ]
    if ready_from is not None:
        conditions.append(_entry.c.ready_at >= ready_from)
    if ready_before is not None:
        conditions.append(_entry.c.ready_at < ready_before)
    if ids is None:
        return _load(c, conditions)
    parts = [_load(c, [*conditions, _entry.c.id.in_(part)]) for part in _parts(sorted(set(ids)))]
    return sorted((one for part in parts for one in part), key=lambda one: (one.ready_at, one.id))


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _IDS_AT_ONCE):
        yield ids[start : start + _IDS_AT_ONCE]


def _load(c: Connection, conditions: Sequence[ColumnElement[bool]]) -> list[Entry]:
    topics = _load_named(
        c,
        conditions,
        links=tables.card_topic,
        nouns=tables.topic,
        key=tables.card_topic.c.topic,
        kind=Topic,
    )
    audiences = _load_named(
        c,
        conditions,
        links=tables.card_audience,
        nouns=tables.audience,
        key=tables.card_audience.c.audience,
        kind=Audience,
    )
    rows = c.execute(
        select(
            _entry.c.id,
            _entry.c.address,
            _entry.c.card_id,
            _entry.c.ready_at,
            _entry.c.updated_at,
            _card.c.address.label("card_address"),
            _card.c.data.label("card_data"),
            _episode.c.id.label("episode_id"),
            _episode.c.published,
            _episode.c.first_seen,
            _episode.c.is_new,
            _episode.c.data.label("episode_data"),
        )
        .select_from(_entry.outerjoin(_card).outerjoin(_episode))
        .where(*conditions)
        .order_by(_entry.c.ready_at, _entry.c.id)
    )
    return [
        Entry(
            id=row.id,
            address=row.address,
            card=_read_card(row),
            episode=_read_episode(row),
            topics=tuple(topics.get(row.card_id, ())),
            audiences=tuple(audiences.get(row.card_id, ())),
            ready_at=row.ready_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def _load_named(
    c: Connection,
    conditions: Sequence[ColumnElement[bool]],
    *,
    links: Table,
    nouns: Table,
    key: Column[Any],
    kind: Callable[..., T],
) -> dict[str, list[T]]:
    """The topics or audiences of each card among the entries, in the card's order."""
    known = {
        row.key: kind(key=row.key, name=row.name, declared=row.declared) for row in c.execute(select(nouns))
    }
    rows = c.execute(
        select(links.c.card_id, key)
        .select_from(links.join(_entry, _entry.c.card_id == links.c.card_id))
        .where(*conditions)
        .order_by(links.c.card_id, links.c.position)
    )
    found: dict[str, list[T]] = {}
    for card_id, name in rows:
        found.setdefault(card_id, []).append(known[name])
    return found


def _read_card(row: Row[*tuple[Any, ...]]) -> Card | None:
    if row.card_id is None:
        return None
    return replace(load(Card, row.card_data), id=row.card_id, address=row.card_address)


def _read_episode(row: Row[*tuple[Any, ...]]) -> Episode:
    if row.episode_id is None:
        return Episode(source="", identity="")
    return replace(
        load(Episode, row.episode_data),
        id=row.episode_id,
        published=row.published,
        first_seen=row.first_seen,
        is_new=row.is_new,
    )


def live_ids(c: Connection) -> list[str]:
    """Ids of all entries that are not retired, in the order in which they join feeds: ready first, then the episode's date."""
    published = func.coalesce(_episode.c.published, _episode.c.first_seen)
    rows = c.execute(
        select(_entry.c.id)
        .select_from(_entry.outerjoin(_episode))
        .where(_entry.c.retired_at.is_(None))
        .order_by(_entry.c.ready_at, published, _entry.c.id)
    )
    return list(rows.scalars())


def retired_ids(c: Connection, ids: Collection[str] | None = None) -> list[str]:
    """Ids of the retired entries, of all or among some."""
    query = select(_entry.c.id).where(_entry.c.retired_at.is_not(None)).order_by(_entry.c.id)
    if ids is None:
        return list(c.execute(query).scalars())
    dialect = c.dialect.name
    return list(c.execute(query.where(is_among(dialect, _entry.c.id)), among(dialect, ids)).scalars())


def load_digests(c: Connection, ids: Collection[str]) -> dict[str, str | None]:
    """By entry id, the digest of what readers saw of it last; None when it was never published."""
    query = select(_entry.c.id, _entry.c.digest).where(is_among(c.dialect.name, _entry.c.id))
    return {row.id: row.digest for row in c.execute(query, among(c.dialect.name, ids))}


def mark_updated(c: Connection, changes: Mapping[str, tuple[str, datetime]]) -> None:
    """Record, by entry id, the digest of what readers see now, and since when they see it."""
    if not changes:
        return
    c.execute(
        update(_entry)
        .where(_entry.c.id == bindparam("entry_id"))
        .values(digest=bindparam("new_digest"), updated_at=bindparam("new_updated_at")),
        [
            {"entry_id": entry_id, "new_digest": digest, "new_updated_at": updated_at}
            for entry_id, (digest, updated_at) in changes.items()
        ],
    )


def load_moments(
    c: Connection, earliest: datetime, latest: datetime, *, but: Collection[str]
) -> list[datetime]:
    """When entries were last updated, in that time, of all but some."""
    query = select(_entry.c.id, _entry.c.updated_at).where(
        _entry.c.retired_at.is_(None), _entry.c.updated_at >= earliest, _entry.c.updated_at <= latest
    )
    return [row.updated_at for row in c.execute(query) if row.id not in but]


def set_titles(c: Connection, titles: Mapping[str, str | None]) -> None:
    """Record, by entry id, the title as it is published; None of one that is published no more."""
    if titles:
        c.execute(
            update(_entry).where(_entry.c.id == bindparam("entry_id")).values(title=bindparam("new_title")),
            [{"entry_id": entry_id, "new_title": title} for entry_id, title in titles.items()],
        )
