"""Episodes: the entries of all sources.

`load_episodes` answers what pairing may choose from; `insert_episodes`, `update_episodes` and `rename_episodes` record
what looks found; `rename_show` follows the configuration. What looking again has to know is in `letters.store.seen`, what
is kept from readers in `letters.store.hidden`.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Text,
    bindparam,
    cast,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from letters.model import Episode
from letters.store.among import among, is_among
from letters.store.many import Many
from letters.store.tables import episode as _episode

T = TypeVar("T")

_NAMESPACE = uuid.UUID("6f0d1f9c-6a0e-5c0b-9a4e-2f7f6d1f3b52")
_ONE: TypeAdapter[Episode] = TypeAdapter(Episode)
_MANY: TypeAdapter[list[Episode]] = TypeAdapter(list[Episode])
# PostgreSQL takes at most 65,535 parameters in a statement, SQLite 32,766; also bounds what is in memory twice.
_AT_ONCE = 2_000
# What a moved build date, or our own bookkeeping, changes without changing a word.
_NOT_WORDS = {"id", "identity", "published", "updated", "first_seen", "is_new"}


def mint_id(source: str, identity: str) -> str:
    """The id of an entry of a source: the same at each look, and in a database that was lost and filled again."""
    return str(uuid.uuid5(_NAMESPACE, f"{source} {identity}"))


def digest_of(episode: Episode) -> str:
    """A digest of an episode's words: equal when nothing but dates and our own bookkeeping differs."""
    return hashlib.sha256(_ONE.serializer.to_json(episode, exclude=_NOT_WORDS)).hexdigest()


def load_episodes(
    c: Connection,
    *,
    sources: Collection[str] | None = None,
    ids: Collection[str] | None = None,
    with_hidden: bool = False,
) -> list[Episode]:
    """Episodes by source and identity order: all, those of some sources, or those with some ids.

    Without those in quarantine and those that were removed, unless `with_hidden`.
    """
    # As text: both databases and their drivers would build objects from the JSON only for them to be taken apart again.
    text = type_coerce(_episode.c.data, Text) if c.dialect.name == "sqlite" else cast(_episode.c.data, Text)
    query = select(text).order_by(_episode.c.source, _episode.c.identity)
    if not with_hidden:
        query = query.where(_episode.c.quarantined_at.is_(None), _episode.c.removed_at.is_(None))
    if sources is not None:
        query = query.where(_episode.c.source.in_(list(sources)))
    if ids is None:
        return [episode for episodes in _loaded(c, query) for episode in episodes]
    found = [
        episode
        for some in _slices(sorted(set(ids)))
        for episodes in _loaded(c, query.where(_episode.c.id.in_(some)))
        for episode in episodes
    ]
    return sorted(found, key=lambda episode: (episode.source, episode.identity))


def _loaded(c: Connection, query: Select[Any]) -> Iterator[list[Episode]]:
    for texts in c.execute(query).scalars().partitions(_AT_ONCE):
        yield _MANY.validate_json(f"[{','.join(texts)}]")


def insert_episodes(
    c: Connection, episodes: Sequence[Episode], *, now: datetime, in_quarantine: bool = False
) -> None:
    """Store episodes for the first time, of one source or of many; `first_seen` defaults to now.

    Ids are minted where they are empty. The id that an identity would give may belong to an episode that bore the identity
    once and has another one since (see `rename_episodes`); then the next free one is taken.
    """
    for some in _slices(episodes):
        rows = [_row(episode, now=now) for episode in some]
        for place in _places_of_taken_ids(c, rows):
            rows[place] = _row(replace(some[place], id=_free_id(c, some[place])), now=now)
        quarantined_at = now if in_quarantine else None
        _inserting(c.dialect).run(c, [(*row, quarantined_at) for row in rows])


def _places_of_taken_ids(c: Connection, rows: Sequence[_Row]) -> list[int]:
    places = {row.id: place for place, row in enumerate(rows)}
    taken = c.execute(_taking(c.dialect.name), among(c.dialect.name, places))
    return [places[row.id] for row in taken]


@cache
def _taking(dialect: str) -> Select[tuple[str]]:
    return select(_episode.c.id).where(is_among(dialect, _episode.c.id))


