"""Who got an issue, who did not, and why (R47); a row at a time, so that a million of them need no memory."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from letters.model import DeliveryState, SubscriberStatus
from letters.store.tables import delivery, issue, subscriber, subscription

_PAGE = 1_000
_OVER = {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DROPPED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Why somebody got an issue, or not. `state` is None for receivers of the edition who have no row."""

    email: str
    name: str
    state: DeliveryState | None
    reason: str
    attempts: int = 0
    message_id: str = ""
    #: When it is tried next; None when it is not.
    due_at: datetime | None = None
    sent_at: datetime | None = None


def explain(c: Connection, issue_id: int) -> list[Explained]:
    """As `explained`, all at once."""
    return list(explained(c, issue_id))


def explained(c: Connection, issue_id: int) -> Iterator[Explained]:
    """Who got the issue, who did not, and why; by address.

    Besides the rows of the ledger it tells of people who receive the edition now and were not addressed.
    """
    return heapq.merge(_rows(c, issue_id), _absent(c, issue_id), key=lambda one: one.email)


def count_reasons(c: Connection, issue_id: int) -> list[tuple[DeliveryState, str, int]]:
    """How many rows of the issue ended, or stand, in each state and for each reason; the most first.

    What relays say of messages they took differs for each, and is left out.
    """
    query = (
        select(delivery.c.state, delivery.c.reason, func.count().label("rows"))
        .where(delivery.c.issue_id == issue_id, delivery.c.state != DeliveryState.SENT.value)
        .group_by(delivery.c.state, delivery.c.reason)
        .order_by(func.count().desc(), delivery.c.state, delivery.c.reason)
        .limit(50)
    )
    return [(DeliveryState(row.state), row.reason, row.rows) for row in c.execute(query)]


def _rows(c: Connection, issue_id: int) -> Iterator[Explained]:
    query = (
        select(
            subscriber.c.email,
            subscriber.c.name,
            delivery.c.state,
            delivery.c.reason,
            delivery.c.attempts,
            delivery.c.message_id,
            delivery.c.due_at,
            delivery.c.sent_at,
        )
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(delivery.c.issue_id == issue_id)
        .order_by(_by_bytes(c))
        .execution_options(yield_per=_PAGE)
    )
    for row in c.execute(query):
        state = DeliveryState(row.state)
        yield Explained(
            email=row.email,
            name=row.name,
            state=state,
            reason=row.reason,
            attempts=row.attempts,
            message_id=row.message_id,
            due_at=None if state in _OVER else row.due_at,
            sent_at=row.sent_at,
        )


def _absent(c: Connection, issue_id: int) -> Iterator[Explained]:
    addressed = exists().where(delivery.c.issue_id == issue_id, delivery.c.subscriber_id == subscriber.c.id)
    query = (
        select(subscriber.c.email, subscriber.c.name, subscriber.c.status, issue.c.frozen_at)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .join(issue, and_(issue.c.edition == subscription.c.edition, issue.c.id == issue_id))
        .where(subscription.c.ended_at.is_(None), ~addressed)
        .order_by(_by_bytes(c))
        .execution_options(yield_per=_PAGE)
    )
    for row in c.execute(query):
        if row.status != SubscriberStatus.CONFIRMED.value:
            reason = "has not confirmed"
        elif row.frozen_at is None:
            reason = "the issue has not been addressed yet"
        else:
            reason = "was no confirmed receiver when the issue was addressed"
        yield Explained(email=row.email, name=row.name, state=None, reason=reason)


def _by_bytes(c: Connection) -> ColumnElement[str]:
    # As Python orders them; two streams are merged.
    return subscriber.c.email if c.dialect.name == "sqlite" else subscriber.c.email.collate("C")
