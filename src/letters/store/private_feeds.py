"""Private feeds: who has one, by which serial, and which entries one of a certain choice holds.

A serial is no secret, and of no use without a key of the site: the address of a feed is signed, and stored nowhere. A serial is random
rather than counted, so that a database put back from a copy never gives out an address a second time that was replaced before.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.model import Choice
from letters.store.tables import (
    card_audience,
    card_topic,
    entry,
    feed_entry,
    private_feed,
    subscriber,
    tree_state,
)

_EVERYTHING = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateFeed:
    """A subscriber's feed, what of the collection it holds, and which collection that is at the moment."""

    serial: str
    #: Since when it has this serial.
    made_at: datetime
    choice: Choice
    #: Another one after each publishing that wrote something; None before the first.
    tree_token: str | None


def make_serial() -> str:
    """A new serial: 72 random bits, URL-safe."""
    return secrets.token_urlsafe(9)


# --- reading ---------------------------------------------------------------------------------------------

# Spelt once: it is asked at every request for such a feed. All by primary keys and one unique one.
_FIND = (
    select(
        private_feed.c.serial,
        private_feed.c.made_at,
        subscriber.c.topics,
        subscriber.c.audiences,
        tree_state.c.token,
    )
    .select_from(
        subscriber.join(private_feed, private_feed.c.subscriber_id == subscriber.c.id).outerjoin(
            tree_state, tree_state.c.id == 1
        )
    )
    .limit(1)
)


def find_private_feed(c: Connection, uid: str) -> PrivateFeed | None:
    """The feed of the subscriber of this uid; None if there is no such subscriber, or they have none."""
    row = c.execute(_FIND.where(subscriber.c.uid == uid)).first()
    if row is None:
        return None
    choice = Choice(topics=frozenset(row.topics), audiences=frozenset(row.audiences))
    return PrivateFeed(serial=row.serial, made_at=row.made_at, choice=choice, tree_token=row.token)


def newest_published(c: Connection, choice: Choice, *, size: int) -> list[str]:
    """Ids of the newest entries that were published and that the choice lets in, the one that joined last first.

    The rule is `Choice.lets_in`, spelt for the database, so that a rare topic does not mean to read a whole collection.
    """
    query = (
        select(feed_entry.c.entry_id)
        .join(entry, entry.c.id == feed_entry.c.entry_id)
        .where(feed_entry.c.feed == _EVERYTHING, feed_entry.c.present, entry.c.retired_at.is_(None))
    )
    for links, key, wanted in (
        (card_topic, card_topic.c.topic, choice.topics),
        (card_audience, card_audience.c.audience, choice.audiences),
    ):
        if wanted:
            query = query.where(exists().where(links.c.card_id == entry.c.card_id, key.in_(sorted(wanted))))
    return list(c.execute(query.order_by(feed_entry.c.position.desc()).limit(size)).scalars())


# --- writing ---------------------------------------------------------------------------------------------


def add_private_feed(c: Connection, subscriber_id: int, serial: str, *, now: datetime) -> None:
    """Give a feed to a subscriber, unless they have one: two browsers may ask for it in the same moment."""
    insert = sqlite.insert if c.dialect.name == "sqlite" else postgresql.insert
    row = insert(private_feed).values(subscriber_id=subscriber_id, serial=serial, made_at=now)
    c.execute(row.on_conflict_do_nothing())


def replace_serial(c: Connection, subscriber_id: int, old: str, new: str, *, now: datetime) -> None:
    """Give the feed another serial, if it has the old one still."""
    is_old = (private_feed.c.subscriber_id == subscriber_id) & (private_feed.c.serial == old)
    c.execute(update(private_feed).where(is_old).values(serial=new, made_at=now))


def delete_private_feed(c: Connection, subscriber_id: int, serial: str) -> None:
    """Take the feed away, if it has that serial still."""
    c.execute(
        delete(private_feed).where(
            private_feed.c.subscriber_id == subscriber_id, private_feed.c.serial == serial
        )
    )
