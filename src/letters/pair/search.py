"""The episodes that cards may mean, compared with them; what is found is kept as numbers, and told in words when asked."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from letters.model import Evidence, Progress
from letters.pair.bindings import Binding, Bindings
from letters.pair.candidates import Library
from letters.pair.coefficients import Coefficients
from letters.pair.comparisons import CONTRADICTIONS, compare, measure
from letters.pair.reading import ReadCard, ReadEpisode
from letters.pair.sharing import Candidate, odds_of
from letters.pair.shelf import Shelf
from letters.pair.values import CardToPair, Considered, EpisodeToPair

#: Candidates with a smaller score are dropped: all of a card's together take less than a five-hundredth from the others.
_HOPELESS = -10.0


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
    ) -> None:
        self._coefficients, self._shown = coefficients, shown
        self._settled, self._rejected = settled, frozenset(rejected)
        self._library = Library(episodes)
        taken = frozenset() if many else frozenset(settled.values())
        open_cards = [card for card in cards if card.id not in settled]
        self._bindings = Bindings(episodes, open_cards, taken=taken, many=many, rejected=self._rejected)
        self._many, self._taken = many, taken
        #: By id, each card with the shows it is looked for among; those of the same shows stand together.
        self._cards = {one.card.id: (one, shows) for one, shows in self._library.read_cards(cards)}

    def order(self) -> list[str]:
        """The ids of all cards, those that are looked for in the same place beside each other."""
        return list(self._cards)

    def binding(self, card_id: str) -> Binding | None:
        return self._bindings.of(card_id)

    def candidates(self, progress: Progress | None = None) -> list[Candidate]:
        """Each open card compared with the episodes that it may mean."""
        found: list[Candidate] = []
        for done, card_id in enumerate(self._cards, start=1):
            if card_id not in self._settled and self._is_open(card_id):
                found += self._candidates_of(card_id)
            if progress and (done % 100 == 0 or done == len(self._cards)):
                progress(done, len(self._cards))
        return found

    def evidence(self, card_id: str, episode_id: str) -> list[Evidence]:
        """What speaks for and against a pair, in words."""
        card, shelf = self._card(card_id)
        return compare(card, self._library.episode(episode_id), shelf, self._coefficients.weights)

    def considered(self, card_id: str) -> tuple[Considered, ...]:
        """What a card that is shown was compared with, the best first; each with its share of what may be true of the card."""
        is_open = self._is_open(card_id)
        if not is_open and card_id not in self._shown:
            return ()
        card, shelf = self._card(card_id)
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

    def _candidates_of(self, card_id: str) -> list[Candidate]:
        card, shelf = self._card(card_id)
        candidates = []
        for one in self._found(card_id, card, shelf):
            if self._is_free(card_id, one.episode.id):
                score, contradicts = self._score(card, one, shelf)
                if score > _HOPELESS:
                    candidates.append(Candidate(card_id, one.episode.id, score, contradicts))
        return candidates

    def _found(self, card_id: str, card: ReadCard, shelf: Shelf) -> Sequence[ReadEpisode]:
        binding = self._bindings.of(card_id)
        if binding and binding.choice:
            return self._library.episodes(binding.choice)
        return shelf.closest(card)

    def _score(self, card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> tuple[float, bool]:
        measures = measure(card, episode, shelf)
        weights = self._coefficients.weights
        score = math.fsum(weights[name] * value for name, value in measures.items())
        return score, not CONTRADICTIONS.isdisjoint(measures)

    def _card(self, card_id: str) -> tuple[ReadCard, Shelf]:
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
