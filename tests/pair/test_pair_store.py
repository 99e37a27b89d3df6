"""A pass of pairing over the store: what it releases, keeps, decides and publishes. The same on both databases."""

from __future__ import annotations

import pytest
from pair_kit import (
    BACKGROUND,
    START,
    TITLES,
    add,
    after,
    bring_back,
    card,
    counts,
    decisions,
    edit_title,
    entries,
    episode,
    make_settings,
    publish,
    retire,
    run,
    snapshot,
)
from sqlalchemy import update

from letters.model import Decision
from letters.store import Store, tables
from letters.store.episodes import insert_episodes
from letters.store.hidden import release_episodes, remove_episodes


def test_a_pair_becomes_an_entry_that_is_ready_now(store: Store) -> None:
    wanted, written = episode("57: The clockmaker's daughter"), card("The Clockmaker’s Daughter")
    add(store, episodes=[*BACKGROUND, wanted], cards=[written])
    assert counts(run(store, 1)) == (1, 0, 0)
    (entry,) = entries(store)
    assert (entry.id, entry.address, entry.ready_at) == (written.id, written.address, after(1))
    assert entry.card is not None
    assert (entry.card.id, entry.episode.id) == (written.id, wanted.id)
    assert decisions(store) == {written.id: (Decision.PAIRED, wanted.id)}


def test_a_second_pass_changes_nothing(store: Store) -> None:
    twins = [episode("The wreck of the Halcyon", name=name) for name in ("one", "two")]
    cards = [card("Salt, rope and patience"), card("The wreck of the Halcyon"), card("Quite another matter")]
    add(store, episodes=[*BACKGROUND, *twins], cards=cards)
    first = run(store, 1)
    assert counts(first) == (1, 1, 1)
    before = snapshot(store)
    assert run(store, 2) == first
    assert snapshot(store) == before


def test_a_card_may_come_weeks_before_its_episode(store: Store) -> None:
    early, wanted = card("The clockmaker's daughter"), episode("The clockmaker's daughter")
    add(store, episodes=BACKGROUND, cards=[early])
    assert counts(run(store, 1)) == (0, 0, 1)
    add(store, episodes=[wanted], days=30)
    assert counts(run(store, 30)) == (1, 0, 0)
    assert entries(store)[0].ready_at == after(30)


def test_an_episode_may_come_weeks_before_its_card(store: Store) -> None:
    add(store, episodes=BACKGROUND)
    assert counts(run(store, 1)) == (0, 0, 0)
    add(store, cards=[card(TITLES[2])], days=30)
    assert counts(run(store, 30)) == (1, 0, 0)


def test_a_published_pair_stays_though_its_card_is_renamed_and_a_better_one_comes(store: Store) -> None:
    first = card(TITLES[0])
    add(store, episodes=BACKGROUND, cards=[first])
    run(store, 1)
    publish(store)
    edit_title(store, first, "Quite another matter")
    add(store, cards=[card(TITLES[0], name="again")], days=2)
    assert counts(run(store, 2)) == (1, 0, 1)
    assert [entry.id for entry in entries(store)] == [first.id]


def test_a_pair_that_nobody_saw_yet_is_revised(store: Store) -> None:
    """Until it was published, an automatic pair is a guess; what no reader saw leaves no trace."""
    first, again = card(TITLES[0]), card(TITLES[0], name="again")
    add(store, episodes=BACKGROUND, cards=[first])
    run(store, 1)
    edit_title(store, first, "Quite another matter")
    add(store, cards=[again], days=2)
    assert counts(run(store, 2)) == (1, 0, 1)
    assert [(entry.id, entry.ready_at) for entry in entries(store)] == [(again.id, after(2))]
    assert len(snapshot(store)[1]) == 1


def test_a_retired_card_lets_go_and_another_one_takes_its_place(store: Store) -> None:
    first, second = card(TITLES[0]), card(TITLES[0], name="second")
    add(store, episodes=BACKGROUND, cards=[first])
    run(store, 1)
    retire(store, first, days=2)
    add(store, cards=[second], days=2)
    assert counts(run(store, 2)) == (1, 0, 0)
    assert [entry.id for entry in entries(store)] == [second.id]
    assert set(decisions(store)) == {second.id}
    before = snapshot(store)
    run(store, 3)
    assert snapshot(store) == before


