"""What an operator says about pairs, and what becomes of it over passes. The same on both databases."""

from __future__ import annotations

from collections.abc import Callable

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
    mail,
    make_settings,
    publish,
    retire,
    run,
    snapshot,
)
from sqlalchemy import select

from letters.errors import UsageError
from letters.model import Card, Decision, Episode
from letters.pair import confirm, reject, undo
from letters.store import Store, tables
from letters.store.answers import load_answers
from letters.store.entries import load_entries
from letters.store.hidden import remove_episodes, restore_episodes

WRECK = "The wreck of the Halcyon"
TWINS = [episode(WRECK, name=name) for name in ("one", "two")]
ONE, TWO = TWINS
DOUBTFUL = card(WRECK)


@pytest.fixture
def doubt(store: Store) -> Store:
    """A card that two episodes fit equally well."""
    add(store, episodes=[*BACKGROUND, *TWINS], cards=[DOUBTFUL])
    assert counts(run(store, 1)) == (0, 1, 0)
    return store


def say(store: Store, one: Card, what: Episode, *, days: float = 2, by: str = "ada") -> tuple[str, ...]:
    return confirm(store, one.id, what.id, actor=by, now=after(days)).told


def deny(store: Store, one: Card, *what: Episode, days: float = 2, by: str = "ada") -> tuple[str, ...]:
    return reject(store, one.id, [each.id for each in what], actor=by, now=after(days)).told


def take_back(store: Store, *, days: float = 3) -> str:
    done = undo(store, actor="grace", now=after(days))
    assert done is not None
    assert done.answer is not None
    return done.answer.action


def pairs(store: Store) -> dict[str, str]:
    """By title of the card, the id of the episode in its entry."""
    return {entry.title: entry.episode.id for entry in entries(store)}


def held(store: Store) -> list[tuple[str, str]]:
    return [(entry.id, entry.episode.id) for entry in entries(store)]


def everything(store: Store) -> list[object]:
    with store.read() as c:
        return [
            c.execute(select(table).order_by(*table.primary_key)).all()
            for table in (tables.pairing, tables.entry, tables.confirmation, tables.rejection, tables.answer)
        ]


# --- confirmed -------------------------------------------------------------------------------------------


def test_a_confirmed_pair_is_ready_at_that_moment(doubt: Store) -> None:
    assert "it is ready" in say(doubt, DOUBTFUL, TWO)[0]
    (entry,) = entries(doubt)
    assert (entry.id, entry.episode.id, entry.ready_at) == (DOUBTFUL.id, TWO.id, after(2))
    assert decisions(doubt) == {DOUBTFUL.id: (Decision.PAIRED, TWO.id)}
    assert counts(run(doubt, 3)) == (1, 0, 0)


def test_a_pass_after_a_confirmation_changes_nothing(doubt: Store) -> None:
    say(doubt, DOUBTFUL, TWO)
    before = everything(doubt)
    run(doubt, 3)
    assert everything(doubt) == before


def test_saying_it_again_changes_nothing(doubt: Store) -> None:
    say(doubt, DOUBTFUL, TWO)
    before = everything(doubt)
    assert say(doubt, DOUBTFUL, TWO, days=9, by="grace") == ("it was confirmed already, by ada",)
    assert everything(doubt) == before


def rename_the_card(store: Store) -> None:
    edit_title(store, DOUBTFUL, TITLES[0])


def a_better_episode_comes(store: Store) -> None:
    add(store, episodes=[episode(WRECK, name="three", link="https://lantern.example/3")], days=5)


def a_better_card_comes(store: Store) -> None:
    add(store, cards=[card(WRECK, name="another")], days=5)


def the_card_goes_and_comes(store: Store) -> None:
    retire(store, DOUBTFUL, days=4)
    run(store, 4)
    assert TWO.id not in pairs(store).values()
    bring_back(store, DOUBTFUL)


def the_card_goes_and_another_one_has_its_place(store: Store) -> None:
    retire(store, DOUBTFUL, days=4)
    with store.write() as c:
        remove_episodes(c, [ONE.id], by="ada", now=after(4))
    add(store, cards=[card(WRECK, name="another")], days=4)
    run(store, 4)
    publish(store)
    assert pairs(store) == {WRECK: TWO.id}
    bring_back(store, DOUBTFUL)


