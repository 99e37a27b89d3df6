"""Entries that are known by their fingerprints are not read again, and nothing is lost or doubled by that."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from watching import NOW, item, rss

from letters.errors import UnreadableFeedError
from letters.model import Source
from letters.watch.parse import ParsedFeed, parse_feed

CORPUS = Path(__file__).parent / "corpus"
SOURCE = Source(key="show", url="https://feeds.example/feed")


def read(
    body: bytes | str,
    known: Collection[str] = frozenset(),
    *,
    source: Source = SOURCE,
    url: str = SOURCE.url,
    later: timedelta = timedelta(),
) -> ParsedFeed:
    data = body.encode() if isinstance(body, str) else body
    return parse_feed(data, url=url, content_type="", source=source, now=NOW + later, known=known)


def read_quickly(body: bytes | str, known: Collection[str] = frozenset()) -> ParsedFeed | None:
    data = body.encode() if isinstance(body, str) else body
    return parse_feed(
        data, url=SOURCE.url, content_type="", source=SOURCE, now=NOW, known=known, quickly=True
    )


def known_from(parsed: ParsedFeed) -> dict[str, str]:
    return {
        fingerprint: entry.identity
        for fingerprint, entry in zip(parsed.fingerprints, parsed.entries, strict=True)
        if fingerprint
    }


def json_feed(*items: dict[str, Any], **more: Any) -> str:
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "The Show", "items": items} | more
    )


def json_item(number: int) -> dict[str, Any]:
    return {"id": f"guid-{number}", "title": f"Episode {number}", "date_published": "2026-01-05T12:00:00Z"}


def atom(*entries: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>The Show</title>{"".join(entries)}</feed>'


def atom_entry(number: int) -> str:
    return f"<entry><id>guid-{number}</id><title>Episode {number}</title><updated>2026-01-05T12:00:00Z</updated></entry>"


FORMATS: dict[str, Callable[[list[int]], str]] = {
    "RSS": lambda numbers: rss(*map(item, numbers)),
    "Atom": lambda numbers: atom(*map(atom_entry, numbers)),
    "JSON Feed": lambda numbers: json_feed(*map(json_item, numbers)),
}


@pytest.mark.parametrize("name", FORMATS)
def test_only_the_new_entry_is_read(name: str) -> None:
    first = read(FORMATS[name]([2, 1]))
    again = read(FORMATS[name]([3, 2, 1]), known_from(first))
    assert [entry.identity for entry in again.entries] == ["guid-3"]
    assert again.kept == first.fingerprints
    assert again.entries == read(FORMATS[name]([3, 2, 1])).entries[:1]


@pytest.mark.parametrize(
    "path", sorted(CORPUS.glob("*.*ml")) + sorted(CORPUS.glob("*[!t].json")), ids=lambda path: path.name
)
def test_what_is_kept_and_what_is_read_are_the_document(path: Path) -> None:
    if path.name.endswith(".expect.json"):
        return
    whole = read(path.read_bytes())
    by_fingerprint = dict(zip(whole.fingerprints, whole.entries, strict=True))
    again = read(path.read_bytes(), known_from(whole))
    assert (again.title, again.language, again.hints) == (whole.title, whole.language, whole.hints)
    found = {entry.identity for entry in again.entries} | {by_fingerprint[one].identity for one in again.kept}
    assert found == {entry.identity for entry in whole.entries}


@pytest.mark.parametrize(
    "extra",
    [
        "<lastBuildDate>Mon, 02 Mar 2026 08:00:00 GMT</lastBuildDate>",
        "<pubDate>Mon, 02 Mar 2026 08:00:00 GMT</pubDate>",
        "<generator>Press 9</generator>",
        "<ttl>5</ttl>",
        "<itunes:summary xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>New words</itunes:summary>",
    ],
)
def test_moved_build_date_makes_no_entry_another(extra: str) -> None:
    first = read(rss(item(1)))
    assert read(rss(item(1), extra=extra), known_from(first)).entries == ()


def other_title(body: str) -> ParsedFeed:
    return read(body.replace("The Show", "The Other Show"))


def other_language(body: str) -> ParsedFeed:
    return read(body.replace("<description>x", "<language>de</language><description>x"))


def other_base(body: str) -> ParsedFeed:
    return read(body.replace("<channel>", "<channel xml:base='https://elsewhere.example/'>"))


def other_namespace(body: str) -> ParsedFeed:
    return read(body.replace("<channel>", "<channel xmlns:x='https://x.example/'>"))


def other_person(body: str) -> ParsedFeed:
    person = '<p:person xmlns:p="https://podcastindex.org/namespace/1.0">Ada Quill</p:person>'
    return read(body.replace("<description>x", person + "<description>x"))


def other_show(body: str) -> ParsedFeed:
    return read(body, source=replace(SOURCE, show="As We Call It"))


def other_address(body: str) -> ParsedFeed:
    return read(body, url="https://feeds.example/moved/feed")


@pytest.mark.parametrize(
    "when",
    [other_title, other_language, other_base, other_namespace, other_person, other_show, other_address],
)
def test_entry_is_read_again_when_what_it_is_read_by_has_changed(when: Callable[[str], ParsedFeed]) -> None:
    body = rss(item(1))
    assert not set(read(body).fingerprints) & set(when(body).fingerprints)


@pytest.mark.parametrize("day", ["Wed, 04 Mar 2026 12:00:00 GMT", "Mon, 01 Jan 2035 00:00:00 GMT"])
def test_entry_with_a_date_of_the_future_is_read_at_each_look(day: str) -> None:
    body = rss(item(1, pubDate=day), item(2))
    first = read(body)
    assert first.entries[0].published is None
    assert [bool(one) for one in first.fingerprints] == [False, True]
    again = read(body, known_from(first), later=timedelta(days=5000))
    assert [entry.identity for entry in again.entries] == ["guid-1"]
    assert again.entries[0].published is not None


@pytest.mark.parametrize(
    "shared", [{"guid": "same"}, {"guid": "a&b"}, {"guid": "", "link": "https://show.example/"}]
)
@pytest.mark.parametrize("known_as", [dict, set])
def test_entry_that_shares_its_guid_with_kept_ones_is_not_one_of_them(
    shared: dict[str, str], known_as: Callable[[dict[str, str]], Collection[str]]
) -> None:
    """R64."""
    shared = {name: value.replace("&", "&amp;") for name, value in shared.items()}
    first = read(rss(item(1, **shared), item(2, **shared)))
    whole = rss(item(3, **shared), item(1, **shared), item(2, **shared))
    again = read(whole, known_as(known_from(first)))
    assert again.entries == read(whole).entries
    assert len({entry.identity for entry in again.entries}) == 3
    assert {entry.identity for entry in first.entries} < {entry.identity for entry in again.entries}


def test_entry_listed_twice_stays_one() -> None:
    """R64."""
    twice = item(1) + item(1, description="Again, in other words.")
    first = read(rss(item(2), twice))
    again = read(rss(item(3), item(2), twice), known_from(first))
    assert [entry.guid for entry in again.entries] == ["guid-3", "guid-2", "guid-1"]


def test_json_item_is_known_whatever_the_order_of_its_fields() -> None:
    first = read(json_feed({"id": 1, "title": "A"}))
    assert first.entries[0].guid == "1"
    assert read(json_feed({"title": "A", "id": 1}), known_from(first)).kept == first.fingerprints


@given(
    st.lists(st.sampled_from(range(8)), unique=True),
    st.lists(st.sampled_from(range(8)), unique=True),
    st.sampled_from(sorted(FORMATS)),
)
@settings(max_examples=60, deadline=None)
def test_reading_what_is_new_finds_what_reading_all_finds(
    before: list[int], after: list[int], name: str
) -> None:
    known = known_from(read(FORMATS[name](before)))
    again, whole = read(FORMATS[name](after), known), read(FORMATS[name](after))
    assert {known[one] for one in again.kept} | {entry.identity for entry in again.entries} == {
        entry.identity for entry in whole.entries
    }
    assert set(again.entries) <= set(whole.entries)


# --- quickly ---


@pytest.mark.parametrize("name", FORMATS)
def test_light_document_is_read_at_once(name: str) -> None:
    body = FORMATS[name]([2, 1])
    assert read_quickly(body) == read(body)


HEAVY = {
    "much that is new": rss(*(item(number, description="x" * 5_000) for number in range(8))),
    "a large document": rss(item(1, description="x" * 1_000_001)),
    "a document that is not well-formed": rss(item(1, title="R & D")),
    "a document type": "<!DOCTYPE rss [<!ENTITY e 'x'>]>" + rss(item(1)).partition("?>")[2],
    "an entry that does not end": rss(item(1)).replace("</item>", ""),
    "what feedparser has to read": rss(item(1, description="<p>not escaped</p>")),
    "much new JSON": json_feed(*(json_item(number) | {"content_text": "x" * 5_000} for number in range(8))),
}


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_document_is_left_to_those_who_have_time(name: str) -> None:
    assert read_quickly(HEAVY[name]) is None
    assert read(HEAVY[name]).entries


def test_large_rest_of_a_document_does_not_keep_one_new_entry_from_being_read_at_once() -> None:
    items = [item(number, description="x" * 5_000) for number in range(8)]
    known = known_from(read(rss(*items)))
    found = read_quickly(rss(item(9), *items), known)
    assert found is not None
    assert ([entry.guid for entry in found.entries], len(found.kept)) == (["guid-9"], 8)


def test_what_is_no_feed_is_told_at_once() -> None:
    with pytest.raises(UnreadableFeedError, match="an HTML page"):
        read_quickly("<!DOCTYPE html><html><body>Hello")
