"""Notices: mails that answer what somebody did just now, such as signing up.

A row is made with what it tells of, in one transaction, and before anything is sent. Whoever sends takes it for a while; if the process
dies, it is free again after that, and goes out with the same Message-ID.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, select, update

from letters.store.tables import notice

#: How long whoever takes a notice has for sending it.
LEASE = timedelta(minutes=10)


class NoticeKind(StrEnum):
    """`CONFIRM` a sign-up; agree to another address, asked at the `ADDRESS_OLD` or the `ADDRESS_NEW` one."""

    CONFIRM = "confirm"
    ADDRESS_OLD = "address-old"
    ADDRESS_NEW = "address-new"


class NoticeState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    #: What it was about is no longer wanted.
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One such mail."""

    id: int
    kind: NoticeKind
    #: Of the sign-up or the subscriber that it is about, and of the link it carries.
    uid: str
    serial: str
    email_key: str
    #: The same at each try.
    message_id: str
    made_at: datetime
    attempts: int = 0


def add_notice(
    c: Connection, kind: NoticeKind, *, uid: str, serial: str = "", email_key: str, domain: str, now: datetime
) -> None:
    """Make a notice, to be sent at once. `domain` is that of its Message-ID."""
    c.execute(
        notice.insert().values(
            kind=kind.value,
            uid=uid,
            serial=serial,
            email_key=email_key,
            message_id=f"<{secrets.token_hex(16)}@{domain}>",
            state=NoticeState.PENDING.value,
            attempts=0,
            reason="",
            made_at=now,
            due_at=now,
        )
    )


def count_notices(c: Connection, *, since: datetime, email_key: str | None = None) -> int:
    """How many were made since that moment: for one address, or altogether."""
    query = select(func.count()).select_from(notice).where(notice.c.made_at > since)
    if email_key is not None:
        query = query.where(notice.c.email_key == email_key)
    return c.scalar(query) or 0


def is_anything_due(c: Connection, *, now: datetime) -> bool:
    """Whether there is a notice to take."""
    due = exists().where(notice.c.state == NoticeState.PENDING.value, notice.c.due_at <= now)
    return bool(c.scalar(select(due)))


def take_notice(c: Connection, *, now: datetime) -> Notice | None:
    """Take the notice that is due the longest; for `LEASE` nobody else gets it. None when none is due."""
    row = c.execute(
        select(notice)
        .where(notice.c.state == NoticeState.PENDING.value, notice.c.due_at <= now)
        .order_by(notice.c.due_at, notice.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    taken = {"attempts": row.attempts + 1, "due_at": now + LEASE}
    c.execute(update(notice).where(notice.c.id == row.id).values(taken))
    return _notice(row, attempts=row.attempts + 1)


def end_notice(
    c: Connection,
    notice_id: int,
    state: NoticeState,
    *,
    reason: str = "",
    now: datetime,
    due_at: datetime | None = None,
) -> None:
    """Record how a try ended; with `PENDING`, when the next one may be."""
    values: dict[str, Any] = {"state": state.value, "reason": reason}
    if state is NoticeState.SENT:
        values["sent_at"] = now
    if due_at is not None:
        values["due_at"] = due_at
    c.execute(update(notice).where(notice.c.id == notice_id).values(values))


def prune_notices(c: Connection, *, made_before: datetime) -> None:
    """Forget notices that nothing is to be done about any more."""
    c.execute(
        delete(notice).where(notice.c.made_at < made_before, notice.c.state != NoticeState.PENDING.value)
    )


def forget_notices(c: Connection, *, email_key: str, uid: str) -> None:
    """Delete all notices to an address, or about a person."""
    c.execute(delete(notice).where((notice.c.email_key == email_key) | (notice.c.uid == uid)))


def _notice(row: Row[Any], *, attempts: int) -> Notice:
    return Notice(
        id=row.id,
        kind=NoticeKind(row.kind),
        uid=row.uid,
        serial=row.serial,
        email_key=row.email_key,
        message_id=row.message_id,
        made_at=row.made_at,
        attempts=attempts,
    )
