"""What is known of sources' entries before their next documents are compared."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Connection, Select, Text, bindparam, func, select, true
from sqlalchemy.sql.selectable import TableValuedAlias

from letters.store.hidden import IS_QUARANTINED
from letters.store.tables import episode as _episode

_e = _episode.c
# Bounds the statement's one parameter; both databases look each pair up by its index.
_AT_ONCE = 20_000


class SeenEpisode(NamedTuple):
    """What is compared with the next look at a source."""

    digest: str
    guid: str
    link: str
    title: str
    published: datetime | None
    first_seen: datetime
    is_new: bool
    id: str = ""
    #: The address of its media file.
    enclosure: str = ""
    quarantined_at: datetime | None = None
    removed_at: datetime | None = None
    #: Who removed it; `RESTORED` if somebody took that back.
    removed_by: str = ""


_COLUMNS = (
    _e.digest,
    _e.guid,
    _e.link,
    _e.title,
    _e.published,
    _e.first_seen,
    _e.is_new,
    _e.id,
    func.coalesce(_e.data[("enclosures", 0, "url")].as_string(), ""),
    _e.quarantined_at,
    _e.removed_at,
    _e.removed_by,
)
_SEEN = select(_e.source, _e.identity, *_COLUMNS)


def load_seen(c: Connection, source: str, *, among: Collection[str] | None = None) -> dict[str, SeenEpisode]:
    """What we know of a source's entries, by identity: all, or as `load_seen_of` has it for those `among`."""
    return load_seen_of(c, {source: among})[source]


def load_seen_of(
    c: Connection, wanted: Mapping[str, Collection[str] | None]
) -> dict[str, dict[str, SeenEpisode]]:
    """What we know of the entries of some sources, by source and identity, in a few queries for all of them.

    For each source, those of the wanted identities that are stored, and besides them what comparing always needs: the
    episode with the newest date, and all that are in quarantine. None wants all.
    """
    seen: dict[str, dict[str, SeenEpisode]] = {source: {} for source in wanted}
    everything = [source for source, identities in wanted.items() if identities is None]
    some = [source for source, identities in wanted.items() if identities is not None]
    pairs = [(source, one) for source in some for one in wanted[source] or ()]
    for start in range(0, len(pairs), _AT_ONCE):
        _add(seen, c, _named(c.dialect.name), pairs[start : start + _AT_ONCE])
    for names, queries in ((everything, (_of_sources,)), (some, (_newest, _in_quarantine))):
        for query in queries if names else ():
            _add(seen, c, query(c.dialect.name), [(name, "") for name in names])
    return seen


def _add(
    seen: Mapping[str, dict[str, SeenEpisode]],
    c: Connection,
    query: Select[Any],
    pairs: Iterable[tuple[str, str]],
) -> None:
    for source, identity, *known in c.execute(query, _parameters(c.dialect.name, pairs)):
        seen[source][identity] = SeenEpisode(*known)


def _parameters(dialect: str, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    if dialect == "sqlite":
        return {"pairs": json.dumps(list(pairs))}
    sources, identities = zip(*pairs, strict=True)
    return {"sources": list(sources), "identities": list(identities)}


def _table(dialect: str) -> TableValuedAlias:
    """The pairs of source and identity that go in, as a table."""
    if dialect == "sqlite":
        return func.json_each(bindparam("pairs", type_=Text())).table_valued("value", name="wanted")
    arrays = (bindparam(name, type_=ARRAY(Text())) for name in ("sources", "identities"))
    return func.unnest(*arrays).table_valued("source", "identity", name="wanted").render_derived()


def _columns(dialect: str, wanted: TableValuedAlias) -> tuple[Any, Any]:
    if dialect == "sqlite":
        pair = wanted.c.value
        return func.json_extract(pair, "$[0]"), func.json_extract(pair, "$[1]")
    return wanted.c.source, wanted.c.identity


# Each is built once: for a few sources that costs more than the query.
@cache
def _named(dialect: str) -> Select[Any]:
    wanted = _table(dialect)
    source, identity = _columns(dialect, wanted)
    return _SEEN.select_from(wanted.join(_episode, (_e.source == source) & (_e.identity == identity)))


@cache
def _of_sources(dialect: str) -> Select[Any]:
    wanted = _table(dialect)
    source, _ = _columns(dialect, wanted)
    return _SEEN.select_from(wanted.join(_episode, _e.source == source))


@cache
def _in_quarantine(dialect: str) -> Select[Any]:
    return _of_sources(dialect).where(IS_QUARANTINED)


@cache
def _newest(dialect: str) -> Select[Any]:
    wanted = _table(dialect)
    source, _ = _columns(dialect, wanted)
    other = _episode.alias("newest")
    newest = (
        select(other.c.id)
        .where(other.c.source == source, other.c.published.is_not(None))
        .order_by(other.c.published.desc())
        .limit(1)
        .correlate(wanted)
        .scalar_subquery()
    )
    return _SEEN.select_from(wanted.join(_episode, true())).where(_e.id == newest)
