"""What a card's summary and an episode's title and description tell of each other."""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from math import fsum

from letters.pair.measures import Measured
from letters.pair.reading import ReadCard, ReadEpisode, Text
from letters.pair.shelf import Shelf
from letters.pair.telling import listed

#: Of the rarity of words that are shared, more than this adds nothing.
_MOST_SHARED = 80.0
_MOST_TITLED = 20.0
_MOST_NAMED = 10.0


def compare_texts(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    """What title and text of either say of the other's; None where neither has more than its title."""
    mine, theirs = card.text, episode.text
    if not mine.has_more and not theirs.has_more:
        return None
    measures = {"text: likeness": _likeness(card, episode, shelf)}
    told: set[str] = set()
    if mine.has_more and theirs.has_more:
        shared = (mine.about & theirs.about) - mine.titled - theirs.titled
        told |= shared
        rarity = _rarity(shared, shelf)
        measures["text: shared"] = rarity / min(shelf.told(card.packed), shelf.told(episode.packed))
        measures["text: shared words"] = min(_MOST_SHARED, rarity) / 40
    if mine.has_more:
        titled = theirs.titled & mine.about
        told |= titled
        measures |= _title_told(titled, theirs, mine, shelf)
    if theirs.has_more:
        told |= mine.titled & theirs.about
    if not shelf.is_foreign(card):
        # Not being understood is no sign against.
        known = {"summary": mine.has_more, "description": theirs.has_more}
        known["both"] = all(known.values())
        measures |= {f"text: {name}": 1.0 for name, is_known in known.items() if is_known}
    words = f"title and text share {listed(told, shelf.rarity)}" if told else "title and text share no word"
    return measures, words


def compare_names(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    """What either text writes like a name is a name in both titles."""
    names = card.text.names | episode.text.names
    if not names or shelf.is_foreign(card):
        return None
    measures: dict[str, float] = {}
    told = []
    lacking = (episode.text.titled & names) - card.text.about if card.text.has_more else frozenset[str]()
    if lacking:
        measures["names: episode's missing"] = min(_MOST_NAMED, _rarity(lacking, shelf)) / 10
        told.append(f"the card says nothing of {listed(lacking, shelf.rarity)}")
    lacking = (card.text.titled & names) - episode.text.titled
    if lacking:
        measures["names: card's missing"] = min(_MOST_NAMED, _rarity(lacking, shelf)) / 10
        told.append(f"the episode's title lacks {listed(lacking, shelf.rarity)}")
    return (measures, "; ".join(told)) if told else None


def _title_told(shared: AbstractSet[str], title: Text, text: Text, shelf: Shelf) -> dict[str, float]:
    whole = _rarity(title.titled, shelf)
    points = fsum(map(shelf.title_rarity, shared))
    subjects = (shelf.title_rarity(word) * math.log(1 + text.counts[word]) for word in shared)
    return {
        "text: title told": _rarity(shared, shelf) / whole if whole else 0.0,
        "text: title told words": min(_MOST_TITLED, points) / 10,
        "text: title's subject": max(subjects, default=0.0) / 5,
    }


def _likeness(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> float:
    mine, theirs = card.text, episode.text
    product = fsum(
        shelf.weight(word, mine.counts[word]) * shelf.weight(word, theirs.counts[word])
        for word in mine.about & theirs.about
    )
    lengths = shelf.length(card.packed) * shelf.length(episode.packed)
    return product / lengths if lengths else 0.0


def _rarity(words: AbstractSet[str], shelf: Shelf) -> float:
    return fsum(map(shelf.rarity, words))
