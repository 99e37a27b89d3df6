"""The episodes that cards may mean, compared with them; what is found is kept as numbers, and told in words when asked."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from letters.model import Evidence, Progress
from letters.pair.bindings import Binding, Bindings
from letters.pair.candidates import Library
from letters.pair.coefficients import Coefficients
from letters.pair.comparisons import CONTRADICTIONS, compare, measure
from letters.pair.hands import find_hand
from letters.pair.nearest import Nearest
from letters.pair.reading import ReadCard, ReadEpisode, texts_of_card, texts_of_episode
from letters.pair.sharing import Candidate, odds_of
from letters.pair.shelf import Shelf
from letters.pair.telling import spelt_out
from letters.pair.values import CardToPair, Considered, EpisodeToPair

#: Candidates with a smaller score are dropped: all of a card's together take less than a five-hundredth from the others.
_HOPELESS = -10.0
#: The comparison's name where a pair is not made however probable it is.
ASKED = "asked"


class Search:
    """All cards that are open, with their candidates.

    `shown` gives cards of which a person sees all that they are compared with, and episodes that are compared in any case;
    nothing of that has a say in what is decided.
    """

    def __init__(
        self,
        episodes: Sequence[EpisodeToPair],
        cards: Sequence[CardToPair],
        *,
        many: bool,
        settled: Mapping[str, str],
        rejected: Collection[tuple[str, str]],
        shown: Mapping[str, Collection[str]],
        coefficients: Coefficients,
        keep: int = 0,
    ) -> None:
        self._coefficients, self._shown, self._many = coefficients, shown, many
        self._settled, self._rejected = set(settled), frozenset(rejected)
        self._library = Library(episodes, keep=keep)
        taken: set[str] = set() if many else set(settled.values())
        open_cards = [card for card in cards if card.id not in settled]
        self._bindings = Bindings(episodes, open_cards, taken=taken, many=many, rejected=self._rejected)
        self._taken = taken
        #: By id, each card with the shows it is looked for among; those of the same shows stand together.
        self._cards = {one.card.id: (one, shows) for one, shows in self._library.read_cards(cards)}

    @property
    def everything(self) -> Shelf:
        """The shelf of all episodes."""
        return self._library.all

    def episode(self, episode_id: str) -> ReadEpisode:
        return self._library.episode(episode_id)

    def shows(self, card_id: str) -> tuple[str, ...]:
        """The shows among which the card is looked for; none when it is looked for everywhere."""
        return self._cards[card_id][1]

    def order(self) -> list[str]:
        """The ids of all cards, those that are looked for in the same place beside each other."""
        return list(self._cards)

    def add(self, episode: EpisodeToPair) -> tuple[set[str], set[str]]:
        """Take in one more episode, which is not counted (`Library.add`).

        Returns the cards that are bound otherwise, or looked for elsewhere now, and the episodes that lost the card bound to them.
        """
        moved = self._move() if self._library.add(episode) else set()
        bound, freed = self._bindings.add(episode)
        return moved | bound, freed

    def _move(self) -> set[str]:
        """After shows got new names: look for the cards that give these on other shelves."""
        find = cache(self._library.finder.find)
        moved = {
            card_id: self._library.place(one.card)
            for card_id, (one, shows) in self._cards.items()
            if find(one.card.publisher) not in {(), shows}
        }
        self._cards |= moved
        return set(moved)

    def settle(self, card_id: str, episode_id: str) -> None:
        """A card has its episode for good."""
        self._bindings.settle(self._cards[card_id][0].card, episode_id)
        self._settled.add(card_id)
        if not self._many:
            self._taken.add(episode_id)

    def binding(self, card_id: str) -> Binding | None:
        return self._bindings.of(card_id)

    def candidates(self, progress: Progress | None = None) -> list[Candidate]:
        """Each open card compared with the episodes that it may mean."""
        found: list[Candidate] = []
        for done, card_id in enumerate(self._cards, start=1):
            found += self.candidates_of(card_id)
            if progress and (done % 100 == 0 or done == len(self._cards)):
                progress(done, len(self._cards))
        return found

    def evidence(self, card_id: str, episode_id: str) -> list[Evidence]:
        """What speaks for and against a pair, in words."""
        card, shelf = self.card(card_id)
        episode = self._library.episode(episode_id)
        found = compare(card, episode, shelf, self._coefficients.weights)
        if self._score(card, episode, shelf)[1]:
            found.append(
                Evidence(comparison=ASKED, weight=0.0, words="what contradicts is never paired unasked")
            )
        return spelt_out(found, (*texts_of_card(card.card), *texts_of_episode(episode.episode)))

    def considered(self, card_id: str) -> tuple[Considered, ...]:
        """What a card that is shown was compared with, the best first; each with its share of what may be true of the card."""
        is_open = self._is_open(card_id)
        if not is_open and card_id not in self._shown:
            return ()
        card, shelf = self.card(card_id)
        found = self._found(card_id, card, shelf)
        added = self._library.episodes(set(self._shown.get(card_id, ())) - {one.episode.id for one in found})
        scored = []
        for one in (*found, *added):
            is_free = is_open and one not in added and self._is_free(card_id, one.episode.id)
            scored.append((self._score(card, one, shelf)[0], one.episode.id, is_free))
        scored.sort(key=lambda one: (-one[0], one[1]))
        of_all = math.fsum(odds_of(score) for score, _, is_free in scored if is_free)
        shown = []
        for score, episode_id, is_free in scored:
            odds = odds_of(score)
            share = odds / (1 + of_all + (0 if is_free else odds))
            probability = round(self._coefficients.one_to_one.calibrate(share), 4)
            shown.append(Considered(episode_id, probability, tuple(self.evidence(card_id, episode_id))))
        return tuple(shown)

    def nearest(self, card_id: str) -> Nearest | None:
        """`Shelf.nearest` of a card for which that decides with what it is compared; None for others."""
        binding = self._bindings.of(card_id)
        card, shelf = self.card(card_id)
        return (
            None if binding or card_id in self._settled or shelf.is_whole_for(card) else shelf.nearest(card)
        )

    def candidates_of(self, card_id: str, nearest: Nearest | None = None) -> list[Candidate]:
        """The card compared with the episodes that it may mean; no candidates when it is settled or bound."""
        if card_id in self._settled or not self._is_open(card_id):
            return []
        card, shelf = self.card(card_id)
        compared = (self.candidate(card_id, one) for one in self._found(card_id, card, shelf, nearest))
        return [one for one in compared if one is not None]

    def candidate(self, card_id: str, episode: ReadEpisode) -> Candidate | None:
        """The card compared with one episode; None when that is not free for it, or hopeless."""
        if not self._is_free(card_id, episode.episode.id):
            return None
        card, shelf = self.card(card_id)
        score, contradicts = self._score(card, episode, shelf)
        if score <= _HOPELESS:
            return None
        hand = find_hand(card, shelf) if self._many else ""
        return Candidate(card_id, episode.episode.id, score, contradicts, hand)

    def _found(
        self, card_id: str, card: ReadCard, shelf: Shelf, nearest: Nearest | None = None
    ) -> Sequence[ReadEpisode]:
        binding = self._bindings.of(card_id)
        if binding and binding.choice:
            return self._library.episodes(binding.choice)
        return shelf.closest(card, nearest)

    def _score(self, card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> tuple[float, bool]:
        measures = measure(card, episode, shelf)
        weights = self._coefficients.weights
        score = math.fsum(weights[name] * value for name, value in measures.items())
        return score, not CONTRADICTIONS.isdisjoint(measures)

    def card(self, card_id: str) -> tuple[ReadCard, Shelf]:
        """The card, and the shelf that says how rare words are."""
        card, shows = self._cards[card_id]
        binding = self._bindings.of(card_id)
        return card, self._library.all if binding and binding.choice else self._library.shelf(shows)

    def _is_open(self, card_id: str) -> bool:
        binding = self._bindings.of(card_id)
        return binding is None or bool(binding.choice)

    def _is_free(self, card_id: str, episode_id: str) -> bool:
        if episode_id in self._taken or (card_id, episode_id) in self._rejected:
            return False
        return self._many or episode_id not in self._bindings.episodes
