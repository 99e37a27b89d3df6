"""Documents of feeds, as they lie in the tree and as a hub was told of them last."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from letters.store.among import among, is_among
from letters.store.tables import announcement as _row


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A document that a hub has to be told of."""

    path: str
    digest: str
    #: How often in a row the hub did not accept it, and what was wrong the last time.
    failures: int = 0
    last_error: str = ""


def note_documents(c: Connection, digests: Mapping[str, str]) -> None:
    """These documents, by path, are in the tree. One that was never noted has no subscribers to be told of it."""
    known = set(
        c.execute(
            select(_row.c.path).where(is_among(c.dialect.name, _row.c.path)), among(c.dialect.name, digests)
        ).scalars()
    )
    new = [
        {"path": path, "digest": digest, "announced": digest}
        for path, digest in digests.items()
        if path not in known
    ]
    if new:
        c.execute(insert(_row), new)
    if known:
        c.execute(
            update(_row).where(_row.c.path == bindparam("a_path")).values(digest=bindparam("a_digest")),
            [{"a_path": path, "a_digest": digests[path]} for path in sorted(known)],
        )


def due_announcements(c: Connection, *, now: datetime, limit: int) -> list[Announcement]:
    """What a hub has to be told of now, those that failed least first."""
    rows = c.execute(
        select(_row)
        .where(_row.c.digest != _row.c.announced, or_(_row.c.next_at.is_(None), _row.c.next_at <= now))
        .order_by(_row.c.failures, _row.c.path)
        .limit(limit)
    )
    return [
        Announcement(path=row.path, digest=row.digest, failures=row.failures, last_error=row.last_error)
        for row in rows
    ]


def count_waiting(c: Connection) -> int:
    """How many documents a hub has still to be told of."""
    query = select(func.count()).select_from(_row).where(_row.c.digest != _row.c.announced)
    return c.scalar(query) or 0


def mark_announced(c: Connection, told: Collection[Announcement]) -> None:
    """The hub accepted these, as they were then; one that changed meanwhile is due again."""
    if told:
        c.execute(
            update(_row)
            .where(_row.c.path == bindparam("a_path"))
            .values(announced=bindparam("a_digest"), failures=0, next_at=None, last_error=""),
            [{"a_path": one.path, "a_digest": one.digest} for one in told],
        )


def mark_failed(c: Connection, failed: Mapping[str, tuple[datetime, str]]) -> None:
    """The hub did not accept these, by path: when to try again, and what was wrong."""
    if failed:
        c.execute(
            update(_row)
            .where(_row.c.path == bindparam("a_path"))
            .values(
                failures=_row.c.failures + 1, next_at=bindparam("a_moment"), last_error=bindparam("an_error")
            ),
            [
                {"a_path": path, "a_moment": moment, "an_error": error}
                for path, (moment, error) in failed.items()
            ],
        )
