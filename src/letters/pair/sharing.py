"""How probable each candidate is beside all that may be true instead: of its card, and of its episode."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from math import fsum
from operator import sub

# Beyond this, a logit changes nothing but what rounding leaves of the others.
_MOST = 20.0
#: Candidates with a smaller score claim no episode: they only take their share of their card.
CLAIMING_FROM = -4.0
#: Where an episode may have several cards, how much rarer a second one by the same hand is than a first. In the labelled
#: files 0.005 to 0.02 did equally well; at 0.1 cards by one hand too often take the episode of a sibling.
_SECOND_CARD = 0.01
#: Messages are passed until none changes by more than this, or for so many rounds.
_STILL = 1e-7
_ROUNDS = 60
#: One round of so many leaps ahead, unless rounds hardly differ.
_LEAP = 3
_SLOWEST = 0.97


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A card and an episode that may belong together, with the sum of their evidence as a logit."""

    card_id: str
    episode_id: str
    score: float
    #: Something in the evidence rules out that they are paired without asking.
    contradicts: bool = False
    #: Whose hand the card is by (`letters.pair.hands`); counts only where an episode may have several cards.
    hand: str = ""
    odds: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "odds", odds_of(self.score))


def odds_of(score: float) -> float:
    """The odds that a sum of weights comes to."""
    return math.exp(max(-_MOST, min(_MOST, score)))


def freedom(claimed: float, *, many: bool) -> float:
    """What other cards' claims leave of an episode, from 1 down to 0; where it may have several cards, never less than a bit."""
    return (1 + _SECOND_CARD * claimed) / (1 + claimed) if many else 1 / (1 + claimed)


#: What cards compete for: an episode's only seat, or, with `many`, the one that it has for their hand.
Seat = tuple[str, str]


def seat_of(one: Candidate, *, many: bool) -> Seat:
    """The episode, and with `many` the hand."""
    return one.episode_id, one.hand if many else ""


class Field:
    """The candidates that are still open, and the share that each has of what may be true.

    A candidate's odds compete with those of its card's other candidates and with the claims of other cards on its episode. A
    claim is what that card's odds for the episode come to beside its own alternatives, which depend on claims in turn; so they
    are passed to and fro until they rest (belief propagation on the graph of cards and episodes, exact where it has no
    cycles). Each connected part is worked out from the same beginning, so a part never depends on what was struck elsewhere.

    With `many`, only cards by one hand compete for an episode, and a claim dampens instead of taking all: several hands may
    write about one episode, but hardly one hand twice.
    """

    def __init__(self, candidates: Iterable[Candidate], *, many: bool) -> None:
        self.many = many
        self._of_card: dict[str, set[Candidate]] = defaultdict(set)
        self._of_seat: dict[Seat, set[Candidate]] = defaultdict(set)
        for one in candidates:
            self._of_card[one.card_id].add(one)
            if one.score >= CLAIMING_FROM:
                self._of_seat[self._seat(one)].add(one)
        self._shares: dict[Candidate, float] = {}
        self._weigh(self._of_card)

    def _seat(self, one: Candidate) -> Seat:
        return seat_of(one, many=self.many)

    def cards(self) -> list[str]:
        return list(self._of_card)

    def candidates(self) -> list[Candidate]:
        return [one for row in self._of_card.values() for one in row]

    def share(self, one: Candidate) -> float:
        """The probability of the candidate by the sums of weights, 0 to 1."""
        return self._shares[one]

    def rank(self, one: Candidate) -> tuple[float, float, str, str]:
        """Sorts the most probable first."""
        return (-self._shares[one], -one.score, one.card_id, one.episode_id)

    def best(self, card_id: str) -> Candidate | None:
        return min(self._of_card[card_id], key=self.rank, default=None)

    def next_best(self, best: Candidate) -> Candidate | None:
        return min(self._of_card[best.card_id] - {best}, key=self.rank, default=None)

    def is_contested(self, one: Candidate) -> bool:
        """Whether other cards take more from the candidate than other episodes do."""
        cards = self._of_seat[self._seat(one)] - {one}
        episodes = self._of_card[one.card_id] - {one}
        return fsum(rival.odds for rival in cards) > fsum(rival.odds for rival in episodes)

    def strike(self, sure: Sequence[Candidate]) -> Collection[str]:
        """Take sure cards, and unless many their episodes, out of the field; returns the cards that were weighed again.

        Where an episode may have several cards, the claim of a sure one stands, and nothing has to be weighed again.
        """
        touched: set[str] = set()
        for one in sure:
            gone = self._of_card.pop(one.card_id)
            if self.many:
                continue
            for other in gone:
                rivals = self._of_seat[self._seat(other)]
                rivals.discard(other)
                touched |= {rival.card_id for rival in rivals}
        if not self.many:
            taken = {one.episode_id for one in sure}
            for card_id, row in list(self._of_card.items()):
                lost = {one for one in row if one.episode_id in taken}
                if lost:
                    row.difference_update(lost)
                    touched.add(card_id)
            for episode_id in taken:
                self._of_seat.pop((episode_id, ""), None)
        touched &= self._of_card.keys()
        return self._weigh(touched)

    def _weigh(self, card_ids: Iterable[str]) -> set[str]:
        weighed: set[str] = set()
        for card_id in card_ids:
            if card_id not in weighed:
                part = self._connected(card_id)
                weighed |= part
                self._share_out(part)
        return weighed

    def _connected(self, card_id: str) -> set[str]:
        """The cards that claims lead to, from one card."""
        reached, ahead = {card_id}, [card_id]
        while ahead:
            for one in self._of_card[ahead.pop()]:
                if one.score >= CLAIMING_FROM:
                    new = {rival.card_id for rival in self._of_seat[self._seat(one)]} - reached
                    reached |= new
                    ahead += new
        return reached

    def _share_out(self, card_ids: Collection[str]) -> None:
        rows = [list(self._of_card[card_id]) for card_id in card_ids]
        free = self._free(rows) if len(rows) > 1 else {}
        for row in rows:
            odds = [one.odds * free.get(one, 1.0) for one in row]
            whole = 1 + fsum(odds)
            for one, mine in zip(row, odds, strict=True):
                self._shares[one] = mine / whole

    def _free(self, rows: Sequence[Sequence[Candidate]]) -> dict[Candidate, float]:
        """How free (`freedom`) the episodes are for the candidates that have rivals; those of all others are wholly free."""
        places: dict[Candidate, int] = {}
        own_odds, own_rest = [], []
        for row in rows:
            contested = {one for one in row if self._has_rivals(one)}
            if contested:
                # What nobody else claims is worth the same in each round.
                own_rest.append(fsum(one.odds for one in row if one not in contested))
                own_odds.append([one.odds for one in contested])
                places |= {one: place for place, one in enumerate(contested, start=len(places))}
        seats: dict[Seat, list[int]] = defaultdict(list)
        for one, place in places.items():
            seats[self._seat(one)].append(place)
        free = pass_claims(own_odds, own_rest, list(seats.values()), many=self.many)
        return {one: free[place] for one, place in places.items()}

    def _has_rivals(self, one: Candidate) -> bool:
        return one.score >= CLAIMING_FROM and len(self._of_seat[self._seat(one)]) > 1


