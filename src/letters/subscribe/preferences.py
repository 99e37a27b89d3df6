"""What readers decide for themselves: to choose, to leave, to come back."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from letters.errors import UsageError
from letters.model import Audience, Edition, Frequency, Subscriber, SubscriberStatus, Topic
from letters.settings import Settings
from letters.store import Store
from letters.store.deliveries import drop_for_reader
from letters.store.gathering import PAUSED
from letters.store.private_feeds import find_private_feed
from letters.store.subscribers import (
    email_key,
    end_subscriptions,
    find_by_uid,
    left_editions,
    save_subscribers,
)
from letters.store.suppression import lift_for_opt_in
from letters.store.vocabulary import load_audiences, load_topics
from letters.subscribe.checks import LONGEST_NAME, check_reader_zone, is_language
from letters.subscribe.offer import Offer, merge_terms

#: How long a pause may last.
LONGEST_PAUSE = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """A subscriber, and all that may be chosen."""

    subscriber: Subscriber
    editions: tuple[Edition, ...]
    topics: tuple[Topic, ...]
    audiences: tuple[Audience, ...]
    #: Of the reader's own feed; empty if they have none.
    feed_serial: str = ""


def load_offer(c: Connection, settings: Settings) -> Offer:
    """All that may be chosen: the configured editions, and the topics and audiences that are declared or have a feed."""
    topics, audiences = settings.topics, settings.audiences
    if settings.publish.undeclared == "feed":
        topics = merge_terms(topics, load_topics(c).values())
        audiences = merge_terms(audiences, load_audiences(c).values())
    return Offer(editions=settings.editions, topics=topics, audiences=audiences)


def unsubscribe(store: Store, uid: str, edition: str | None, *, now: datetime) -> bool:
    """Leave one edition, or with None all of them and for good; False if nobody has this uid.

    What waits in the ledger for this reader is dropped in the same moment (R09). Doing it again changes nothing, and one edition is
    left without touching the others (R13).
    """
    with store.write() as c:
        reader = find_by_uid(c, uid)
        if reader is None:
            return False
        left = reader.editions if edition is None else (edition,)
        end_subscriptions(c, [(reader.id, key) for key in left], now=now)
        if edition is None and reader.status is not SubscriberStatus.UNSUBSCRIBED:
            gone = replace(reader, status=SubscriberStatus.UNSUBSCRIBED, editions=())
            save_subscribers(c, [gone], now=now)
        drop_for_reader(c, reader.id, None if edition is None else left)
    return True


def read_preferences(store: Store, settings: Settings, uid: str) -> Preferences | None:
    """What the reader of this uid chose, and may choose; None if nobody has this uid."""
    with store.read() as c:
        reader = find_by_uid(c, uid)
        offer = load_offer(c, settings)
        feed = find_private_feed(c, uid)
    if reader is None:
        return None
    return Preferences(
        subscriber=reader,
        editions=offer.editions,
        topics=offer.topics,
        audiences=offer.audiences,
        feed_serial=feed.serial if feed else "",
    )


def update_preferences(
    store: Store,
    settings: Settings,
    uid: str,
    *,
    name: str,
    zone: str,
    language: str,
    topics: Collection[str],
    audiences: Collection[str],
    editions: Collection[str],
    frequency: Frequency | None = None,
    titles_only: bool | None = None,
    paused_until: date | None = None,
    now: datetime,
) -> Subscriber:
    """Give a reader exactly these choices, and return them as stored. What is None of how often and how stays as it was; no pause ends one.

    An edition that is not among them is left, and what waits of it is dropped; one that is chosen again starts again, also
    for somebody who had unsubscribed. Raises `UsageError` for a key that is neither offered nor chosen already, and
    for a zone, language or name that cannot be.
    """
    with store.write() as c:
        reader = find_by_uid(c, uid)
        if reader is None:
            raise UsageError(f'subscriber "{uid}" does not exist')
        offer = load_offer(c, settings)
        _check_keys("edition", editions, [one.key for one in offer.editions], reader.editions)
        _check_keys("topic", topics, [one.key for one in offer.topics], reader.topics)
        _check_keys("audience", audiences, [one.key for one in offer.audiences], reader.audiences)
        changed = replace(
            reader,
            name=_checked_name(name),
            zone=_checked_zone(zone),
            language=_checked_language(language),
            topics=tuple(sorted(set(topics))),
            audiences=tuple(sorted(set(audiences))),
            editions=tuple(sorted(set(editions))),
            frequency=reader.frequency if frequency is None else frequency,
            titles_only=reader.titles_only if titles_only is None else titles_only,
            paused_until=_checked_pause(paused_until, now),
        )
        if reader.status is SubscriberStatus.UNSUBSCRIBED and editions:
            changed = consenting(changed, "preferences page", now=now)
            # Their own fresh word, given by a link that only they were sent (R36).
            lift_for_opt_in(c, email_key(reader.email))
        if changed != reader:
            save_subscribers(c, [changed], now=now)
            drop_for_reader(c, reader.id, set(reader.editions) - set(editions))
            if changed.paused_until is not None:
                drop_for_reader(c, reader.id, None, reason=PAUSED)
    return changed


def bring_back(
    store: Store, settings: Settings, uid: str, editions: Collection[str], *, now: datetime
) -> tuple[str, ...]:
    """Undo a leaving: start these editions again, if the reader left them and they are still configured. Gives those that run now."""
    with store.write() as c:
        reader = find_by_uid(c, uid)
        if reader is None:
            return ()
        left = left_editions(c, [reader.id]).get(reader.id, frozenset())
        back = {key for key in editions if key in left and settings.edition(key) is not None}
        changed = replace(reader, editions=tuple(sorted({*reader.editions, *back})))
        if back and reader.status is SubscriberStatus.UNSUBSCRIBED:
            changed = consenting(changed, "undone", now=now)
            lift_for_opt_in(c, email_key(reader.email))
        if changed != reader:
            save_subscribers(c, [changed], now=now)
    return tuple(sorted(back | (set(editions) & set(reader.editions))))


def consenting(reader: Subscriber, source: str, *, now: datetime, wording: str = "") -> Subscriber:
    """The reader, with a consent given now; where one was given earlier, that stays told."""
    origin = f"{reader.consent_source}; {source}" if reader.consent_source else source
    return replace(
        reader,
        status=SubscriberStatus.CONFIRMED,
        consent_at=now,
        consent_source=origin,
        consent_wording=wording or reader.consent_wording,
    )


def _checked_pause(until: date | None, now: datetime) -> date | None:
    if until is not None and until > now.date() + LONGEST_PAUSE:
        raise UsageError(f'pause until "{until}": wanted a date within a year')
    # A day that has come everywhere is no pause.
    return until if until is not None and until > now.date() - timedelta(days=1) else None


def _check_keys(
    noun: str, wanted: Collection[str], offered: Collection[str], chosen: Collection[str]
) -> None:
    for key in wanted:
        if key not in offered and key not in chosen:
            raise UsageError(f'{noun} "{key}" cannot be chosen; there are {", ".join(offered) or "none"}')


def _checked_name(text: str) -> str:
    if any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in text) or len(text) > LONGEST_NAME:
        raise UsageError(f"name {text[:40]!r}: wanted one line of at most {LONGEST_NAME} characters")
    return " ".join(text.split())


def _checked_zone(zone: str) -> str:
    try:
        check_reader_zone(zone)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return zone


def _checked_language(language: str) -> str:
    if language and not is_language(language):
        raise UsageError(f'language "{language}" is no language tag such as "en" or "pt-BR"')
    return language
