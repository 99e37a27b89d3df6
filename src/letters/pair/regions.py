"""Candidates of many cards, kept so that those that have a say in one decision are found without looking at the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from math import fsum, log

from letters.pair.coefficients import Trust
from letters.pair.sharing import CLAIMING_FROM, Candidate, Seat, freedom, odds_of, seat_of


class Regions:
    """The graph of cards and episodes that candidates make, with the episodes that cards are paired with or asked about.

    Two cards have a say in each other's decision when both claim an episode (`letters.pair.sharing`), or when an episode that
    both may mean, however improbably, is taken by a card that is paired: it is struck from the others then. Claims
    smaller than `least` do not count for that, and are taken as they are; at 0 all count, and no card with any say is missed.
    """

    def __init__(self, *, many: bool, trust: Trust, asked_from: float, least: float) -> None:
        self._many, self._least = many, least
        self._of_card: dict[str, list[Candidate]] = {}
        self._of_seat: dict[Seat, set[Candidate]] = defaultdict(set)
        #: By card, the episode with which it is paired or about which is asked.
        self._holds: dict[str, str] = {}
        #: By card, `_open_odds` where it is known.
        self._odds: dict[str, float] = {}
        #: With `many`, none is ever taken from others.
        self._taken: set[str] = set()
        weakest = odds_of(CLAIMING_FROM)
        # Each episode is asked about once: if a person may be asked about one that is hardly claimed, that counts as claimed.
        asks_about_all = trust.calibrate(weakest / (1 + weakest)) >= asked_from
        self._claiming_from = float("-inf") if asks_about_all else CLAIMING_FROM

    def candidates(self, card_ids: Collection[str]) -> list[Candidate]:
        """All that the cards may mean."""
        return [one for card_id in card_ids for one in self._of_card.get(card_id, ())]

    def contested(self, card_ids: Collection[str]) -> dict[Candidate, Candidate]:
        """All that the cards may mean, each with the same as far as all other cards' claims leave it; without what those took."""
        found = {one: one for one in self.candidates(card_ids)}
        if not self._least:
            return found
        inside = {self._holds.get(card_id) for card_id in card_ids}
        for seat in {self._seat(one) for one in found}:
            episode_id, rivals = seat[0], self._of_seat[seat]
            mine = [one for one in rivals if one.card_id in card_ids]
            if episode_id in self._taken and episode_id not in inside:
                for one in mine:
                    del found[one]
                continue
            others = fsum(
                self._claim(one)
                for one in rivals
                if one.card_id not in card_ids and one.score >= self._claiming_from
            )
            lost = log(freedom(others, many=self._many))
            if lost:
                found |= {one: _with_score(one, one.score + lost) for one in mine}
        return found

    def add(self, one: Candidate) -> None:
        self._of_card.setdefault(one.card_id, []).append(one)
        self._of_seat[self._seat(one)].add(one)
        self._odds.pop(one.card_id, None)

    def remove(self, gone: Collection[Candidate]) -> set[str]:
        """Take candidates out; returns the cards that may be decided otherwise because of that."""
        touched: set[str] = set()
        for one in gone:
            if self.counts(one):
                touched.add(one.card_id)
            if not self._least:
                touched |= self._coupled(one)
        for one in gone:
            self._of_card[one.card_id].remove(one)
            self._odds.pop(one.card_id, None)
            seat = self._seat(one)
            self._of_seat[seat].discard(one)
            if not self._of_seat[seat]:
                del self._of_seat[seat]
        return touched

    def hold(
        self, paired: Collection[Candidate], asked: Collection[Candidate], *, among: Collection[str]
    ) -> set[str]:
        """Say which of some cards are paired or asked about; returns other cards that may be decided otherwise because of that."""
        before = {episode_id for card_id in among if (episode_id := self._holds.pop(card_id, None))}
        taken_before = before & self._taken
        self._taken -= before
        self._holds |= {one.card_id: one.episode_id for one in (*paired, *asked)}
        if self._many:
            return set()
        taken = {one.episode_id for one in paired}
        self._taken |= taken
        changed = taken ^ taken_before
        for episode_id in changed:
            for one in self._of_seat.get((episode_id, ""), ()):
                self._odds.pop(one.card_id, None)
        wanted = [one for episode_id in changed for one in self._of_seat.get((episode_id, ""), ())]
        return {one.card_id for one in wanted if one.card_id not in among and self._may_want(one)}

    def settle(self, card_id: str, episode_id: str) -> None:
        """A card has the episode with which it was paired for good."""
        self.remove(self.candidates([card_id]))
        self._of_card.pop(card_id, None)
        self._holds.pop(card_id, None)
        if not self._many:
            self._taken.discard(episode_id)
            self.remove(list(self._of_seat.get((episode_id, ""), ())))

    def around(self, card_ids: Collection[str]) -> set[str]:
        """The cards, and at 0 all that have a say in what is decided about them."""
        reached, ahead = set(card_ids), [] if self._least else list(card_ids)
        while ahead:
            for one in self._of_card.get(ahead.pop(), ()):
                new = self._coupled(one) - reached
                reached |= new
                ahead += new
        return reached

    def counts(self, one: Candidate) -> bool:
        """Whether anything may be decided otherwise because of the candidate."""
        if not self._least or self._holds.get(one.card_id) == one.episode_id:
            return True
        # A claim is never more than the odds, and those of most are less already.
        return (
            one.odds >= self._least and one.score >= self._claiming_from and self._claim(one) >= self._least
        )

    def _claim(self, one: Candidate) -> float:
        """What the card's odds for the episode come to beside its alternatives, as if no other card wanted those."""
        if one.episode_id in self._taken and self._holds.get(one.card_id) != one.episode_id:
            return 0.0
        return one.odds / (1 + self._open_odds(one.card_id) - one.odds)

    def _open_odds(self, card_id: str) -> float:
        """The sum of the odds of all that the card may still mean."""
        if card_id not in self._odds:
            own = self._holds.get(card_id)
            open_odds = (
                one.odds
                for one in self._of_card[card_id]
                if one.episode_id not in self._taken or one.episode_id == own
            )
            self._odds[card_id] = fsum(open_odds)
        return self._odds[card_id]

    def _may_want(self, one: Candidate) -> bool:
        """Whether it is of any account to the card that the episode is taken by another, or let go."""
        if not self._least:
            return True
        return one.odds >= self._least * (1 + self._open_odds(one.card_id))

    def _seat(self, one: Candidate) -> Seat:
        return seat_of(one, many=self._many)

    def _coupled(self, one: Candidate) -> set[str]:
        others = self._of_seat[self._seat(one)]
        if one.episode_id in self._taken:
            return {other.card_id for other in others}
        if one.score < self._claiming_from:
            return set()
        return {other.card_id for other in others if other.score >= self._claiming_from}


def _with_score(one: Candidate, score: float) -> Candidate:
    # `dataclasses.replace` takes three times as long.
    return Candidate(one.card_id, one.episode_id, score, one.contradicts, one.hand)
