"""The whole of pairing as one pure function: episodes and cards in, a decision about each card out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from letters.model import Decision, Evidence, Pairing, Progress
from letters.pair.bindings import Binding, Bindings
from letters.pair.candidates import Library
from letters.pair.coefficients import Coefficients, logit, shipped_coefficients
from letters.pair.comparisons import CONTRADICTIONS, compare, measure
from letters.pair.decide import Decided, Thresholds, decide
from letters.pair.reading import ReadCard, ReadEpisode
from letters.pair.sharing import Candidate
from letters.pair.shelf import Shelf
from letters.pair.values import CardToPair, EpisodeToPair

_NOTHING_SETTLED: Mapping[str, str] = {}
_THRESHOLDS = Thresholds()
#: A smaller change of the logit is not worth a line of evidence.
_TELLING = 0.05


def match(
    episodes: Sequence[EpisodeToPair],
    cards: Sequence[CardToPair],
    *,
    many: bool = False,
    settled: Mapping[str, str] = _NOTHING_SETTLED,
    thresholds: Thresholds = _THRESHOLDS,
    coefficients: Coefficients | None = None,
    progress: Progress | None = None,
) -> list[Pairing]:
    """Decide about each card that is not settled, in the order of `cards`.

    `settled` gives episodes by card id: pairs that stay as they are. Their cards and episodes are only read, to know what
    is rare and what is decoration, so that settling what was decided changes nothing about the rest. With `many`, an
    episode may have several cards. `coefficients` are those that come with Letters, unless others are given. Ids must be
    unique.
    """
    coefficients = coefficients or shipped_coefficients()
    search = _Search(episodes, cards, many=many, settled=settled, coefficients=coefficients)
    search.collect(progress)
    decided = decide(search.candidates, many=many, coefficients=coefficients, thresholds=thresholds)
    return [search.explain(card, decided.get(card.id)) for card in cards if card.id not in settled]


@dataclass(frozen=True, slots=True)
class _Compared:
    """A card and an episode that were compared, and where its words' rarity came from."""

    card: ReadCard
    episode: ReadEpisode
    shelf: Shelf

    def evidence(self, coefficients: Coefficients) -> list[Evidence]:
        return compare(self.card, self.episode, self.shelf, coefficients.weights)


class _Search:
    def __init__(
        self,
        episodes: Sequence[EpisodeToPair],
        cards: Sequence[CardToPair],
        *,
        many: bool,
        settled: Mapping[str, str],
        coefficients: Coefficients,
    ) -> None:
        self.coefficients = coefficients
        self.cards = cards
        self.settled = settled
        taken = frozenset() if many else frozenset(settled.values())
        self.library = Library(episodes)
        open_cards = [card for card in cards if card.id not in settled]
        self.bindings = Bindings(episodes, open_cards, taken=taken, many=many)
        self.taken = taken if many else taken | self.bindings.episodes
        self.candidates: list[Candidate] = []
        self._compared: dict[tuple[str, str], _Compared] = {}
        self._titles = {episode.id: episode.title for episode in episodes}

    def collect(self, progress: Progress | None) -> None:
        """Compare each card that is open with the episodes it may mean."""
        read = self.library.read_cards(self.cards)
        for done, (card, shelf) in enumerate(read, start=1):
            binding = self.bindings.of(card.card.id)
            if card.card.id not in self.settled and (binding is None or binding.choice):
                self._compare(card, shelf, binding)
            if progress and (done % 100 == 0 or done == len(read)):
                progress(done, len(read))

    def _compare(self, card: ReadCard, shelf: Shelf, binding: Binding | None) -> None:
        if binding:
            shelf = self.library.all
            wanted = set(binding.choice)
            found = [one for one in shelf.episodes if one.episode.id in wanted]
        else:
            found = shelf.closest(card)
        for one in found:
            if one.episode.id in self.taken:
                continue
            measures = measure(card, one, shelf)
            score = math.fsum(self.coefficients.weights[name] * value for name, value in measures.items())
            contradicts = not CONTRADICTIONS.isdisjoint(measures)
            candidate = Candidate(card.card.id, one.episode.id, score, contradicts)
            self.candidates.append(candidate)
            self._compared[candidate.card_id, candidate.episode_id] = _Compared(card, one, shelf)

    def explain(self, card: CardToPair, decided: Decided | None) -> Pairing:
        binding = self.bindings.of(card.id)
        if binding and not binding.choice:
            return binding.pairing
        told = list(binding.pairing.evidence) if binding else []
        if decided is None or decided.best is None:
            told.append(
                Evidence(comparison="candidates", weight=0.0, words="no free episode is anything like it")
            )
            return Pairing(
                card_id=card.id,
                episode_id=None,
                decision=Decision.NONE,
                probability=0.0,
                evidence=tuple(told),
            )
        best = decided.best
        if decided.decision is Decision.NONE:
            words = f'the likeliest was "{self._titles[best.episode_id]}"'
            told.append(Evidence(comparison="candidates", weight=0.0, words=words))
        told += self._compared[best.card_id, best.episode_id].evidence(self.coefficients)
        told += self._rivals(decided)
        return Pairing(
            card_id=card.id,
            episode_id=None if decided.decision is Decision.NONE else best.episode_id,
            decision=decided.decision,
            probability=round(decided.probability, 4),
            evidence=tuple(told),
        )

    def _rivals(self, decided: Decided) -> list[Evidence]:
        """What the other candidates took from the best one, and what experience makes of the sum."""
        if decided.best is None:
            return []
        told = []
        lost = logit(decided.share) - decided.best.score
        if lost <= -_TELLING:
            if decided.contested or decided.next_best is None:
                words = "another card fits the episode too"
            else:
                words = f'the next best is "{self._titles[decided.next_best.episode_id]}"'
            told.append(Evidence(comparison="rivals", weight=round(lost, 3), words=words))
        else:
            lost = 0.0
        corrected = logit(decided.probability) - decided.best.score - lost
        if abs(corrected) >= _TELLING:
            words = f"of sums like this one, {decided.probability:.0%} were right among the labelled cards"
            told.append(Evidence(comparison="experience", weight=round(corrected, 3), words=words))
        return told
