"""The ledger: one row per issue and subscriber, who holds it, and how it ended.

Claiming and recording are one statement per batch each: a commit per row would cost an order of magnitude. Rows of an
issue are made once, all together, before the first command to a relay (R39).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Text,
    and_,
    bindparam,
    case,
    column,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from letters.model import DeliveryState, IssueState, SubscriberStatus
from letters.store.subscribers import batches
from letters.store.tables import delivery, issue, rendering, subscriber, subscription

#: How many rows are claimed, and recorded, in one statement.
BATCH = 500
#: Rows that will be tried without anybody's doing.
OPEN = (DeliveryState.PENDING, DeliveryState.DEFERRED)
#: How often a message is handed over before one whose fate is unknown is left so.
MAX_ATTEMPTS_UNKNOWN = 4

UNSUBSCRIBED = "unsubscribed"
CANCELLED = "cancelled"
LATE = "late"
NOTHING_TO_SAY = "nothing to say"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A row of the ledger before it is stored; `dropped` says why it never goes out."""

    subscriber_id: int
    message_id: str
    choice: str
    due_at: datetime | None = None
    dropped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A row that an owner holds, with what is needed to address its message."""

    id: int
    issue_id: int
    #: Counts claims, this one included; tells lines of this claim from lines of an earlier one.
    attempt: int
    message_id: str
    choice: str
    email: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a claim ended. `due_at`: not to be tried again before."""

    id: int
    state: DeliveryState
    reason: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Why somebody got an issue, or not. `state` is None for receivers of the edition who have no row."""

    email: str
    name: str
    state: DeliveryState | None
    reason: str
    attempts: int = 0
    message_id: str = ""
    due_at: datetime | None = None
    sent_at: datetime | None = None


# --- freezing --------------------------------------------------------------------------------------------


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


def add_deliveries(c: Connection, issue_id: int, rows: Iterable[NewDelivery]) -> None:
    """Make the rows of an issue."""
    for batch in batches(rows, BATCH):
        c.execute(
            insert(delivery),
            [
                {
                    "issue_id": issue_id,
                    "subscriber_id": row.subscriber_id,
                    "state": (DeliveryState.DROPPED if row.dropped else DeliveryState.PENDING).value,
                    "message_id": row.message_id,
                    "choice": row.choice,
                    "reason": row.dropped,
                    "due_at": row.due_at,
                }
                for row in batch
            ],
        )


def rendered_choices(c: Connection, issue_id: int) -> dict[str, bool]:
    """Each choice that has a rendering of the issue, and whether there is anything to read in it."""
    query = select(rendering.c.choice, rendering.c.entries, (rendering.c.html != "").label("has_html")).where(
        rendering.c.issue_id == issue_id
    )
    return {row.choice: bool(row.entries) or row.has_html for row in c.execute(query)}


# --- claiming --------------------------------------------------------------------------------------------


def claim(
    c: Connection, issue_id: int, owner: str, *, now: datetime, resend_unknown: bool
) -> tuple[list[Claim], int]:
    """Give up to `BATCH` due rows of an approved issue to an owner; also says how many were dropped instead.

    Readers who left since the audience was frozen are dropped here (R09). Nothing is claimed of an issue that is no
    longer approved. Rows that another process is claiming at this moment are passed over.
    """
    approved = exists().where(issue.c.id == issue_id, issue.c.state == IssueState.APPROVED.value)
    due = (
        select(delivery.c.id)
        .where(delivery.c.issue_id == issue_id, _is_due(now, resend_unknown), approved)
        .order_by(delivery.c.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        # As a table of its own the rows are picked once; a subquery may be asked again, and then picks others.
        .cte("due")
    )
    taken = c.execute(
        update(delivery)
        .where(delivery.c.id.in_(select(due.c.id)))
        .values(
            state=DeliveryState.SENDING.value,
            owner=owner,
            claimed_at=now,
            attempts=delivery.c.attempts + 1,
            reason=case((delivery.c.state == DeliveryState.UNKNOWN.value, "unknown"), else_=""),
        )
        .returning(delivery.c.id)
    )
    ids = [row.id for row in taken]
    left = _drop_left(c, ids)
    kept = set(ids) - left
    return [one for one in load_claims(c, owner) if one.id in kept], len(left)


def _is_due(now: datetime, resend_unknown: bool) -> ColumnElement[bool]:
    states: ColumnElement[bool] = delivery.c.state.in_([state.value for state in OPEN])
    if resend_unknown:
        states = or_(states, _is_resent())
    return and_(states, or_(delivery.c.due_at.is_(None), delivery.c.due_at <= now))


def _is_resent() -> ColumnElement[bool]:
    return and_(delivery.c.state == DeliveryState.UNKNOWN.value, delivery.c.attempts < MAX_ATTEMPTS_UNKNOWN)


def _drop_left(c: Connection, ids: Sequence[int]) -> set[int]:
    left = set(left_readers(c, ids))
    if left:
        may_have_arrived = case(
            (delivery.c.reason == "unknown", f"{UNSUBSCRIBED}; an earlier attempt may have arrived"),
            else_=UNSUBSCRIBED,
        )
        c.execute(
            update(delivery)
            .where(delivery.c.id.in_(left))
            .values(state=DeliveryState.DROPPED.value, reason=may_have_arrived, owner=None)
        )
    return left


def left_readers(c: Connection, ids: Collection[int]) -> list[int]:
    """Those of these deliveries whose reader does not receive the edition any more."""
    receives = exists().where(
        subscription.c.subscriber_id == delivery.c.subscriber_id,
        subscription.c.edition == issue.c.edition,
        subscription.c.ended_at.is_(None),
    )
    query = (
        select(delivery.c.id)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(delivery.c.id.in_(ids))
        .where(or_(subscriber.c.status != SubscriberStatus.CONFIRMED.value, ~receives))
    )
    return list(c.scalars(query)) if ids else []


def load_claims(c: Connection, owner: str) -> list[Claim]:
    """The rows that an owner holds, in their order."""
    query = (
        select(
            delivery.c.id,
            delivery.c.issue_id,
            delivery.c.attempts.label("attempt"),
            delivery.c.message_id,
            delivery.c.choice,
            subscriber.c.email,
            subscriber.c.name,
            subscriber.c.uid,
        )
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(delivery.c.owner == owner, delivery.c.state == DeliveryState.SENDING.value)
        .order_by(delivery.c.id)
    )
    # By hand: a mapping for each row costs more than the query.
    return [
        Claim(
            id=row.id,
            issue_id=row.issue_id,
            attempt=row.attempt,
            message_id=row.message_id,
            choice=row.choice,
            email=row.email,
            name=row.name,
            uid=row.uid,
        )
        for row in c.execute(query)
    ]


def owners(c: Connection) -> list[str]:
    """Everybody who holds rows, alive or dead."""
    query = select(delivery.c.owner).where(
        delivery.c.owner.is_not(None), delivery.c.state == DeliveryState.SENDING.value
    )
    return sorted(set(c.scalars(query.distinct())))


# --- recording -------------------------------------------------------------------------------------------


def record(c: Connection, owner: str, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Write down how an owner's claims ended, and free them, in one statement per batch.

    Rows that the owner does not hold (any more) are left alone, so recording twice is recording once.
    """
    for batch in batches(outcomes, BATCH):
        found = _outcomes_table(c, batch)
        c.execute(
            update(delivery)
            .where(
                delivery.c.id == found.id,
                delivery.c.owner == owner,
                delivery.c.state == DeliveryState.SENDING.value,
            )
            .values(
                state=found.state,
                reason=found.reason,
                due_at=found.due_at,
                owner=None,
                sent_at=case(
                    (found.state == DeliveryState.SENT.value, literal(now, delivery.c.sent_at.type)),
                    else_=null(),
                ),
            )
        )
    drop_cancelled(c)


