"""How much CPU it takes to read feeds: beside feedparser, and fastfeedparser where it is installed.

    python benchmarks/parse.py [FOLDER]

FOLDER holds XML feeds at any depth (default: the shared material beside the checkout, if it is there); before them comes a
podcast's feed of about 20 kB made here. "Whole" is a first look at a document; "one new" a look that finds one new entry. For
each, the best of several runs counts.
"""

from __future__ import annotations

import argparse
import importlib
import io
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import feedparser

from letters.errors import UnreadableFeedError
from letters.model import Source
from letters.watch.parse import ParsedFeed, parse_feed

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "feeds"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SOURCE = Source(key="show", url="https://feeds.example/show")
#: Each is repeated until so much CPU was spent, or so often.
SPENT, MOST_RUNS = 0.05, 200


@dataclass
class Row:
    """CPU milliseconds for one document, by reader; None where the reader gave up."""

    name: str
    size: int
    spent: dict[str, float | None]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--each", action="store_true", help="a line for each document, not only their total")
    arguments = parser.parse_args()
    fast = peer("fastfeedparser")
    made = measure("made podcast feed", podcast(12), fast, spent=0.5)
    print_head()
    print_row(made)
    paths = sorted(arguments.folder.rglob("*.xml"))
    if not paths:
        print(f"{arguments.folder}: no XML feeds, so only the made one was measured")
        return 0
    rows = [measure(path.name, path.read_bytes(), fast) for path in paths]
    for row in rows if arguments.each else ():
        print_row(row)
    print_row(total(rows))
    ratios(made, total(rows))
    return 0


def peer(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"{name} is not installed, so it is not measured")
        return None


def measure(name: str, body: bytes, fast: ModuleType | None, *, spent: float = SPENT) -> Row:
    first = ours(body, frozenset())
    known = frozenset(one for one in first.fingerprints[1:] if one) if first else frozenset()
    readers: dict[str, Callable[[], object]] = {
        "feedparser": lambda: feedparser.parse(io.BytesIO(body)),
        "unsanitised": lambda: feedparser.parse(
            io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False
        ),
        "whole": lambda: ours(body, frozenset()),
        "one new": lambda: ours(body, known),
    }
    if fast is not None:
        readers["fastfeedparser"] = lambda: fast.parse(body)
    return Row(name, len(body), {reader: best(read, spent) for reader, read in readers.items()})


def ours(body: bytes, known: frozenset[str]) -> ParsedFeed | None:
    with suppress(UnreadableFeedError):
        return parse_feed(body, url=SOURCE.url, content_type="", source=SOURCE, now=NOW, known=known)
    return None


def best(read: Callable[[], object], spent: float) -> float | None:
    lowest, used, runs = float("inf"), 0.0, 0
    while used < spent and runs < MOST_RUNS:
        start = time.process_time()
        try:
            read()
        except Exception:  # noqa: BLE001 - peers raise what they like for documents they do not read
            return None
        took = time.process_time() - start
        lowest, used, runs = min(lowest, took), used + took, runs + 1
    return lowest * 1000


READERS = ("feedparser", "unsanitised", "whole", "one new", "fastfeedparser")


def print_head() -> None:
    print(f"{'CPU ms for each document':32} {'kB':>7} " + " ".join(f"{name:>14}" for name in READERS))


def print_row(row: Row) -> None:
    cells = (row.spent.get(name) for name in READERS)
    words = " ".join(f"{cell:14.3f}" if cell is not None else f"{'-':>14}" for cell in cells)
    print(f"{row.name[:32]:32} {row.size / 1000:7.1f} {words}")


def total(rows: list[Row]) -> Row:
    """The sum of all; of a reader that gave up on some, the sum of the others."""
    readers = rows[0].spent
    sums: dict[str, float | None] = {name: sum(row.spent[name] or 0 for row in rows) for name in readers}
    return Row(f"all {len(rows)} documents", sum(row.size for row in rows), sums)


def ratios(*rows: Row) -> None:
    for row in rows:
        whole, one = row.spent["whole"] or 1, row.spent["one new"] or 1
        for name in READERS:
            if name not in {"whole", "one new"} and (other := row.spent.get(name)):
                print(
                    f"{row.name}: {name} takes {other / whole:.1f} times our whole, {other / one:.1f} times our one new"
                )


def podcast(episodes: int) -> bytes:
    """A feed as podcast hosts write it, about 1.6 kB an episode."""
    items = "".join(map(episode, range(episodes, 0, -1)))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:podcast="https://podcastindex.org/namespace/1.0">\n<channel><title>Harbour Talks</title>'
        '<atom:link rel="self" href="https://feeds.example/show"/><link>https://harbour.example/</link>'
        "<language>en-gb</language><description>Talks at the harbour’s edge.</description><ttl>60</ttl>"
        '<itunes:author>Harbour Media</itunes:author><itunes:image href="https://cdn.example/show.jpg"/>'
        '<itunes:category text="Science"/><itunes:explicit>false</itunes:explicit>'
        f"<lastBuildDate>Sun, 01 Nov 2026 00:00:00 GMT</lastBuildDate>\n{items}</channel></rss>\n"
    ).encode()


def episode(number: int) -> str:
    date = (datetime(2026, 1, 1, 6, tzinfo=UTC) + timedelta(days=7 * number)).strftime(
        "%a, %d %b %Y %H:%M:%S +0000"
    )
    notes = "".join(
        f'<p>In part {part} of talk {number} we ask <a href="https://harbour.example/{number}/{part}">how tides</a>'
        f" are <strong>read</strong>, &amp; what it’s worth to those who sail by them.</p>\n"
        for part in range(1, 5)
    )
    links = "".join(
        f'<li><a href="https://guest.example/{part}">A guest’s page, {part}</a></li>' for part in range(3)
    )
    return (
        f"<item><title>Talk {number}: tides &amp; time</title><itunes:title>Tides and time</itunes:title>"
        f'<guid isPermaLink="false">harbour-{number:06}</guid><link>https://harbour.example/{number}</link>'
        f"<pubDate>{date}</pubDate><description>A talk about tides, the {number}th of its kind.</description>"
        f"<content:encoded><![CDATA[{notes}<ul>{links}</ul>]]></content:encoded>"
        f'<enclosure url="https://cdn.example/{number}.mp3" length="31415926" type="audio/mpeg"/>'
        f"<itunes:duration>1:02:03</itunes:duration><itunes:season>2</itunes:season>"
        f"<itunes:episode>{number}</itunes:episode><itunes:episodeType>full</itunes:episodeType>"
        f'<itunes:image href="https://cdn.example/{number}.jpg"/><itunes:author>Harbour Media</itunes:author>'
        f'<itunes:explicit>false</itunes:explicit><podcast:person role="guest">Bo Reed</podcast:person>'
        f'<podcast:transcript url="https://cdn.example/{number}.vtt" type="text/vtt"/></item>\n'
    )


if __name__ == "__main__":
    raise SystemExit(main())
