"""Sign-ups that wait for a person's word, and changes of address that wait for two.

Neither changes a subscriber: whoever types somebody else's address into a form changes nothing for them.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.store.subscribers import email_key, make_uid
from letters.store.tables import address_change, sign_up, subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What somebody asked for, and by which words they agreed; `uid` is empty until stored."""

    uid: str = ""
    email: str
    name: str = ""
    language: str = ""
    zone: str = ""
    editions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    place: str
    wording: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChange:
    """The address that a subscriber wants to have, and who has agreed so far."""

    subscriber_id: int
    email: str
    old_serial: str
    new_serial: str
    asked_at: datetime
    old_agreed_at: datetime | None = None
    new_agreed_at: datetime | None = None

    @property
    def is_agreed(self) -> bool:
        """Whether both ends have agreed."""
        return self.old_agreed_at is not None and self.new_agreed_at is not None


# --- sign-ups --------------------------------------------------------------------------------------------


def find_sign_up(c: Connection, uid: str) -> SignUp | None:
    """The sign-up of this uid."""
    row = c.execute(select(sign_up).where(sign_up.c.uid == uid)).first()
    return None if row is None else _sign_up(row)


def put_sign_up(c: Connection, wanted: SignUp) -> SignUp:
    """Store what was asked for, in place of what was asked for that address before; its uid, and so its link, stays.

    Returned as stored.
    """
    values = {
        "uid": make_uid(),
        "email": wanted.email,
        "email_key": email_key(wanted.email),
        "name": wanted.name,
        "language": wanted.language,
        "zone": wanted.zone,
        "editions": sorted(set(wanted.editions)),
        "topics": sorted(set(wanted.topics)),
        "audiences": sorted(set(wanted.audiences)),
        "place": wanted.place,
        "wording": wanted.wording,
        "asked_at": wanted.asked_at,
    }
    insert = (sqlite.insert if c.dialect.name == "sqlite" else postgresql.insert)(sign_up).values(values)
    changed = {name: insert.excluded[name] for name in values if name not in {"uid", "email_key"}}
    row = c.execute(
        insert.on_conflict_do_update(index_elements=["email_key"], set_=changed).returning(*sign_up.c)
    ).one()
    return _sign_up(row)


def delete_sign_up(c: Connection, uid: str) -> None:
    """Forget a sign-up; nothing happens where there is none."""
    c.execute(delete(sign_up).where(sign_up.c.uid == uid))


def is_anything_expired(c: Connection, *, asked_before: datetime) -> bool:
    """Whether there is a sign-up, or a change of address, that nobody confirmed in time."""
    old = (exists().where(table.c.asked_at < asked_before) for table in (sign_up, address_change))
    return bool(c.scalar(select(or_(*old))))


def expire_sign_ups(c: Connection, *, asked_before: datetime) -> int:
    """Forget what nobody confirmed in time: sign-ups and changes of address. Says how many sign-ups that were."""
    c.execute(delete(address_change).where(address_change.c.asked_at < asked_before))
    return c.execute(delete(sign_up).where(sign_up.c.asked_at < asked_before)).rowcount


def _sign_up(row: Row[Any]) -> SignUp:
    return SignUp(
        uid=row.uid,
        email=row.email,
        name=row.name,
        language=row.language,
        zone=row.zone,
        editions=tuple(row.editions),
        topics=tuple(row.topics),
        audiences=tuple(row.audiences),
        place=row.place,
        wording=row.wording,
        asked_at=row.asked_at,
    )


# --- changes of address ----------------------------------------------------------------------------------


def find_address_change(c: Connection, uid: str) -> AddressChange | None:
    """The change that the subscriber of this uid asked for."""
    query = (
        select(address_change)
        .join(subscriber, subscriber.c.id == address_change.c.subscriber_id)
        .where(subscriber.c.uid == uid)
    )
    row = c.execute(query).first()
    return None if row is None else _address_change(row)


def put_address_change(c: Connection, subscriber_id: int, email: str, *, now: datetime) -> AddressChange:
    """Begin a change of address. One that was begun before is forgotten, and its links with it."""
    delete_address_change(c, subscriber_id)
    wanted = AddressChange(
        subscriber_id=subscriber_id,
        email=email,
        old_serial=secrets.token_urlsafe(9),
        new_serial=secrets.token_urlsafe(9),
        asked_at=now,
    )
    c.execute(
        address_change.insert().values(
            subscriber_id=subscriber_id,
            email=email,
            old_serial=wanted.old_serial,
            new_serial=wanted.new_serial,
            asked_at=now,
        )
    )
    return wanted


def agree_to_address(c: Connection, change: AddressChange, serial: str, *, now: datetime) -> AddressChange:
    """Record that the end which has this serial agrees; the first time counts."""
    is_old = serial == change.old_serial
    column = address_change.c.old_agreed_at if is_old else address_change.c.new_agreed_at
    c.execute(
        update(address_change)
        .where(address_change.c.subscriber_id == change.subscriber_id, column.is_(None))
        .values({column: now})
    )
    row = c.execute(
        select(address_change).where(address_change.c.subscriber_id == change.subscriber_id)
    ).one()
    return _address_change(row)


def delete_address_change(c: Connection, subscriber_id: int) -> None:
    """Forget a change of address; nothing happens where there is none."""
    c.execute(delete(address_change).where(address_change.c.subscriber_id == subscriber_id))


def _address_change(row: Row[Any]) -> AddressChange:
    return AddressChange(
        subscriber_id=row.subscriber_id,
        email=row.email,
        old_serial=row.old_serial,
        new_serial=row.new_serial,
        asked_at=row.asked_at,
        old_agreed_at=row.old_agreed_at,
        new_agreed_at=row.new_agreed_at,
    )