def test_a_retired_card_in_review_lets_go_too(store: Store) -> None:
    twins = [episode("The wreck of the Halcyon", name=name) for name in ("one", "two")]
    doubtful = card("The wreck of the Halcyon")
    add(store, episodes=[*BACKGROUND, *twins], cards=[doubtful])
    assert counts(run(store, 1)) == (0, 1, 0)
    retire(store, doubtful, days=2)
    assert counts(run(store, 2)) == (0, 0, 0)
    assert decisions(store) == {}


def test_a_card_that_came_back_is_the_same_entry(store: Store) -> None:
    written = card(TITLES[0])
    add(store, episodes=BACKGROUND, cards=[written])
    run(store, 1)
    retire(store, written, days=2)
    run(store, 2)
    assert entries(store) == []
    bring_back(store, written)
    run(store, 3)
    assert [(entry.id, entry.ready_at) for entry in entries(store)] == [(written.id, after(1))]


def test_a_doubt_passes_to_another_card_without_two_holding_one_episode(store: Store) -> None:
    """The card that an episode was reserved for gets its own one, and the episode goes to the other card, in one pass."""
    twins = [episode("The wreck of the Halcyon", name=name) for name in ("one", "two")]
    cards = [card("The wreck of the Halcyon", name=name) for name in "abc"]
    add(store, episodes=[*BACKGROUND, *twins], cards=cards)
    assert counts(run(store, 1)) == (0, 2, 1)
    holders = [card_id for card_id, (_, held) in decisions(store).items() if held]
    first = next(one for one in cards if one.id == holders[0])
    retire(store, first, days=2)
    assert counts(run(store, 2)) == (0, 2, 0)
    assert {held for _, held in decisions(store).values()} == {twin.id for twin in twins}


def test_a_removed_episode_lets_go_and_its_card_takes_another(store: Store) -> None:
    """R65: the entry is retired as a retired card's is, and is the same when its card is published again."""
    first = episode(TITLES[0], name="first", published=START)
    one = card(TITLES[0])
    add(store, episodes=[first], cards=[one])
    run(store)
    (before,) = entries(store)
    with store.write() as c:
        remove_episodes(c, [first.id], by="ada", now=after(1))
    assert (entries(store), decisions(store)) == ([], {})
    run(store, 2)
    assert (entries(store), decisions(store)) == ([], {one.id: (Decision.NONE, None)})
    second = episode(TITLES[0], name="second", published=START)
    add(store, episodes=[second], days=3)
    run(store, 3)
    (again,) = entries(store)
    assert (again.id, again.address, again.ready_at) == (before.id, before.address, before.ready_at)
    assert again.episode.id == second.id


def test_an_episode_in_quarantine_is_not_paired_until_it_is_let_in(store: Store) -> None:
    """R64."""
    held = episode(TITLES[0], published=START)
    add(store, cards=[card(TITLES[0])])
    with store.write() as c:
        insert_episodes(c, [held], now=START, in_quarantine=True)
    assert counts(run(store)) == (0, 0, 1)
    with store.write() as c:
        release_episodes(c, [held.id], now=after(1))
    assert counts(run(store, 1)) == (1, 0, 0)


@pytest.mark.parametrize("publisher", ["Night Desk", "The Lantern Hour Podcast"])
def test_a_show_is_found_by_the_names_in_the_settings(store: Store, publisher: str) -> None:
    elsewhere = [episode(title, source="tide", show="Tidewater") for title in TITLES]
    add(store, episodes=[*BACKGROUND, *elsewhere], cards=[card(TITLES[1], publisher=publisher)])
    assert counts(run(store, 1)) == (1, 0, 0)
    assert entries(store)[0].episode.source == "lantern"


def test_a_show_is_found_by_the_title_of_its_feed(store: Store) -> None:
    elsewhere = [episode(title, source="tide") for title in TITLES]
    add(store, episodes=[*BACKGROUND, *elsewhere], cards=[card(TITLES[1], publisher="Tidewater")])
    with store.write() as c:
        c.execute(
            tables.source_state.insert().values(
                source="tide",
                url="https://tide.example/feed",
                feed_title="Tidewater: a show",
                failures=0,
                last_error="",
            )
        )
    assert counts(run(store, 1)) == (1, 0, 0)
    assert entries(store)[0].episode.source == "tide"


def test_a_link_in_a_card_binds_it(store: Store) -> None:
    wanted = episode("Bonus", link="https://lantern.example/57")
    bound = card(TITLES[0], link="http://www.lantern.example/57/")
    add(store, episodes=[*BACKGROUND, wanted], cards=[bound])
    assert counts(run(store, 1)) == (1, 0, 0)
    assert entries(store)[0].episode.id == wanted.id


