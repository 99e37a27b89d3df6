"""The ledger: one row per issue and subscriber, who holds it, and how it ended.

Claiming and recording are one statement per batch each: a commit per row would cost an order of magnitude. Rows of an
issue are made once, all together, before the first command to a relay (R39).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    DateTime,
    Integer,
    Select,
    Text,
    Update,
    and_,
    bindparam,
    case,
    column,
    exists,
    func,
    not_,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from letters.model import DeliveryState, IssueState, SubscriberStatus
from letters.store.subscribers import batches
from letters.store.tables import delivery, issue, subscriber, subscription, waits

#: How many rows are claimed, and recorded, in one statement.
BATCH = 500
#: Rows that will be tried without anybody's doing.
OPEN = (DeliveryState.PENDING, DeliveryState.DEFERRED)
#: After so many times a message whose fate is unknown is left so: it may be what the connections die of.
MAX_UNKNOWNS = 4

_LARGEST_ID = 2**63 - 1

UNSUBSCRIBED = "unsubscribed"
CANCELLED = "cancelled"
LATE = "late"
NOTHING_TO_SAY = "nothing to say"


class Claim(NamedTuple):
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


class Outcome(NamedTuple):
    """How a claim ended. `due_at`: not to be tried again before."""

    id: int
    state: DeliveryState
    reason: str = ""
    due_at: datetime | None = None


# --- claiming --------------------------------------------------------------------------------------------


def claim(
    c: Connection,
    issue_id: int,
    owner: str,
    *,
    now: datetime,
    resend_unknown: bool,
    limit: int | None = None,
) -> tuple[list[Claim], int]:
    """Give up to `BATCH` due rows of an approved issue, or `limit`, to an owner; also says how many were dropped instead.

    Readers who left since the audience was frozen are dropped here (R09). Nothing is claimed of an issue that is no
    longer approved. Rows that another process is claiming at this moment are passed over.
    """
    most = BATCH if limit is None else min(BATCH, limit)
    taken = c.execute(_take(resend_unknown), {"of_issue": issue_id, "holder": owner, "at": now, "most": most})
    ids = set(taken.scalars())
    rows = [row for row in _held_by(c, owner, ids) if row[0] in ids]
    left = [row[0] for row in rows if not row[-1]]
    _drop_left(c, left)
    return [Claim(*row[:-1]) for row in rows if row[-1]], len(left)


# Built once: SQLAlchemy takes as long for building a statement of this size as the database does for a hundred rows of it.
@cache
def _take(resend_unknown: bool) -> Update:
    of_issue: BindParameter[int] = bindparam("of_issue")
    approved = exists().where(issue.c.id == of_issue, issue.c.state == IssueState.APPROVED.value)
    due = (
        select(delivery.c.id)
        .where(delivery.c.issue_id == of_issue, _is_due(bindparam("at"), resend_unknown), approved)
        .order_by(delivery.c.due_at, delivery.c.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
        # As a table of its own the rows are picked once; a subquery may be asked again, and then picks others.
        .cte("due")
    )
    return (
        update(delivery)
        .where(delivery.c.id.in_(select(due.c.id)))
        .values(
            state=DeliveryState.SENDING.value,
            owner=bindparam("holder"),
            claimed_at=bindparam("at"),
            attempts=delivery.c.attempts + 1,
            reason=case((delivery.c.state == DeliveryState.UNKNOWN.value, "unknown"), else_=""),
        )
        .returning(delivery.c.id)
    )


def postpone(c: Connection, owner: str, waiting: Sequence[tuple[int, datetime]]) -> None:
    """Give back rows that were claimed in this very transaction, to be due later; as if they had never been claimed."""
    for batch in batches(waiting, BATCH):
        back = [Outcome(id=row, state=DeliveryState.PENDING, due_at=due_at) for row, due_at in batch]
        found = _outcomes_table(c.dialect.name)
        c.execute(
            update(delivery)
            .where(delivery.c.id == found.id, delivery.c.owner == owner)
            .values(
                # What may have arrived already stays so until it is really sent again.
                state=case(
                    (delivery.c.reason == "unknown", DeliveryState.UNKNOWN.value),
                    else_=DeliveryState.PENDING.value,
                ),
                due_at=found.due_at,
                owner=None,
                attempts=delivery.c.attempts - 1,
            ),
            _given(c, back),
        )


def _is_due(now: datetime | BindParameter[datetime], resend_unknown: bool) -> ColumnElement[bool]:
    states: ColumnElement[bool] = delivery.c.state.in_([state.value for state in OPEN])
    if resend_unknown:
        states = or_(states, _is_resent())
    return and_(waits, states, delivery.c.due_at <= now)


def _is_resent() -> ColumnElement[bool]:
    return and_(delivery.c.state == DeliveryState.UNKNOWN.value, delivery.c.unknowns < MAX_UNKNOWNS)


def _drop_left(c: Connection, left: Sequence[int]) -> None:
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


def _still_receives() -> ColumnElement[bool]:
    """Whether a delivery's reader receives the edition (still)."""
    receives = exists().where(
        subscription.c.subscriber_id == delivery.c.subscriber_id,
        subscription.c.edition == issue.c.edition,
        subscription.c.ended_at.is_(None),
    )
    return and_(subscriber.c.status == SubscriberStatus.CONFIRMED.value, receives)


