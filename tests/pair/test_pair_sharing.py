"""Shares of probability: as exact as counting all that may be true, where that can be counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.pair import sharing
from letters.pair.sharing import Candidate, Field, freedom, pass_claims


def field(*links: tuple[str, str, float], many: bool = False) -> tuple[Field, list[Candidate]]:
    candidates = [Candidate(card, episode, score) for card, episode, score in links]
    return Field(candidates, many=many), candidates


def counted(candidates: Sequence[Candidate]) -> list[float]:
    """The shares by going through all one-to-one pairings, each as likely as the product of its odds."""
    whole, having = 0.0, [0.0] * len(candidates)
    for taken in product((False, True), repeat=len(candidates)):
        chosen = [one for one, is_taken in zip(candidates, taken, strict=True) if is_taken]
        if len({one.card_id for one in chosen}) == len({one.episode_id for one in chosen}) == len(chosen):
            weight = math.prod(one.odds for one in chosen)
            whole += weight
            having = [total + weight * is_taken for total, is_taken in zip(having, taken, strict=True)]
    return [total / whole for total in having]


@pytest.mark.parametrize(
    "links",
    [
        [("a", "1", 2.0)],
        [("a", "1", 2.0), ("a", "2", 1.5)],
        [("a", "1", 2.0), ("b", "1", 1.0)],
        [("a", "1", 3.0), ("b", "1", 3.0), ("c", "1", 3.0)],
        [("a", "1", 2.0), ("a", "2", 1.0), ("b", "2", 4.0), ("b", "3", 0.5), ("c", "3", 2.0)],
    ],
)
def test_without_cycles_shares_are_exact(links: list[tuple[str, str, float]]) -> None:
    found, candidates = field(*links)
    assert [found.share(one) for one in candidates] == pytest.approx(counted(candidates), abs=1e-5)


def test_a_rival_with_an_episode_of_its_own_claims_less() -> None:
    alone, (first, *_) = field(("a", "1", 1.0), ("b", "1", 1.0))
    elsewhere, (second, *_) = field(("a", "1", 1.0), ("b", "1", 1.0), ("b", "2", 5.0))
    assert elsewhere.share(second) > alone.share(first)


def test_where_an_episode_may_have_several_cards_a_claim_only_dampens() -> None:
    links = (("a", "1", 3.0), ("b", "1", 3.0))
    one, (first, _) = field(*links)
    several, (second, _) = field(*links, many=True)
    assert one.share(first) < 0.5 < several.share(second) < 1 / (1 + math.exp(-3.0))


def test_only_cards_by_one_hand_compete_where_an_episode_may_have_several() -> None:
    """Several hands may write about one episode, so that another hand's card says nothing against this one."""
    mine = Candidate("a", "1", 3.0, hand="with a summary")
    alone = Field([mine], many=True).share(mine)
    by_another = Candidate("b", "1", 6.0, hand="without a summary")
    assert Field([mine, by_another], many=True).share(mine) == alone
    by_the_same = Candidate("b", "1", 6.0, hand="with a summary")
    assert Field([mine, by_the_same], many=True).share(mine) < 0.5
    assert Field([mine, by_another], many=False).share(mine) < 0.5


LINKS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("1234"), st.floats(-6, 9)),
    max_size=10,
    unique_by=lambda link: link[:2],
)


@given(LINKS)
def test_a_card_has_no_more_than_one_whole_to_share(links: list[tuple[str, str, float]]) -> None:
    found, candidates = field(*links)
    for card in "abcd":
        assert sum(found.share(one) for one in candidates if one.card_id == card) <= 1 + 1e-9


@given(LINKS)
def test_what_is_struck_leaves_the_rest_as_if_it_had_never_been(
    links: list[tuple[str, str, float]],
) -> None:
    found, candidates = field(*links)
    if not candidates:
        return
    sure = candidates[0]
    found.strike([sure])
    rest = [link for link in links if link[0] != sure.card_id and link[1] != sure.episode_id]
    fresh, left = field(*rest)
    kept = {(one.card_id, one.episode_id): found.share(one) for one in found.candidates()}
    assert kept == {(one.card_id, one.episode_id): fresh.share(one) for one in left}


#: By card, the odds of its claims and of all else that it may mean; and by claim, the seat that it is on.
CLAIMS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("1234"), st.floats(0.02, 7.0), min_size=1), st.floats(0.0, 5.0)
    ),
    min_size=1,
    max_size=5,
)


def claims_on(
    cards: list[tuple[dict[str, float], float]],
) -> tuple[list[list[float]], list[float], list[list[int]]]:
    claimed = [seat for odds, _ in cards for seat in odds]
    seats = [[place for place, one in enumerate(claimed) if one == seat] for seat in sorted(set(claimed))]
    return [list(odds.values()) for odds, _ in cards], [rest for _, rest in cards], seats


@given(CLAIMS, st.booleans())
def test_without_leaps_freedoms_only_ever_fall_from_round_to_round(
    cards: list[tuple[dict[str, float], float]], many: bool
) -> None:
    before = [1.0] * sum(len(odds) for odds, _ in cards)
    for rounds in range(1, 12):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sharing, "_ROUNDS", rounds)
            patch.setattr(sharing, "_LEAP", 100)
            now = pass_claims(*claims_on(cards), many=many)
        assert all(0 < one <= earlier + 1e-12 for one, earlier in zip(now, before, strict=True))
        before = now


@given(CLAIMS, st.booleans())
def test_where_claims_rest_each_seat_is_as_free_as_the_others_leave_it(
    cards: list[tuple[dict[str, float], float]], many: bool
) -> None:
    own_odds, own_rest, seats = claims_on(cards)
    free = pass_claims(own_odds, own_rest, seats, many=many)
    left, claims = iter(free), []
    for odds, rest in zip(own_odds, own_rest, strict=True):
        worth = [one * next(left) for one in odds]
        claims += [one / (1 + rest + sum(worth) - mine) for one, mine in zip(odds, worth, strict=True)]
    for places in seats:
        for place in places:
            others = sum(claims[other] for other in places if other != place)
            assert free[place] == pytest.approx(freedom(others, many=many), abs=1e-4)