@dataclass(frozen=True)
class _Outcomes:
    id: ColumnElement[int]
    state: ColumnElement[str]
    reason: ColumnElement[str]
    due_at: ColumnElement[Any]


def _outcomes_table(c: Connection, batch: Sequence[Outcome]) -> _Outcomes:
    """The outcomes as a table inside the statement: both databases unfold one JSON parameter."""
    rows = [
        {"id": one.id, "state": one.state.value, "reason": one.reason, "due_at": _sql_time(c, one.due_at)}
        for one in batch
    ]
    if c.dialect.name == "sqlite":
        value = func.json_each(json.dumps(rows)).table_valued("value").c.value
        names = ("id", "state", "reason", "due_at")
        # As a table of its own it gets an index: read for each row anew, 500 outcomes took a tenth of a second.
        outcome = (
            select(*(func.json_extract(value, f"$.{name}").label(name) for name in names))
            .cte("outcome")
            .prefix_with("MATERIALIZED")
        )
        return _Outcomes(*(outcome.c[name] for name in names))
    table = (
        func.jsonb_to_recordset(bindparam("rows", rows, JSONB, unique=True))
        .table_valued(
            column("id", BigInteger),
            column("state", Text),
            column("reason", Text),
            column("due_at", DateTime(timezone=True)),
        )
        .render_derived(with_types=True)
    )
    return _Outcomes(table.c.id, table.c.state, table.c.reason, table.c.due_at)


