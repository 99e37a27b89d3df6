"""What is remembered of sources between looks: validators, back-off, the last error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Insert, Select, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.store.among import among, is_among
from letters.store.many import Many
from letters.store.tables import episode as _episode
from letters.store.tables import source_state

_state = source_state


class SourceState(NamedTuple):
    """What we remember of one source. `url` is the configured address that the rest is about.

    A tuple, as the rows are that it is read from and written to: a pass makes two of them for each source, and a frozen
    dataclass of so many fields would take longer to make than the rest of what is thought about an unchanged source.
    """

    source: str
    url: str
    feed_title: str = ""
    #: None until a look succeeded at this address.
    first_look_at: datetime | None = None
    #: The last try, whatever came of it.
    last_look_at: datetime | None = None
    next_look_at: datetime | None = None
    #: Sent back byte for byte (R59).
    etag: str | None = None
    last_modified: str | None = None
    #: Of the last document that was read; an equal one need not be parsed.
    body_digest: str | None = None
    #: Failed looks in a row.
    failures: int = 0
    #: The first of them; None while looks succeed.
    failing_since: datetime | None = None
    last_status: int | None = None
    last_error: str = ""
    retry_after_until: datetime | None = None
    gone_at: datetime | None = None
    #: Where it is asked since its permanent redirects agreed for long enough (R60); empty: at `url`.
    moved_url: str = ""
    #: Where permanent redirects lead now, since when, and how many answers in a row said so (R60).
    moving_url: str = ""
    moving_since: datetime | None = None
    moving_answers: int = 0
    #: `letters.watch.parse.Hints` of its last document, as JSON.
    hints: dict[str, Any] | None = None
    #: `letters.watch.rhythm.Rhythm` of its episodes, as JSON.
    rhythm: dict[str, Any] | None = None
    #: Its last 30 days at a glance; see `letters.watch.history`.
    history: str = ""
    #: How often it was looked at.
    looks: int = 0


_COLUMNS = SourceState._fields


def load_states(c: Connection) -> dict[str, SourceState]:
    """All states by source key, those of sources no longer configured among them."""
    rows = c.execute(select(*(_state.c[name] for name in _COLUMNS)))
    return {row[0]: SourceState._make(row) for row in rows}


def claim_states(c: Connection, sources: Collection[str]) -> dict[str, int]:
    """How often each of these sources was looked at by now, 0 for one without a state yet.

    Until the transaction ends nobody else gets past this call with the same source: on PostgreSQL its row is locked, and
    made first where there is none; SQLite's writer is alone anyway.
    """
    if not sources:
        return {}
    names = sorted(sources)
    if c.dialect.name != "sqlite":
        making = postgresql.insert(_state).on_conflict_do_nothing(index_elements=["source"])
        c.execute(making, [{"source": name, "url": ""} for name in names])
    found = c.execute(_claiming(c.dialect.name), among(c.dialect.name, names))
    return dict.fromkeys(names, 0) | {source: int(looks) for source, looks in found}


@cache
def _claiming(dialect: str) -> Select[Any]:
    query = select(_state.c.source, _state.c.looks).where(is_among(dialect, _state.c.source))
    return query.order_by(_state.c.source).with_for_update()


def count_episodes(c: Connection) -> dict[str, tuple[int, int]]:
    """How many episodes each source has, and how many of them are in quarantine; removed ones are not counted."""
    query = (
        select(_episode.c.source, func.count(), func.count(_episode.c.quarantined_at))
        .where(_episode.c.removed_at.is_(None))
        .group_by(_episode.c.source)
    )
    return {source: (all_of_them, quarantined) for source, all_of_them, quarantined in c.execute(query)}


def save_states(
    c: Connection, states: Iterable[SourceState], *, stored: Mapping[str, SourceState] | None = None
) -> None:
    """Insert or replace the states of some sources. Of those that are `stored` as they are there, only what differs is written.

    A look that found nothing changes five columns of 27, and most looks find nothing.
    """
    stored = stored or {}
    whole: list[SourceState] = []
    parts: defaultdict[tuple[str, ...], list[SourceState]] = defaultdict(list)
    # In one order everywhere: two processes that save the same sources must not wait for each other in a circle.
    for state in sorted(states, key=attrgetter("source")):
        before = stored.get(state.source)
        if before is None:
            whole.append(state)
        elif differing := [
            name
            for name, old, new in zip(_COLUMNS, before, state, strict=True)
            if old is not new and old != new
        ]:
            parts[tuple(differing)].append(state)
    if whole:
        c.execute(_saving(c.dialect.name), [state._asdict() for state in whole])
    for columns, some in parts.items():
        _updating(columns, c.dialect).run(c, map(attrgetter("source", *columns), some))


@lru_cache(maxsize=256)
def _updating(columns: tuple[str, ...], dialect: Dialect) -> Many:
    changed: dict[str, Any] = {name: bindparam(name) for name in columns}
    statement = update(_state).where(_state.c.source == bindparam("b_source")).values(changed)
    return Many(statement, ("b_source", *columns), dialect)


@cache
def _saving(dialect: str) -> Insert:
    """Built once: with 24 columns that costs as much as saving several states."""
    inserting: sqlite.Insert | postgresql.Insert
    inserting = sqlite.insert(_state) if dialect == "sqlite" else postgresql.insert(_state)
    replaced = {name: inserting.excluded[name] for name in _COLUMNS if name != "source"}
    return inserting.on_conflict_do_update(index_elements=["source"], set_=replaced)
