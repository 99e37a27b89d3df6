"""What publishing costs: all of it, one new card, one edited card; and a document beside feedgen called as its manual says.

    python benchmarks/publish.py [--cards 1000 10000] [--topics 200] [--audiences 50] [--folder DIR]

Cards of some two kilobytes, each on 1 to 4 topics and for 1 to 3 audiences, are put into an embedded SQLite and published into a folder
that is thrown away. "All" is the first publishing, into an empty tree; then one card is added, one is edited, one is added
again. Times are seconds of the processor, all threads together; the clock's in brackets. Then the RSS and Atom documents of all
feeds are made again without writing them: by us, each entry rendered once for the documents that hold it, and by feedgen as one
would call it, afresh for each document, from values that are ready. Exit status 1 when a goal is missed: one card below 5 % of
all; documents at least 3 times as fast.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

import feedgen.entry
import feedgen.feed
import feedgen.util
from feedgen.feed import FeedGenerator
from pydantic import SecretStr
from sqlalchemy import Table, insert, update

from letters.model import Card, Credit, Enclosure, Episode, Insights
from letters.publish import publish
from letters.publish.edge import load_names
from letters.publish.items import Item
from letters.publish.press import Press
from letters.publish.reading import Reading
from letters.settings import Settings, Workspace
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
from letters.store.codec import dump

GOAL_UPDATE, GOAL_DOCUMENTS = 0.05, 3.0
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
_AT_ONCE = 5_000
_SYLLABLES = [
    a + b
    for a in ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v"]
    for b in ["a", "e", "i", "o", "u", "ai", "en", "or"]
]


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds that a step took."""

    processor: float
    clock: float

    def __str__(self) -> str:
        return f"{self.processor:8.2f} s ({self.clock:.2f})"


def timed(step: Callable[[], Any]) -> tuple[Any, Took]:
    clock, processor = time.perf_counter(), time.process_time()
    value = step()
    return value, Took(time.process_time() - processor, time.perf_counter() - clock)


# --- the newsroom ------------------------------------------------------------------------------------------