def _sql_time(c: Connection, moment: datetime | None) -> str | None:
    if moment is None:
        return None
    # SQLAlchemy keeps times in SQLite in this form, without the offset that PostgreSQL must have.
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}{'' if c.dialect.name == 'sqlite' else '+00'}"


# --- dropping --------------------------------------------------------------------------------------------


def drop_for_reader(
    c: Connection, subscriber_id: int, editions: Collection[str] | None, *, reason: str = UNSUBSCRIBED
) -> int:
    """Drop what waits for a reader, of some editions or of all; says how many rows that were."""
    condition = delivery.c.subscriber_id == subscriber_id
    if editions is not None:
        of_edition = select(issue.c.id).where(issue.c.edition.in_(editions))
        condition = and_(condition, delivery.c.issue_id.in_(of_edition))
    return _drop(c, condition, reason)


def drop_for_issue(c: Connection, issue_id: int, *, reason: str) -> int:
    """Drop all that waits of an issue; what was handed over without an answer stays unknown."""
    return _drop(c, delivery.c.issue_id == issue_id, reason)


def drop_late(c: Connection, issue_id: int, *, min_attempts: int) -> int:
    """Drop what was deferred so often that it is given up."""
    tried = and_(
        delivery.c.state == DeliveryState.DEFERRED.value,
        delivery.c.issue_id == issue_id,
        delivery.c.attempts >= min_attempts,
    )
    return _drop(c, tried, LATE)


def drop_cancelled(c: Connection) -> int:
    """Drop what waits of cancelled issues: rows that somebody held at the moment of the decision."""
    cancelled = select(issue.c.id).where(issue.c.state == IssueState.CANCELLED.value)
    return _drop(c, delivery.c.issue_id.in_(cancelled), CANCELLED)


def _drop(c: Connection, condition: ColumnElement[bool], reason: str) -> int:
    dropped = c.execute(
        update(delivery)
        .where(condition, delivery.c.state.in_([state.value for state in OPEN]))
        .values(state=DeliveryState.DROPPED.value, reason=reason, owner=None)
    )
    return dropped.rowcount


# --- answering -------------------------------------------------------------------------------------------


def is_finished(c: Connection, issue_id: int, *, resend_unknown: bool) -> bool:
    """Whether no row of a frozen issue is left that will be tried again, or is being sent by anybody."""
    states: ColumnElement[bool] = delivery.c.state.in_(
        [state.value for state in (*OPEN, DeliveryState.SENDING)]
    )
    if resend_unknown:
        states = or_(states, _is_resent())
    query = select(delivery.c.id).where(delivery.c.issue_id == issue_id, states).limit(1)
    return c.execute(query).first() is None


def count_states(c: Connection, issue_id: int) -> dict[DeliveryState, int]:
    """How many rows of the issue are in each state; states without rows are left out."""
    query = (
        select(delivery.c.state, func.count().label("rows"))
        .where(delivery.c.issue_id == issue_id)
        .group_by(delivery.c.state)
    )
    return {DeliveryState(row.state): row.rows for row in c.execute(query)}


def next_due(c: Connection, issue_id: int) -> datetime | None:
    """When the next row that waits for its hour, or for another try, is due."""
    moment: datetime | None = c.scalar(
        select(func.min(delivery.c.due_at)).where(
            delivery.c.issue_id == issue_id, delivery.c.state.in_([state.value for state in OPEN])
        )
    )
    return moment


def explain(c: Connection, issue_id: int) -> list[Explained]:
    """Who got the issue, who did not, and why (R47); by address.

    Besides the rows of the ledger it tells of people who receive the edition now and were not addressed.
    """
    return sorted([*_explain_rows(c, issue_id), *_explain_absent(c, issue_id)], key=lambda one: one.email)


def _explain_rows(c: Connection, issue_id: int) -> Iterator[Explained]:
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
    )
    for row in c.execute(query).mappings():
        yield Explained(**{**row, "state": DeliveryState(row["state"])})


def _explain_absent(c: Connection, issue_id: int) -> Iterator[Explained]:
    addressed = exists().where(delivery.c.issue_id == issue_id, delivery.c.subscriber_id == subscriber.c.id)
    query = (
        select(subscriber.c.email, subscriber.c.name, subscriber.c.status, issue.c.frozen_at)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .join(issue, and_(issue.c.edition == subscription.c.edition, issue.c.id == issue_id))
        .where(subscription.c.ended_at.is_(None), ~addressed)
    )
    for row in c.execute(query):
        if row.status != SubscriberStatus.CONFIRMED.value:
            reason = "has not confirmed"
        elif row.frozen_at is None:
            reason = "the issue has not been addressed yet"
        else:
            reason = "was no confirmed receiver when the issue was addressed"
        yield Explained(email=row.email, name=row.name, state=None, reason=reason)
