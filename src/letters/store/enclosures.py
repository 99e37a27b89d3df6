"""Media files of published episodes whose publishers left length or type out, and what their servers say of them.

`note_files` says which files those are, `load_due` whom to ask, `save_files` and `load_files` remember what was heard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select, update

from letters.model import Enclosure, Episode
from letters.store import tables
from letters.store.among import among, is_among
from letters.store.codec import load

_file, _entry, _episode = tables.enclosure, tables.entry, tables.episode


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """What a server said of one address."""

    url: str
    #: None, and empty, where it did not say.
    length_bytes: int | None = None
    type: str = ""
    #: None while it waits to be asked for the first time.
    asked_at: datetime | None = None
    #: Requests in a row that came to nothing; 0 once there was an answer.
    failures: int = 0


def load_enclosures(c: Connection, entry_ids: Collection[str]) -> dict[str, Sequence[Enclosure]]:
    """By entry, the enclosures of published episodes, the newest episode last."""
    rows = c.execute(
        select(_entry.c.id, _episode.c.data)
        .select_from(_entry.join(_episode))
        .where(_entry.c.retired_at.is_(None), is_among(c.dialect.name, _entry.c.id))
        .order_by(_entry.c.ready_at, _episode.c.published, _entry.c.id),
        among(c.dialect.name, entry_ids),
    )
    return {row.id: load(Episode, row.data).enclosures for row in rows}


def note_files(c: Connection, files: Mapping[str, str]) -> None:
    """These are to be asked about, the last of them first: addresses, each with an entry that shows it. Known ones stay as they are."""
    known = load_files(c, files)
    last = c.scalar(select(func.max(_file.c.number))) or 0
    new = [(url, entry_id) for url, entry_id in files.items() if url not in known]
    if new:
        c.execute(
            insert(_file),
            [
                {"url": url, "entry_id": entry_id, "number": number}
                for number, (url, entry_id) in enumerate(new, start=last + 1)
            ],
        )


def load_due(c: Connection, *, asked_before: Mapping[int, datetime], limit: int) -> dict[str, MediaFile]:
    """Whom to ask, by address: never asked, or in vain so often and long enough ago; those noted last come first."""
    again = [
        (_file.c.failures == failures) & (_file.c.asked_at <= moment)
        for failures, moment in asked_before.items()
    ]
    rows = c.execute(
        select(_file)
        .where(or_(_file.c.asked_at.is_(None), *again))
        .order_by(_file.c.number.desc())
        .limit(limit)
    )
    return {row.url: _read(row) for row in rows}


def load_files(c: Connection, urls: Collection[str]) -> dict[str, MediaFile]:
    """What is remembered of these addresses, by address."""
    query = select(_file).where(is_among(c.dialect.name, _file.c.url))
    return {row.url: _read(row) for row in c.execute(query, among(c.dialect.name, urls))} if urls else {}


def entries_with(c: Connection, urls: Collection[str]) -> list[str]:
    """The entries for which these were noted."""
    query = select(_file.c.entry_id).where(is_among(c.dialect.name, _file.c.url))
    return list(c.execute(query, among(c.dialect.name, urls)).scalars())


def save_files(c: Connection, files: Iterable[MediaFile]) -> None:
    """What was heard of noted files. The later of two answers about one address wins, whichever is written last."""
    rows = [
        {
            "a_url": one.url,
            "a_length": one.length_bytes,
            "a_type": one.type,
            "a_moment": one.asked_at,
            "so_many": one.failures,
        }
        for one in files
    ]
    if rows:
        is_older = or_(_file.c.asked_at.is_(None), _file.c.asked_at <= bindparam("a_moment"))
        c.execute(
            update(_file)
            .where(_file.c.url == bindparam("a_url"), is_older)
            .values(
                length_bytes=bindparam("a_length"),
                type=bindparam("a_type"),
                asked_at=bindparam("a_moment"),
                failures=bindparam("so_many"),
            ),
            rows,
        )


def _read(row: Row[*tuple[Any, ...]]) -> MediaFile:
    return MediaFile(
        url=row.url,
        length_bytes=row.length_bytes,
        type=row.type,
        asked_at=row.asked_at,
        failures=row.failures,
    )
