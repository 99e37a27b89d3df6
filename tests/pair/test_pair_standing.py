"""A standing index decides about an episode that comes as if it had looked at everything again."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pair_drawn import cards, episodes

from letters.model import Decision, Pairing
from letters.pair import CardToPair, EpisodeToPair, match, shelf
from letters.pair.bindings import Bindings
from letters.pair.coefficients import Coefficients, shipped_coefficients
from letters.pair.decide import Thresholds, decide
from letters.pair.matching import tell
from letters.pair.search import Search
from letters.pair.standing import Standing

#: Measures that say nothing of how rare words are, or which language is usual.
UNCOUNTED = {
    "beforehand",
    "show: known",
    "title: equal",
    "title: equal alone",
    "title: nearly equal",
    "title: cut off",
    "title: letters",
    "title: piece of another",
    "figures: same",
    "figures: other",
    "number: same",
    "number: other",
    "number: only card",
    "number: only episode",
    "part: other",
    "part: one side",
    "year: other",
    "kind: one side",
    "date: same",
    "date: weeks apart",
    "date: months apart",
}
REJECTIONS = st.sets(
    st.tuples(st.sampled_from([f"c{n}" for n in range(8)]), st.sampled_from([f"e{n}" for n in range(8)])),
    max_size=3,
)


def afresh(
    first: list[EpisodeToPair], later: list[EpisodeToPair], cards: list[CardToPair], **given: Any
) -> list[Pairing]:
    """What `match` would decide if it learned from the first episodes only."""
    many, coefficients = given.get("many", False), shipped_coefficients()
    settled = given.get("settled", {})
    search = Search(
        first,
        cards,
        many=many,
        settled=settled,
        rejected=given.get("rejected", ()),
        shown={},
        coefficients=coefficients,
    )
    for episode in later:
        search.add(episode)
    decided = decide(search.candidates(), many=many, coefficients=coefficients, thresholds=Thresholds())
    titles = {episode.id: episode.title for episode in (*first, *later)}
    told = tell([card.id for card in cards if card.id not in settled], search, decided, titles)
    return [told[card.id] for card in cards if card.id in told]


def outcomes(pairings: list[Pairing]) -> dict[str, tuple[Decision, str | None, float]]:
    return {
        one.card_id: (one.decision, one.episode_id, one.probability if one.episode_id else 0.0)
        for one in pairings
    }


@given(episodes(), cards(), st.booleans(), REJECTIONS)
def test_before_anything_comes_it_decides_like_match(
    episodes: list[EpisodeToPair], cards: list[CardToPair], many: bool, rejected: set[tuple[str, str]]
) -> None:
    standing = Standing(episodes, cards, many=many, rejected=rejected)
    assert standing.pairings() == match(episodes, cards, many=many, rejected=rejected)


@given(episodes(), cards(), st.integers(0, 8), st.randoms(use_true_random=False), st.booleans(), REJECTIONS)
def test_what_comes_is_decided_as_if_all_had_been_compared_again(
    episodes: list[EpisodeToPair],
    cards: list[CardToPair],
    counted: int,
    random: Random,
    many: bool,
    rejected: set[tuple[str, str]],
) -> None:
    random.shuffle(episodes)
    check_meeting(episodes[:counted], episodes[counted:], cards, random, many=many, rejected=rejected)


@given(episodes(), cards(), st.integers(0, 8), st.randoms(use_true_random=False), st.booleans())
def test_it_is_the_same_where_only_the_nearest_are_compared(
    episodes: list[EpisodeToPair], cards: list[CardToPair], counted: int, random: Random, many: bool
) -> None:
    """As on shelves of hundreds: so few are compared here that one that comes pushes others out."""
    random.shuffle(episodes)
    few = {"_WHOLE": 3, "_CLOSEST": 2, "_OTHERWISE": 1, "_COMMON": 3}
    with pytest.MonkeyPatch.context() as patch:
        for name, number in few.items():
            patch.setattr(shelf, name, number)
        check_meeting(episodes[:counted], episodes[counted:], cards, random, many=many, rejected=set())


@given(episodes(), cards(), st.integers(0, 8), st.booleans())
def test_deciding_at_once_never_gives_an_episode_twice_and_is_put_right_by_deciding_together(
    episodes: list[EpisodeToPair], cards: list[CardToPair], counted: int, many: bool
) -> None:
    standing = Standing(episodes[:counted], cards, many=many)
    believed = outcomes(standing.pairings())
    for episode in episodes[counted:]:
        believed |= outcomes(standing.meet([episode]))
        paired = [one.episode_id for one in standing.pairings() if one.decision is Decision.PAIRED]
        assert many or len(paired) == len(set(paired))
        assert outcomes(standing.pairings()) == believed
    believed |= outcomes(standing.decide_all())
    wanted = afresh(episodes[:counted], episodes[counted:], cards, many=many)
    assert standing.pairings() == wanted
    assert believed == outcomes(wanted)


def test_the_episode_goes_to_its_card_and_no_other_decision_changes() -> None:
    known = [
        EpisodeToPair(id=f"e{n}", show="s", names=("Tidewater",), title=title)
        for n, title in enumerate(("Salt, rope and patience", "The winter the ferries stopped"))
    ]
    waiting = [
        CardToPair(id=f"c{n}", title=title, publisher=publisher)
        for n, (title, publisher) in enumerate(
            (
                ("Salt, rope and patience", "Tidewater"),
                ("Letters nobody collected", "Tidewater"),
                ("How harbours learn to sleep", "Tidewater"),
                ("A cartographer's second thoughts", "Some other show"),
            )
        )
    ]
    standing = Standing(known, waiting)
    came = EpisodeToPair(id="e2", show="s", names=("Tidewater",), title="How harbours learn to sleep")
    changed = outcomes(standing.meet([came]))
    assert changed["c2"][:2] == (Decision.PAIRED, "e2")
    assert changed.keys() <= {"c2", "c3"}
    assert outcomes(standing.pairings())["c0"][:2] == (Decision.PAIRED, "e0")


def check_meeting(
    first: list[EpisodeToPair],
    later: list[EpisodeToPair],
    cards: list[CardToPair],
    random: Random,
    *,
    many: bool,
    rejected: set[tuple[str, str]],
) -> None:
    standing = Standing(first, cards, many=many, rejected=rejected, least=0)
    believed = outcomes(standing.pairings())
    left = later
    while left:
        several = random.randint(1, len(left))
        believed |= outcomes(standing.meet(left[:several]))
        left = left[several:]
    wanted = afresh(first, later, cards, many=many, rejected=rejected)
    assert standing.pairings() == wanted
    assert believed == outcomes(wanted)


@given(episodes(), cards(), st.integers(0, 8))
def test_nothing_but_what_is_learned_of_the_whole_differs_from_match(
    episodes: list[EpisodeToPair], cards: list[CardToPair], counted: int
) -> None:
    """Without rarity in the weights, and without titles from which decoration could be learned, there is no difference."""
    for separator in "|:":
        episodes = [replace(one, title=one.title.replace(separator, " ")) for one in episodes]
    standing = Standing(episodes[:counted], cards, coefficients=_uncounted(), least=0)
    standing.meet(episodes[counted:])
    wanted = match(episodes, cards, coefficients=_uncounted())
    assert outcomes(standing.pairings()) == outcomes(wanted)


@given(episodes(), cards(), st.integers(0, 8), st.booleans())
def test_settling_its_own_pairs_changes_nothing_about_the_rest(
    episodes: list[EpisodeToPair], cards: list[CardToPair], counted: int, many: bool
) -> None:
    first, later = episodes[:counted], episodes[counted:]
    standing = Standing(first, cards, many=many, least=0)
    settled = {
        one.card_id: one.episode_id
        for one in standing.pairings()
        if one.decision is Decision.PAIRED and one.episode_id
    }
    rest = [one for one in standing.pairings() if one.card_id not in settled]
    standing.settle(settled)
    assert standing.pairings() == rest
    if not many:
        # With `many`, a pair that is settled claims its episode no more, which those that are decided about anew tell.
        standing.meet(later)
        assert standing.pairings() == afresh(first, later, cards, settled=settled)


@given(episodes(), cards(), st.integers(0, 8), st.booleans())
def test_bindings_that_grow_are_those_made_at_once(
    episodes: list[EpisodeToPair], cards: list[CardToPair], counted: int, many: bool
) -> None:
    grown = Bindings(episodes[:counted], cards, taken=(), many=many)
    before = {card.id: grown.of(card.id) for card in cards}
    changed: set[str] = set()
    for episode in episodes[counted:]:
        changed |= grown.add(episode)[0]
    at_once = Bindings(episodes, cards, taken=(), many=many)
    assert {card.id: grown.of(card.id) for card in cards} == {card.id: at_once.of(card.id) for card in cards}
    assert set(grown.episodes) == set(at_once.episodes)
    assert changed >= {card.id for card in cards if grown.of(card.id) != before[card.id]}


def test_an_episode_is_met_once() -> None:
    episode = EpisodeToPair(id="e1", show="s", names=("Tidewater",), title="The lamp on the quay")
    standing = Standing([], [CardToPair(id="c1", title="The lamp on the quay", publisher="Tidewater")])
    (found,) = standing.meet([episode])
    assert (found.card_id, found.episode_id) == ("c1", "e1")
    with pytest.raises(ValueError, match='"e1" is known already'):
        standing.meet([episode])


def test_only_what_was_paired_can_be_settled() -> None:
    standing = Standing([], [CardToPair(id="c1", title="The lamp on the quay", publisher="Tidewater")])
    with pytest.raises(ValueError, match='"c1" is not paired with episode "e1"'):
        standing.settle({"c1": "e1"})


def _uncounted() -> Coefficients:
    shipped = shipped_coefficients()
    weights = {name: weight if name in UNCOUNTED else 0.0 for name, weight in shipped.weights.items()}
    # What rarity would have said for the right ones.
    weights["beforehand"] = 0.0
    return replace(shipped, weights=weights)
