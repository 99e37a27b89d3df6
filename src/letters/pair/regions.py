"""Candidates of many cards, kept so that those that have a say in one decision are found without looking at the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from math import ceil, fsum, log

from letters.pair.coefficients import Trust
from letters.pair.sharing import CLAIMING_FROM, Candidate, odds_of

#: Claims from outside are told in parts that are no larger.
_SMALL_CLAIM = 0.05


class Regions:
    """The graph of cards and episodes that candidates make, with the episodes that cards are paired with or asked about.

    Two cards have a say in each other's decision when both claim an episode (`letters.pair.sharing`), or when an episode that
    both may mean, however improbably, is taken by a card that is paired: it is struck from the others then. Claims
    smaller than `least` do not count for that, and are taken as they are; at 0 all count, and no card with any say is missed.
    """

    def __init__(self, *, many: bool, trust: Trust, asked_from: float, least: float) -> None:
        self._many, self._least = many, least
        self._of_card: dict[str, list[Candidate]] = {}
        self._of_episode: dict[str, set[Candidate]] = defaultdict(set)
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

    def claims_from_outside(self, card_ids: Collection[str]) -> list[Candidate]:
        """The claims of all other cards on what these may mean, each small and of a card that means nothing else.

        None of them is as probable as what a person is asked about, so that nothing is decided by them alone.
        """
        if not self._least:
            return []
        outside = []
        for episode_id in {one.episode_id for one in self.candidates(card_ids)}:
            others = [one for one in self._of_episode[episode_id] if one.card_id not in card_ids]
            claimed = fsum(self._claim(one) for one in others if one.score >= self._claiming_from)
            number = ceil(claimed / _SMALL_CLAIM)
            outside += [
                Candidate(f"{place} {episode_id}", episode_id, log(claimed / number), contradicts=True)
                for place in range(number)
            ]
        return outside

    def add(self, one: Candidate) -> None:
        self._of_card.setdefault(one.card_id, []).append(one)
        self._of_episode[one.episode_id].add(one)
        self._odds.pop(one.card_id, None)

    def remove(self, gone: Collection[Candidate]) -> set[str]:
        """Take candidates out; returns the cards that may be decided otherwise because of that."""
        touched: set[str] = set()
        for one in gone:
            touched |= self._coupled(one)
        for one in gone:
            self._of_card[one.card_id].remove(one)
            self._odds.pop(one.card_id, None)
            self._of_episode[one.episode_id].discard(one)
            if not self._of_episode[one.episode_id]:
                del self._of_episode[one.episode_id]
        return touched

    def hold(
        self, paired: Collection[Candidate], asked: Collection[Candidate], *, among: Collection[str]
    ) -> set[str]:
        """Say which of some cards are paired or asked about; returns other cards that might have had what is newly taken."""
        before = {episode_id for card_id in among if (episode_id := self._holds.pop(card_id, None))}
        taken_before = before & self._taken
        self._taken -= before
        self._holds |= {one.card_id: one.episode_id for one in (*paired, *asked)}
        if self._many:
            return set()
        self._forget_odds(before.union(one.episode_id for one in paired))
        self._taken |= {one.episode_id for one in paired}
        new = [one for one in paired if one.episode_id not in taken_before]
        return {card_id for one in new for card_id in self._coupled(one)} - set(among)

    def settle(self, card_id: str, episode_id: str) -> None:
        """A card has the episode with which it was paired for good."""
        self.remove(self.candidates([card_id]))
        self._of_card.pop(card_id, None)
        self._holds.pop(card_id, None)
        if not self._many:
            self._taken.discard(episode_id)
            self.remove(list(self._of_episode.get(episode_id, ())))

    def around(self, card_ids: Collection[str]) -> set[str]:
        """The cards, and all that have a say in what is decided about them."""
        reached, ahead = set(card_ids), list(card_ids)
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
        return one.score >= self._claiming_from and self._claim(one) >= self._least

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

    def _forget_odds(self, episode_ids: Iterable[str]) -> None:
        for episode_id in episode_ids:
            for one in self._of_episode.get(episode_id, ()):
                self._odds.pop(one.card_id, None)

    def _coupled(self, one: Candidate) -> set[str]:
        if not self.counts(one):
            return set()
        others = self._of_episode[one.episode_id]
        if one.episode_id not in self._taken:
            if one.score < self._claiming_from:
                return set()
            others = {other for other in others if other.score >= self._claiming_from}
        return {other.card_id for other in others if self.counts(other)}
