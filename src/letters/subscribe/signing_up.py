"""Signing up, and confirming it: nobody is a subscriber before they pressed the button that a mail to their address leads to.

Signing up looks at nothing that is known about the address, so neither its answer nor the time it takes can tell who is subscribed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from letters.errors import LettersError
from letters.model import Subscriber, SubscriberStatus
from letters.settings import Settings
from letters.store import Store
from letters.store.notices import NoticeKind, add_notice, count_notices
from letters.store.sign_ups import SignUp, delete_sign_up, find_sign_up, put_sign_up
from letters.store.subscribers import email_key, find_by_email, find_by_uid, save_subscribers
from letters.store.suppression import lift_for_opt_in, may_be_asked
from letters.subscribe.checks import LONGEST_NAME, check_address, check_reader_zone, is_language
from letters.subscribe.offer import Offer
from letters.subscribe.preferences import consenting, load_offer

#: An address gets no second mail within this time, and no more than so many within a day, however often it is entered.
QUIET = timedelta(minutes=10)
PER_DAY = 3
_DAY = timedelta(days=1)


class SignUpRefused(LettersError):  # noqa: N818 - a refusal is what it is
    """What was entered cannot be; `faults` says what is wrong, by the field it is about."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "; ".join(f"{name}: {fault}" for name, fault in self.faults.items())


class TooManySignUps(LettersError):  # noqa: N818
    """So many signed up within an hour that this one has to wait (`[subscribe] per_hour`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody entered, as they did."""

    email: str
    editions: tuple[str, ...]
    name: str = ""
    language: str = ""
    zone: str = ""
    topics: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()


def read_offer(store: Store, settings: Settings) -> Offer:
    """What can be signed up for."""
    with store.read() as c:
        return load_offer(c, settings)


def sign_up(
    store: Store, settings: Settings, wanted: Wanted, *, place: str, wording: str, now: datetime
) -> bool:
    """Remember what somebody asked for and have a mail sent that asks them to confirm it; whether a mail is on its way because of this.

    Callers must not tell people which: it depends on how often the address was entered, and whether its owner wants to be asked.
    `place` and `wording` are kept as the consent's. Raises `SignUpRefused` and `TooManySignUps`, neither of which depends on the address
    being known.
    """
    with store.write() as c:
        asked = _checked(wanted, load_offer(c, settings), place=place, wording=wording, now=now)
        if count_notices(c, since=now - timedelta(hours=1)) >= settings.subscribe.per_hour:
            raise TooManySignUps("too many sign-ups within an hour")
        stored = put_sign_up(c, asked)
        key = email_key(stored.email)
        if not may_be_written_to(c, key, now=now) or not may_be_asked(c, key):
            return False
        domain = settings.delivery.list_domain or settings.delivery.sender.domain
        add_notice(c, NoticeKind.CONFIRM, uid=stored.uid, email_key=key, domain=domain, now=now)
    return True


def may_be_written_to(c: Connection, key: str, *, now: datetime) -> bool:
    """Whether an address got few enough notices of late to get another."""
    return (
        count_notices(c, since=now - QUIET, email_key=key) == 0
        and count_notices(c, since=now - _DAY, email_key=key) < PER_DAY
    )


def read_sign_up(store: Store, settings: Settings, uid: str, *, now: datetime) -> SignUp | None:
    """The sign-up that a link of this uid confirms; None if there is none, or it is too old.

    For a subscriber who is pending, having come by an import, it is what is stored of them.
    """
    with store.read() as c:
        found = find_sign_up(c, uid)
        reader = find_by_uid(c, uid) if found is None else None
    if found is not None:
        return found if is_fresh(found.asked_at, settings, now=now) else None
    if reader is None:
        return None
    return SignUp(
        uid=uid,
        email=reader.email,
        editions=reader.editions,
        language=reader.language,
        place="",
        wording="",
        asked_at=now,
    )


def is_fresh(asked_at: datetime, settings: Settings, *, now: datetime) -> bool:
    """Whether what was asked for then may still be confirmed."""
    return now - asked_at <= settings.subscribe.confirm_within