def left_readers(c: Connection, ids: Collection[int]) -> list[int]:
    """Those of these deliveries whose reader does not receive the edition any more."""
    query = (
        select(delivery.c.id)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(delivery.c.id.in_(ids), not_(_still_receives()))
    )
    return list(c.scalars(query)) if ids else []


def load_claims(c: Connection, owner: str) -> list[Claim]:
    """The rows that an owner holds, in their order."""
    return [Claim(*row[:-1]) for row in _held_by(c, owner)]


def _held_by(c: Connection, owner: str, ids: Collection[int] = ()) -> Sequence[Any]:
    """What `_held` finds; for `ids` those of them, and few others."""
    between = {"first": min(ids, default=0), "last": max(ids, default=_LARGEST_ID)}
    return c.execute(_held(), {"holder": owner, **between}).all()


@cache
def _held() -> Select[Any]:
    """The rows that an owner holds, in their order: the fields of a `Claim`, and whether the reader receives the edition still."""
    return (
        select(
            delivery.c.id,
            delivery.c.issue_id,
            delivery.c.attempts,
            delivery.c.message_id,
            delivery.c.choice,
            subscriber.c.email,
            subscriber.c.name,
            subscriber.c.uid,
            _still_receives(),
        )
        .join(issue, issue.c.id == delivery.c.issue_id)
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(
            delivery.c.owner == bindparam("holder"),
            delivery.c.state == DeliveryState.SENDING.value,
            delivery.c.id.between(bindparam("first"), bindparam("last")),
        )
        .order_by(delivery.c.id)
    )


def owners(c: Connection) -> list[str]:
    """Everybody who holds rows, alive or dead."""
    query = select(delivery.c.owner).where(
        delivery.c.owner.is_not(None), delivery.c.state == DeliveryState.SENDING.value
    )
    return sorted(set(c.scalars(query.distinct())))


# --- recording -------------------------------------------------------------------------------------------


def record(c: Connection, owner: str, outcomes: Sequence[Outcome], *, now: datetime) -> set[int]:
    """Write down how an owner's claims ended, and free them, in one statement per batch; says which rows that were.

    Rows that the owner does not hold (any more) are left alone, so recording twice is recording once.
    """
    recorded: set[int] = set()
    for batch in batches(outcomes, BATCH):
        done = c.execute(_record(c.dialect.name), {**_given(c, batch), "holder": owner, "at": now})
        recorded.update(done.scalars())
    drop_cancelled(c)
    return recorded


