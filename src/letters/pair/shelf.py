"""Episodes among which a card is looked for, by an index: never by looking at all pairs."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from heapq import nlargest
from typing import Any

from letters.pair.nearest import Nearest
from letters.pair.reading import PackedText, ReadCard, ReadEpisode, unpacked

#: A word that more episodes have says little, and looking all of them up would make the work grow with the square.
_COMMON = 200
#: A show of which we know few episodes is taken to have these many more, which lack the word that is looked at.
_UNSEEN = 20
#: How many episodes are compared with a card by words alone.
_CLOSEST = 24
#: A show with so few episodes is compared whole: a translated title shares no word with its episode's.
_WHOLE = 48
#: How many more by title, number or date: many only where a show gives all its episodes one title.
_OTHERWISE = 12
#: Episodes this many days from the card's date are compared with it.
_NEAR_DAYS = 3
_NOWHERE: Sequence[int] = ()
#: By how often a text says a word, up to 255, how many times its rarity that counts.
SAID = (0.0, *(1 + math.log(count) for count in range(1, 256)))


class Shelf:
    """Episodes that a card is looked for among: a show's, or all of them; with how rare each word is there.

    How rare words are, and which language is usual, is counted on the episodes that the shelf is made with, in the order of
    their ids. One that is put on it later is found like any other, but the counts stay, and with them all that was measured.
    """

    def __init__(self, episodes: Iterable[ReadEpisode]) -> None:
        self.episodes: list[ReadEpisode] = []
        #: Places in `episodes`: of titles, pieces, numbers and days in the order of ids, of words as they came.
        self.by_key = Index()
        self.by_piece = Index()
        self.by_number = Index()
        self.by_day = Index()
        self.by_title_word = Index()
        self.by_word = Index()
        languages: Counter[str] = Counter()
        for one in episodes:
            languages.update(one.packed.languages)
            self.add(one)
        #: The language of most titles; none where no title tells.
        self._usual = max(languages, key=lambda one: (languages[one], one), default="")
        #: So many episodes are counted.
        self.counted = len(self.episodes)
        #: How much it says that two titles share a word, and that two texts do.
        title_rarity, rarity = _Rarity(self, self.by_title_word), _Rarity(self, self.by_word)
        self.title_rarity: Callable[[str], float] = title_rarity.__getitem__
        self.rarity: Callable[[str], float] = rarity.__getitem__
        self.title_points: Callable[[str], int] = _Points(title_rarity).__getitem__
        self.points: Callable[[str], int] = _Points(rarity).__getitem__
        self._lengths: dict[PackedText, float] = {}
        self._told: dict[PackedText, float] = {}

    def add(self, one: ReadEpisode) -> None:
        """Put one more episode on the shelf; it is not counted."""
        place, packed = len(self.episodes), one.packed
        self.episodes.append(one)
        if one.title.key:
            self._insert(self.by_key[one.title.key], place)
        for piece in one.title.pieces:
            self._insert(self.by_piece[piece], place)
        if one.number is not None:
            self._insert(self.by_number[one.number], place)
        if one.episode.published:
            self._insert(self.by_day[one.episode.published], place)
        for word in packed.words[: packed.titled]:
            self.by_title_word[word].append(place)
        for word in packed.words:
            self.by_word[word].append(place)

    def place(self, one: ReadEpisode) -> int:
        """Where an episode stands that came lately."""
        places = reversed(range(len(self.episodes)))
        return next(place for place in places if self._id(place) == one.episode.id)

    def _insert(self, places: array[int], place: int) -> None:
        if places and self._id(places[-1]) > self._id(place):
            insort(places, place, key=self._id)
        else:
            places.append(place)

    def _id(self, place: int) -> str:
        return self.episodes[place].episode.id

    def is_foreign(self, card: ReadCard) -> bool:
        """Whether the card is in another language than most of the titles here; False where that cannot be told."""
        languages = card.packed.languages
        return bool(card.has_show and languages and self._usual and self._usual not in languages)

    def weight(self, word: str, count: int) -> float:
        """How much a word stands for a text that says it so often."""
        return self.rarity(word) * SAID[count]

    def length(self, packed: PackedText) -> float:
        """The length of a text as a vector of its words' weights; worked out once for each."""
        if packed not in self._lengths:
            squares = (self.weight(word, count) ** 2 for word, count in unpacked(packed).counts.items())
            self._lengths[packed] = math.sqrt(math.fsum(squares))
        return self._lengths[packed]

    def told(self, packed: PackedText) -> float:
        """How rare the words are, all in all, that a text says beside its title; worked out once for each."""
        if packed not in self._told:
            self._told[packed] = math.fsum(map(self.rarity, packed.words[packed.titled :]))
        return self._told[packed]

    def is_whole_for(self, card: ReadCard) -> bool:
        """Whether the card is compared with all episodes here."""
        return card.has_show and len(self.episodes) <= _WHOLE

    def closest(self, card: ReadCard, nearest: Nearest | None = None) -> Sequence[ReadEpisode]:
        """The episodes worth comparing with the card, in the order of their ids; `nearest` if it is known already."""
        if self.is_whole_for(card):
            places: Iterable[int] = range(len(self.episodes))
        else:
            nearest = self.nearest(card) if nearest is None else nearest
            places = {*(place for _, place in nearest), *self.otherwise(card)}
        return [self.episodes[place] for place in sorted(places, key=self._id)]

    def nearest(self, card: ReadCard) -> Nearest:
        """The episodes with which the card shares most rare words, the nearest first."""
        scores: dict[int, int] = defaultdict(int)
        for word in card.text.titled:
            self._count(scores, self.by_title_word.get(word, _NOWHERE), word, self.title_points)
        for word in card.text.about:
            self._count(scores, self.by_word.get(word, _NOWHERE), word, self.points)
            self._count(scores, self.by_title_word.get(word, _NOWHERE), word, self.title_points)
        least = min(nlargest(_CLOSEST, scores.values()), default=0)
        likely = [(points, place) for place, points in scores.items() if points >= least]
        return sorted(likely, key=self._nearness)[:_CLOSEST]

    def nearest_with(self, nearest: Nearest, points: int, place: int) -> tuple[Nearest, int | None]:
        """What `nearest` gives once there is one more episode, and the place of the one that gave way to it, if one did."""
        if points and (
            len(nearest) < _CLOSEST or self._nearness((points, place)) < self._nearness(nearest[-1])
        ):
            both = sorted([*nearest, (points, place)], key=self._nearness)
            return both[:_CLOSEST], both[_CLOSEST][1] if len(both) > _CLOSEST else None
        return nearest, None

    @staticmethod
    def least_points(nearest: Nearest) -> int:
        """With fewer points, an episode is certainly not among the nearest, which these are up to now."""
        return nearest[-1][0] if len(nearest) == _CLOSEST else 1

    def _nearness(self, one: tuple[int, int]) -> tuple[int, str]:
        points, place = one
        return -points, self._id(place)

    def shared_points(self, card: ReadCard, one: ReadEpisode) -> int:
        """What `nearest` gives one episode."""
        mine, theirs = card.text, one.text
        points = sum(map(self.title_points, mine.titled & theirs.titled))
        points += sum(map(self.title_points, theirs.titled & mine.about))
        return points + sum(map(self.points, mine.about & theirs.about))

    @staticmethod
    def _count(
        scores: dict[int, int], places: Sequence[int], word: str, points_of: Callable[[str], int]
    ) -> None:
        points = points_of(word) if places else 0
        if points:
            for place in places:
                scores[place] += points

    def otherwise(self, card: ReadCard) -> Iterable[int]:
        """Places of episodes with the card's title, number or about its day."""
        yield from self.by_key.get(card.title.key, ())[:_OTHERWISE]
        if card.has_show and card.title.number is not None:
            yield from self.by_number.get(card.title.number, ())[:_OTHERWISE]
        if card.card.date:
            for days in range(-_NEAR_DAYS, _NEAR_DAYS + 1):
                same = self.by_day.get(card.card.date + timedelta(days=days), ())
                yield from same[:_OTHERWISE] if card.has_show else self._titled_alike(card, same)

    def _titled_alike(self, card: ReadCard, places: Sequence[int]) -> Iterable[int]:
        return (place for place in places if self.episodes[place].title.key == card.title.key)