def confirm(store: Store, settings: Settings, uid: str, *, now: datetime) -> Subscriber | None:
    """Make whoever signed up a subscriber, and give them; None when there is nothing to confirm, or no more.

    Somebody who is subscribed already gets the editions that they asked for besides. Somebody who had left, or whose address was
    suppressed, is back: this is their own fresh word (R36). A link that has done its work says so again as often as it is opened, but brings
    nobody back who has left since.
    """
    with store.write() as c:
        asked = find_sign_up(c, uid)
        if asked is None:
            return _confirm_known(c, uid, now=now)
        if not is_fresh(asked.asked_at, settings, now=now):
            return None
        before = find_by_email(c, asked.email)
        save_subscribers(c, [_subscribed(asked, before, now=now)], now=now)
        lift_for_opt_in(c, email_key(asked.email))
        delete_sign_up(c, uid)
        return find_by_email(c, asked.email)


def _confirm_known(c: Connection, uid: str, *, now: datetime) -> Subscriber | None:
    reader = find_by_uid(c, uid)
    if reader is None or reader.status is SubscriberStatus.UNSUBSCRIBED:
        return None
    if reader.status is SubscriberStatus.PENDING:
        reader = consenting(reader, "confirmation link", now=now)
        save_subscribers(c, [reader], now=now)
        lift_for_opt_in(c, email_key(reader.email))
    return reader


def _subscribed(asked: SignUp, before: Subscriber | None, *, now: datetime) -> Subscriber:
    if before is not None and before.status is SubscriberStatus.CONFIRMED:
        # Who is in already has chosen in peace; a form filled in by the way adds to that and takes nothing away.
        return replace(before, editions=tuple(sorted({*before.editions, *asked.editions})))
    # The uid stays that of the link, so that the link goes on saying that all is well.
    known = before or Subscriber(uid=asked.uid, email=asked.email)
    return consenting(
        replace(
            known,
            name=asked.name or known.name,
            language=asked.language or known.language,
            zone=asked.zone or known.zone,
            editions=asked.editions,
            topics=asked.topics,
            audiences=asked.audiences,
        ),
        asked.place,
        now=now,
        wording=asked.wording,
    )


def _checked(wanted: Wanted, offer: Offer, *, place: str, wording: str, now: datetime) -> SignUp:
    """Raises `SignUpRefused` with every fault."""
    faults: dict[str, str] = {}
    email = ""
    try:
        email = check_address(wanted.email)
    except ValueError as error:
        faults["email"] = str(error)
    if not wanted.editions:
        faults["editions"] = "none is named, wanted one at least"
    for field, chosen, offered in (
        ("editions", wanted.editions, offer.editions),
        ("topics", wanted.topics, offer.topics),
        ("audiences", wanted.audiences, offer.audiences),
    ):
        if unknown := sorted(set(chosen) - {one.key for one in offered}):
            known = ", ".join(one.key for one in offered) or "none"
            faults[field] = f'"{unknown[0]}" is not offered; there are {known}'
    faults |= _check_person(wanted)
    if faults:
        raise SignUpRefused(faults)
    return SignUp(
        email=email,
        name=" ".join(wanted.name.split()),
        language=wanted.language,
        zone=wanted.zone,
        editions=_once(wanted.editions),
        topics=_once(wanted.topics),
        audiences=_once(wanted.audiences),
        place=place,
        wording=wording,
        asked_at=now,
    )


def _check_person(wanted: Wanted) -> dict[str, str]:
    faults = {}
    if len(wanted.name) > LONGEST_NAME or any(
        unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in wanted.name
    ):
        faults["name"] = f"wanted one line of at most {LONGEST_NAME} characters"
    if wanted.language and not is_language(wanted.language):
        faults["language"] = f'"{wanted.language[:40]}" is no language tag such as "en" or "pt-BR"'
    try:
        check_reader_zone(wanted.zone)
    except ValueError as error:
        faults["zone"] = str(error)
    return faults


def _once(keys: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(set(keys)))
