"""A loopback server of made-up podcast feeds of about 20 KB each, for `benchmarks/watch.py`; not a benchmark itself.

    python benchmarks/feed_server.py

Prints its port, then answers until its standard input ends. ``/NUMBER/feed`` is a feed with a strong ETag that honours
If-None-Match; ``/publish/SHARE`` adds one entry to that share of the feeds and drops their oldest, as shows do.
"""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

ENTRIES = 10
#: Far more than any benchmark asks for.
_FEEDS = 20_000
_BEGINNING = datetime(2025, 1, 1, 6, tzinfo=UTC)
_WORDS = [
    "harbour",
    "ledger",
    "signal",
    "winter",
    "engine",
    "market",
    "river",
    "policy",
    "garden",
    "model",
    "copper",
    "silence",
    "theatre",
    "bridge",
    "tide",
    "lantern",
    "orchard",
    "method",
    "weather",
    "archive",
    "kettle",
    "compass",
    "machine",
    "grain",
    "letter",
    "quarry",
    "meadow",
    "salt",
    "timber",
    "circuit",
]


class Feeds:
    """The feeds as they stand; each is built when it is first asked for."""

    def __init__(self) -> None:
        self._published = [0] * _FEEDS
        self._documents: dict[int, tuple[bytes, str]] = {}

    def publish(self, share: float) -> None:
        """Give that share of the feeds, spread evenly, one more entry."""
        for number in range(_FEEDS):
            # A multiplication by a number prime to 1,000 spreads them.
            if number * 7919 % 1000 < share * 1000:
                self._published[number] += 1
                self._documents.pop(number, None)

    def document(self, number: int) -> tuple[bytes, str]:
        """A feed's bytes and its ETag."""
        if number not in self._documents:
            published = self._published[number]
            self._documents[number] = (make_feed(number, published), f'"{number}-{published}"')
        return self._documents[number]


def make_feed(number: int, published: int) -> bytes:
    """A podcast feed as hosts write them: iTunes elements, HTML show notes, the newest entry first."""
    entries = "".join(_entry(number, episode) for episode in range(published + ENTRIES, published, -1))
    built = format_datetime(_BEGINNING + timedelta(days=published + ENTRIES + 1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:podcast="https://podcastindex.org/namespace/1.0">
<channel>
<title>Show {number}</title>
<link>https://show-{number}.example/</link>
<atom:link href="https://show-{number}.example/feed" rel="self" type="application/rss+xml"/>
<description>What show {number} talks about.</description>
<language>en</language>
<lastBuildDate>{built}</lastBuildDate>
<itunes:author>Show {number}</itunes:author>
<itunes:image href="https://show-{number}.example/cover.jpg"/>
{entries}</channel>
</rss>
""".encode()


def _entry(number: int, episode: int) -> str:
    words = random.Random(number * 1_000 + episode)
    title = _sentence(words, 6)
    notes = "".join(f"<p>{_sentence(words, 28)}.</p>" for _ in range(3))
    links = "".join(
        f'<li><a href="https://links.example/{words.randrange(10**6)}?from=notes&amp;n={place}">{_sentence(words, 4)}</a></li>'
        for place in range(2)
    )
    published = format_datetime(_BEGINNING + timedelta(days=episode))
    return f"""<item>
<title>{episode}: {title} &amp; more</title>
<itunes:title>{title} &amp; more</itunes:title>
<guid isPermaLink="false">show-{number}-episode-{episode}</guid>
<link>https://show-{number}.example/episodes/{episode}</link>
<pubDate>{published}</pubDate>
<description><![CDATA[<p>{_sentence(words, 30)}.</p>]]></description>
<content:encoded><![CDATA[{notes}<p>Links of this episode:</p><ul>{links}</ul>]]></content:encoded>
<enclosure url="https://media.show-{number}.example/{episode}.mp3" length="{40_000_000 + episode}" type="audio/mpeg"/>
<itunes:duration>00:{words.randrange(20, 59)}:12</itunes:duration>
<itunes:season>{1 + episode // 50}</itunes:season>
<itunes:episode>{episode}</itunes:episode>
<itunes:image href="https://show-{number}.example/{episode}.jpg"/>
<podcast:person role="guest" href="https://people.example/{words.randrange(500)}">Guest {words.randrange(500)}</podcast:person>
<podcast:transcript url="https://media.show-{number}.example/{episode}.vtt" type="text/vtt"/>
</item>
"""


def _sentence(words: random.Random, length: int) -> str:
    return " ".join(words.choices(_WORDS, k=length)).capitalize()


class _Connection(asyncio.Protocol):
    """Just enough HTTP/1.1 to cost next to nothing beside the clients that are measured."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head, self._received = self._received[:end].decode("latin-1"), self._received[end + 4 :]
            self._transport.write(self._answer(*head.split("\r\n")))

    def _answer(self, request: str, *headers: str) -> bytes:
        first, second = request.split()[1].strip("/").split("/")
        if first == "publish":
            self._feeds.publish(float(second))
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        body, etag = self._feeds.document(int(first))
        known = next(
            (line.partition(":")[2].strip() for line in headers if line.lower().startswith("if-none-match:")),
            None,
        )
        if known == etag:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: {etag}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


async def _serve() -> None:
    feeds = Feeds()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(feeds), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Ends with whoever started it, however that ended.
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