def the_episode_is_removed_and_restored(store: Store) -> None:
    with store.write() as c:
        remove_episodes(c, [TWO.id], by="ada", now=after(4))
    run(store, 4)
    publish(store)
    assert held(store) == [(DOUBTFUL.id, ONE.id)]
    with store.write() as c:
        restore_episodes(c, [TWO.id])


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize(
    "when",
    [
        rename_the_card,
        a_better_episode_comes,
        a_better_card_comes,
        the_card_goes_and_comes,
        the_card_goes_and_another_one_has_its_place,
        the_episode_is_removed_and_restored,
    ],
)
def test_a_confirmed_pair_never_moves(doubt: Store, when: Callable[[Store], None], published: bool) -> None:
    say(doubt, DOUBTFUL, TWO)
    if published:
        publish(doubt)
    when(doubt)
    run(doubt, 6)
    assert (DOUBTFUL.id, TWO.id) in held(doubt)
    assert decisions(doubt)[DOUBTFUL.id] == (Decision.PAIRED, TWO.id)
    before = everything(doubt)
    run(doubt, 7)
    assert everything(doubt) == before


def test_a_card_whose_confirmed_episode_was_removed_says_so_for_a_day(doubt: Store) -> None:
    say(doubt, DOUBTFUL, TWO)
    with doubt.write() as c:
        remove_episodes(c, [TWO.id], by="publisher", now=after(4))
    for _ in range(2):
        (problem,) = run(doubt, 4.5).problems
        assert problem.is_notice
        assert f'its confirmed episode, "{WRECK}", was removed by publisher' in str(problem)
        assert f'"letters episodes restore {TWO.id[:8]}"' in str(problem)
    assert run(doubt, 5).problems == ()


def test_confirming_another_episode_keeps_the_entry_and_its_address(store: Store) -> None:
    written = card(TITLES[0])
    add(store, episodes=BACKGROUND, cards=[written])
    run(store, 1)
    publish(store)
    (before,) = entries(store)
    assert "keeps its address" in say(store, written, BACKGROUND[3])[0]
    (entry,) = entries(store)
    assert (entry.id, entry.address, entry.ready_at) == (before.id, before.address, before.ready_at)
    assert entry.episode.id == BACKGROUND[3].id
    assert counts(run(store, 3)) == (1, 0, 0)


def test_an_automatic_pair_lets_a_confirmed_one_have_its_episode(store: Store) -> None:
    first, second = card(TITLES[0]), card("Quite another matter")
    add(store, episodes=BACKGROUND, cards=[first, second])
    run(store, 1)
    publish(store)
    told = say(store, second, BACKGROUND[0])
    assert f'the card "{TITLES[0]}" lets the episode go' in told
    assert held(store) == [(second.id, BACKGROUND[0].id)]
    assert counts(run(store, 3)) == (1, 0, 1)


def test_a_card_confirmed_for_an_episode_published_without_one_joins_its_entry(store: Store) -> None:
    settings = make_settings(uncarded="publish")
    late = card("Quite another matter")
    waited = episode("Alone at sea", is_new=True, first_seen=START)
    add(store, episodes=[*BACKGROUND, waited])
    run(store, 14, settings)
    publish(store)
    (before,) = entries(store)
    add(store, cards=[late], days=15)
    run(store, 15, settings)
    say(store, late, waited, days=16)
    (entry,) = entries(store)
    assert (entry.id, entry.address, entry.ready_at) == (before.id, before.address, before.ready_at)
    assert entry.card is not None
    assert entry.card.id == late.id
    deny(store, late, waited, days=17)
    (entry,) = entries(store)
    assert (entry.id, entry.card) == (before.id, None)


def test_a_published_card_takes_the_place_of_an_episode_published_without_one(store: Store) -> None:
    settings = make_settings(uncarded="publish")
    written = card(TITLES[0])
    waited = episode("Alone at sea", is_new=True, first_seen=START)
    add(store, episodes=[*BACKGROUND, waited], cards=[written])
    run(store, 14, settings)
    publish(store)
    say(store, written, waited, days=15)
    assert held(store) == [(written.id, waited.id)]
    run(store, 16, settings)
    assert held(store) == [(written.id, waited.id)]
    take_back(store, days=17)
    assert sorted(held(store)) == sorted([(written.id, BACKGROUND[0].id), (waited.id, waited.id)])


