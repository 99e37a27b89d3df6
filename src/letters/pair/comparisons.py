"""What a card and an episode have in common and what contradicts, measured and told in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import fsum

from letters.model import Evidence
from letters.pair.measures import Measured
from letters.pair.reading import ReadCard, ReadEpisode
from letters.pair.shelf import Shelf
from letters.pair.telling import quoted
from letters.pair.text_comparisons import compare_names, compare_texts
from letters.pair.title_comparisons import (
    compare_figures,
    compare_pieces,
    compare_title_words,
    compare_titles,
)

#: Pairs of which one of these is true are never made without asking: they weigh more than any likeness.
CONTRADICTIONS = frozenset({"number: other", "part: other", "part: one side", "year: other"})

_NEAR_DAYS = 3
_WEEKS_DAYS = 45


def compare(
    card: ReadCard, episode: ReadEpisode, shelf: Shelf, weights: Mapping[str, float]
) -> list[Evidence]:
    """The evidence for and against, one item per comparison that has anything to say."""
    found = []
    for name, (measures, words) in _compared(card, episode, shelf):
        weight = fsum(weights[measure] * value for measure, value in measures.items())
        found.append(Evidence(comparison=name, weight=round(weight, 3), words=words))
    return found


def measure(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> dict[str, float]:
    """The measures alone (`letters.pair.measures`), those that are not zero."""
    found: dict[str, float] = {}
    for _, (measures, _) in _compared(card, episode, shelf):
        found |= measures
    return {name: value for name, value in found.items() if value}


def _compared(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Iterator[tuple[str, Measured]]:
    for name, comparison in _COMPARISONS.items():
        result = comparison(card, episode, shelf)
        if result is not None:
            yield name, result


def _number(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    mine, theirs = card.title.number, episode.number
    if mine is None and theirs is None:
        return None
    if mine is None or theirs is None:
        side = "card" if theirs is None else "episode"
        # Where the titles are equal, a number was merely left out.
        says_more = card.title.key != episode.title.key
        words = f"only the {side} has a number, {mine if theirs is None else theirs}"
        return ({f"number: only {side}": 1.0} if says_more else {}), words
    if mine != theirs or _differ(card.title.season, episode.title.season or episode.episode.season):
        return {"number: other": 1.0}, f"the card is number {mine}, the episode number {theirs}"
    return {"number: same": 1.0}, f"both are number {mine}"


def _part(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    mine, theirs = card.title.part, episode.title.part
    if mine is None and theirs is None:
        return None
    if mine is None or theirs is None:
        side = "card" if theirs is None else "episode"
        return {"part: one side": 1.0}, f"only the {side} is a part, {mine if theirs is None else theirs}"
    if mine != theirs:
        return {"part: other": 1.0}, f"the card is part {mine}, the episode part {theirs}"
    return {}, f"both are part {mine}"


def _year(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    mine, theirs = card.title.years, episode.title.years
    if not mine or not theirs:
        return None
    if mine & theirs:
        return {}, f"both titles name {min(mine & theirs)}"
    return {"year: other": 1.0}, f"the card's title names {min(mine)}, the episode's {min(theirs)}"


def _kind(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    odd = sorted(card.title.markers ^ episode.title.markers)
    if odd:
        return {"kind: one side": 1.0}, f"only one is marked {quoted(odd)}"
    same = sorted((card.title.markers & episode.title.markers) | (card.title.series & episode.title.series))
    return ({}, f"both are marked {quoted(same)}") if same else None


def _date(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    if card.card.date is None or episode.episode.published is None:
        return None
    days = abs((card.card.date - episode.episode.published).days)
    if not days:
        return {"date: same": 1.0}, "the dates are the same"
    words = "the dates are a day apart" if days == 1 else f"the dates are {days} days apart"
    if days <= _NEAR_DAYS:
        # A card may be dated by the day it was written.
        return {}, words
    return {"date: weeks apart" if days <= _WEEKS_DAYS else "date: months apart": 1.0}, words


def _show(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    name = episode.episode.names[0] if episode.episode.names else episode.episode.show
    if card.show_known_by == "name":
        return {"show: known": 1.0}, f'the credit names the show "{name}"'
    if card.show_known_by == "cards":
        return {"show: known": 1.0}, f'other cards of "{card.card.publisher}" are of the show "{name}"'
    if not card.card.publisher:
        return {}, "the card names no publisher, so all shows were searched"
    return {}, f'no show of ours is called "{card.card.publisher}", so all shows were searched'


def _beforehand(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured:
    return {"beforehand": 1.0}, "most episodes and cards do not belong together"


def _language(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    if not shelf.is_foreign(card):
        return None
    return {"language: other": 1.0}, "the card's title is in another language than the show's"


def _differ(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one != other


_COMPARISONS: Mapping[str, Callable[[ReadCard, ReadEpisode, Shelf], Measured | None]] = {
    "beforehand": _beforehand,
    "show": _show,
    "title": compare_titles,
    "title words": compare_title_words,
    "pieces": compare_pieces,
    "figures": compare_figures,
    "text": compare_texts,
    "names": compare_names,
    "number": _number,
    "part": _part,
    "year": _year,
    "kind": _kind,
    "date": _date,
    "language": _language,
}
