"""Rows for tests: episodes, cards and the entries they make. A test states only what matters to it.

Number N gives the same ids, titles and dates each time, so that expectations can be written down.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from letters.model import Card, Credit, Enclosure, Episode, Insights
from letters.store import tables
from letters.store.codec import dump
from letters.store.entries import add_entry

#: When the world of the tests begins; episode N appears N days later.
DAY_ZERO = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
_NAMES = uuid.UUID("5a9f3a52-6a57-4f0e-8a2c-3f6f2f1c9b11")


def day(number: float) -> datetime:
    return DAY_ZERO + timedelta(days=number)


def make_id(kind: str, number: int) -> str:
    return str(uuid.uuid5(_NAMES, f"{kind} {number}"))


def make_key(name: str) -> str:
    return "-".join("".join(one if one.isalnum() else " " for one in name.lower()).split())


def make_episode(number: int = 1, /, **fields: Any) -> Episode:
    """Episode N of a show, with a sound file."""
    episode = Episode(
        id=make_id("episode", number),
        source="lighthouse",
        identity=f"lighthouse-{number}",
        guid=f"lighthouse-{number}",
        link=f"https://lighthouse.example/{number}",
        title=f"Lighthouse {number}: keeping the light",
        published=day(number),
        description=f"What episode {number} says of itself.",
        duration=timedelta(minutes=48),
        show="The Lighthouse Show",
        enclosures=(
            Enclosure(
                url=f"https://media.lighthouse.example/{number}.mp3",
                type="audio/mpeg",
                length_bytes=1_000_000 + number,
            ),
        ),
        first_seen=day(number),
        is_new=True,
    )
    return replace(episode, **fields)


def make_card(number: int = 1, /, **fields: Any) -> Card:
    """Card N, with every section filled."""
    identity = fields.get("id", make_id("card", number))
    card = Card(
        id=identity,
        address=f"card-{number}-{identity[:6]}",
        title=f"Card {number}",
        summary=f"First paragraph of card {number}.\n\nSecond paragraph.",
        takeaway=f"Remember number {number}.",
        insights=Insights(
            lead="Light carries further than sound.",
            principles=("Keep the lamp clean.", "Keep the log."),
            in_practice=("Polish at dusk.",),
        ),
        topics=("Signals",),
        audiences=("Keeper",),
        credit=Credit(curator="Harbour Desk", publisher="The Lighthouse Show", medium="episode"),
    )
    return replace(card, **fields)


def add_episode(c: Connection, episode: Episode) -> Episode:
    c.execute(
        insert(tables.episode).values(
            id=episode.id,
            source=episode.source,
            identity=episode.identity,
            guid=episode.guid,
            link=episode.link,
            title=episode.title,
            published=episode.published,
            first_seen=episode.first_seen or DAY_ZERO,
            changed_at=episode.first_seen or DAY_ZERO,
            is_new=episode.is_new,
            data=dump(episode),
        )
    )
    return episode


def add_card(c: Connection, card: Card, *, declared: bool = True) -> Card:
    c.execute(
        insert(tables.card).values(
            id=card.id,
            path=f"{card.address}.txt",
            digest="",
            title=card.title,
            publisher=card.credit.publisher,
            address=card.address,
            first_read_at=DAY_ZERO,
            changed_at=DAY_ZERO,
            data=dump(card),
        )
    )
    name_card(c, card, declared=declared)
    return card


def change_card(c: Connection, card: Card) -> Card:
    """What reading an edited card's file leaves in the store."""
    c.execute(
        update(tables.card).where(tables.card.c.id == card.id).values(title=card.title, data=dump(card))
    )
    name_card(c, card)
    return card


def name_card(c: Connection, card: Card, *, declared: bool = True) -> None:
    """The card's topics and audiences, as the vocabulary would store them."""
    for names, nouns, links, column in (
        (card.topics, tables.topic, tables.card_topic, "topic"),
        (card.audiences, tables.audience, tables.card_audience, "audience"),
    ):
        _name(c, card.id, names, nouns=nouns, links=links, column=column, declared=declared)


def _name(
    c: Connection,
    card_id: str,
    names: Sequence[str],
    *,
    nouns: Table,
    links: Table,
    column: str,
    declared: bool,
) -> None:
    c.execute(links.delete().where(links.c.card_id == card_id))
    for position, name in enumerate(names):
        key = make_key(name)
        if c.execute(select(nouns.c.key).where(nouns.c.key == key)).first() is None:
            c.execute(insert(nouns).values(key=key, name=name, declared=declared, first_named_at=DAY_ZERO))
        c.execute(insert(links).values({"card_id": card_id, column: key, "position": position}))


def add_pair(
    c: Connection,
    number: int,
    *,
    card: Card | None = None,
    episode: Episode | None = None,
    ready_at: datetime | None = None,
) -> Card:
    """Card N, episode N and the entry they make, ready on day N unless said otherwise."""
    card = add_card(c, card or make_card(number))
    episode = add_episode(c, episode or make_episode(number))
    add_entry(
        c,
        id=card.id,
        address=card.address,
        card_id=card.id,
        episode_id=episode.id,
        ready_at=ready_at or day(number),
    )
    return card


def add_uncarded(c: Connection, number: int, *, ready_at: datetime | None = None) -> Episode:
    """Episode N, published without a card."""
    episode = add_episode(c, make_episode(number))
    add_entry(
        c,
        id=episode.id,
        address=f"episode-{number}-{episode.id[:6]}",
        card_id=None,
        episode_id=episode.id,
        ready_at=ready_at or day(number),
    )
    return episode
