"""What a card's summary and an episode's title and description tell of each other."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from math import fsum, log

from letters.pair.measures import Measured
from letters.pair.shelf import SAID, Shelf
from letters.pair.side_by_side import SideBySide
from letters.pair.telling import listed

#: Of the rarity of words that are shared, more than this adds nothing.
_MOST_SHARED = 80.0
_MOST_TITLED = 20.0
_MOST_NAMED = 10.0


def compare_texts(both: SideBySide) -> Measured | None:
    """What title and text of either say of the other's; None where neither has more than its title."""
    mine, theirs, shelf = both.mine, both.theirs, both.shelf
    if not mine.has_more and not theirs.has_more:
        return None
    measures = {"text: likeness": _likeness(both)}
    if mine.has_more and theirs.has_more:
        rarity = _rarity(_beside_titles(both), shelf)
        lesser = min(shelf.told(both.card.packed), shelf.told(both.episode.packed))
        measures["text: shared"] = rarity / lesser
        measures["text: shared words"] = min(_MOST_SHARED, rarity) / 40
    if mine.has_more:
        _measure_title_told(both, measures)
    if not both.is_foreign:
        # Not being understood is no sign against.
        if mine.has_more:
            measures["text: summary"] = 1.0
        if theirs.has_more:
            measures["text: description"] = 1.0
        if mine.has_more and theirs.has_more:
            measures["text: both"] = 1.0
    return measures, lambda: _tell_texts(both)


def compare_names(both: SideBySide) -> Measured | None:
    """What either text writes like a name is a name in both titles."""
    mine, theirs, shelf = both.mine, both.theirs, both.shelf
    names = mine.names | theirs.names
    if not names or both.is_foreign:
        return None
    untold = (theirs.titled & names) - mine.counts.keys() if mine.has_more else frozenset[str]()
    lacking = (mine.titled & names) - theirs.titled
    measures: dict[str, float] = {}
    if untold:
        measures["names: episode's missing"] = min(_MOST_NAMED, _rarity(untold, shelf)) / 10
    if lacking:
        measures["names: card's missing"] = min(_MOST_NAMED, _rarity(lacking, shelf)) / 10
    return (measures, lambda: _tell_names(untold, lacking, shelf)) if measures else None


def _tell_texts(both: SideBySide) -> str:
    mine, theirs = both.mine, both.theirs
    told = set[str]()
    if mine.has_more and theirs.has_more:
        told |= _beside_titles(both)
    if mine.has_more:
        told |= theirs.titled & both.shared
    if theirs.has_more:
        told |= mine.titled & both.shared
    return (
        f"title and text share {listed(told, both.shelf.rarity)}" if told else "title and text share no word"
    )


def _tell_names(untold: AbstractSet[str], lacking: AbstractSet[str], shelf: Shelf) -> str:
    told = []
    if untold:
        told.append(f"the card says nothing of {listed(untold, shelf.rarity)}")
    if lacking:
        told.append(f"the episode's title lacks {listed(lacking, shelf.rarity)}")
    return "; ".join(told)


def _beside_titles(both: SideBySide) -> AbstractSet[str]:
    """The words that both texts share, without those of either title."""
    return both.shared - both.mine.titled - both.theirs.titled


def _measure_title_told(both: SideBySide, measures: dict[str, float]) -> None:
    """What card and summary tell of the episode's title."""
    shelf, titled, said = both.shelf, both.theirs.titled, both.mine.counts
    told = titled & both.shared
    if not told:
        return
    rarities = {word: shelf.title_rarity(word) for word in told}
    measures["text: title told"] = _rarity(told, shelf) / _rarity(titled, shelf)
    measures["text: title told words"] = min(_MOST_TITLED, fsum(rarities.values())) / 10
    subject = max([rarity * log(1 + said[word]) for word, rarity in rarities.items()])
    measures["text: title's subject"] = subject / 5


def _likeness(both: SideBySide) -> float:
    """Cosine of the two as vectors of their words' weights (`Shelf.length`)."""
    shelf = both.shelf
    lengths = shelf.length(both.card.packed) * shelf.length(both.episode.packed)
    if not lengths:
        return 0.0
    rarity, mine, theirs = shelf.rarity, both.mine.counts, both.theirs.counts
    # `Shelf.weight` twice a word, written out: nothing else is worked out as often.
    product = fsum(
        [(rarity(word) * SAID[mine[word]]) * (rarity(word) * SAID[theirs[word]]) for word in both.shared]
    )
    return product / lengths


def _rarity(words: Iterable[str], shelf: Shelf) -> float:
    return fsum(map(shelf.rarity, words))
