"""What is remembered of sources and episodes, on both databases."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from watching import HOUR, NOW, entry

from letters.model import Chapters, Enclosure, Episode, Person, Transcript
from letters.store import Store
from letters.store.episodes import (
    digest_of,
    insert_episodes,
    load_episodes,
    mint_id,
    rename_show,
    update_episodes,
)
from letters.store.seen import load_seen
from letters.store.sources import SourceState, claim_states, load_states, save_states

FULL = Episode(
    source="show",
    identity="full",
    guid="full",
    link="https://show.example/full",
    title="Everything “here” 😀",
    published=NOW - HOUR,
    updated=NOW,
    description="Words.\n\nMore.",
    duration=timedelta(hours=1, seconds=3),
    season=1,
    number=2,
    image="https://show.example/a.png",
    language="en",
    people=(Person(name="Ada", role="guest", url="https://ada.example/"),),
    enclosures=(Enclosure(url="https://cdn.example/a.mp3", type="audio/mpeg", length_bytes=2**40),),
    transcripts=(Transcript(url="https://cdn.example/a.vtt", type="text/vtt"),),
    chapters=Chapters(url="https://cdn.example/a.json", type="application/json+chapters"),
    show="The Show",
    first_seen=NOW,
    is_new=True,
)


def test_episode_comes_back_whole(store: Store) -> None:
    with store.write() as c:
        insert_episodes(c, [FULL], now=NOW)
    with store.read() as c:
        assert load_episodes(c) == [dataclasses.replace(FULL, id=mint_id("show", "full"))]


def test_episodes_are_found_by_source_and_by_id(store: Store) -> None:
    ours, theirs = entry(1), dataclasses.replace(entry(1), source="other")
    with store.write() as c:
        insert_episodes(c, [ours, theirs, entry(2)], now=NOW)
    with store.read() as c:
        assert {one.source for one in load_episodes(c, sources=["other"])} == {"other"}
        assert load_episodes(c, sources=[]) == load_episodes(c, ids=[]) == []
        (found,) = load_episodes(c, ids=[mint_id("show", "guid-2")] * 2)
        assert found.title == "Episode 2"
        assert len({one.id for one in load_episodes(c)}) == 3
        assert load_episodes(c, sources=["show"], ids=[mint_id("other", "guid-1")]) == []


def test_update_replaces_everything_but_the_row(store: Store) -> None:
    with store.write() as c:
        insert_episodes(c, [entry(1), entry(2)], now=NOW)
        edited = dataclasses.replace(entry(1), title="Edited", guid="other", first_seen=NOW)
        update_episodes(c, [edited], now=NOW + HOUR)
        update_episodes(c, [], now=NOW)
    with store.read() as c:
        first, second = load_episodes(c)
        assert (first.id, first.title, first.guid) == (mint_id("show", "guid-1"), "Edited", "other")
        assert second.title == "Episode 2"
        assert load_seen(c, "show")["guid-1"].digest == digest_of(edited)


def test_thousands_are_stored_and_found_in_one_go(store: Store) -> None:
    many = [entry(number) for number in range(4_500)]
    with store.write() as c:
        insert_episodes(c, many, now=NOW)
        update_episodes(c, [dataclasses.replace(one, title="x") for one in many], now=NOW)
    with store.read() as c:
        found = load_episodes(c, ids=[mint_id("show", one.identity) for one in many])
    assert len(found) == 4_500
    assert {one.title for one in found} == {"x"}


def test_show_is_renamed_where_it_is_another(store: Store) -> None:
    with store.write() as c:
        insert_episodes(c, [entry(1), dataclasses.replace(entry(2), show="Mine")], now=NOW)
        assert rename_show(c, "show", "Mine", now=NOW) == 1
        assert rename_show(c, "show", "Mine", now=NOW) == 0
        assert {one.show for one in load_episodes(c)} == {"Mine"}


def test_state_of_a_source_comes_back_and_is_replaced(store: Store) -> None:
    state = SourceState(
        source="show",
        url="https://feeds.example/",
        feed_title="T",
        first_look_at=NOW,
        last_look_at=NOW,
        next_look_at=NOW + HOUR,
        etag='W/"x"',
        last_modified="yesterday",
        body_digest="1:2:3",
        failures=2,
        last_status=200,
        last_error="x",
        retry_after_until=NOW,
        gone_at=NOW,
    )
    with store.write() as c:
        assert claim_states(c, ["show", "other"]) == {"show": 0, "other": 0}
        save_states(c, [SourceState(source="show", url="https://old.example/", looks=7)])
        assert claim_states(c, ["show"]) == {"show": 7}
        save_states(c, [state, SourceState(source="other", url="x")])
    with store.read() as c:
        assert load_states(c) == {"show": state, "other": SourceState(source="other", url="x")}


def test_digest_is_of_words_not_of_dates_or_bookkeeping() -> None:
    moved = dataclasses.replace(
        FULL, id="x", updated=None, published=None, first_seen=None, is_new=False, identity="y"
    )
    assert digest_of(moved) == digest_of(FULL)
    assert digest_of(dataclasses.replace(FULL, season=2)) != digest_of(FULL)