class Newsroom:
    """A store full of cards, and more cards when asked for."""

    def __init__(self, store: Store, *, topics: int, audiences: int) -> None:
        self.store, self._chance, self._made = store, random.Random(5), 0
        self._words = [
            "".join(self._chance.choices(_SYLLABLES, k=self._chance.randint(1, 4))) for _ in range(4_000)
        ]
        self._topics = [f"topic-{number}" for number in range(topics)]
        self._audiences = [f"audience-{number}" for number in range(audiences)]
        with store.write() as c:
            for table, keys in ((tables.topic, self._topics), (tables.audience, self._audiences)):
                c.execute(
                    insert(table),
                    [
                        {
                            "key": key,
                            "name": key.replace("-", " ").title(),
                            "declared": True,
                            "first_named_at": NOW,
                        }
                        for key in keys
                    ],
                )

    def add(self, count: int) -> list[str]:
        """Ids of so many new entries."""
        ids = []
        for start in range(0, count, _AT_ONCE):
            rows: dict[Table, list[dict[str, Any]]] = {}
            ids += [self._add(rows) for _ in range(min(_AT_ONCE, count - start))]
            with self.store.write() as c:
                for table in (
                    tables.episode,
                    tables.card,
                    tables.card_topic,
                    tables.card_audience,
                    tables.entry,
                ):
                    c.execute(insert(table), rows[table])
        return ids

    def edit(self, entry_id: str) -> None:
        """Give a card another summary."""
        with self.store.write() as c:
            card = self._card(entry_id, self._made)
            c.execute(update(tables.card).where(tables.card.c.id == entry_id).values(data=dump(card)))

    def _add(self, rows: dict[Table, list[dict[str, Any]]]) -> str:
        number, self._made = self._made, self._made + 1
        one = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        at = NOW - timedelta(days=900) + timedelta(minutes=7 * number)
        episode = self._episode(number, at)
        card = self._card(one, number)
        rows.setdefault(tables.episode, []).append(
            {
                "id": episode.id,
                "source": "show",
                "identity": episode.identity,
                "guid": episode.guid,
                "link": episode.link,
                "title": episode.title,
                "published": at,
                "first_seen": at,
                "changed_at": at,
                "is_new": True,
                "data": dump(episode),
            }
        )
        rows.setdefault(tables.card, []).append(
            {
                "id": one,
                "path": f"{number}.txt",
                "digest": "",
                "title": card.title,
                "publisher": "The Show",
                "address": card.address,
                "first_read_at": at,
                "changed_at": at,
                "data": dump(card),
            }
        )
        for table, column, keys, most in (
            (tables.card_topic, "topic", self._topics, 4),
            (tables.card_audience, "audience", self._audiences, 3),
        ):
            for position, key in enumerate(self._chance.sample(keys, self._chance.randint(1, most))):
                rows.setdefault(table, []).append({"card_id": one, column: key, "position": position})
        rows.setdefault(tables.entry, []).append(
            {
                "id": one,
                "address": card.address,
                "card_id": one,
                "episode_id": episode.id,
                "ready_at": at,
                "updated_at": at,
            }
        )
        return one

    def _card(self, one: str, number: int) -> Card:
        return Card(
            id=one,
            address=f"card-{number}-{one[:6]}",
            title=self._text(8),
            summary=f"{self._text(60)}\n\n{self._text(60)}",
            takeaway=self._text(30),
            insights=Insights(
                lead=self._text(30),
                principles=tuple(self._text(15) for _ in range(4)),
                in_practice=tuple(self._text(15) for _ in range(4)),
            ),
            credit=Credit(curator="The Desk", publisher="The Show", medium="episode"),
        )

    def _episode(self, number: int, at: datetime) -> Episode:
        url = f"https://show.example/{number}"
        return Episode(
            id=f"episode-{number}",
            source="show",
            identity=url,
            guid=url,
            link=url,
            title=self._text(8),
            published=at,
            first_seen=at,
            show="The Show",
            duration=timedelta(minutes=48),
            image=f"{url}.jpg",
            enclosures=(Enclosure(url=f"{url}.mp3", type="audio/mpeg", length_bytes=48_000_000),),
            is_new=True,
        )

    def _text(self, words: int) -> str:
        return " ".join(self._chance.choices(self._words, k=words)).capitalize()


def make_settings() -> Settings:
    return Settings(
        site=SiteSettings(title="Signal", base_url="https://signal.example"),
        store=StoreSettings(),
        watch=WatchSettings(),
        pair=PairSettings(),
        publish=PublishSettings(),
        delivery=DeliverySettings(**{"from": "Signal <news@signal.example>"}),
        secrets=Secrets(link_keys=(SecretStr("secret"),)),
    )


# --- publishing --------------------------------------------------------------------------------------------


