"""Mutated documents: what is read can be stored, what cannot be read is refused, and what is stored already is left alone.

The mutations are those that happen on the way or are made on purpose: bytes flipped, cut and doubled, tags swapped,
text that no database takes, entities, and encodings that are not what they are declared to be.

A run of the tests makes the same few hundred of them each time; ``LETTERS_FUZZ=1000`` makes so many of each kind, and
others at each run.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import Random
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
WANTED = int(os.environ.get("LETTERS_FUZZ", "0"))
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


def _slice(body: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randint(0, len(body))
    return start, chance.randint(start, min(len(body), start + 2_000))


def flipped(body: bytes, chance: Random) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.randint(1, 8) if body else 0):
        changed[chance.randrange(len(body))] ^= chance.randint(1, 255)
    return bytes(changed)


def cut(body: bytes, chance: Random) -> bytes:
    start, end = _slice(body, chance)
    return body[:start] + body[end:]


def broken_off(body: bytes, chance: Random) -> bytes:
    return body[: chance.randint(0, len(body))]


def doubled(body: bytes, chance: Random) -> bytes:
    start, end = _slice(body, chance)
    return body[:end] + body[start:]


def swapped(body: bytes, chance: Random) -> bytes:
    tags = [found.span() for found in TAG.finditer(body)]
    if len(tags) < 2:
        return body
    (a, b), (c, d) = sorted(chance.sample(tags, 2))
    return body[:a] + body[c:d] + body[b:c] + body[a:b] + body[d:]


def inserted(body: bytes, chance: Random) -> bytes:
    place = chance.randint(0, len(body))
    return body[:place] + chance.choice(INSERTED) + body[place:]


def declared_otherwise(body: bytes, chance: Random) -> bytes:
    encoding = chance.choice(ENCODINGS).encode()
    return re.sub(rb"encoding=['\"][^'\"]*['\"]", b'encoding="' + encoding + b'"', body, count=1)


def encoded_otherwise(body: bytes, chance: Random) -> bytes:
    encoding = chance.choice(["utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252"])
    return body.decode("utf-8", "replace").encode(encoding, "replace")


MUTATIONS = [flipped, cut, broken_off, doubled, swapped, inserted, declared_otherwise, encoded_otherwise]
Steps = list[tuple[Callable[[bytes, Random], bytes], int]]


def steps() -> st.SearchStrategy[Steps]:
    """One to four mutations, each with the seed of its chances, so that a failure is found again."""
    return st.lists(st.tuples(st.sampled_from(MUTATIONS), st.integers(0, 2**32)), min_size=1, max_size=4)


def mutated(body: bytes, changes: Steps) -> bytes:
    for mutate, seed in changes:
        body = mutate(body, Random(seed))
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


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
@given(changes=steps(), content_type=content_types())
@settings(max_examples=WANTED or 40, derandomize=not WANTED)
def test_mutated_document_is_storable_or_unreadable(path: Path, changes: Steps, content_type: str) -> None:
    """R64, R66."""
    with suppress(UnreadableFeedError):
        check_storable(read(mutated(path.read_bytes(), changes), content_type))


@pytest.mark.shared
@pytest.mark.parametrize("part", range(25 if WANTED else 4))
def test_mutated_real_document_is_storable_or_unreadable(part: int, shared_data: Path) -> None:
    paths = (path for path in (shared_data / "feeds").glob("*/*") if path.suffix in {".xml", ".json"})
    bodies = [path.read_bytes()[:LARGEST_BYTES] for path in sorted(paths)[part::25]]

    @given(body=st.sampled_from(bodies), changes=steps(), content_type=content_types())
    @settings(max_examples=WANTED or 20, derandomize=not WANTED)
    def check(body: bytes, changes: Steps, content_type: str) -> None:
        with suppress(UnreadableFeedError):
            check_storable(read(mutated(body, changes), content_type))

    check()


# --- through a real fetch and the store --------------------------------------------------------------------

_numbers = count()


@given(path=st.sampled_from(CORPUS), changes=steps(), content_type=content_types())
@settings(
    max_examples=WANTED or 25,
    derandomize=not WANTED,
    # One store and one server for all examples: each has a source of its own there.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_mutated_document_leaves_what_is_stored_of_other_entries(
    sqlite_store: Store, http_server: HttpServer, path: Path, changes: Steps, content_type: str
) -> None:
    """R64, R65: nothing is removed, and nothing changes but what the document still speaks of."""
    key = f"s{next(_numbers)}"
    source = Source(key=key, url=http_server.serve(f"/{key}", path.read_bytes()))
    watch(sqlite_store, make_settings(source), now=NOW)
    before = stored(sqlite_store, key)

    body = mutated(path.read_bytes(), changes)
    http_server.on(f"/{key}", Reply(200, body, {"Content-Type": content_type}))
    report = watch(sqlite_store, make_settings(source), now=NOW + HOUR, everything=True)

    after = stored(sqlite_store, key)
    assert set(before) <= set(after)
    spoken_of = _marks(body, content_type)
    for name, episode in before.items():
        if not spoken_of & {episode.identity, episode.guid, episode.link, episode.title, *_urls(episode)}:
            assert after[name] == episode
    assert all(str(problem).isprintable() for problem in report.problems)
    assert not [problem for problem in report.problems if "unexpected" in problem.what]


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
