"""What came back: each report once, whose message it was about, and how often it happened."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from letters.model import DeliveryState, ReturnKind
from letters.store.tables import delivery, issue, returned, subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A row: what one report says of one recipient. `digest` is that of `letters.store.suppression`; empty: of nobody known."""

    event: str
    part: int
    kind: ReturnKind
    status: str = ""
    delivery_id: int | None = None
    issue_id: int | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """A reader, and the delivery that a report is about; None where only the reader can be told."""

    delivery_id: int | None
    issue_id: int | None
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many complaints and hard bounces came of how many messages: of an issue ("EDITION/NUMBER") or a day (ISO date)."""

    of: str
    sent: int
    complaints: int
    hard: int


def add_returned(c: Connection, row: Returned, *, now: datetime) -> bool:
    """Write a row down; False when it was told before."""
    insert = (sqlite.insert if c.dialect.name == "sqlite" else postgresql.insert)(returned)
    added = c.execute(
        insert.values(
            event=row.event,
            part=row.part,
            kind=row.kind.value,
            status=row.status,
            delivery_id=row.delivery_id,
            issue_id=row.issue_id,
            digest=row.digest,
            at=now,
        )
        .on_conflict_do_nothing()
        # The row itself says whether it is new: psycopg's driver has no count for such an insert.
        .returning(returned.c.id)
    )
    return added.first() is not None


def find_addressed(c: Connection, message_ids: Collection[str]) -> Addressed | None:
    """The delivery of the first of these Message-IDs that was ever ours."""
    query = (
        select(delivery.c.id, delivery.c.issue_id, delivery.c.message_id, subscriber.c.uid)
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(delivery.c.message_id.in_(message_ids))
    )
    found = {
        row.message_id: Addressed(delivery_id=row.id, issue_id=row.issue_id, uid=row.uid)
        for row in c.execute(query)
    }
    return next((found[one] for one in message_ids if one in found), None)


def latest_delivery(c: Connection, uid: str, *, edition: str | None, since: datetime) -> Addressed | None:
    """What was sent to a reader last since a moment (of an edition), which a report without a Message-ID is most likely about."""
    query = (
        select(delivery.c.id, delivery.c.issue_id)
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .where(subscriber.c.uid == uid, delivery.c.sent_at >= since)
        .order_by(delivery.c.sent_at.desc())
        .limit(1)
    )
    if edition is not None:
        query = query.where(issue.c.edition == edition)
    row = c.execute(query).first()
    return Addressed(delivery_id=row.id, issue_id=row.issue_id, uid=uid) if row else None


def fates(c: Connection, subscriber_id: int, *, limit: int) -> list[ReturnKind | None]:
    """What came back of each of the newest messages that a reader was sent, newest first; None: nothing did.

    Of several reports about one message the last one counts.
    """
    query = (
        select(delivery.c.id)
        .where(delivery.c.subscriber_id == subscriber_id, delivery.c.state == DeliveryState.SENT.value)
        .order_by(delivery.c.sent_at.desc(), delivery.c.id.desc())
        .limit(limit)
    )
    ids = list(c.scalars(query))
    rows = c.execute(
        select(returned.c.delivery_id, returned.c.kind)
        .where(
            returned.c.delivery_id.in_(ids),
            returned.c.kind.not_in([ReturnKind.AUTO_REPLY.value, ReturnKind.DELAYED.value]),
        )
        .order_by(returned.c.id)
    )
    found = {row.delivery_id: ReturnKind(row.kind) for row in rows}
    return [found.get(id_) for id_ in ids]


def count_kinds(c: Connection) -> dict[ReturnKind, int]:
    """How many reports of each kind were ever taken in."""
    query = select(returned.c.kind, func.count().label("rows")).group_by(returned.c.kind)
    return {ReturnKind(row.kind): row.rows for row in c.execute(query)}


def rates_by_issue(c: Connection, *, since: datetime) -> list[Rate]:
    """Of each issue of which anything was sent since a moment; the newest first."""
    query = (
        select(issue.c.id, issue.c.edition, issue.c.number, func.count().label("sent"))
        .join(delivery, delivery.c.issue_id == issue.c.id)
        .where(delivery.c.state == DeliveryState.SENT.value, issue.c.composed_at >= since)
        .group_by(issue.c.id, issue.c.edition, issue.c.number)
        .order_by(issue.c.id.desc())
    )
    rows = c.execute(query).all()
    counted = _counted(c, [row.id for row in rows])
    return [
        Rate(
            of=f"{row.edition}/{row.number}",
            sent=row.sent,
            complaints=counted.get((row.id, ReturnKind.COMPLAINT.value), 0),
            hard=counted.get((row.id, ReturnKind.HARD.value), 0),
        )
        for row in rows
    ]


def _counted(c: Connection, issues: Collection[int]) -> dict[tuple[int, str], int]:
    # A reader who complains twice of one issue is one who complained.
    query = (
        select(
            returned.c.issue_id, returned.c.kind, func.count(returned.c.digest.distinct()).label("readers")
        )
        .where(returned.c.issue_id.in_(issues))
        .group_by(returned.c.issue_id, returned.c.kind)
    )
    return {(row.issue_id, row.kind): row.readers for row in c.execute(query)}


def rates_by_day(c: Connection, *, days: Collection[date], midnight: datetime) -> list[Rate]:
    """Of each of these UTC days: what came back on it, of what was sent on it. `midnight` is any midnight of UTC."""
    found = []
    for day in days:
        start = midnight + (day - midnight.date())
        end = start + timedelta(days=1)
        sent = c.scalar(
            select(func.count()).where(
                delivery.c.sent_at >= start,
                delivery.c.sent_at < end,
                delivery.c.state == DeliveryState.SENT.value,
            )
        )
        came = c.execute(
            select(returned.c.kind, func.count(returned.c.digest.distinct()).label("readers"))
            .where(returned.c.at >= start, returned.c.at < end, returned.c.digest != "")
            .group_by(returned.c.kind)
        )
        kinds = {row.kind: row.readers for row in came}
        found.append(
            Rate(
                of=day.isoformat(),
                sent=sent or 0,
                complaints=kinds.get(ReturnKind.COMPLAINT.value, 0),
                hard=kinds.get(ReturnKind.HARD.value, 0),
            )
        )
    return found