class Index(dict[Any, "array[int]"]):
    """Places by what is found there, four bytes each."""

    def __missing__(self, key: Any) -> array[int]:
        self[key] = places = array("I")
        return places


class _Rarity(dict[str, float]):
    """How rare words are among the counted episodes of a shelf, worked out when first asked for."""

    def __init__(self, shelf: Shelf, places: Mapping[str, Sequence[int]]) -> None:
        super().__init__()
        self._shelf = shelf
        self._places = places

    def __missing__(self, word: str) -> float:
        # A word that no episode has is as rare as one that a single episode has: it may be a slip of the pen.
        count = max(1, self.count(word))
        self[word] = rarity = math.log((self._shelf.counted + _UNSEEN) / (count + 0.5))
        return rarity

    def count(self, word: str) -> int:
        """How many of the counted episodes have the word."""
        return bisect_left(self._places.get(word, _NOWHERE), self._shelf.counted)


class _Points(dict[str, int]):
    """What a shared word adds to the nearness of an episode: nothing if too many have it."""

    def __init__(self, rarity: _Rarity) -> None:
        super().__init__()
        self._rarity = rarity

    def __missing__(self, word: str) -> int:
        # Whole numbers add up to the same in any order.
        self[word] = points = round(1000 * self._rarity[word]) if self._rarity.count(word) <= _COMMON else 0
        return points
