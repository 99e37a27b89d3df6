"""Making an issue's rows of the ledger, all of them in one transaction, before the first command to a relay (R39)."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, Text, bindparam, cast, insert, literal_column, select, update

from letters.model import Choice, DeliveryState, IssueState, SubscriberStatus
from letters.store.many import Many
from letters.store.subscribers import batches, receives
from letters.store.tables import delivery, issue, rendering, subscriber

#: Rows that are read, and written, at once. Of larger pages more rows are alive when Python looks for garbage, which it then does
#: among everything: with 5,000 that was a sixth of the time.
_PAGE = 500
_PENDING, _DROPPED = DeliveryState.PENDING.value, DeliveryState.DROPPED.value
# Message-IDs come in no order, so each row changes another page of their index: of a million rows, which have some 70 MB of it,
# SQLite's usual 2 MB hold too little, and most of its time goes to reading and writing the same pages again.
_CACHE_KIB = 32 * 1024


class Receiver(NamedTuple):
    """What freezing needs to know of a subscriber."""

    id: int
    uid: str
    zone: str
    #: `Choice.key`.
    choice: str


class NewDelivery(NamedTuple):
    """A row of the ledger before it is stored; `dropped` says why it never goes out."""

    subscriber_id: int
    message_id: str
    choice: str
    #: Not to be sent before.
    due_at: datetime
    dropped: str = ""


def begin_freeze(c: Connection, issue_id: int, *, now: datetime) -> bool:
    """Take the right to make an approved issue's rows; False when that was done, or may not be done.

    Locks the issue until the transaction ends, so that of two processes one makes the rows and the other finds them.
    """
    taken = c.execute(
        update(issue)
        .where(
            issue.c.id == issue_id, issue.c.frozen_at.is_(None), issue.c.state == IssueState.APPROVED.value
        )
        .values(frozen_at=now)
    )
    return taken.rowcount == 1


def frozen_at(c: Connection, issue_id: int) -> datetime | None:
    """When the issue's audience was frozen; None while it was not."""
    moment: datetime | None = c.scalar(select(issue.c.frozen_at).where(issue.c.id == issue_id))
    return moment


def receivers_of(c: Connection, edition: str) -> Generator[Receiver, None, None]:
    """The confirmed subscribers of an edition in the order in which they came; in memory are those of one page.

    To be closed within the transaction, also where not all are wanted: on PostgreSQL a cursor of the server's is behind it.
    """
    # One query, read on while rows are written: asked for anew for each page, PostgreSQL may go through all subscriptions each time.
    query = (
        select(
            subscriber.c.id,
            subscriber.c.uid,
            subscriber.c.zone,
            cast(subscriber.c.topics, Text),
            cast(subscriber.c.audiences, Text),
            subscriber.c.titles_only,
        )
        .where(subscriber.c.status == SubscriberStatus.CONFIRMED, receives(edition))
        .order_by(subscriber.c.id)
        .execution_options(yield_per=_PAGE)
    )

    # Choices are few, and to read them for every reader would be most of the work.
    @cache
    def key(topics: str, audiences: str, titles_only: bool) -> str:
        return Choice(
            topics=frozenset(json.loads(topics)),
            audiences=frozenset(json.loads(audiences)),
            titles_only=titles_only,
        ).key

    with c.execute(query) as found:
        for id_, uid, zone, topics, audiences, titles_only in found:
            yield Receiver(id_, uid, zone, key(topics, audiences, titles_only))


def add_deliveries(c: Connection, issue_id: int, rows: Iterable[NewDelivery]) -> None:
    """Make the rows of an issue."""
    if c.dialect.name == "postgresql":
        _copy(c, issue_id, rows)
    else:
        _insert(c, issue_id, rows)


def rendered_choices(c: Connection, issue_id: int) -> dict[str, bool]:
    """Each choice that has a rendering of the issue, and whether there is anything to read in it."""
    query = select(rendering.c.choice, rendering.c.entries, (rendering.c.html != "").label("has_html")).where(
        rendering.c.issue_id == issue_id
    )
    return {row.choice: bool(row.entries) or row.has_html for row in c.execute(query)}


def _insert(c: Connection, issue_id: int, rows: Iterable[NewDelivery]) -> None:
    names = ("subscriber_id", "message_id", "choice", "due_at", "reason", "state")
    # What is alike in all rows is part of the statement, and given once.
    statement = (
        insert(delivery)
        .values({name: bindparam(name) for name in names})
        .values(issue_id=literal_column(str(issue_id)), attempts=literal_column("0"))
    )
    many = Many(statement, names, c.dialect)
    with _larger_cache(c):
        for page in batches(rows, _PAGE):
            many.run(c, [(*row, _DROPPED if row.dropped else _PENDING) for row in page])


@contextmanager
def _larger_cache(c: Connection) -> Iterator[None]:
    usual = c.exec_driver_sql("PRAGMA cache_size").scalar_one()
    c.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
    try:
        yield
    finally:
        c.exec_driver_sql(f"PRAGMA cache_size = {usual}")


def _copy(c: Connection, issue_id: int, rows: Iterable[NewDelivery]) -> None:
    # A fifth of what the same rows take as an INSERT of psycopg's.
    columns = "issue_id, subscriber_id, message_id, choice, due_at, reason, state, attempts, unknowns"
    for page in batches(rows, _PAGE):
        # One per page: what the rows are made of is read over the same connection, which a COPY has to itself.
        cursor = c.connection.cursor()
        with cursor.copy(f"COPY delivery ({columns}) FROM STDIN") as copy:
            for row in page:
                copy.write_row((issue_id, *row, _DROPPED if row.dropped else _PENDING, 0, 0))
        cursor.close()
    # Claims come at once, before the database has counted the new rows of its own accord: until then it sorts all that wait for
    # each claim, which takes ten times as long.
    c.exec_driver_sql("ANALYZE delivery")
