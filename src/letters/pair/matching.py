"""The whole of pairing as one pure function: episodes and cards in, a decision about each card out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from letters.model import Decision, Evidence, Pairing, Progress
from letters.pair.bindings import Binding, Bindings
from letters.pair.candidates import Library, ReadCard, ReadEpisode, Shelf
from letters.pair.comparisons import compare
from letters.pair.decide import Candidate, Decided, decide
from letters.pair.values import CardToPair, EpisodeToPair

_NOTHING_SETTLED: Mapping[str, str] = {}


def match(
    episodes: Sequence[EpisodeToPair],
    cards: Sequence[CardToPair],
    *,
    many: bool = False,
    settled: Mapping[str, str] = _NOTHING_SETTLED,
    progress: Progress | None = None,
) -> list[Pairing]:
    """Decide about each card that is not settled, in the order of `cards`.

    `settled` gives episodes by card id: pairs that stay as they are. Their cards and episodes are only read, to know what
    is rare and what is decoration, so that settling what was decided changes nothing about the rest. With `many`, an
    episode may have several cards. Ids must be unique.
    """
    search = _Search(episodes, cards, many=many, settled=settled)
    search.collect(progress)
    decided = decide(search.candidates, many=many)
    return [search.explain(card, decided.get(card.id)) for card in cards if card.id not in settled]


@dataclass(frozen=True, slots=True)
class _Compared:
    """A card and an episode that were compared, and where its words' rarity came from."""

    card: ReadCard
    episode: ReadEpisode
    shelf: Shelf
    score: float

    def evidence(self) -> list[Evidence]:
        return compare(self.card, self.episode, self.shelf)


class _Search:
    def __init__(
        self,
        episodes: Sequence[EpisodeToPair],
        cards: Sequence[CardToPair],
        *,
        many: bool,
        settled: Mapping[str, str],
    ) -> None:
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
            score = math.fsum(item.weight for item in compare(card, one, shelf))
            candidate = Candidate(card.card.id, one.episode.id, score)
            self.candidates.append(candidate)
            self._compared[candidate.card_id, candidate.episode_id] = _Compared(card, one, shelf, score)

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
        told += self._compared[best.card_id, best.episode_id].evidence()
        told += self._rivals(decided)
        return Pairing(
            card_id=card.id,
            episode_id=None if decided.decision is Decision.NONE else best.episode_id,
            decision=decided.decision,
            probability=round(decided.probability, 4),
            evidence=tuple(told),
        )

    def _rivals(self, decided: Decided) -> list[Evidence]:
        """What the other candidates took from the best one's probability."""
        if decided.best is None or not 0 < decided.probability < 1:
            return []
        lost = math.log(decided.probability / (1 - decided.probability)) - decided.best.score
        if lost > -0.05:
            return []
        if decided.contested or decided.next_best is None:
            words = "another card fits the episode too"
        else:
            words = f'the next best is "{self._titles[decided.next_best.episode_id]}"'
        return [Evidence(comparison="rivals", weight=round(lost, 3), words=words)]
