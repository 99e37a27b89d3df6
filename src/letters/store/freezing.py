"""Making an issue's rows of the ledger, all of them in one transaction, before the first command to a relay (R39)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, bindparam, insert, select, update

from letters.model import Choice, DeliveryState, IssueState, SubscriberStatus
from letters.store.many import Many
from letters.store.subscribers import batches, receives
from letters.store.tables import delivery, issue, rendering, subscriber

#: Rows that are read, and written, at once: what larger pages save is no longer measured.
_PAGE = 5_000
_Row = tuple[int, int, str, str, str, str, datetime, int, int]
_COLUMNS = (
    "issue_id",
    "subscriber_id",
    "state",
    "message_id",
    "choice",
    "reason",
    "due_at",
    "attempts",
    "unknowns",
)


@dataclass(frozen=True, slots=True)
class Receiver:
    """What freezing needs to know of a subscriber."""

    id: int
    uid: str
    zone: str
    #: `Choice.key`.
    choice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
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


def receivers_of(c: Connection, edition: str) -> Iterator[Receiver]:
    """The confirmed subscribers of an edition in the order in which they came; in memory are those of one page."""
    query = (
        select(
            subscriber.c.id,
            subscriber.c.uid,
            subscriber.c.zone,
            subscriber.c.topics,
            subscriber.c.audiences,
            subscriber.c.titles_only,
        )
        .where(
            subscriber.c.status == SubscriberStatus.CONFIRMED,
            subscriber.c.id > bindparam("after"),
            receives(edition),
        )
        .order_by(subscriber.c.id)
        .limit(_PAGE)
    )

    # Choices are few, and a set of each for every reader would be most of the work.
    @cache
    def key(topics: tuple[str, ...], audiences: tuple[str, ...], titles_only: bool) -> str:
        return Choice(topics=frozenset(topics), audiences=frozenset(audiences), titles_only=titles_only).key

    after = 0
    while rows := c.execute(query, {"after": after}).all():
        for id_, uid, zone, topics, audiences, titles_only in rows:
            yield Receiver(id_, uid, zone, key(tuple(topics), tuple(audiences), titles_only))
        after = rows[-1].id


def add_deliveries(c: Connection, issue_id: int, rows: Iterable[NewDelivery]) -> None:
    """Make the rows of an issue."""
    if c.dialect.name == "postgresql":
        _add(c, issue_id, rows, _copy)
        return
    _add(c, issue_id, rows, _insert_many(c))


def _add(
    c: Connection,
    issue_id: int,
    rows: Iterable[NewDelivery],
    add: Callable[[Connection, Sequence[_Row]], None],
) -> None:
    for page in batches(rows, _PAGE):
        add(
            c,
            [
                (
                    issue_id,
                    row.subscriber_id,
                    (DeliveryState.DROPPED if row.dropped else DeliveryState.PENDING).value,
                    row.message_id,
                    row.choice,
                    row.dropped,
                    row.due_at,
                    0,
                    0,
                )
                for row in page
            ],
        )


def rendered_choices(c: Connection, issue_id: int) -> dict[str, bool]:
    """Each choice that has a rendering of the issue, and whether there is anything to read in it."""
    query = select(rendering.c.choice, rendering.c.entries, (rendering.c.html != "").label("has_html")).where(
        rendering.c.issue_id == issue_id
    )
    return {row.choice: bool(row.entries) or row.has_html for row in c.execute(query)}


def _insert_many(c: Connection) -> Callable[[Connection, Sequence[_Row]], None]:
    statement = insert(delivery).values({name: bindparam(name) for name in _COLUMNS})
    return Many(statement, _COLUMNS, c.dialect).run


def _copy(c: Connection, rows: Sequence[_Row]) -> None:
    # A fifth of what the same rows take as an INSERT of psycopg's.
    cursor = c.connection.cursor()
    with cursor.copy(f"COPY delivery ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.close()
