"""Addresses that get no mail, whoever says otherwise but their owner (R36).

Kept as a digest of the normalised address, so that the list outlives whoever was erased without keeping their address. A digest is no
secret: whoever has an address can ask whether it is on the list, and that is what the list is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from letters.store.subscribers import batches
from letters.store.tables import lifted, suppression


class SuppressionReason(StrEnum):
    """Why an address gets no mail: it bounces, its owner complained, asked to be erased, or an operator said so."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"
    OPERATOR = "operator"


# Their owners are not even asked whether they want to come back: a stranger can enter any address.
_NEVER_ASKED = frozenset({SuppressionReason.COMPLAINED, SuppressionReason.OPERATOR})


def address_digest(key: str) -> str:
    """The digest of an `email_key`, in hexadecimal."""
    return hashlib.sha256(f"letters suppression\0{key}".encode()).hexdigest()


def find_suppressed(c: Connection, keys: Collection[str]) -> dict[str, SuppressionReason]:
    """Which of these `email_key`s are suppressed, and why."""
    digests = {address_digest(key): key for key in keys}
    found: dict[str, SuppressionReason] = {}
    for batch in batches(digests):
        query = select(suppression.c.digest, suppression.c.reason).where(suppression.c.digest.in_(batch))
        found.update((digests[row.digest], SuppressionReason(row.reason)) for row in c.execute(query))
    return found


def suppress(c: Connection, key: str, reason: SuppressionReason, *, now: datetime) -> None:
    """Put an address on the list. One that is on it stays as it is, unless this is the first reason never to ask its owner again."""
    upsert = (sqlite.insert if c.dialect.name == "sqlite" else postgresql.insert)(suppression)
    row = upsert.values(digest=address_digest(key), reason=reason.value, since=now)
    if reason in _NEVER_ASKED:
        weaker = suppression.c.reason.not_in([one.value for one in _NEVER_ASKED])
        c.execute(
            row.on_conflict_do_update(index_elements=["digest"], set_={"reason": reason.value}, where=weaker)
        )
    else:
        c.execute(row.on_conflict_do_nothing())


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """A row of the list. No address can be told from its digest."""

    digest: str
    reason: SuppressionReason
    since: datetime


def list_suppressed(c: Connection) -> list[Suppressed]:
    """The whole list, the newest first."""
    query = select(suppression).order_by(suppression.c.since.desc(), suppression.c.digest)
    return [
        Suppressed(digest=row.digest, reason=SuppressionReason(row.reason), since=row.since)
        for row in c.execute(query)
    ]


def lift(c: Connection, key: str, *, actor: str, now: datetime) -> SuppressionReason | None:
    """Take an address off the list because an operator says so, and keep who did; its reason, or None when it was not on it."""
    gone = delete(suppression).where(suppression.c.digest == address_digest(key)).returning(suppression)
    row = c.execute(gone).one_or_none()
    if row is None:
        return None
    c.execute(
        insert(lifted).values(digest=row.digest, reason=row.reason, since=row.since, actor=actor, at=now)
    )
    return SuppressionReason(row.reason)


def may_be_asked(c: Connection, key: str) -> bool:
    """Whether an address may get a mail that asks whether its owner signed up."""
    return find_suppressed(c, [key]).get(key) not in _NEVER_ASKED


def lift_for_opt_in(c: Connection, key: str) -> None:
    """Take an address off the list: its owner has just said by a mail to it that they want to get mail."""
    c.execute(delete(suppression).where(suppression.c.digest == address_digest(key)))
