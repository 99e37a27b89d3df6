"""A card and an episode side by side, with what several comparisons ask about the two."""

from __future__ import annotations

from letters.pair.reading import ReadCard, ReadEpisode
from letters.pair.shelf import Shelf


class SideBySide:
    """A card beside an episode of a shelf. Made for each comparison, of which there are millions: so no dataclass."""

    __slots__ = ("card", "episode", "is_foreign", "mine", "shared", "shelf", "theirs")

    def __init__(self, card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> None:
        self.card, self.episode = card, episode
        #: Says how rare words are.
        self.shelf = shelf
        #: The texts: the card's, and the episode's.
        self.mine, self.theirs = card.text, episode.text
        #: The words that both say, in their titles or texts.
        self.shared = self.mine.counts.keys() & self.theirs.counts.keys()
        #: Whether the card is in another language than the show (`Shelf.is_foreign`).
        self.is_foreign = shelf.is_foreign(card)
