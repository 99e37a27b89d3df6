"""Episodes among which a card is looked for, by an index: never by looking at all pairs."""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

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


class Shelf:
    """Episodes that a card is looked for among: a show's, or all of them; with how rare each word is there."""

    def __init__(self, episodes: Sequence[ReadEpisode]) -> None:
        self.episodes = episodes
        #: Places in `episodes`, in their order.
        self.by_key = Index()
        self.by_piece = Index()
        self.by_number = Index()
        self.by_day = Index()
        self.by_title_word = Index()
        self.by_word = Index()
        self._languages: Counter[str] = Counter()
        for place, one in enumerate(episodes):
            self._index(place, one)
        #: How much it says that two titles share a word, and that two texts do.
        self.title_rarity: Callable[[str], float] = _Rarity(self, self.by_title_word).__getitem__
        self.rarity: Callable[[str], float] = _Rarity(self, self.by_word).__getitem__
        self._lengths: dict[PackedText, float] = {}
        self._told: dict[PackedText, float] = {}

    def _index(self, place: int, one: ReadEpisode) -> None:
        packed = one.packed
        self._languages.update(packed.languages)
        if one.title.key:
            self.by_key[one.title.key].append(place)
        for piece in one.title.pieces:
            self.by_piece[piece].append(place)
        if one.number is not None:
            self.by_number[one.number].append(place)
        if one.episode.published:
            self.by_day[one.episode.published].append(place)
        for word in packed.words[: packed.titled]:
            self.by_title_word[word].append(place)
        for word in packed.words:
            self.by_word[word].append(place)

    def is_foreign(self, card: ReadCard) -> bool:
        """Whether the card is in another language than most of the titles here; False where that cannot be told."""
        if not card.has_show or not card.text.languages or not self._languages:
            return False
        usual = max(self._languages, key=lambda one: (self._languages[one], one))
        return usual not in card.text.languages

    def weight(self, word: str, count: int) -> float:
        """How much a word stands for a text that says it so often."""
        return self.rarity(word) * (1 + math.log(count))

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

    def closest(self, card: ReadCard) -> Sequence[ReadEpisode]:
        """The episodes worth comparing with the card, in the order of the shelf."""
        if card.has_show and len(self.episodes) <= _WHOLE:
            return self.episodes
        scores: dict[int, int] = defaultdict(int)
        for word in card.text.titled:
            self._count(scores, self.by_title_word.get(word, ()), self.title_rarity(word))
        for word in card.text.about:
            self._count(scores, self.by_word.get(word, ()), self.rarity(word))
            self._count(scores, self.by_title_word.get(word, ()), self.title_rarity(word))
        best = sorted(scores, key=lambda place: (-scores[place], place))[:_CLOSEST]
        return [self.episodes[place] for place in sorted({*best, *self._otherwise(card)})]

    @staticmethod
    def _count(scores: dict[int, int], places: Sequence[int], rarity: float) -> None:
        if len(places) <= _COMMON:
            # Whole numbers add up to the same in any order.
            points = round(1000 * rarity)
            for place in places:
                scores[place] += points

    def _otherwise(self, card: ReadCard) -> Iterable[int]:
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
    """How rare words are on a shelf, worked out when first asked for; the shelf must be complete by then."""

    def __init__(self, shelf: Shelf, places: Mapping[str, Sequence[int]]) -> None:
        super().__init__()
        self._shelf = shelf
        self._places = places

    def __missing__(self, word: str) -> float:
        # A word that no episode has is as rare as one that a single episode has: it may be a slip of the pen.
        count = max(1, len(self._places.get(word, ())))
        self[word] = rarity = math.log((len(self._shelf.episodes) + _UNSEEN) / (count + 0.5))
        return rarity