def test_a_card_that_lost_its_episode_joins_one_published_without_a_card(store: Store) -> None:
    """It has an entry of its own, retired by now, which must not come between at the next pass."""
    settings = make_settings(uncarded="publish")
    first = episode("The clockmaker's daughter", name="first", is_new=True, first_seen=START)
    second = episode("The clockmaker's daughter", name="second", is_new=True, first_seen=START)
    written = card("The clockmaker's daughter")
    add(store, episodes=[*BACKGROUND, first, second], cards=[written])
    say(store, written, first, days=1)
    publish(store)
    run(store, 14, settings)
    with store.write() as c:
        remove_episodes(c, [first.id], by="ada", now=after(15))
    run(store, 15, settings)
    assert held(store) == [(second.id, second.id)]
    assert pairs(store) == {written.title: second.id}
    before = everything(store)
    run(store, 16, settings)
    assert everything(store) == before


def test_what_cannot_be_confirmed_is_refused_with_what_mends_it(doubt: Store) -> None:
    other = card("Quite another matter")
    add(doubt, cards=[other])
    say(doubt, DOUBTFUL, TWO)
    with pytest.raises(
        UsageError, match=f'take that back first with "letters pair reject card-.* {TWO.id[:8]}"'
    ):
        say(doubt, other, TWO)
    with doubt.write() as c:
        remove_episodes(c, [ONE.id], by="grace", now=after(2))
    with pytest.raises(UsageError, match=r'was removed by grace; .* "letters episodes restore'):
        say(doubt, other, ONE)
    retire(doubt, other, days=2)
    with pytest.raises(UsageError, match="put the file back first"):
        say(doubt, other, BACKGROUND[0])
    with pytest.raises(UsageError, match='episode "nothing" is not known'):
        confirm(doubt, DOUBTFUL.id, "nothing", actor="ada", now=after(2))
    with pytest.raises(UsageError, match='card "nothing" is not known'):
        confirm(doubt, "nothing", ONE.id, actor="ada", now=after(2))


def test_a_retired_card_loses_its_confirmation_to_one_that_is_there(doubt: Store) -> None:
    other = card("Quite another matter")
    say(doubt, DOUBTFUL, TWO)
    retire(doubt, DOUBTFUL, days=3)
    add(doubt, cards=[other], days=3)
    run(doubt, 3)
    assert f'the retired card "{WRECK}" loses its confirmation' in say(doubt, other, TWO, days=4)
    bring_back(doubt, DOUBTFUL)
    run(doubt, 5)
    assert held(doubt)[-1] == (other.id, TWO.id)
    assert decisions(doubt)[DOUBTFUL.id][1] != TWO.id


# --- rejected --------------------------------------------------------------------------------------------


def test_a_rejected_pair_is_never_proposed_again(doubt: Store) -> None:
    deny(doubt, DOUBTFUL, ONE)
    assert counts(run(doubt, 3)) == (1, 0, 0)
    assert pairs(doubt) == {WRECK: TWO.id}
    deny(doubt, DOUBTFUL, TWO, days=4)
    assert counts(run(doubt, 5)) == (0, 0, 1)
    edit_title(doubt, DOUBTFUL, f"{WRECK}!")
    assert counts(run(doubt, 6)) == (0, 0, 1)
    retire(doubt, DOUBTFUL, days=7)
    run(doubt, 7)
    bring_back(doubt, DOUBTFUL)
    assert counts(run(doubt, 8)) == (0, 0, 1)


def test_another_card_may_have_what_one_was_rejected_for(doubt: Store) -> None:
    deny(doubt, DOUBTFUL, ONE, TWO)
    add(doubt, cards=[card(WRECK, name="another")], days=3)
    assert counts(run(doubt, 3)) == (0, 1, 1)


def test_rejecting_a_published_pair_retires_its_entry(store: Store) -> None:
    written = card(TITLES[0])
    add(store, episodes=BACKGROUND, cards=[written])
    run(store, 1)
    publish(store)
    assert deny(store, written, BACKGROUND[0]) == (f'not "{TITLES[0]}"', "its entry is withdrawn")
    assert entries(store) == []
    with store.read() as c:
        assert [entry.id for entry in load_entries(c, retired=True)] == [written.id]
    before = everything(store)
    assert deny(store, written, BACKGROUND[0], days=5) == ("it was rejected already",)
    assert everything(store) == before
    assert counts(run(store, 3)) == (0, 0, 1)
    say(store, written, BACKGROUND[1], days=4)
    (entry,) = entries(store)
    assert (entry.id, entry.address, entry.ready_at) == (written.id, written.address, after(1))


def test_a_link_in_a_card_does_not_bind_it_to_what_was_rejected(store: Store) -> None:
    wanted = episode("Bonus", link="https://lantern.example/57")
    bound = card("Quite another matter", link="https://lantern.example/57")
    add(store, episodes=[*BACKGROUND, wanted], cards=[bound])
    assert counts(run(store, 1)) == (1, 0, 0)
    deny(store, bound, wanted)
    assert counts(run(store, 3)) == (0, 0, 1)


