"""What ten thousand private feeds cost that are polled every minute.

    python benchmarks/private.py [--cards 2000] [--readers 10000] [--choices 1 200]

Cards of some two kilobytes are put into an embedded SQLite and published into a folder that is thrown away; so many readers have a
feed, and among them so many distinct choices of topics and audiences. Every reader asks once after a publishing, and once more for
what they hold already, through the whole application (`make_app`), without sockets. Printed are seconds of the processor, all threads
together, for both minutes; and what the first answer for a choice takes. Exit status 1 if a minute of polling takes more than half
a minute of one processor.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from letters.links import Links
from letters.model import Subscriber, SubscriberStatus
from letters.publish import publish
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.private_feeds import add_private_feed, make_serial
from letters.store.subscribers import load_subscribers, save_subscribers
from letters.web import make_app
from publish import NOW, Newsroom, make_settings

GOAL_SECONDS = 30.0
TOPICS, AUDIENCES = 40, 8


@dataclass(frozen=True, slots=True)
class House:
    workspace: Workspace
    settings: Settings
    store: Store


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    etag: bytes
    size_bytes: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--cards", type=int, default=2_000)
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--choices", type=int, nargs="*", default=[1, 200])
    options = parser.parse_args()
    slowest = 0.0
    for choices in options.choices:
        with tempfile.TemporaryDirectory() as folder:
            slowest = max(slowest, measure(Path(folder), options.cards, options.readers, choices))
    return int(slowest > GOAL_SECONDS)


def measure(folder: Path, cards: int, readers: int, choices: int) -> float:
    """The slower of the two minutes, in seconds of the processor."""
    store = Store(f"sqlite:///{folder}/letters.db")
    store.upgrade()
    house = House(Workspace(folder / "workspace"), make_settings(), store)
    Newsroom(store, topics=TOPICS, audiences=AUDIENCES).add(cards)
    publish(store, house.settings, house.workspace, now=NOW)
    paths = subscribe(house, readers, choices)
    app = make_app(lambda: house)
    answers, first = timed(app, paths, [b""] * len(paths))
    assert {one.status for one in answers} == {200}
    again, second = timed(app, paths, [one.etag for one in answers])
    assert {one.status for one in again} == {304}
    size = sum(one.size_bytes for one in answers) / len(answers) / 1_000
    print(
        f"{cards:,} cards, {readers:,} readers of {choices:,} choices: {first:.1f} s for 200 ({size:,.0f} kB gzipped), "
        f"{second:.1f} s for 304 ({second / readers * 1e3:.2f} ms each)"
    )
    store.close()
    return max(first, second)


def subscribe(house: House, readers: int, choices: int) -> list[bytes]:
    """Readers who have chosen, and have feeds; the paths of these."""
    chance = random.Random(7)
    chosen = [
        (
            tuple(f"topic-{one}" for one in chance.sample(range(TOPICS), chance.randint(1, 6))),
            tuple(f"audience-{one}" for one in chance.sample(range(AUDIENCES), chance.randint(0, 3))),
        )
        for _ in range(choices)
    ]
    people = [
        Subscriber(
            uid=f"reader-{number}",
            email=f"reader-{number}@readers.example",
            topics=chosen[number % choices][0],
            audiences=chosen[number % choices][1],
            status=SubscriberStatus.CONFIRMED,
        )
        for number in range(readers)
    ]
    with house.store.write() as c:
        save_subscribers(c, people, now=NOW)
    links = Links(["secret"], house.settings.site.base_url)
    paths = []
    with house.store.write() as c:
        for one in list(load_subscribers(c)):
            serial = make_serial()
            add_private_feed(c, one.id, serial, now=NOW)
            url = links.private_url(one.uid, serial)
            paths.append(f"{url.removeprefix(house.settings.site.base_url)}.rss".encode())
    chance.shuffle(paths)
    return paths


def timed(app: Any, paths: Sequence[bytes], etags: Sequence[bytes]) -> tuple[list[Answered], float]:
    async def ask_all() -> tuple[list[Answered], float]:
        started = time.process_time()
        answers = [await ask(app, path, etag) for path, etag in zip(paths, etags, strict=True)]
        return answers, time.process_time() - started

    return asyncio.run(ask_all())


async def ask(app: Any, path: bytes, etag: bytes) -> Answered:
    headers = [(b"host", b"signal.example"), (b"accept-encoding", b"gzip")]
    headers += [(b"if-none-match", etag)] if etag else []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": path.decode(),
        "raw_path": path,
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    status, tag, size = 0, b"", 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status, tag, size
        if message["type"] == "http.response.start":
            status = message["status"]
            tag = dict(message["headers"]).get(b"etag", b"")
        else:
            size += len(message.get("body", b""))

    await app(scope, receive, send)
    return Answered(status, tag, size)


if __name__ == "__main__":
    sys.exit(main())