def _free_id(c: Connection, episode: Episode) -> str:
    attempt = 2
    while True:
        minted = mint_id(episode.source, f"{episode.identity} {attempt}")
        if c.execute(select(_episode.c.id).where(_episode.c.id == minted)).first() is None:
            return minted
        attempt += 1


def update_episodes(c: Connection, episodes: Sequence[Episode], *, now: datetime) -> None:
    """Replace what is stored of episodes, found by their id; where that is empty, by source and identity."""
    for some in _slices(episodes):
        _updating(c.dialect).run(c, [_row(episode, now=now) for episode in some])


def rename_episodes(c: Connection, renamed: Iterable[Episode], *, now: datetime) -> None:
    """Replace what is stored of episodes, their identities too; they are found by their ids, which stay.

    Identities may pass from one episode to another within the set.
    """
    rows = [_row(episode, now=now) for episode in renamed]
    if not rows:
        return
    # All let go before any takes hold: a row at a time, one identity would be there twice.
    letting_go = update(_episode).where(_episode.c.id == bindparam("b_id"))
    passing = [{"b_id": row.id, "b_passing": f"passing:{row.id}"} for row in rows]
    c.execute(letting_go.values(identity=bindparam("b_passing")), passing)
    _updating(c.dialect, with_identity=True).run(c, rows)


def rename_show(c: Connection, source: str, show: str, *, now: datetime) -> int:
    """Give a source's stored episodes the show's configured name; how many had another one."""
    stored = load_episodes(c, sources=[source], with_hidden=True)
    renamed = [replace(episode, show=show) for episode in stored if episode.show != show]
    update_episodes(c, renamed, now=now)
    return len(renamed)


class _Row(NamedTuple):
    """What the table has of an episode."""

    id: str
    source: str
    identity: str
    guid: str
    link: str
    title: str
    published: datetime | None
    first_seen: datetime
    changed_at: datetime
    is_new: bool
    digest: str
    data: str


_CHANGEABLE = ("guid", "link", "title", "published", "changed_at", "digest", "data")


@lru_cache(maxsize=16)
def _inserting(dialect: Dialect) -> Many:
    """Of rows with the time of their quarantine behind them."""
    names = (*_Row._fields, "quarantined_at")
    return Many(insert(_episode).values(_values(names, dialect.name)), _parameters(names), dialect)


@lru_cache(maxsize=16)
def _updating(dialect: Dialect, *, with_identity: bool = False) -> Many:
    names = ("identity", *_CHANGEABLE) if with_identity else _CHANGEABLE
    change = update(_episode).where(_episode.c.id == bindparam("b_id"))
    return Many(change.values(_values(names, dialect.name)), _parameters(_Row._fields), dialect)


def _parameters(names: Iterable[str]) -> list[str]:
    # SQLAlchemy keeps the columns' own names for itself.
    return [f"b_{name}" for name in names]


def _values(names: Iterable[str], dialect: str) -> dict[str, Any]:
    values = {name: bindparam(f"b_{name}", type_=_episode.c[name].type) for name in names}
    return {**values, "data": _data(dialect)}


def _data(dialect: str) -> ColumnElement[Any]:
    """The whole episode, which is JSON text already."""
    text = bindparam("b_data", type_=Text())
    return type_coerce(text, Text) if dialect == "sqlite" else cast(text, JSONB)


def _row(episode: Episode, *, now: datetime) -> _Row:
    first_seen = episode.first_seen or now
    if not episode.id or episode.first_seen is None:
        minted = episode.id or mint_id(episode.source, episode.identity)
        episode = replace(episode, id=minted, first_seen=first_seen)
    return _Row(
        id=episode.id,
        source=episode.source,
        identity=episode.identity,
        guid=episode.guid,
        link=episode.link,
        title=episode.title,
        published=episode.published,
        first_seen=first_seen,
        changed_at=now,
        is_new=episode.is_new,
        digest=digest_of(episode),
        data=_ONE.serializer.to_json(episode).decode(),
    )


def _slices(values: Iterable[T]) -> Iterator[list[T]]:
    everything = list(values)
    for start in range(0, len(everything), _AT_ONCE):
        yield everything[start : start + _AT_ONCE]