def measure(cards: int, folder: Path, *, topics: int, audiences: int) -> bool:
    """Prints what publishing so many cards costs; returns whether the goals are met."""
    workspace, settings = Workspace(folder), make_settings()
    store = Store(f"sqlite:///{folder}/letters.db")
    store.upgrade()
    newsroom = Newsroom(store, topics=topics, audiences=audiences)
    ids = newsroom.add(cards)

    def run(day: int) -> tuple[Any, Took]:
        return timed(lambda: publish(store, settings, workspace, now=NOW + timedelta(days=day)))

    print(f"{cards:,} cards, {topics} topics, {audiences} audiences", flush=True)
    report, whole = run(1)
    size = sum(one.stat().st_size for one in workspace.tree(settings).rglob("*") if one.is_file())
    print(
        f"  all                {whole}   {report.written:7,} documents, {size / 1e6:,.0f} MB with their twins,"
        f" peak {getrusage(RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB of memory",
        flush=True,
    )
    updates = []
    for day, name in ((2, "one card more"), (3, "one card edited"), (4, "one card more"), (5, "nothing new")):
        if name == "one card edited":
            newsroom.edit(ids[len(ids) // 2])
        elif name == "one card more":
            newsroom.add(1)
        report, took = run(day)
        updates.append(took.processor)
        print(
            f"  {name:18} {took}   {report.written:7,} documents, {took.processor / whole.processor:.2%} of all"
        )
    ours, theirs, documents = compare(store, settings, workspace)
    print(
        f"  {documents:,} RSS and Atom documents: ours {ours.processor:.2f} s, feedgen afresh {theirs.processor:.2f} s,"
        f" ratio {theirs.processor / ours.processor:.1f}"
    )
    store.close()
    return max(updates) < GOAL_UPDATE * whole.processor and theirs.processor > GOAL_DOCUMENTS * ours.processor


def compare(store: Store, settings: Settings, workspace: Workspace) -> tuple[Took, Took, int]:
    """The documents of all feeds, by us and by feedgen; of three times, the quickest of each."""
    with store.read() as c:
        names = load_names(c, settings)
    reading = Reading(store, size=settings.publish.entries)
    feeds = list(reading.feeds().values())
    ours, theirs = [], []
    for _ in range(3):
        # A new press has rendered nothing yet.
        press = Press(reading, names, settings, overrides=workspace.templates)
        todo = [
            (press.document(one), list(press.items(one.path)), form)
            for one in feeds
            for form in ("rss", "atom")
        ]
        ours.append(timed(partial(_write_all, press, todo))[1])
        with _as_feedgen_ships():
            theirs.append(timed(partial(_write_all_naively, todo))[1])
    return min(ours, key=_processor), min(theirs, key=_processor), len(todo)


def _write_all(press: Press, todo: Sequence[Any]) -> None:
    for document, held, form in todo:
        press.write(form, document, held)


def _write_all_naively(todo: Sequence[Any]) -> None:
    for document, held, form in todo:
        naive(document, held, form)


def _processor(took: Took) -> float:
    return took.processor


@contextmanager
def _as_feedgen_ships() -> Iterator[None]:
    """With its own way to write dates, which the house replaces."""
    modules: tuple[Any, ...] = (feedgen.entry, feedgen.feed)
    ours = [module.formatRFC2822 for module in modules]
    for module in modules:
        module.formatRFC2822 = feedgen.util.formatRFC2822
    yield
    for module, one in zip(modules, ours, strict=True):
        module.formatRFC2822 = one


def naive(document: Any, items: Sequence[Item], form: str) -> bytes:
    """As feedgen's manual has it."""
    feed = FeedGenerator()
    feed.load_extension("podcast")
    feed.load_extension("dc")
    feed.id(document.guid)
    feed.title(document.title)
    feed.description(document.description)
    feed.link(href=document.addresses[form], rel="self")
    feed.link(href=document.page, rel="alternate")
    feed.language(document.language)
    feed.author(name=document.author)
    feed.updated(document.updated)
    for item in items:
        entry = feed.add_entry(order="append")
        entry.id(item.id)
        entry.title(item.title)
        entry.link(href=item.url, rel="alternate")
        entry.author(name=item.author)
        entry.summary(item.summary)
        entry.content(item.content_html, type="CDATA" if form == "rss" else "html")
        entry.published(item.published)
        entry.updated(item.updated)
        for category in item.categories:
            entry.category(term=category.key, label=category.name, scheme=category.scheme)
        if item.media:
            entry.enclosure(item.media.url, str(item.media.length_bytes), item.media.type)
        if item.duration:
            entry.podcast.itunes_duration(str(int(item.duration.total_seconds())))
    return bytes(feed.rss_str(pretty=True) if form == "rss" else feed.atom_str(pretty=True))


def folders(parent: Path | None) -> Iterator[Path]:
    while True:
        with tempfile.TemporaryDirectory(dir=parent) as folder:
            yield Path(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cards", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--topics", type=int, default=200)
    parser.add_argument("--audiences", type=int, default=50)
    parser.add_argument("--folder", type=Path, help="where the trees are made; 100,000 cards need 30 GB")
    asked = parser.parse_args()
    met = [
        measure(cards, folder, topics=asked.topics, audiences=asked.audiences)
        for cards, folder in zip(asked.cards, folders(asked.folder), strict=False)
    ]
    print(
        f"goals {'met' if all(met) else 'missed'}: one card below {GOAL_UPDATE:.0%} of all, documents {GOAL_DOCUMENTS:.0f} times feedgen"
    )
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
