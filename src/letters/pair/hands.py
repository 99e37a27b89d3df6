"""Whose hand a card is by, as far as its form tells."""

from __future__ import annotations

from letters.pair.reading import ReadCard
from letters.pair.shelf import Shelf


def find_hand(card: ReadCard, shelf: Shelf) -> str:
    """In words that follow "a card": with a summary or without, and whether in another language than the show's.

    Who writes summaries writes them on all cards, and in one language; nothing else in a card tells hands apart as surely. The
    publisher does not: one curator spells a show in several ways, and several name it alike (decision 050).
    """
    summary = "with a summary" if card.text.has_more else "without a summary"
    return f"{summary} in another language" if shelf.is_foreign(card) else summary
