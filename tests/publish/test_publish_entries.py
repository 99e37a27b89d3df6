"""`letters.store.entries`: what pairing writes and what publishing and composing read."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from builders import (
    add_card,
    add_episode,
    add_pair,
    add_uncarded,
    change_card,
    day,
    make_card,
    make_episode,
    make_id,
)
from letters.store import Store
from letters.store.entries import (
    add_entry,
    attach_card,
    load_digests,
    load_entries,
    mark_updated,
    retire_entry,
)


def test_an_entry_brings_its_card_episode_topics_and_audiences(store: Store) -> None:
    card = make_card(1, topics=("Signals", "Fog"), audiences=("Keeper", "Captain"))
    with store.write() as c:
        add_pair(c, 1, card=card)
    with store.read() as c:
        (entry,) = load_entries(c)
    assert entry.card == card
    assert entry.episode == make_episode(1)
    assert [topic.name for topic in entry.topics] == ["Signals", "Fog"]
    assert [audience.key for audience in entry.audiences] == ["keeper", "captain"]
    assert (entry.ready_at, entry.updated_at) == (day(1), day(1))


def test_entries_come_by_readiness_and_the_range_excludes_its_end(store: Store) -> None:
    with store.write() as c:
        for number in (3, 1, 2):
            add_pair(c, number)
    with store.read() as c:
        assert [entry.title for entry in load_entries(c)] == ["Card 1", "Card 2", "Card 3"]
        assert [entry.title for entry in load_entries(c, ready_from=day(2))] == ["Card 2", "Card 3"]
        assert [entry.title for entry in load_entries(c, ready_before=day(2))] == ["Card 1"]
        chosen = load_entries(c, ids=[make_id("card", 3), make_id("card", 1), make_id("card", 9)])
        assert [entry.title for entry in chosen] == ["Card 1", "Card 3"]
        assert load_entries(c, ids=[]) == []


def test_adding_twice_changes_nothing(store: Store) -> None:
    with store.write() as c:
        card = add_pair(c, 1)
        add_entry(
            c,
            id=card.id,
            address="another",
            card_id=card.id,
            episode_id=make_id("episode", 1),
            ready_at=day(9),
        )
    with store.read() as c:
        (entry,) = load_entries(c)
    assert (entry.address, entry.ready_at) == (card.address, day(1))


def test_a_retired_entry_leaves_and_frees_its_episode(store: Store) -> None:
    with store.write() as c:
        first = add_pair(c, 1)
        retire_entry(c, first.id, at=day(2))
        second = add_card(c, make_card(2))
        add_entry(
            c,
            id=second.id,
            address=second.address,
            card_id=second.id,
            episode_id=make_id("episode", 1),
            ready_at=day(3),
        )
    with store.read() as c:
        assert [entry.title for entry in load_entries(c)] == ["Card 2"]
        (retired,) = load_entries(c, retired=True)
    assert (retired.title, retired.address, retired.episode.title) == ("Card 1", first.address, "")


def test_a_revived_entry_keeps_its_address_and_its_readiness(store: Store) -> None:
    with store.write() as c:
        card = add_pair(c, 1)
        retire_entry(c, card.id, at=day(2))
        add_episode(c, make_episode(2))
        add_entry(
            c,
            id=card.id,
            address="another",
            card_id=card.id,
            episode_id=make_id("episode", 2),
            ready_at=day(9),
        )
    with store.read() as c:
        (entry,) = load_entries(c)
        assert load_entries(c, retired=True) == []
    assert (entry.address, entry.ready_at) == (card.address, day(1))
    assert entry.episode.id == make_id("episode", 2)


def test_a_late_card_joins_the_entry_of_its_episode(store: Store) -> None:
    with store.write() as c:
        episode = add_uncarded(c, 1)
        card = add_card(c, make_card(1))
        attach_card(c, episode.id, card.id)
    with store.read() as c:
        (entry,) = load_entries(c)
    assert (entry.id, entry.title, entry.episode.id) == (episode.id, "Card 1", episode.id)
    assert entry.address == f"episode-1-{episode.id[:6]}"


def test_a_card_that_returns_takes_up_the_entry_it_had(store: Store) -> None:
    """Its episode came first and gave the entry its id; that id must not become a second one."""
    with store.write() as c:
        episode = add_uncarded(c, 1)
        card = add_card(c, make_card(1))
        attach_card(c, episode.id, card.id)
        retire_entry(c, card.id, at=day(2))
        add_entry(
            c, id=card.id, address=card.address, card_id=card.id, episode_id=episode.id, ready_at=day(3)
        )
    with store.read() as c:
        (entry,) = load_entries(c)
    assert entry.id == episode.id


def test_what_readers_see_and_since_when_is_kept(store: Store) -> None:
    with store.write() as c:
        card = add_pair(c, 1)
        assert load_digests(c, [card.id]) == {card.id: None}
        mark_updated(c, {card.id: ("abc", day(5))})
        mark_updated(c, {})
    with store.read() as c:
        assert load_digests(c, [card.id]) == {card.id: "abc"}
        assert load_entries(c)[0].updated_at == day(5)


def test_an_edited_card_is_read_with_its_new_topics(store: Store) -> None:
    with store.write() as c:
        card = add_pair(c, 1)
        change_card(c, make_card(1, id=card.id, title="Edited", topics=("Fog", "Signals")))
    with store.read() as c:
        (entry,) = load_entries(c)
    assert entry.title == "Edited"
    assert [topic.key for topic in entry.topics] == ["fog", "signals"]


@pytest.mark.parametrize("count", [1, 20])
def test_the_number_of_queries_does_not_grow_with_the_entries(sqlite_store: Store, count: int) -> None:
    with sqlite_store.write() as c:
        for number in range(count):
            add_pair(c, number)
    statements: list[str] = []
    event.listen(
        sqlite_store.engine,
        "before_cursor_execute",
        lambda *arguments: statements.append(arguments[2]),
    )
    with sqlite_store.read() as c:
        assert len(load_entries(c)) == count
    assert len(statements) == 6  # BEGIN, two vocabularies, two kinds of links, the entries
