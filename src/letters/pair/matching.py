"""The whole of pairing as one pure function: episodes and cards in, a decision about each card out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from letters.model import Decision, Evidence, Pairing, Progress
from letters.pair.bindings import Binding, Bindings
from letters.pair.candidates import Library, ReadCard, ReadEpisode, Shelf
from letters.pair.comparisons import compare
from letters.pair.decide import Candidate, Decided, decide
from letters.pair.values import CardToPair, Consideration, Considered, EpisodeToPair

_NOTHING_SETTLED: Mapping[str, str] = {}
_NOTHING_SHOWN: Mapping[str, Collection[str]] = {}
_NOTHING_REJECTED: frozenset[tuple[str, str]] = frozenset()


def match(
    episodes: Sequence[EpisodeToPair],
    cards: Sequence[CardToPair],
    *,
    many: bool = False,
    settled: Mapping[str, str] = _NOTHING_SETTLED,
    rejected: Collection[tuple[str, str]] = _NOTHING_REJECTED,
    progress: Progress | None = None,
) -> list[Pairing]:
    """Decide about each card that is not settled, in the order of `cards`.

    `settled` gives episodes by card id: pairs that stay as they are. Their cards and episodes are only read, to know what
    is rare and what is decoration, so that settling what was decided changes nothing about the rest. `rejected` gives pairs, card id and
    episode id, that are never proposed. With `many`, an episode may have several cards. Ids must be unique.
    """
    search = _Search(episodes, cards, many=many, settled=settled, rejected=rejected)
    search.collect(progress)
    decided = decide(search.candidates, many=many)
    return [search.explain(card, decided.get(card.id)) for card in cards if card.id not in settled]


def consider(
    episodes: Sequence[EpisodeToPair],
    cards: Sequence[CardToPair],
    *,
    of: Mapping[str, Collection[str]] | None = None,
    settled: Mapping[str, str] = _NOTHING_SETTLED,
    rejected: Collection[tuple[str, str]] = _NOTHING_REJECTED,
    progress: Progress | None = None,
) -> list[Consideration]:
    """What `match` decides about some cards, with all their candidates; about those in review when `of` is None.

    `of` gives by card id the episodes that are shown in any case. Of its cards, episodes that others hold or that were
    rejected are shown too. None of these has a say in what is decided.
    """
    search = _Search(episodes, cards, many=False, settled=settled, rejected=rejected, shown=of or {})
    search.collect(progress)
    decided = decide(search.candidates, many=False)
    found = []
    for card in cards:
        if card.id in settled or (of is not None and card.id not in of):
            continue
        pairing = search.explain(card, decided.get(card.id))
        if of is not None or pairing.decision is Decision.REVIEW:
            found.append(Consideration(pairing, search.considered(card.id)))
    return found


@dataclass(frozen=True, slots=True)
class _Compared:
    """A card and an episode that were compared, and where its words' rarity came from."""

    card: ReadCard
    episode: ReadEpisode
    shelf: Shelf
    score: float
    #: Whether it may be decided for: neither held by another card nor rejected.
    is_open: bool

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
        rejected: Collection[tuple[str, str]] = _NOTHING_REJECTED,
        shown: Mapping[str, Collection[str]] = _NOTHING_SHOWN,
    ) -> None:
        self.cards = cards
        self.settled = settled
        self.rejected = frozenset(rejected)
        #: Cards of which all is kept that they were compared with, for a person to see; and what else to compare with.
        self.shown = shown
        taken = frozenset() if many else frozenset(settled.values())
        self.library = Library(episodes)
        open_cards = [card for card in cards if card.id not in settled]
        self.bindings = Bindings(episodes, open_cards, taken=taken, many=many, rejected=self.rejected)
        self.taken = taken if many else taken | self.bindings.episodes
        self.candidates: list[Candidate] = []
        self._compared: dict[tuple[str, str], _Compared] = {}
        self._of_card: dict[str, list[_Compared]] = defaultdict(list)
        self._titles = {episode.id: episode.title for episode in episodes}

    def collect(self, progress: Progress | None) -> None:
        """Compare each card that is open with the episodes it may mean."""
        read = self.library.read_cards(self.cards)
        for done, (card, shelf) in enumerate(read, start=1):
            binding = self.bindings.of(card.card.id)
            is_open = binding is None or bool(binding.choice)
            if card.card.id not in self.settled and (is_open or card.card.id in self.shown):
                self._compare(card, shelf, binding)
            if progress and (done % 100 == 0 or done == len(read)):
                progress(done, len(read))

    def _compare(self, card: ReadCard, shelf: Shelf, binding: Binding | None) -> None:
        if binding and binding.choice:
            shelf = self.library.all
            wanted = set(binding.choice)
            found = [one for one in shelf.episodes if one.episode.id in wanted]
        else:
            found = shelf.closest(card)
        added = self._added(card, found)
        for one in (*found, *added):
            pair = card.card.id, one.episode.id
            is_free = one.episode.id not in self.taken and pair not in self.rejected and one not in added
            if not is_free and card.card.id not in self.shown:
                continue
            score = math.fsum(item.weight for item in compare(card, one, shelf))
            is_open = is_free and (binding is None or bool(binding.choice))
            if is_open:
                self.candidates.append(Candidate(*pair, score))
            self._compared[pair] = compared = _Compared(card, one, shelf, score, is_open)
            self._of_card[card.card.id].append(compared)

    def _added(self, card: ReadCard, found: Sequence[ReadEpisode]) -> list[ReadEpisode]:
        wanted = set(self.shown.get(card.card.id, ())) - {one.episode.id for one in found}
        return [one for one in self.library.all.episodes if one.episode.id in wanted] if wanted else []

    def considered(self, card_id: str) -> tuple[Considered, ...]:
        """What a card was compared with, the best first; each with its share of what may be true of the card."""
        found = sorted(self._of_card[card_id], key=lambda one: (-one.score, one.episode.episode.id))
        odds = [Candidate(card_id, one.episode.episode.id, one.score).odds for one in found]
        of_all = math.fsum(mine for one, mine in zip(found, odds, strict=True) if one.is_open)
        return tuple(
            Considered(
                one.episode.episode.id,
                round(mine / (1 + of_all + (0 if one.is_open else mine)), 4),
                tuple(one.evidence()),
            )
            for one, mine in zip(found, odds, strict=True)
        )

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