def pass_claims(
    own_odds: Sequence[Sequence[float]],
    own_rest: Sequence[float],
    seats: Sequence[Sequence[int]],
    *,
    many: bool,
) -> list[float]:
    """How free the seats are for those that claim them, when claims are passed to and fro until they rest.

    By card, `own_odds` are those of its claims, which are numbered through from the first card's to the last one's; `own_rest`
    is the sum of the odds of all else that it may mean. `seats` gives by seat the numbers of the claims on it.

    Less freedom elsewhere makes a claim larger, and larger claims leave less freedom. So a round never turns the order of two
    freedoms round, and from wherever they begin, they end between those that began at none and those that began at one: a
    leap ahead, to where the last two rounds point, is safe, and saves two rounds of three.
    """
    free = [1.0] * sum(map(len, own_odds))
    claims, fell_before = free[:], 0.0
    for turn in range(_ROUNDS):
        _claim(claims, own_odds, own_rest, free)
        before, free = free, _leave(seats, claims, many=many)
        if max(map(abs, map(sub, before, free)), default=0.0) < _STILL:
            break
        # Exact sums, here and below, since the order of claims is not the same from run to run.
        fell = fsum(before) - fsum(free)
        if turn % _LEAP == _LEAP - 1:
            free = _leap(before, free, fell / fell_before if fell_before else 0.0)
        fell_before = fell
    return free


def _claim(
    claims: list[float],
    own_odds: Sequence[Sequence[float]],
    own_rest: Sequence[float],
    free: Sequence[float],
) -> None:
    """What each card's odds for its seats come to beside its alternatives."""
    place = 0
    for odds, rest in zip(own_odds, own_rest, strict=True):
        left = [one * free[at] for at, one in enumerate(odds, start=place)]
        whole = fsum((rest, *left))
        for one, mine in zip(odds, left, strict=True):
            claims[place] = one / (1 + (whole - mine)) if whole > mine else one
            place += 1


def _leave(seats: Sequence[Sequence[int]], claims: Sequence[float], *, many: bool) -> list[float]:
    """How free others' claims leave each seat (`freedom`, written out: nothing else here is worked out as often)."""
    free, second = [1.0] * len(claims), _SECOND_CARD if many else 0.0
    for places in seats:
        claimed = fsum([claims[place] for place in places])
        for place in places:
            others = claimed - claims[place]
            if others > 0:
                free[place] = (1 + second * others) / (1 + others)
    return free


def _leap(before: Sequence[float], free: list[float], ratio: float) -> list[float]:
    """Where freedoms would come to rest if each round went this much of the way of the one before (Aitken)."""
    if not 0 < ratio < _SLOWEST:
        return free
    rounds = ratio / (1 - ratio)
    return [
        min(1.0, max(now / 2, now + rounds * (now - then))) for then, now in zip(before, free, strict=True)
    ]
