"""Real feeds that move house, grow and turn over: what would be announced. Skipped where the material is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from remembering import Memory
from watching import NOW

from letters.errors import UnreadableFeedError
from letters.model import Enclosure, Episode, Source
from letters.watch.parse import parse_feed
from letters.watch.parse.identity import distinct_places

pytestmark = pytest.mark.shared

Document = Sequence[Episode]


@pytest.fixture(scope="module")
def documents(shared_data: Path) -> dict[str, Document]:
    """The entries of every real feed, by file."""
    found = {}
    for path in sorted((shared_data / "feeds").rglob("*")):
        if not path.is_file():
            continue
        url = "https://feeds.example/feed"
        try:
            parsed = parse_feed(
                path.read_bytes(), url=url, content_type="", source=Source(key="show", url=url), now=NOW
            )
        except UnreadableFeedError:
            continue
        if parsed is not None and parsed.entries:
            found[path.name] = [parsed.entries[place] for place in distinct_places(parsed.entries)]
    assert found
    return found


def to_https(entries: Document) -> Document:
    """Every guid and link that is an address changes its scheme."""

    def turned(address: str) -> str:
        return (
            "http://" + address[8:]
            if address.startswith("https://")
            else address.replace("http:", "https:", 1)
        )

    return [replace(one, guid=turned(one.guid), link=turned(one.link)) for one in entries]


def to_another_host(entries: Document) -> Document:
    """Guids, pages and files are all new; titles, dates and texts stay."""
    return [
        replace(
            one,
            guid=f"moved-{place}",
            link=f"https://moved.example/{place}",
            enclosures=(Enclosure(url=f"https://cdn.moved.example/{place}.mp3"),) if one.enclosures else (),
        )
        for place, one in enumerate(entries)
    ]


@pytest.mark.parametrize("move", [to_https, to_another_host])
def test_no_real_feed_announces_anything_when_it_moves(
    documents: dict[str, Document], move: Callable[[Document], Document]
) -> None:
    """R64, pain 30: and nearly all of it is recognised, so that next to nothing waits in quarantine."""
    announced, held, known = {}, 0, 0
    for name, entries in documents.items():
        memory = Memory()
        memory.look(entries)
        found = memory.look(move(entries))
        if memory.announced:
            announced[name] = memory.announced
        held += len(found.quarantined)
        known += len(found.renamed)
    assert announced == {}
    assert known > 0
    assert held <= known // 50


def test_every_real_feed_that_grows_announces_what_is_added_and_nothing_else(
    documents: dict[str, Document],
) -> None:
    """R64, pain 31: a window of ten goes over the feed, from its older end to its newer one."""
    for name, entries in documents.items():
        memory = Memory()
        oldest_first = list(reversed(entries))[:60]
        memory.look(oldest_first[:10])
        for end in range(11, len(oldest_first) + 1):
            before = len(memory.seen)
            found = memory.look(oldest_first[end - 10 : end])
            assert len(memory.seen) == before + 1, (name, end)
            assert (found.quarantined, found.renamed) == ((), {}), (name, end)
