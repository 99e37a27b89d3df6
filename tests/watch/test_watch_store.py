"""What is remembered of sources and episodes, on both databases."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from remembering import seen_of
from watching import HOUR, NOW, entry

from letters.model import Chapters, Enclosure, Episode, Person, Transcript
from letters.store import Store
from letters.store.episodes import (
    digest_of,
    insert_episodes,
    load_episodes,
    mint_id,
    rename_episodes,
    rename_show,
    update_episodes,
)
from letters.store.hidden import (
    RESTORED,
    load_hidden_ids,
    release_episodes,
    remove_episodes,
    restore_episodes,
)
from letters.store.listing import find_ids, list_episodes
from letters.store.seen import load_seen, load_seen_of
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


def test_a_batch_of_sources_is_known_at_once_by_identity(store: Store) -> None:
    """Besides what is wanted: the newest of each source, and what is in quarantine."""
    with store.write() as c:
        for source in ("one", "two", "three"):
            mine = [dataclasses.replace(entry(number), source=source) for number in range(1, 6)]
            insert_episodes(c, mine, now=NOW)
        held = dataclasses.replace(entry(9), source="two", published=None)
        insert_episodes(c, [held], now=NOW, in_quarantine=True)
    with store.read() as c:
        seen = load_seen_of(
            c, {"one": ["guid-2", 'it\'s "odd"'], "two": [], "three": None, "four": ["guid-1"]}
        )
    assert {source: sorted(known) for source, known in seen.items()} == {
        "one": ["guid-2", "guid-5"],
        "two": ["guid-5", "guid-9"],
        "three": [f"guid-{number}" for number in range(1, 6)],
        "four": [],
    }
    assert seen["two"]["guid-9"].quarantined_at == NOW


def test_what_is_seen_of_an_episode_is_what_was_stored(store: Store) -> None:
    stored = dataclasses.replace(FULL, id=mint_id("show", "full"))
    with store.write() as c:
        insert_episodes(c, [FULL, entry(1)], now=NOW)
    with store.read() as c:
        assert load_seen(c, "show") == {
            "full": seen_of(stored),
            "guid-1": seen_of(dataclasses.replace(entry(1), first_seen=NOW)),
        }


def test_episodes_exchange_identities_and_keep_their_ids(store: Store) -> None:
    with store.write() as c:
        insert_episodes(c, [entry(1), entry(2)], now=NOW)
        first, second = load_episodes(c)
        exchanged = [
            dataclasses.replace(first, identity="guid-2", guid="guid-2"),
            dataclasses.replace(second, identity="guid-1", guid="guid-1"),
        ]
        rename_episodes(c, exchanged, now=NOW)
        rename_episodes(c, [], now=NOW)
        assert {one.title: (one.id, one.identity) for one in load_episodes(c)} == {
            "Episode 1": (first.id, "guid-2"),
            "Episode 2": (second.id, "guid-1"),
        }
        assert load_seen(c, "show")["guid-2"].id == first.id


def test_identity_that_an_episode_gave_up_makes_another_id(store: Store) -> None:
    with store.write() as c:
        insert_episodes(c, [entry(1)], now=NOW)
        (first,) = load_episodes(c)
        for number in (2, 3):
            rename_episodes(
                c,
                [dataclasses.replace(one, identity=f"{number} {one.identity}") for one in load_episodes(c)],
                now=NOW,
            )
            insert_episodes(
                c, [dataclasses.replace(entry(number), identity="guid-1"), entry(number + 10)], now=NOW
            )
        ids = {one.id for one in load_episodes(c)}
    assert first.id in ids
    assert len(ids) == 5


def test_hidden_episodes_are_not_for_pairing_but_follow_their_show(store: Store) -> None:
    with store.write() as c:
        insert_episodes(c, [entry(1), entry(2)], now=NOW)
        insert_episodes(c, [entry(3)], now=NOW, in_quarantine=True)
        gone = mint_id("show", "guid-2")
        assert remove_episodes(c, [gone, "nobody"], by="ada", now=NOW) == [gone]
        assert remove_episodes(c, [gone], by="grace", now=NOW + HOUR) == []
        assert [one.title for one in load_episodes(c)] == ["Episode 1"]
        assert load_episodes(c, ids=[gone]) == []
        assert load_hidden_ids(c) == {gone, mint_id("show", "guid-3")}
        assert rename_show(c, "show", "Mine", now=NOW) == 3
        (listed,) = list_episodes(c, kind="removed", limit=10)
        assert (listed.id, listed.removed_by, listed.removed_at) == (gone, "ada", NOW)


def test_removed_and_quarantined_episodes_come_back(store: Store) -> None:
    with store.write() as c:
        insert_episodes(c, [entry(1), entry(2), entry(3)], now=NOW, in_quarantine=True)
        ids = [mint_id("show", f"guid-{number}") for number in (1, 2, 3)]
        remove_episodes(c, ids[:1], by="ada", now=NOW)
        assert release_episodes(c, ids[:2], now=NOW + HOUR) == ids[1:2]
        assert release_episodes(c, ids[2:], as_news=True, now=NOW + HOUR) == ids[2:]
        assert restore_episodes(c, ids) == ids[:1]
        assert restore_episodes(c, ids) == []
        assert load_seen(c, "show")["guid-1"].removed_by == RESTORED
        # It was in quarantine before it was removed.
        assert {one.title: (one.is_new, one.first_seen) for one in load_episodes(c)} == {
            "Episode 2": (False, NOW),
            "Episode 3": (True, NOW + HOUR),
        }
        assert load_seen(c, "show")["guid-3"].is_new
        assert release_episodes(c, ids, now=NOW) == ids[:1]


def test_an_episode_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    with store.write() as c:
        insert_episodes(c, [entry(number) for number in range(40)], now=NOW)
        wanted = mint_id("show", "guid-7")
        assert find_ids(c, wanted[:8]) == find_ids(c, wanted) == [wanted]
        assert len(find_ids(c, "")) == 2
        assert find_ids(c, "%") == find_ids(c, "zz") == []


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
