"""What readers decide for themselves: to confirm, to choose, to leave."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from letters.errors import UsageError
from letters.model import Audience, Edition, Subscriber, SubscriberStatus, Topic
from letters.settings import Settings
from letters.store import Store
from letters.store.deliveries import drop_for_reader
from letters.store.private_feeds import find_private_feed
from letters.store.subscribers import end_subscriptions, find_by_uid, save_subscribers
from letters.store.vocabulary import load_audiences, load_topics
from letters.subscribe.checks import LONGEST_NAME, check_reader_zone, is_language
from letters.subscribe.offer import Offer, merge_terms


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


def confirm(store: Store, uid: str, *, now: datetime) -> bool:
    """Make a pending subscriber a confirmed one; whether they are confirmed now.

    Somebody who unsubscribed is not brought back by an old link.
    """
    with store.write() as c:
        reader = find_by_uid(c, uid)
        if reader is None or reader.status is SubscriberStatus.UNSUBSCRIBED:
            return False
        if reader.status is SubscriberStatus.PENDING:
            save_subscribers(c, [_consenting(reader, now, "confirmation link")], now=now)
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
    now: datetime,
) -> Subscriber:
    """Give a reader exactly these choices, and return them as stored.

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
        )
        if reader.status is SubscriberStatus.UNSUBSCRIBED and editions:
            changed = _consenting(changed, now, "preferences page")
        if changed != reader:
            save_subscribers(c, [changed], now=now)
            drop_for_reader(c, reader.id, set(reader.editions) - set(editions))
    return changed


def _consenting(reader: Subscriber, now: datetime, source: str) -> Subscriber:
    origin = f"{reader.consent_source}; {source}" if reader.consent_source else source
    return replace(reader, status=SubscriberStatus.CONFIRMED, consent_at=now, consent_source=origin)


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
