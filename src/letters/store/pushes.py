"""Subscriptions at hubs (WebSub), and the documents that hubs pushed until a pass has read them.

`load_subscriptions` and `find_by_token` answer what we asked hubs for; `replace_subscription` records the next step unless
somebody else took one meanwhile; `add_pushed`, `load_pushed` and `forget_pushed` are the documents' way through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.store.tables import push_subscription as _subscription
from letters.store.tables import pushed_document as _document

#: Documents of one source that may wait for a pass. What a hub pushes beyond that drives out the oldest, and is found by
#: asking the source.
MOST_WAITING = 8


class PushState(StrEnum):
    """How far a subscription is."""

    #: We asked; the hub has not verified that it was us.
    REQUESTED = "requested"
    #: The hub verified; in force until the lease ends.
    VERIFIED = "verified"
    #: The hub said no. It is asked again, much later.
    DENIED = "denied"
    #: We want it no more; kept until the hub has verified that too, or its lease is over.
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSubscription:
    """What we asked a source's hub for. What nobody else may know is not in its repr."""

    source: str
    hub: str
    #: The address that the source gives itself, by which the hub knows it.
    topic: str
    #: The last part of `callback`; knowing it is the hub's authority to speak to us (WebSub section 5.1.1).
    token: str = field(repr=False)
    #: The address that the hub was told.
    callback: str = field(repr=False)
    #: What pushed documents are signed with (WebSub section 7).
    secret: str = field(repr=False)
    state: PushState
    requested_at: datetime | None = None
    lease_ends_at: datetime | None = None
    #: When to ask again, unless the hub verifies before.
    next_request_at: datetime | None = None
    #: Requests in a row that the hub did not verify; a request counts from the moment it is written down.
    failures: int = 0
    last_push_at: datetime | None = None
    #: Why the last request came to nothing, in words.
    last_error: str = ""

    def is_in_force(self, now: datetime) -> bool:
        """Whether the hub has promised to push, and the promise holds."""
        return (
            self.state is PushState.VERIFIED and self.lease_ends_at is not None and self.lease_ends_at > now
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedDocument:
    """A document that a hub pushed. It may hold only those of the source's entries that are new (WebSub section 7)."""

    id: int
    source: str
    received_at: datetime
    content_type: str
    body: bytes = field(repr=False)
    #: Of `body`: a hub that sends twice is heard once.
    digest: str


_COLUMNS = tuple(one.name for one in fields(PushSubscription))
_DOCUMENT_COLUMNS = tuple(one.name for one in fields(PushedDocument))


def load_subscriptions(c: Connection) -> dict[str, PushSubscription]:
    """All of them by source key, those of sources no longer configured among them."""
    rows = c.execute(select(*(_subscription.c[name] for name in _COLUMNS)))
    return {row.source: _read(row) for row in rows}


def verified_sources(c: Connection, *, now: datetime) -> frozenset[str]:
    """The sources whose hub pushes: verified, with a lease in force."""
    s = _subscription.c
    query = select(s.source).where(s.state == PushState.VERIFIED.value, s.lease_ends_at > now)
    return frozenset(c.execute(query).scalars())


def find_by_token(c: Connection, token: str, *, lock: bool = False) -> PushSubscription | None:
    """The subscription whose callback this is. With `lock` nobody else changes it until the writing transaction ends."""
    return _find(c, _subscription.c.token == token, lock=lock)


def replace_subscription(
    c: Connection, before: PushSubscription | None, after: PushSubscription | None
) -> bool:
    """Put `after` in the place of `before`; None for nothing. False, and nothing changes, if `before` is not what is stored.

    `last_push_at` is left to `add_pushed`. To be called in a writing transaction.
    """
    known = before or after
    assert known is not None, "nothing in the place of nothing"
    # The one moment that may move beside us is a push's, and it is no step.
    stored = _find(c, _subscription.c.source == known.source, lock=True)
    if _without_push(stored) != _without_push(before):
        return False
    if after is None:
        c.execute(delete(_subscription).where(_subscription.c.source == known.source))
        return True
    values = _values(after)
    if before is None:
        return _insert_if_absent(c, _subscription, values)
    if before.token == after.token:
        del values["last_push_at"]
    c.execute(update(_subscription).where(_subscription.c.source == known.source).values(values))
    return True


def add_pushed(c: Connection, source: str, *, body: bytes, content_type: str, now: datetime) -> bool:
    """Keep a pushed document for the next pass; False if the same one waits already. The newest of a source are kept.

    Nothing is kept for a source without a subscription.
    """
    # First the subscription: on PostgreSQL its row keeps two pushes for one source apart.
    noted = c.execute(update(_subscription).where(_subscription.c.source == source).values(last_push_at=now))
    values = {
        "source": source,
        "received_at": now,
        "content_type": content_type,
        "digest": hashlib.sha256(body).hexdigest(),
        "body": body,
    }
    if noted.rowcount == 0 or not _insert_if_absent(c, _document, values):
        return False
    d = _document.c
    waiting = c.execute(select(d.id).where(d.source == source).order_by(d.id.desc())).scalars().all()
    forget_pushed(c, waiting[MOST_WAITING:])
    return True


def load_pushed(c: Connection, *, limit: int) -> list[PushedDocument]:
    """The documents that wait, in the order in which they came; at most `limit`."""
    query = select(*(_document.c[name] for name in _DOCUMENT_COLUMNS)).order_by(_document.c.id).limit(limit)
    return [PushedDocument(**row._asdict()) for row in c.execute(query)]


def forget_pushed(c: Connection, ids: Collection[int]) -> None:
    """Drop documents that were read, in the transaction that stores what they held."""
    if ids:
        c.execute(delete(_document).where(_document.c.id.in_(list(ids))))


def _find(c: Connection, condition: ColumnElement[bool], *, lock: bool) -> PushSubscription | None:
    query = select(*(_subscription.c[name] for name in _COLUMNS)).where(condition)
    # A transaction that only reads may not lock rows on PostgreSQL.
    row = c.execute(query.with_for_update() if lock else query).one_or_none()
    return _read(row) if row is not None else None


def _read(row: Any) -> PushSubscription:
    return PushSubscription(**row._asdict() | {"state": PushState(row.state)})


def _values(subscription: PushSubscription) -> dict[str, Any]:
    return asdict(subscription) | {"state": subscription.state.value}


def _without_push(subscription: PushSubscription | None) -> dict[str, Any] | None:
    if subscription is None:
        return None
    return _values(subscription) | {"last_push_at": None}


def _insert_if_absent(c: Connection, table: Table, values: dict[str, Any]) -> bool:
    make = sqlite.insert if c.dialect.name == "sqlite" else postgresql.insert
    query = make(table).values(values).on_conflict_do_nothing().returning(table.c.source)
    return c.execute(query).first() is not None
