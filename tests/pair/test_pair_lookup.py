"""Cards and episodes as people name them."""

from __future__ import annotations

import pytest
from pair_kit import BACKGROUND, TITLES, add, after, card, episode, retire

from letters.errors import UsageError
from letters.pair import find_named_card, find_named_episode
from letters.store import Store
from letters.store.hidden import remove_episodes

KEEPER = card("The keeper's Étude", name="keeper")
TWINS = [episode("The wreck of the Halcyon", name=name) for name in ("one", "two")]


@pytest.fixture
def filled(store: Store) -> Store:
    add(store, episodes=[*BACKGROUND, *TWINS], cards=[KEEPER, *(card(title) for title in TITLES)])
    return store


@pytest.mark.parametrize(
    "words",
    [
        KEEPER.id,
        KEEPER.id[:8],
        KEEPER.address,
        KEEPER.address[:11],
        f"{KEEPER.id}.txt",
        f"cards/{KEEPER.id}.txt",
        "keepers etude",
        "ÉTUDE",
    ],
)
def test_a_card_is_named_in_many_ways(filled: Store, words: str) -> None:
    with filled.read() as c:
        assert find_named_card(c, words).card.id == KEEPER.id


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("letterz nobody colected", 'did you mean "Letters nobody collected"'),
        ("the", r'card "the": \d have this, such as "'),
        ("the keepers etudes", 'did you mean "The keeper\'s Étude"'),
        ("  ", "wanted an id, or a piece of a title"),
        ("zyx", '"letters cards list" names all'),
    ],
)
def test_a_card_that_is_not_one_is_told_with_the_nearest(filled: Store, words: str, told: str) -> None:
    with filled.read() as c, pytest.raises(UsageError, match=told):
        find_named_card(c, words)


def test_a_whole_title_wins_over_longer_ones_that_contain_it(store: Store) -> None:
    add(store, cards=[card("Salt"), card("Salt and rope")])
    with store.read() as c:
        assert find_named_card(c, "salt").card.title == "Salt"


def test_a_retired_card_is_found_by_its_id_and_not_by_its_title(filled: Store) -> None:
    retire(filled, KEEPER, days=1)
    with filled.read() as c:
        assert find_named_card(c, KEEPER.id).retired_at == after(1)
        with pytest.raises(UsageError, match="is not known"):
            find_named_card(c, "keepers etude")


def test_an_episode_is_named_by_the_beginning_of_its_id_or_a_piece_of_its_title(filled: Store) -> None:
    with filled.read() as c:
        for words in (BACKGROUND[3].id, BACKGROUND[3].id[:8], "ferries stopped"):
            assert find_named_episode(c, words).id == BACKGROUND[3].id
        with pytest.raises(UsageError, match="2 have this, such as"):
            find_named_episode(c, "halcyon")


def test_a_removed_episode_is_found_by_its_id_only(filled: Store) -> None:
    with filled.write() as c:
        remove_episodes(c, [TWINS[0].id], by="ada", now=after(1))
    with filled.read() as c:
        assert find_named_episode(c, TWINS[0].id[:8]).removed_by == "ada"
        assert find_named_episode(c, "halcyon").id == TWINS[1].id
