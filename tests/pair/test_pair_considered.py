"""What a person is shown of a decision: the same decision, with all that it was chosen from."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from letters.model import Decision
from letters.pair import CardToPair, EpisodeToPair, match
from letters.pair.matching import consider

TITLES = ("The wreck of the Halcyon", "Salt, rope and patience", "The winter the ferries stopped")


def make_episode(number: int, title: str, **fields: str) -> EpisodeToPair:
    return EpisodeToPair(id=f"e{number}", show="lantern", names=("The Lantern Hour",), title=title, **fields)


def make_card(number: int, title: str, **fields: str) -> CardToPair:
    return CardToPair(id=f"c{number}", title=title, publisher="The Lantern Hour", **fields)


EPISODES = [make_episode(number, title) for number, title in enumerate((*TITLES, TITLES[0]))]


# Few of each, so that they collide often.
WORDS = st.lists(st.sampled_from(["storm", "harbour", "salt", "(Part 1)", "(Part 2)", "#12"]), max_size=4)
SHOWS = st.sampled_from(["The Lantern Hour", "Tidewater", ""])
DAYS = st.integers(0, 3).map(lambda days: date(2026, 3, 1) + timedelta(days=days))
LINKS = st.sampled_from(["", "", "https://lantern.example/1", "https://lantern.example/2"])
SEVERAL = st.lists(st.tuples(SHOWS, WORDS.map(" ".join), DAYS, LINKS), max_size=7)


def make_episodes(
    drawn: list[tuple[str, str, date, str]],
) -> list[EpisodeToPair]:
    return [
        EpisodeToPair(id=f"e{at}", show=show, names=(show,), title=title, published=day, addresses=(link,))
        for at, (show, title, day, link) in enumerate(drawn)
    ]


def make_cards(drawn: list[tuple[str, str, date, str]]) -> list[CardToPair]:
    return [
        CardToPair(id=f"c{at}", publisher=show, title=title, date=day, link=link)
        for at, (show, title, day, link) in enumerate(drawn)
    ]


@given(SEVERAL.map(make_episodes), SEVERAL.map(make_cards), st.data())
def test_what_is_considered_is_what_is_decided(
    some_episodes: list[EpisodeToPair], some_cards: list[CardToPair], data: st.DataObject
) -> None:
    pairs = [(card.id, episode.id) for card in some_cards for episode in some_episodes]
    rejected = data.draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    decided = match(some_episodes, some_cards, rejected=rejected)
    assert not rejected & {(one.card_id, one.episode_id) for one in decided}
    asked = consider(some_episodes, some_cards, rejected=rejected)
    assert [one.pairing for one in asked] == [one for one in decided if one.decision is Decision.REVIEW]
    everyone = consider(some_episodes, some_cards, of={one.id: () for one in some_cards}, rejected=rejected)
    assert [one.pairing for one in everyone] == decided
    for one in everyone:
        assert all(0 <= candidate.probability <= 1 for candidate in one.candidates)


def test_rejected_and_held_episodes_are_shown_without_having_a_say() -> None:
    asked = make_card(0, TITLES[0])
    other = make_card(1, TITLES[1])
    (found,) = consider(
        EPISODES,
        [asked, other],
        of={"c0": ["e2"]},
        settled={"c1": "e3"},
        rejected={("c0", "e0")},
    )
    assert found.pairing.decision is Decision.NONE
    shown = {one.episode_id: one for one in found.candidates}
    assert {"e0", "e2", "e3"} <= set(shown)
    assert shown["e0"].evidence
    assert match(EPISODES, [asked, other], settled={"c1": "e3"}, rejected={("c0", "e0")}) == [found.pairing]


def test_a_card_that_binds_itself_is_compared_only_to_be_shown() -> None:
    bound = make_card(0, TITLES[0], link="https://lantern.example/2")
    linked = [*EPISODES[:2], make_episode(2, TITLES[2], guid="https://lantern.example/2")]
    (found,) = consider(linked, [bound], of={"c0": ()})
    assert (found.pairing.decision, found.pairing.episode_id) == (Decision.PAIRED, "e2")
    assert found.candidates[0].episode_id == "e0"
    (found,) = consider(linked, [bound], of={"c0": ()}, rejected={("c0", "e2")})
    assert found.pairing.episode_id == "e0"


def test_an_address_that_was_rejected_does_not_make_the_card_wait() -> None:
    bound = make_card(0, TITLES[1], link="https://lantern.example/2")
    linked = [*EPISODES[:2], make_episode(2, TITLES[2], guid="https://lantern.example/2")]
    (decided,) = match(linked, [bound], rejected={("c0", "e2")})
    assert (decided.decision, decided.episode_id) == (Decision.PAIRED, "e1")
