"""Media files of published episodes whose publishers left length or type out, and what their servers say of them.

`load_incomplete` answers which files those are, `load_files` and `save_files` remember what was heard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, cast, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from letters.model import Enclosure, Episode
from letters.store import tables
from letters.store.codec import load

_file, _entry, _episode = tables.enclosure, tables.entry, tables.episode

# PostgreSQL takes at most 65,535 parameters in a statement, SQLite 32,766.
_URLS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """What a server said of one address."""

    url: str
    #: None, and empty, where it did not say.
    length_bytes: int | None = None
    type: str = ""
    asked_at: datetime
    #: Requests in a row that came to nothing; 0 once there was an answer.
    failures: int = 0


def load_incomplete(c: Connection) -> list[Sequence[Enclosure]]:
    """The enclosures of each published episode of which the first lacks its length or its type, the newest episode first.

    Without those whose server has answered.
    """
    first = _episode.c.data[("enclosures", 0, "url")].as_string()
    length = cast(_episode.c.data[("enclosures", 0, "length_bytes")].as_string(), Text)
    kind = _episode.c.data[("enclosures", 0, "type")].as_string()
    answered = exists().where(_file.c.url == first, _file.c.failures == 0)
    rows = c.execute(
        select(_episode.c.data)
        .select_from(_entry.join(_episode))
        .where(
            _entry.c.retired_at.is_(None),
            first.is_not(None),
            ~answered,
            or_(length.is_(None), length == "0", kind.is_(None), kind == ""),
        )
        .order_by(_entry.c.ready_at.desc(), _episode.c.published.desc(), _entry.c.id)
    )
    return [load(Episode, data).enclosures for data in rows.scalars()]


def load_files(c: Connection, urls: Collection[str]) -> dict[str, MediaFile]:
    """What is remembered of these addresses, by address."""
    wanted = sorted(set(urls))
    found: dict[str, MediaFile] = {}
    for start in range(0, len(wanted), _URLS_AT_ONCE):
        rows = c.execute(select(_file).where(_file.c.url.in_(wanted[start : start + _URLS_AT_ONCE])))
        found |= {row.url: _read(row) for row in rows}
    return found


def _read(row: Row[*tuple[Any, ...]]) -> MediaFile:
    return MediaFile(
        url=row.url,
        length_bytes=row.length_bytes,
        type=row.type,
        asked_at=row.asked_at,
        failures=row.failures,
    )


def save_files(c: Connection, files: Iterable[MediaFile]) -> None:
    """Insert or replace. The later of two answers about one address wins, whichever is written last."""
    rows = [asdict(one) for one in sorted(files, key=lambda one: one.url)]
    if not rows:
        return
    inserting: sqlite.Insert | postgresql.Insert
    inserting = sqlite.insert(_file) if c.dialect.name == "sqlite" else postgresql.insert(_file)
    new = inserting.excluded
    replaced = {name: new[name] for name in ("length_bytes", "type", "asked_at", "failures")}
    c.execute(
        inserting.on_conflict_do_update(
            index_elements=["url"], set_=replaced, where=_file.c.asked_at <= new.asked_at
        ),
        rows,
    )
