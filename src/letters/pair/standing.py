"""Cards that wait, kept ready, so that an episode that comes is met at once: without looking at all of them again."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from letters.model import Decision, Pairing, Progress
from letters.pair.coefficients import Coefficients, shipped_coefficients
from letters.pair.decide import Decided, Thresholds, decide
from letters.pair.matching import tell
from letters.pair.nearest import Nearest, pack, unpack
from letters.pair.reading import ReadCard, ReadEpisode
from letters.pair.regions import Regions
from letters.pair.search import Search
from letters.pair.seekers import Seekers
from letters.pair.sharing import Candidate
from letters.pair.shelf import Shelf
from letters.pair.values import CardToPair, EpisodeToPair

#: Nothing is decided anew because of a claim that is smaller: it moves a logit by less than a tenth.
LEAST = 0.1
#: Shelves are kept as long as no more episodes than this are on them, at some ten kilobytes each.
_KEPT = 20_000
#: What is told of a decision: of a card without an episode, nothing more than that.
_Outcome = tuple[Decision, str | None, float]
_NO_PAIR: _Outcome = (Decision.NONE, None, 0.0)


class Standing:
    """All that `letters.pair.match` finds out about episodes and cards, kept for the episodes that come after.

    Made once, from what `match` takes, in the time that `match` takes. What is learned of the whole is learned then: how rare
    words are, what decorates a show's titles, which publishers stand for which show. An episode that is met later is read and
    compared by that. The cards whose claim on it is not smaller than `least` are decided about together, with the claims of all
    other cards as they are; where an episode is taken or let go, those that want it are decided about too. With a `least` of 0
    nothing is taken as it is, and decisions are those that `match` would make if it learned from the first episodes only; so are
    those of `decide_all`. Decision 054 says what the difference comes to.
    """

    def __init__(
        self,
        episodes: Sequence[EpisodeToPair],
        cards: Sequence[CardToPair],
        *,
        many: bool = False,
        settled: Mapping[str, str] | None = None,
        rejected: Collection[tuple[str, str]] = (),
        thresholds: Thresholds | None = None,
        coefficients: Coefficients | None = None,
        least: float = LEAST,
        progress: Progress | None = None,
    ) -> None:
        self._least = least
        self._many, self._thresholds = many, thresholds or Thresholds()
        self._coefficients = coefficients or shipped_coefficients()
        self._settled = dict(settled or {})
        self._search = Search(
            episodes,
            cards,
            many=many,
            settled=self._settled,
            rejected=rejected,
            shown={},
            coefficients=self._coefficients,
            keep=_KEPT,
        )
        self._position = {card.id: position for position, card in enumerate(cards)}
        self._titles = {episode.id: episode.title for episode in episodes}
        self._seekers = Seekers()
        self._regions = Regions(
            many=many,
            trust=self._coefficients.many if many else self._coefficients.one_to_one,
            asked_from=self._thresholds.review_from,
            least=least,
        )
        #: Of the cards that are not compared with all of their shelf, the episodes that share most with them.
        self._nearest: dict[str, array[int]] = {}
        self._decided: dict[str, Decided] = {}
        self._outcomes: dict[str, _Outcome] = {}
        open_cards = [card_id for card_id in self._search.order() if card_id not in self._settled]
        for done, card_id in enumerate(open_cards, start=1):
            self._seek(card_id)
            if progress and (done % 100 == 0 or done == len(open_cards)):
                progress(done, len(open_cards))
        self._decide(open_cards)

    def pairings(self) -> list[Pairing]:
        """The decision about each card that is not settled, in the order of `cards`."""
        return self._tell(card_id for card_id in self._search.order() if card_id not in self._settled)

    def meet(self, episodes: Iterable[EpisodeToPair]) -> list[Pairing]:
        """Take in episodes that just came; returns what is decided otherwise now, in the order of `cards`: about cards that
        are paired with, or asked about, another episode, or with another probability, or with none any more.

        Raises `ValueError` when an episode is known already.
        """
        touched: set[str] = set()
        came = set()
        for episode in sorted(episodes, key=lambda one: one.id):
            if episode.id in self._titles:
                raise ValueError(
                    f'episode "{episode.id}" is known already; make a new index when it was edited'
                )
            self._titles[episode.id] = episode.title
            came.add(episode.id)
            touched |= self._take_in(episode)
        return self._tell(self._decide(touched, came if self._least else None))

    def decide_all(self) -> list[Pairing]:
        """Decide about all cards together, in a part of the time of the warm-up; returns what is decided otherwise now."""
        return self._tell(self._decide([one for one in self._position if one not in self._settled]))

    def settle(self, pairs: Mapping[str, str]) -> None:
        """Cards have got the episodes with which they were paired, for good: the decisions about all others stay as they are.

        With `many`, where claims only dampen, what they claimed is freer for those that are decided about later, as in `match`.
        Raises `ValueError` for a pair that was not decided so.
        """
        for card_id, episode_id in pairs.items():
            if self._outcomes.get(card_id, _NO_PAIR)[:2] != (Decision.PAIRED, episode_id):
                raise ValueError(
                    f'card "{card_id}" is not paired with episode "{episode_id}"; make a new index'
                )
        for card_id, episode_id in pairs.items():
            self._settled[card_id] = episode_id
            self._search.settle(card_id, episode_id)
            self._seekers.remove(card_id)
            self._regions.settle(card_id, episode_id)
            for kept in (self._nearest, self._decided, self._outcomes):
                kept.pop(card_id, None)

    def _take_in(self, episode: EpisodeToPair) -> set[str]:
        """Put the episode on its shelves, and compare the cards that may mean it; returns those to decide about."""
        anew, freed = self._search.add(episode)
        for other in freed:
            anew |= self._cards_near(self._search.episode(other))
        anew -= self._settled.keys()
        one = self._search.episode(episode.id)
        touched: set[str] = set()
        for card_id in self._seekers.of_show(episode.show):
            card, shelf = self._search.card(card_id)
            if card_id in anew or self._tells_apart(one, card, shelf):
                anew.add(card_id)
            else:
                points = shelf.shared_points(card, one) if card_id in self._nearest else 0
                touched |= self._compare(card_id, one, points)
        anew |= self._seekers.titled(one.title.key)
        for card_id, points in self._seekers.near(one, self._search.everything).items():
            if card_id not in anew:
                touched |= self._compare(card_id, one, points)
        for card_id in anew:
            touched |= self._regions.remove(self._regions.candidates([card_id]))
            self._seek(card_id)
        return touched | anew

    def _tells_apart(self, one: ReadEpisode, card: ReadCard, shelf: Shelf) -> bool:
        """Whether the episode changes how the card compares with others, or how many of them it is compared with."""
        if one.title.key and one.title.key == card.title.key:
            return True
        if not card.title.pieces.isdisjoint(one.title.pieces):
            return True
        if card.card.id not in self._nearest:
            return not shelf.is_whole_for(card)
        return one.episode.id in {shelf.episodes[place].episode.id for place in shelf.otherwise(card)}

    def _cards_near(self, one: ReadEpisode) -> set[str]:
        """The cards that are compared with the episode, or would be if it were free."""
        near = set(self._seekers.of_show(one.episode.show))
        for card_id in self._seekers.everywhere():
            card, shelf = self._search.card(card_id)
            if one in shelf.closest(card, unpack(self._nearest[card_id])):
                near.add(card_id)
        for card_id in self._seekers.choosing:
            binding = self._search.binding(card_id)
            if binding and one.episode.id in binding.choice:
                near.add(card_id)
        return near

    def _seek(self, card_id: str) -> None:
        """Compare the card with all that it may mean."""
        self._seekers.remove(card_id)
        card, _ = self._search.card(card_id)
        binding = self._search.binding(card_id)
        if binding is None:
            self._seekers.add(card, self._search.shows(card_id))
        elif binding.choice:
            self._seekers.add_choosing(card)
        self._nearest.pop(card_id, None)
        nearest = self._search.nearest(card_id)
        for candidate in self._search.candidates_of(card_id, nearest):
            self._regions.add(candidate)
        if nearest is not None:
            self._keep_nearest(card_id, nearest)

    def _keep_nearest(self, card_id: str, nearest: Nearest) -> None:
        self._nearest[card_id] = pack(nearest)
        self._seekers.narrow(card_id, Shelf.least_points(nearest))

    def _compare(self, card_id: str, one: ReadEpisode, points: int) -> set[str]:
        """Compare the card with one more episode, if that is near enough; returns the cards to decide about."""
        touched: set[str] = set()
        packed = self._nearest.get(card_id)
        if packed is not None:
            card, shelf = self._search.card(card_id)
            place = shelf.place(one)
            nearest = unpack(packed)
            with_it, gone = shelf.nearest_with(nearest, points, place)
            if with_it is nearest:
                return touched
            self._keep_nearest(card_id, with_it)
            if gone is not None and gone not in shelf.otherwise(card):
                episode_id = shelf.episodes[gone].episode.id
                lost = [
                    other for other in self._regions.candidates([card_id]) if other.episode_id == episode_id
                ]
                touched |= self._regions.remove(lost)
        candidate = self._search.candidate(card_id, one)
        if candidate is not None:
            self._regions.add(candidate)
            if self._regions.counts(candidate):
                touched.add(card_id)
        return touched

    def _decide(self, card_ids: Collection[str], came: Collection[str] | None = None) -> list[str]:
        """Decide about the cards, and all whose decisions hang together with theirs; returns those decided otherwise now."""
        region = self._regions.around(card_ids)
        while True:
            decided = self._decide_among(region)
            if came is not None:
                decided |= self._kept(decided, came)
            held: dict[Decision, list[Candidate]] = {one: [] for one in Decision}
            for one in decided.values():
                held[one.decision] += [one.best] if one.best else []
            missed = self._regions.hold(held[Decision.PAIRED], held[Decision.REVIEW], among=region)
            if not missed:
                break
            region |= self._regions.around(missed)
        changed = []
        for card_id in region:
            self._decided.pop(card_id, None)
            if card_id in decided:
                self._decided[card_id] = decided[card_id]
            outcome = self._outcome(card_id)
            if self._outcomes.get(card_id, _NO_PAIR) != outcome:
                changed.append(card_id)
            self._outcomes[card_id] = outcome
        return changed

    def _kept(self, decided: Mapping[str, Decided], came: Collection[str]) -> dict[str, Decided]:
        """The earlier decisions that stand: of cards that get none of the episodes that came, and lose none to another card.

        Others' claims on older episodes were reckoned with when those were made, all together.
        """
        taken = {
            one.best.episode_id: card_id
            for card_id, one in decided.items()
            if one.decision is Decision.PAIRED and one.best
        }
        kept = {}
        for card_id, now in decided.items():
            before = self._decided.get(card_id)
            if before is None or before.best is None or (now.best and now.best.episode_id in came):
                continue
            is_lost = taken.get(before.best.episode_id, card_id) != card_id
            if not is_lost and before.best in self._regions.candidates([card_id]):
                kept[card_id] = before
        return kept

    def _decide_among(self, card_ids: Collection[str]) -> dict[str, Decided]:
        contested = self._regions.contested(card_ids)
        decided = decide(
            contested.values(), many=self._many, coefficients=self._coefficients, thresholds=self._thresholds
        )
        # What is told is the sum of the evidence, before others' claims.
        itself = {left: one for one, left in contested.items()}
        return {
            card_id: replace(
                one, best=one.best and itself[one.best], next_best=one.next_best and itself[one.next_best]
            )
            for card_id, one in decided.items()
        }

    def _outcome(self, card_id: str) -> _Outcome:
        binding = self._search.binding(card_id)
        if binding and not binding.choice:
            pairing = binding.pairing
            return pairing.decision, pairing.episode_id, pairing.probability
        decided = self._decided.get(card_id)
        if decided is None or decided.best is None or decided.decision is Decision.NONE:
            return _NO_PAIR
        return decided.decision, decided.best.episode_id, round(decided.probability, 4)

    def _tell(self, card_ids: Iterable[str]) -> list[Pairing]:
        # Those of one shelf beside each other, since only the last shelf is kept.
        ordered = sorted(card_ids, key=self._search.shows)
        told = tell(ordered, self._search, self._decided, self._titles)
        return sorted(told.values(), key=lambda one: self._position[one.card_id])