def test_the_last_word_counts(doubt: Store) -> None:
    deny(doubt, DOUBTFUL, ONE)
    say(doubt, DOUBTFUL, ONE, days=3)
    run(doubt, 4)
    assert pairs(doubt) == {WRECK: ONE.id}
    deny(doubt, DOUBTFUL, ONE, days=5)
    run(doubt, 6)
    assert pairs(doubt) == {WRECK: TWO.id}


# --- taken back ------------------------------------------------------------------------------------------


def test_answers_are_taken_back_one_by_one_and_the_journal_keeps_who_and_when(doubt: Store) -> None:
    before = snapshot(doubt)
    deny(doubt, DOUBTFUL, ONE, days=2)
    middle = snapshot(doubt)
    say(doubt, DOUBTFUL, TWO, days=3, by="alan")
    assert take_back(doubt, days=4) == "confirm"
    assert snapshot(doubt) == middle
    assert take_back(doubt, days=5) == "reject"
    assert snapshot(doubt)[1] == before[1]
    assert decisions(doubt) == {DOUBTFUL.id: (Decision.REVIEW, before[0][0].episode_id)}
    assert undo(doubt, actor="grace", now=after(6)) is None
    with doubt.read() as c:
        found = load_answers(c)
    assert [(one.action, one.actor, one.at, one.undone_by, one.undone_at) for one in found] == [
        ("confirm", "alan", after(3), "grace", after(4)),
        ("reject", "ada", after(2), "grace", after(5)),
    ]
    assert counts(run(doubt, 7)) == (0, 1, 0)


def test_taking_back_a_move_gives_each_entry_what_it_had(store: Store) -> None:
    first, second = card(TITLES[0]), card(TITLES[1])
    add(store, episodes=BACKGROUND, cards=[first, second])
    run(store, 1)
    publish(store)
    before = held(store)
    say(store, first, BACKGROUND[1])
    assert held(store) == [(first.id, BACKGROUND[1].id)]
    take_back(store)
    assert sorted(held(store)) == sorted(before)
    assert counts(run(store, 4)) == (2, 0, 0)


def test_what_others_have_by_now_stays_theirs(store: Store) -> None:
    first, again = card(TITLES[0]), card(TITLES[0], name="again")
    add(store, episodes=BACKGROUND, cards=[first])
    run(store, 1)
    publish(store)
    deny(store, first, BACKGROUND[0])
    add(store, cards=[again], days=3)
    run(store, 3)
    publish(store)
    assert held(store) == [(again.id, BACKGROUND[0].id)]
    take_back(store, days=4)
    assert held(store) == [(again.id, BACKGROUND[0].id)]
    assert counts(run(store, 5)) == (1, 0, 1)


def test_taking_back_a_rejection_brings_the_confirmation_back(store: Store) -> None:
    first, again = card(TITLES[0]), card(TITLES[0], name="again")
    add(store, episodes=BACKGROUND, cards=[first])
    say(store, first, BACKGROUND[0], days=1)
    publish(store)
    deny(store, first, BACKGROUND[0])
    add(store, cards=[again], days=3)
    run(store, 3)
    publish(store)
    take_back(store, days=4)
    assert held(store) == [(first.id, BACKGROUND[0].id)]
    assert counts(run(store, 5)) == (1, 0, 1)


@pytest.mark.parametrize("state", ["awaiting", "sent"])
def test_what_was_mailed_is_not_taken_back(doubt: Store, state: str) -> None:
    say(doubt, DOUBTFUL, TWO)
    mail(doubt, 3, state=state)
    before = everything(doubt)
    with pytest.raises(
        UsageError, match=r'"confirm" cannot be taken back, for the card is in weekly/3 since'
    ):
        undo(doubt, actor="ada", now=after(4))
    assert everything(doubt) == before


def test_an_answer_given_after_the_mail_is_taken_back(store: Store) -> None:
    written = card(TITLES[0])
    add(store, episodes=BACKGROUND, cards=[written])
    run(store, 1)
    publish(store)
    mail(store, 1)
    deny(store, written, BACKGROUND[0])
    take_back(store)
    assert held(store) == [(written.id, BACKGROUND[0].id)]


def test_a_cancelled_issue_does_not_count_as_mailed(doubt: Store) -> None:
    say(doubt, DOUBTFUL, TWO)
    mail(doubt, 3, state="cancelled")
    assert take_back(doubt) == "confirm"
