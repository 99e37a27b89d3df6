"""A change of address, agreed to at both ends.

At the new one, for nobody may send mail to an address whose owner did not ask for it; at the old one, for whoever found a preferences link
in somebody's forwarded mail must not get hold of that somebody's subscription (``docs/decisions/123-both-ends.md``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from letters.errors import LettersError, UsageError
from letters.model import Subscriber
from letters.settings import Settings
from letters.store import Store
from letters.store.notices import NoticeKind, add_notice
from letters.store.sign_ups import (
    AddressChange,
    agree_to_address,
    delete_address_change,
    find_address_change,
    put_address_change,
)
from letters.store.subscribers import email_key, find_by_email, find_by_uid, save_subscribers
from letters.store.suppression import lift_for_opt_in, may_be_asked
from letters.subscribe.checks import check_address
from letters.subscribe.signing_up import is_fresh, may_be_written_to


class TooOften(LettersError):  # noqa: N818
    """One of the two addresses was written to a moment ago; nothing was changed."""


class End(StrEnum):
    """The end of a change that a link stands at."""

    OLD = "old"
    NEW = "new"


class Step(StrEnum):
    """What came of agreeing: the other end is waited for, the change was made, the address is another subscriber's, or nothing is left to agree to."""

    WAITS_FOR_OLD = "old"
    WAITS_FOR_NEW = "new"
    MADE = "made"
    TAKEN = "taken"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change that waits, as one end sees it."""

    end: End
    old: str
    new: str
    has_agreed: bool


def ask_to_move(store: Store, settings: Settings, uid: str, email: str, *, now: datetime) -> bool:
    """Begin a change of address and have a mail sent to both; False when it is the reader's address already.

    Raises `UsageError` for what is no address, and `TooOften`. Who else is subscribed cannot be told from what happens.
    """
    try:
        wanted = check_address(email)
    except ValueError as error:
        raise UsageError(str(error)) from error
    with store.write() as c:
        reader = find_by_uid(c, uid)
        if reader is None:
            raise UsageError(f'subscriber "{uid}" does not exist')
        old_key, new_key = email_key(reader.email), email_key(wanted)
        if old_key == new_key:
            # The same mailbox in another spelling.
            save_subscribers(c, [replace(reader, email=wanted)], now=now)
            return False
        if not all(may_be_written_to(c, key, now=now) for key in (old_key, new_key)):
            raise TooOften("one of the two addresses was written to a moment ago")
        change = put_address_change(c, reader.id, wanted, now=now)
        domain = settings.delivery.list_domain or settings.delivery.sender.domain
        for kind, serial, key in (
            (NoticeKind.ADDRESS_OLD, change.old_serial, old_key),
            (NoticeKind.ADDRESS_NEW, change.new_serial, new_key),
        ):
            if kind is NoticeKind.ADDRESS_OLD or may_be_asked(c, key):
                add_notice(c, kind, uid=uid, serial=serial, email_key=key, domain=domain, now=now)
    return True


def read_move(store: Store, settings: Settings, uid: str, serial: str, *, now: datetime) -> Move | None:
    """The change that a link is about; None when it was made, taken back, replaced, or waited too long."""
    with store.read() as c:
        found = _find(c, settings, uid, serial, now=now)
    if found is None:
        return None
    reader, change = found
    end = _end(change, serial)
    agreed = change.old_agreed_at if end is End.OLD else change.new_agreed_at
    return Move(end=end, old=reader.email, new=change.email, has_agreed=agreed is not None)


def agree_to_move(store: Store, settings: Settings, uid: str, serial: str, *, now: datetime) -> Step:
    """Agree at one end; with the other's word the change is made in the same moment."""
    with store.write() as c:
        found = _find(c, settings, uid, serial, now=now)
        if found is None:
            return Step.GONE
        reader, change = found
        change = agree_to_address(c, change, serial, now=now)
        if not change.is_agreed:
            return Step.WAITS_FOR_NEW if _end(change, serial) is End.OLD else Step.WAITS_FOR_OLD
        delete_address_change(c, reader.id)
        if find_by_email(c, change.email) is not None:
            # Whoever has both may leave with one of them; nothing is thrown together behind their back.
            return Step.TAKEN
        save_subscribers(c, [replace(reader, email=change.email)], now=now)
        lift_for_opt_in(c, email_key(change.email))
    return Step.MADE


def refuse_to_move(store: Store, settings: Settings, uid: str, serial: str, *, now: datetime) -> None:
    """Take a change back, at either end; nothing happens where there is none."""
    with store.write() as c:
        found = _find(c, settings, uid, serial, now=now)
        if found is not None:
            delete_address_change(c, found[0].id)


def _find(
    c: Connection, settings: Settings, uid: str, serial: str, *, now: datetime
) -> tuple[Subscriber, AddressChange] | None:
    reader, change = find_by_uid(c, uid), find_address_change(c, uid)
    if reader is None or change is None or not is_fresh(change.asked_at, settings, now=now):
        return None
    return (reader, change) if serial in {change.old_serial, change.new_serial} else None


def _end(change: AddressChange, serial: str) -> End:
    return End.OLD if serial == change.old_serial else End.NEW
