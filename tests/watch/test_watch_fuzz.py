"""Mutated documents: what is read can be stored, what cannot be read is refused, and what is stored already is left alone.

The mutations are those that happen on the way or are made on purpose: bytes flipped, cut and doubled, tags swapped,
text that no database takes, entities, and encodings that are not what they are declared to be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from watching import HOUR, NOW, episodes, make_settings

from httpserver import HttpServer, Reply
from letters.errors import UnreadableFeedError
from letters.model import Episode, Source
from letters.store import Store
from letters.store.codec import dump, load
from letters.watch import watch
from letters.watch.parse import ParsedFeed, parse_feed

CORPUS = sorted(
    path for path in (Path(__file__).parent / "corpus").iterdir() if not path.name.endswith(".expect.json")
)
URL = "https://feeds.example/feed"
# Real documents are cut to this, so that many are read in a few seconds.
LARGEST_BYTES = 60_000
LONGEST = {"description": 100_000}
LONGEST_OTHERWISE = 4_000

TAG = re.compile(rb"<[^<>]{1,200}>")
ENCODINGS = [
    "utf-8",
    "utf-16",
    "utf-32",
    "latin-1",
    "cp1252",
    "shift_jis",
    "koi8-r",
    "utf-7",
    "idna",
    "zip",
    "",
]
INSERTED = [
    b"\0",
    b"\x1b",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",  # a lone surrogate as UTF-8 would write it
    b"\xef\xbf\xbe",
    b"&#0;",
    b"&#xD800;",
    b"&#x110000;",
    b"\\ud800",
    b"&nbsp;",
    b"&unknown;",
    b"&",
    b"<",
    b">",
    b'"',
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"<!DOCTYPE rss [<!ENTITY a 'b'>]>",
    b"<!DOCTYPE rss [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>",
    b"<script>alert(1)</script>",
    b"javascript:alert(1)",
    b"http://[",
    b"9" * 400,
    b"<item>",
    b"</item>",
    b"</channel>",
    b"x" * 5_000,
]


# --- mutations ---------------------------------------------------------------------------------------------


def _places(data: st.DataObject, size: int) -> tuple[int, int]:
    start = data.draw(st.integers(0, size))
    return start, data.draw(st.integers(start, min(size, start + 2_000)))


def flipped(body: bytes, data: st.DataObject) -> bytes:
    mutated = bytearray(body)
    for place in data.draw(st.lists(st.integers(0, max(len(body) - 1, 0)), max_size=8)) if body else []:
        mutated[place] ^= data.draw(st.integers(1, 255))
    return bytes(mutated)


def cut(body: bytes, data: st.DataObject) -> bytes:
    start, end = _places(data, len(body))
    return body[:start] + body[end:]


def broken_off(body: bytes, data: st.DataObject) -> bytes:
    return body[: data.draw(st.integers(0, len(body)))]


def doubled(body: bytes, data: st.DataObject) -> bytes:
    start, end = _places(data, len(body))
    return body[:end] + body[start:]


def swapped(body: bytes, data: st.DataObject) -> bytes:
    tags = [found.span() for found in TAG.finditer(body)]
    if len(tags) < 2:
        return body
    first, second = sorted(data.draw(st.lists(st.sampled_from(tags), min_size=2, max_size=2, unique=True)))
    (a, b), (c, d) = first, second
    return body[:a] + body[c:d] + body[b:c] + body[a:b] + body[d:]


def inserted(body: bytes, data: st.DataObject) -> bytes:
    place = data.draw(st.integers(0, len(body)))
    return body[:place] + data.draw(st.sampled_from(INSERTED)) + body[place:]


def declared_otherwise(body: bytes, data: st.DataObject) -> bytes:
    encoding = data.draw(st.sampled_from(ENCODINGS)).encode()
    return re.sub(rb"encoding=['\"][^'\"]*['\"]", b'encoding="' + encoding + b'"', body, count=1)


def encoded_otherwise(body: bytes, data: st.DataObject) -> bytes:
    encoding = data.draw(st.sampled_from(["utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252"]))
    return body.decode("utf-8", "replace").encode(encoding, "replace")


MUTATIONS = [flipped, cut, broken_off, doubled, swapped, inserted, declared_otherwise, encoded_otherwise]


def mutated(body: bytes, data: st.DataObject) -> bytes:
    for mutate in data.draw(st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=4)):
        body = mutate(body, data)
    return body


def content_types() -> st.SearchStrategy[str]:
    charsets = st.sampled_from(ENCODINGS).map(lambda name: f"text/xml; charset={name}")
    return charsets | st.sampled_from(["", "application/feed+json", "image/png", "text/html", ";=;charset"])


# --- what must hold ----------------------------------------------------------------------------------------


def read(body: bytes, content_type: str = "") -> ParsedFeed:
    return parse_feed(body, url=URL, content_type=content_type, source=Source(key="x", url=URL), now=NOW)


def check_storable(parsed: ParsedFeed) -> None:
    assert len({entry.identity for entry in parsed.entries}) == len(parsed.entries)
    for entry in parsed.entries:
        check_entry(entry)
    check_text("title", parsed.title)


def check_entry(entry: Episode) -> None:
    assert entry.identity
    # PostgreSQL indexes at most 2,700 bytes of a row.
    assert len(entry.identity.encode()) < 2_600
    row = json.loads(json.dumps(dump(entry)))
    assert load(Episode, row) == entry
    for name, value in strings(row):
        check_text(name, value)


def check_text(name: str, value: str) -> None:
    # What neither database nor a published feed takes: NUL and lone surrogates; `encode` refuses the latter.
    assert "\0" not in value
    value.encode()
    assert len(value) <= LONGEST.get(name, LONGEST_OTHERWISE), name
    if name in {"url", "link", "image", "href"} and value:
        assert value.startswith(("http://", "https://")), (name, value)
        assert value.isprintable()
        assert " " not in value


def strings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """All strings in a row, each with the name of its field."""
    match value:
        case str():
            yield name, value
        case dict():
            for key, inner in value.items():
                yield from strings(inner, key)
        case list():
            for inner in value:
                yield from strings(inner, name)


def check_mutated(body: bytes, data: st.DataObject) -> None:
    body, content_type = mutated(body, data), data.draw(content_types())
    with suppress(UnreadableFeedError):
        check_storable(read(body, content_type))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_mutated_document_is_storable_or_unreadable(path: Path, data: st.DataObject) -> None:
    """R64, R66."""
    check_mutated(path.read_bytes(), data)


@pytest.mark.shared
@pytest.mark.parametrize("part", range(4))
def test_mutated_real_document_is_storable_or_unreadable(part: int, shared_data: Path) -> None:
    paths = sorted(path for path in (shared_data / "feeds").glob("*/*") if path.suffix in {".xml", ".json"})[
        part::25
    ]
    bodies = [path.read_bytes()[:LARGEST_BYTES] for path in paths]

    @given(st.sampled_from(bodies), st.data())
    @settings(max_examples=20, deadline=None)
    def check(body: bytes, data: st.DataObject) -> None:
        check_mutated(body, data)

    check()


# --- through a real fetch and the store --------------------------------------------------------------------

_numbers = count()


@given(path=st.sampled_from(CORPUS), data=st.data())
@settings(
    max_examples=25,
    deadline=None,
    # One store and one server for all examples: each has a source of its own there.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_mutated_document_leaves_what_is_stored_of_other_entries(
    sqlite_store: Store, http_server: HttpServer, path: Path, data: st.DataObject
) -> None:
    """R64, R65: nothing is removed, and nothing changes but what the document still speaks of."""
    key = f"s{next(_numbers)}"
    source = Source(key=key, url=http_server.serve(f"/{key}", path.read_bytes()))
    watch(sqlite_store, make_settings(source), now=NOW)
    before = stored(sqlite_store, key)

    body, content_type = mutated(path.read_bytes(), data), data.draw(content_types())
    http_server.on(f"/{key}", Reply(200, body, {"Content-Type": content_type}))
    report = watch(sqlite_store, make_settings(source), now=NOW + HOUR, everything=True)

    after = stored(sqlite_store, key)
    assert set(before) <= set(after)
    spoken_of = _marks(body, content_type)
    for name, episode in before.items():
        if not spoken_of & {episode.identity, episode.guid, episode.link, episode.title, *_urls(episode)}:
            assert after[name] == episode
    assert all("unexpected" not in str(problem) and "\n" not in str(problem) for problem in report.problems)


def stored(store: Store, source: str) -> dict[str, Episode]:
    return {episode.id: episode for episode in episodes(store) if episode.source == source}


def _urls(episode: Episode) -> set[str]:
    return {enclosure.url for enclosure in episode.enclosures}


def _marks(body: bytes, content_type: str) -> set[str]:
    """All by which a document's entries could be known."""
    try:
        entries = read(body, content_type).entries
    except UnreadableFeedError:
        return set()
    return {
        mark
        for entry in entries
        for mark in (entry.identity, entry.guid, entry.link, entry.title, *_urls(entry))
        if mark
    }
