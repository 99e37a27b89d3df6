"""Candidates of many cards, kept so that those that have a say in one decision are found without looking at the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from letters.pair.coefficients import Trust
from letters.pair.sharing import CLAIMING_FROM, Candidate, odds_of


class Regions:
    """The graph of cards and episodes that candidates make, with the episodes that cards were paired with.

    Two cards have a say in each other's decision when both claim an episode (`letters.pair.sharing`), or when an episode that
    both may mean, however improbably, is taken by a card that is paired: it is struck from the others then.
    """

    def __init__(self, *, many: bool, trust: Trust, asked_from: float) -> None:
        self._many = many
        self._of_card: dict[str, list[Candidate]] = {}
        self._of_episode: dict[str, set[Candidate]] = defaultdict(set)
        #: By card, the episode with which it is paired. With `many`, none is ever taken from others.
        self._takes: dict[str, str] = {}
        self._taken: set[str] = set()
        weakest = odds_of(CLAIMING_FROM)
        # Each episode is asked about once: if a person may be asked about one that is hardly claimed, that counts as claimed.
        asks_about_all = trust.calibrate(weakest / (1 + weakest)) >= asked_from
        self._claiming_from = float("-inf") if asks_about_all else CLAIMING_FROM

    def candidates(self, card_ids: Iterable[str]) -> list[Candidate]:
        return [one for card_id in card_ids for one in self._of_card.get(card_id, ())]

    def rivals(self, episode_id: str) -> set[str]:
        """The cards that may mean the episode."""
        return {one.card_id for one in self._of_episode.get(episode_id, ())}

    def add(self, one: Candidate) -> None:
        self._of_card.setdefault(one.card_id, []).append(one)
        self._of_episode[one.episode_id].add(one)

    def remove(self, gone: Collection[Candidate]) -> set[str]:
        """Take candidates out; returns the cards that may be decided otherwise because of that."""
        touched: set[str] = set()
        for one in gone:
            touched |= self.rivals(one.episode_id)
            self._of_episode[one.episode_id].discard(one)
            self._of_card[one.card_id].remove(one)
            if not self._of_episode[one.episode_id]:
                del self._of_episode[one.episode_id]
        return touched

    def take(self, taken: Collection[Candidate], *, among: Collection[str]) -> set[str]:
        """Say which of some cards are paired; returns the other cards that might have had the episodes newly taken."""
        if self._many:
            return set()
        before = {episode_id for card_id in among if (episode_id := self._takes.pop(card_id, None))}
        self._taken -= before
        self._takes |= {one.card_id: one.episode_id for one in taken}
        now = {one.episode_id for one in taken}
        self._taken |= now
        return {card_id for episode_id in now - before for card_id in self.rivals(episode_id)} - set(among)

    def settle(self, card_id: str, episode_id: str) -> None:
        """A card has the episode with which it was paired for good."""
        self.remove(self.candidates([card_id]))
        self._of_card.pop(card_id, None)
        if not self._many:
            self.remove(list(self._of_episode.get(episode_id, ())))
            self._takes.pop(card_id, None)
            self._taken.discard(episode_id)

    def around(self, card_ids: Collection[str]) -> set[str]:
        """The cards, and all that have a say in what is decided about them."""
        reached, ahead = set(card_ids), list(card_ids)
        while ahead:
            for one in self._of_card.get(ahead.pop(), ()):
                new = self._coupled(one) - reached
                reached |= new
                ahead += new
        return reached

    def _coupled(self, one: Candidate) -> set[str]:
        if one.episode_id in self._taken:
            return self.rivals(one.episode_id)
        if one.score < self._claiming_from:
            return set()
        return {
            other.card_id for other in self._of_episode[one.episode_id] if other.score >= self._claiming_from
        }