WAITED = [episode("57: The clockmaker's daughter", is_new=True, first_seen=START)]


def test_an_episode_without_a_card_is_reported_for_a_day_and_then_counted(store: Store) -> None:
    add(store, episodes=[*BACKGROUND, *WAITED])
    assert run(store, 13.9).problems == ()
    for _ in range(2):
        report = run(store, 14)
        (problem,) = report.problems
        assert 'lantern: "57: The clockmaker\'s daughter" has waited 14 days for its card' in str(problem)
        assert problem.is_notice
        assert report.overdue == 1
    later = run(store, 16)
    assert (later.problems, later.overdue) == ((), 1)


def test_many_episodes_without_cards_are_told_as_a_number(store: Store) -> None:
    add(store, episodes=[episode(f"Tale {n} of {n}", is_new=True, first_seen=START) for n in range(25)])
    problems = run(store, 14).problems
    assert len(problems) == 11
    assert "15 more episodes" in str(problems[-1])


def test_dropped_episodes_are_not_spoken_of(store: Store) -> None:
    add(store, episodes=WAITED)
    report = run(store, 20, make_settings(uncarded="drop"))
    assert (report.problems, report.overdue, entries(store)) == ((), 0, [])


PUBLISH = make_settings(uncarded="publish")


def test_an_episode_without_a_card_is_published_when_its_wait_is_over(store: Store) -> None:
    add(store, episodes=[*BACKGROUND, *WAITED])
    run(store, 13, PUBLISH)
    assert entries(store) == []
    run(store, 14, PUBLISH)
    (entry,) = entries(store)
    assert (entry.id, entry.card, entry.ready_at) == (WAITED[0].id, None, after(14))
    assert entry.address == f"57-the-clockmakers-daughter-{WAITED[0].id[:6]}"
    before = snapshot(store)
    run(store, 15, PUBLISH)
    assert snapshot(store) == before


def test_a_card_that_comes_after_publication_joins_the_entry(store: Store) -> None:
    late = card("The clockmaker's daughter")
    add(store, episodes=[*BACKGROUND, *WAITED])
    run(store, 14, PUBLISH)
    (published,) = entries(store)
    add(store, cards=[late], days=20)
    assert counts(run(store, 20, PUBLISH)) == (1, 0, 0)
    (entry,) = entries(store)
    assert (entry.id, entry.address, entry.ready_at) == (published.id, published.address, published.ready_at)
    assert entry.card is not None
    assert entry.card.id == late.id
    before = snapshot(store)
    run(store, 21, PUBLISH)
    assert snapshot(store) == before


def test_a_card_may_leave_and_join_a_published_entry_again(store: Store) -> None:
    """Its first entry was retired meanwhile, and still names the card."""
    wandering = card("The clockmaker's daughter")
    add(store, episodes=[*BACKGROUND, *WAITED], cards=[wandering])
    run(store, 1, PUBLISH)
    retire(store, wandering, days=2)
    run(store, 14, PUBLISH)
    assert [entry.id for entry in entries(store)] == [WAITED[0].id]
    bring_back(store, wandering)
    run(store, 15, PUBLISH)
    (entry,) = entries(store)
    assert entry.id == WAITED[0].id
    assert entry.card is not None
    assert entry.card.id == wandering.id


def test_two_episodes_of_one_title_are_published_at_two_addresses(store: Store) -> None:
    same = [episode("Bonus", name=str(n), is_new=True, first_seen=START) for n in range(3)]
    taken = f"bonus-{same[0].id[:6]}"
    add(store, episodes=same, cards=[card("Quite another matter")])
    with store.write() as c:
        c.execute(update(tables.card).values(address=taken))
    run(store, 14, PUBLISH)
    addresses = {entry.address for entry in entries(store)}
    assert len(addresses) == 3
    assert taken not in addresses


def test_nothing_is_left_half_done_when_a_pass_is_broken_off(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, episodes=[*BACKGROUND, *WAITED], cards=[card(title) for title in TITLES])

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("letters.pair.run.load_addresses", killed)
        with pytest.raises(KeyboardInterrupt):
            run(store, 14, PUBLISH)
    assert snapshot(store) == [[], []]
    assert counts(run(store, 14, PUBLISH)) == (len(TITLES), 0, 0)
