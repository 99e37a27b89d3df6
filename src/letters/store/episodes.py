"""Episodes: the entries of all sources.

`load_episodes` answers what pairing may choose from; `load_seen` what we know of a source's entries before looking again;
`insert_episodes` and `update_episodes` record what a look found; `rename_show` follows the configuration.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Connection, Select, Text, bindparam, cast, insert, select, type_coerce, update

from letters.model import Episode
from letters.store.codec import dump
from letters.store.tables import episode as _episode

T = TypeVar("T")

_NAMESPACE = uuid.UUID("6f0d1f9c-6a0e-5c0b-9a4e-2f7f6d1f3b52")
_MANY: TypeAdapter[list[Episode]] = TypeAdapter(list[Episode])
# PostgreSQL takes at most 65,535 parameters in a statement, SQLite 32,766; also bounds what is in memory twice.
_AT_ONCE = 2_000
# What a moved build date, or our own bookkeeping, changes without changing a word.
_NOT_WORDS = ("id", "identity", "published", "updated", "first_seen", "is_new")


@dataclass(frozen=True, slots=True)
class SeenEpisode:
    """What is compared with the next look at a source."""

    digest: str
    guid: str
    link: str
    title: str
    published: datetime | None
    first_seen: datetime
    is_new: bool


def mint_id(source: str, identity: str) -> str:
    """The id of an entry of a source: the same at each look, and in a database that was lost and filled again."""
    return str(uuid.uuid5(_NAMESPACE, f"{source} {identity}"))


def digest_of(episode: Episode) -> str:
    """A digest of an episode's words: equal when nothing but dates and our own bookkeeping differs."""
    return _digest(dump(episode))


def _digest(data: dict[str, Any]) -> str:
    words = {name: value for name, value in data.items() if name not in _NOT_WORDS}
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def load_episodes(
    c: Connection, *, sources: Collection[str] | None = None, ids: Collection[str] | None = None
) -> list[Episode]:
    """Episodes by source and identity order: all, those of some sources, or those with some ids."""
    # As text: both databases and their drivers would build objects from the JSON only for them to be taken apart again.
    text = type_coerce(_episode.c.data, Text) if c.dialect.name == "sqlite" else cast(_episode.c.data, Text)
    query = select(text).order_by(_episode.c.source, _episode.c.identity)
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


def load_seen(c: Connection, source: str) -> dict[str, SeenEpisode]:
    """What we know of a source's entries, by identity."""
    e = _episode.c
    query = select(e.identity, e.digest, e.guid, e.link, e.title, e.published, e.first_seen, e.is_new)
    rows = c.execute(query.where(e.source == source))
    return {identity: SeenEpisode(*known) for identity, *known in rows}


def insert_episodes(c: Connection, episodes: Sequence[Episode], *, now: datetime) -> None:
    """Store episodes for the first time; ids are minted where they are empty, `first_seen` defaults to now."""
    for some in _slices(episodes):
        c.execute(insert(_episode), [_row(episode, now=now) for episode in some])


def update_episodes(c: Connection, episodes: Sequence[Episode], *, now: datetime) -> None:
    """Replace what is stored of episodes, found by source and identity."""
    if not episodes:
        return
    query = (
        update(_episode)
        .where(_episode.c.id == bindparam("known_id"))
        .values({name: bindparam(f"new_{name}") for name in _CHANGEABLE})
    )
    for some in _slices(episodes):
        rows = [_row(episode, now=now) for episode in some]
        c.execute(query, [{"known_id": row["id"], **_renamed(row)} for row in rows])


_CHANGEABLE = ("guid", "link", "title", "published", "changed_at", "digest", "data")


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": row[name] for name in _CHANGEABLE}


def rename_show(c: Connection, source: str, show: str, *, now: datetime) -> int:
    """Give a source's stored episodes the show's configured name; how many had another one."""
    renamed = [
        replace(episode, show=show) for episode in load_episodes(c, sources=[source]) if episode.show != show
    ]
    update_episodes(c, renamed, now=now)
    return len(renamed)


def _row(episode: Episode, *, now: datetime) -> dict[str, Any]:
    stored = replace(
        episode,
        id=episode.id or mint_id(episode.source, episode.identity),
        first_seen=episode.first_seen or now,
    )
    data = dump(stored)
    return {
        "id": stored.id,
        "source": stored.source,
        "identity": stored.identity,
        "guid": stored.guid,
        "link": stored.link,
        "title": stored.title,
        "published": stored.published,
        "first_seen": stored.first_seen,
        "changed_at": now,
        "is_new": stored.is_new,
        "digest": _digest(data),
        "data": data,
    }


def _slices(values: Iterable[T]) -> Iterator[list[T]]:
    everything = list(values)
    for start in range(0, len(everything), _AT_ONCE):
        yield everything[start : start + _AT_ONCE]

def load_seen_of(c, wanted):
    return {k: load_seen(c,k) for k in wanted}
def remove_episodes(c, ids, *, by, now): pass
