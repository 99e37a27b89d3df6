"""What a person is asked: which cards, which candidates, and the words that both have."""

from __future__ import annotations

from pair_kit import BACKGROUND, SETTINGS, TITLES, add, after, card, episode, publish, retire, run

from letters.model import Decision
from letters.pair import confirm, explain, reject, review_queue, verdict
from letters.pair.review import common_words
from letters.store import Store
from letters.store.cards import find_card
from letters.store.hidden import remove_episodes

WRECK = "The wreck of the Halcyon"
TWINS = [
    episode(WRECK, name="one", description="Fog off the skerries, and a lamp that was out."),
    episode(WRECK, name="two", description="Who owns the brass, fifty years later?"),
]
DOUBTFUL = card(WRECK, summary="What fog teaches about brass.")


def test_the_queue_is_what_a_pass_would_leave_for_review(store: Store) -> None:
    add(store, episodes=[*BACKGROUND, *TWINS], cards=[DOUBTFUL, card(TITLES[0])])
    (question,) = review_queue(store, SETTINGS)
    assert question.card == DOUBTFUL
    assert question.pairing.decision is Decision.REVIEW
    assert question.proposals[0].episode.id == question.pairing.episode_id
    assert {one.episode.id for one in question.proposals} == {twin.id for twin in TWINS}
    assert question.proposals[0].probability >= question.proposals[1].probability
    assert all(one.evidence for one in question.proposals)


def test_answers_are_heeded_before_the_next_pass(store: Store) -> None:
    add(store, episodes=[*BACKGROUND, *TWINS], cards=[DOUBTFUL])
    reject(store, DOUBTFUL.id, [TWINS[0].id], actor="ada", now=after(1))
    # One is left, and it is sure by now.
    assert review_queue(store, SETTINGS) == []
    other = card(WRECK, name="other")
    add(store, cards=[other], days=2)
    confirm(store, other.id, TWINS[1].id, actor="ada", now=after(2))
    assert review_queue(store, SETTINGS) == []


def test_two_cards_that_name_one_episode_are_asked_about_with_it(store: Store) -> None:
    wanted = episode("Bonus", link="https://lantern.example/57")
    cards = [card(f"Quite another matter {name}", link="https://lantern.example/57") for name in "ab"]
    add(store, episodes=[*BACKGROUND, wanted], cards=cards)
    (question,) = review_queue(store, SETTINGS)
    assert question.proposals[0].episode.id == wanted.id
    assert "1 more of the cards say so" in question.proposals[0].evidence[0].words


def test_the_words_that_both_have_are_named_unless_everybody_has_them(store: Store) -> None:
    everywhere = [episode(f"Tale {n}", description="Listen to the lamp and subscribe.") for n in range(9)]
    add(store, episodes=[*everywhere, *TWINS], cards=[DOUBTFUL])
    (question,) = review_queue(store, SETTINGS)
    shared = {one.episode.id: one.shared for one in question.proposals}
    assert {"wreck", "halcyon", "fog"} <= shared[TWINS[0].id]
    assert {"wreck", "halcyon", "brass"} <= shared[TWINS[1].id]
    assert not {"of", "lamp", "the"} & shared[TWINS[0].id]


def test_a_word_is_common_by_its_share_of_the_episodes() -> None:
    episodes = [episode(f"Number {n}" + (" harbour" if n % 10 == 0 else "")) for n in range(200)]
    assert "harbour" in common_words(episodes)
    assert "number" in common_words(episodes)
    assert "17" not in common_words(episodes)
    assert common_words([]) == frozenset()


def explained(store: Store, card_id: str) -> list[str]:
    with store.read() as c:
        stored = find_card(c, card_id)
    assert stored is not None
    return verdict(explain(store, SETTINGS, stored))


def test_a_decision_is_told_in_sentences_as_time_goes_on(store: Store) -> None:
    sure = card(TITLES[0])
    add(store, episodes=[*BACKGROUND, *TWINS], cards=[sure])
    assert explained(store, sure.id) == [f'The next pass pairs it with "{TITLES[0]}"']
    run(store, 1)
    first, second = explained(store, sure.id)
    assert first.startswith(f'Paired with "{TITLES[0]}" automatically at ')
    assert first.endswith("ready on 2 March 2026")
    assert second == "It was not published yet, so a pass may still decide otherwise"
    publish(store)
    assert explained(store, sure.id)[1] == "It was published, so only an operator changes it"
    confirm(store, sure.id, TWINS[0].id, actor="ada", now=after(2))
    assert explained(store, sure.id) == [
        f'Paired with "{WRECK}", confirmed by ada on 3 March 2026',
        "Nothing automatic changes this",
    ]
    with store.write() as c:
        remove_episodes(c, [TWINS[0].id], by="grace", now=after(3))
    assert explained(store, sure.id)[-1] == (
        "Its episode is kept from readers; when it comes back, the card is paired again with "
        f'"{WRECK}", confirmed by ada on 3 March 2026'
    )
    retire(store, sure, days=4)
    assert explained(store, sure.id)[0] == "Retired on 5 March 2026, for its file is gone from cards/"
    assert explained(store, sure.id)[1].startswith("When the file comes back, the card is paired again with")


def test_the_episode_a_card_has_is_compared_however_unlikely_it_is(store: Store) -> None:
    odd = card("Quite another matter")
    many = [episode(f"Another matter, number {n}") for n in range(30)]
    add(store, episodes=[*BACKGROUND, *many], cards=[odd])
    confirm(store, odd.id, BACKGROUND[0].id, actor="ada", now=after(1))
    with store.read() as c:
        stored = find_card(c, odd.id)
    assert stored is not None
    about = explain(store, SETTINGS, stored)
    (held,) = [one for one in about.candidates if one.episode.id == BACKGROUND[0].id]
    assert held.confirmed is not None
    assert held.evidence
