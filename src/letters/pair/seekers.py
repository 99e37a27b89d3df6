"""Which cards may mean an episode: the way back from an episode to the cards that are looked for among others."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator

from letters.pair.reading import ReadCard, ReadEpisode
from letters.pair.shelf import Index, Shelf


class Seekers:
    """Cards by where they are looked for: on the shelf of some shows, or everywhere, and then by their words."""

    def __init__(self) -> None:
        self._shelf: dict[str, tuple[str, ...]] = {}
        self._of_shelf: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self._shelves_of: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        #: Of those looked for everywhere, ids by number, and numbers by what they have; a card that left has no id.
        self._ids: list[str | None] = []
        #: By number, the points below which an episode is not near enough.
        self._least = array("Q")
        self._number: dict[str, int] = {}
        self._by_key = Index()
        self.choosing: set[str] = set()
        self._by_title_word = Index()
        self._by_word = Index()

    def add(self, card: ReadCard, shows: tuple[str, ...]) -> None:
        """A card that is looked for among the episodes of these shows; everywhere for none."""
        if shows:
            self._shelf[card.card.id] = shows
            self._of_shelf[shows].add(card.card.id)
            for show in shows:
                self._shelves_of[show].add(shows)
            return
        number = self._count(card)
        for word in card.packed.words[: card.packed.titled]:
            self._by_title_word[word].append(number)
        for word in card.packed.words:
            self._by_word[word].append(number)

    def add_choosing(self, card: ReadCard) -> None:
        """A card that names some episodes, of which it may mean any: it is found by its title alone."""
        self._count(card)
        self.choosing.add(card.card.id)

    def _count(self, card: ReadCard) -> int:
        number = self._number[card.card.id] = len(self._ids)
        self._ids.append(card.card.id)
        self._least.append(0)
        self._by_key[card.title.key].append(number)
        return number

    def narrow(self, card_id: str, points: int) -> None:
        """Let `near` find a card that is looked for everywhere only where it has these points or more."""
        if card_id in self._number:
            self._least[self._number[card_id]] = points

    def remove(self, card_id: str) -> None:
        """Look for its episode no more; nothing happens where it was not looked for."""
        number = self._number.pop(card_id, None)
        if number is not None:
            self._ids[number] = None
            self.choosing.discard(card_id)
            return
        shows = self._shelf.pop(card_id, None)
        if shows is not None:
            self._of_shelf[shows].discard(card_id)

    def of_show(self, show: str) -> list[str]:
        """The cards that are looked for among episodes of the show, those of one shelf beside each other."""
        return [
            card_id
            for shows in sorted(self._shelves_of.get(show, ()))
            for card_id in sorted(self._of_shelf[shows])
        ]

    def everywhere(self) -> list[str]:
        """The cards that are looked for among all episodes."""
        return [card_id for card_id in self._number if card_id not in self.choosing]

    def titled(self, key: str) -> set[str]:
        """Of the cards that are not looked for on the shelf of a show, those with the title."""
        return set(self._known(self._by_key.get(key, ())))

    def near(self, episode: ReadEpisode, shelf: Shelf) -> dict[str, int]:
        """Of the cards that are looked for everywhere, those that share a rare word, with `Shelf.shared_points`.

        Without those for which that is too little (`narrow`), which are most of thousands.
        """
        points: dict[int, int] = defaultdict(int)
        packed = episode.packed
        for word in packed.words[: packed.titled]:
            _add(points, self._by_title_word.get(word), shelf.title_points(word))
            _add(points, self._by_word.get(word), shelf.title_points(word))
        for word in packed.words:
            _add(points, self._by_word.get(word), shelf.points(word))
        least, ids = self._least, self._ids
        return {
            card_id: shared
            for number, shared in points.items()
            if shared >= least[number] and (card_id := ids[number]) is not None
        }

    def _known(self, numbers: Iterable[int]) -> Iterator[str]:
        return (card_id for number in numbers if (card_id := self._ids[number]) is not None)


def _add(points: dict[int, int], numbers: array[int] | None, worth: int) -> None:
    if numbers and worth:
        for number in numbers:
            points[number] += worth
