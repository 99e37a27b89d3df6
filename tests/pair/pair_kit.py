"""A small world of two shows for tests of pairing over a store: episodes, cards, passes, and what they leave behind."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from letters.model import Card, Credit, Decision, Entry, Episode, Source
from letters.pair import PairReport, pair
from letters.settings import Settings
from letters.settings.types import (
    DeliverySettings,
    PairSettings,
    PublishSettings,
    Secrets,
    SiteSettings,
    StoreSettings,
    WatchSettings,
)
from letters.store import Store, tables
from letters.store.cards import StoredCard, add_cards, retire_cards
from letters.store.codec import dump
from letters.store.entries import load_entries
from letters.store.episodes import insert_episodes
from letters.store.pairings import load_pairings

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TITLES = (
    "How harbours learn to sleep",
    "A cartographer's second thoughts",
    "Salt, rope and patience",
    "The winter the ferries stopped",
    "Letters nobody collected",
)


def after(days: float) -> datetime:
    return START + timedelta(days=days)


def make_settings(**pairing: Any) -> Settings:
    return Settings(
        site=SiteSettings(title="Signal", base_url="https://signal.example"),
        store=StoreSettings(),
        watch=WatchSettings(),
        pair=PairSettings(**pairing),
        publish=PublishSettings(),
        delivery=DeliverySettings.model_validate({"from": "news@signal.example"}),
        sources=(
            Source(
                key="lantern",
                url="https://lantern.example/feed",
                show="The Lantern Hour",
                names=("Night Desk",),
            ),
            Source(key="tide", url="https://tide.example/feed"),
        ),
        secrets=Secrets(link_keys=()),
    )


SETTINGS = make_settings()


def make_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def episode(title: str, *, source: str = "lantern", name: str = "", **fields: Any) -> Episode:
    identity = name or title
    return Episode(
        id=make_id(f"{source} {identity}"), source=source, identity=identity, title=title, **fields
    )


def card(title: str, *, publisher: str = "The Lantern Hour", name: str = "", **fields: Any) -> Card:
    identity = make_id(f"card {name or title}")
    return Card(
        id=identity, address=f"card-{identity[:8]}", title=title, credit=Credit(publisher=publisher), **fields
    )


def add(
    store: Store, *, episodes: Sequence[Episode] = (), cards: Sequence[Card] = (), days: float = 0
) -> None:
    with store.write() as c:
        insert_episodes(c, episodes, now=after(days))
        add_cards(
            c,
            [
                StoredCard(
                    card=one,
                    path=f"{one.id}.txt",
                    digest="",
                    first_read_at=after(days),
                    changed_at=after(days),
                )
                for one in cards
            ],
        )


def retire(store: Store, one: Card, *, days: float) -> None:
    with store.write() as c:
        retire_cards(c, [one.id], at=after(days))


def bring_back(store: Store, one: Card) -> None:
    with store.write() as c:
        change = update(tables.card).where(tables.card.c.id == one.id)
        c.execute(change.values(retired_at=None, path=f"{one.id}.txt"))


def run(store: Store, days: float = 0, settings: Settings = SETTINGS) -> PairReport:
    return pair(store, settings, now=after(days))


def counts(report: PairReport) -> tuple[int, int, int]:
    return report.paired, report.review, report.none


def entries(store: Store) -> list[Entry]:
    with store.read() as c:
        return load_entries(c)


def decisions(store: Store) -> dict[str, tuple[Decision, str | None]]:
    with store.read() as c:
        return {one.card_id: (one.decision, one.episode_id) for one in load_pairings(c)}


def snapshot(store: Store) -> list[Any]:
    with store.read() as c:
        return [
            c.execute(select(table).order_by(*table.primary_key)).all()
            for table in (tables.pairing, tables.entry)
        ]


def publish(store: Store) -> None:
    """What publishing leaves of each entry: the digest of what readers saw."""
    with store.write() as c:
        c.execute(update(tables.entry).where(tables.entry.c.retired_at.is_(None)).values(digest="seen"))


def mail(store: Store, number: int, *, state: str = "sent") -> None:
    """An issue that takes every live entry."""
    with store.write() as c:
        issue = tables.issue.insert().values(
            edition="weekly",
            local_date=after(number).date(),
            slot=0,
            occurs_at=after(number),
            number=number,
            state=state,
            subject="",
            reason="",
        )
        (issue_id,) = c.execute(issue).inserted_primary_key or ()
        for position, entry in enumerate(load_entries(c)):
            # An entry is in one issue of an edition; so that it may be mailed again, each issue here is of its own.
            c.execute(
                tables.issue_entry.insert().values(
                    edition=f"weekly {number}", entry_id=entry.id, issue_id=issue_id, position=position
                )
            )


def edit_title(store: Store, one: Card, title: str) -> None:
    with store.write() as c:
        change = update(tables.card).where(tables.card.c.id == one.id)
        c.execute(change.values(title=title, data=dump(replace(one, title=title))))


BACKGROUND = [episode(title) for title in TITLES]