@cache
def _record(dialect: str) -> Update:
    found = _outcomes_table(dialect)
    return (
        update(delivery)
        .where(
            delivery.c.id == found.id,
            delivery.c.owner == bindparam("holder"),
            delivery.c.state == DeliveryState.SENDING.value,
        )
        .values(
            state=found.state,
            reason=found.reason,
            due_at=func.coalesce(found.due_at, delivery.c.due_at),
            owner=None,
            unknowns=delivery.c.unknowns + case((found.state == DeliveryState.UNKNOWN.value, 1), else_=0),
            sent_at=case(
                (found.state == DeliveryState.SENT.value, bindparam("at", type_=delivery.c.sent_at.type)),
                else_=null(),
            ),
        )
        .returning(delivery.c.id)
    )


@dataclass(frozen=True)
class _Outcomes:
    id: ColumnElement[int]
    state: ColumnElement[str]
    reason: ColumnElement[str]
    due_at: ColumnElement[Any]


def _outcomes_table(dialect: str) -> _Outcomes:
    """The outcomes that `_given` gives to a statement, as a table inside it: both databases unfold one JSON parameter."""
    if dialect == "sqlite":
        value = func.json_each(bindparam("outcomes", type_=Text())).table_valued("value").c.value
        names = ("id", "state", "reason", "due_at")
        # As a table of its own it gets an index: read for each row anew, 500 outcomes took a tenth of a second.
        outcome = (
            select(*(func.json_extract(value, f"$.{name}").label(name) for name in names))
            .cte("outcome")
            .prefix_with("MATERIALIZED")
        )
        return _Outcomes(*(outcome.c[name] for name in names))
    table = (
        func.jsonb_to_recordset(bindparam("outcomes", type_=JSONB))
        .table_valued(
            column("id", BigInteger),
            column("state", Text),
            column("reason", Text),
            column("due_at", DateTime(timezone=True)),
        )
        .render_derived(with_types=True)
    )
    return _Outcomes(table.c.id, table.c.state, table.c.reason, table.c.due_at)


def _given(c: Connection, batch: Sequence[Outcome]) -> dict[str, Any]:
    rows = [
        {"id": one.id, "state": one.state, "reason": one.reason, "due_at": _sql_time(c, one.due_at)}
        for one in batch
    ]
    return {"outcomes": json.dumps(rows) if c.dialect.name == "sqlite" else rows}


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


def drop_late(c: Connection, issue_id: int) -> int:
    """Drop all that waits of an issue whose window has ended (R46)."""
    return _drop(c, delivery.c.issue_id == issue_id, LATE)


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
    states = [state.value for state in (*OPEN, DeliveryState.SENDING)]
    is_left: ColumnElement[bool] = delivery.c.state.in_(states)
    if resend_unknown:
        # The states of both parts once more: from an "or" alone SQLite does not see that its index has them, and reads the whole issue.
        is_left = and_(
            delivery.c.state.in_([*states, DeliveryState.UNKNOWN.value]), or_(is_left, _is_resent())
        )
    query = select(delivery.c.id).where(delivery.c.issue_id == issue_id, is_left).limit(1)
    return c.execute(query).first() is None


def count_states(c: Connection, issue_id: int) -> dict[DeliveryState, int]:
    """How many rows of the issue are in each state; states without rows are left out."""
    query = (
        select(delivery.c.state, func.count().label("rows"))
        .where(delivery.c.issue_id == issue_id)
        .group_by(delivery.c.state)
    )
    return {DeliveryState(row.state): row.rows for row in c.execute(query)}


def count_due(c: Connection, issue_id: int, *, now: datetime) -> int:
    """How many rows of the issue wait and are due."""
    query = select(func.count()).where(delivery.c.issue_id == issue_id, _is_due(now, resend_unknown=False))
    return c.scalar(query) or 0


def next_due(c: Connection, issue_id: int) -> datetime | None:
    """When the next row that waits for its hour, or for another try, is due."""
    moment: datetime | None = c.scalar(
        select(func.min(delivery.c.due_at)).where(
            delivery.c.issue_id == issue_id, delivery.c.state.in_([state.value for state in OPEN])
        )
    )
    return moment
