"""What a card and an episode have in common and what contradicts, measured and told in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import fsum

from letters.model import Evidence
from letters.pair.measures import Measured
from letters.pair.reading import ReadCard, ReadEpisode
from letters.pair.shelf import Shelf
from letters.pair.side_by_side import SideBySide
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
    both, found = SideBySide(card, episode, shelf), []
    for name, comparison in _COMPARISONS.items():
        result = comparison(both)
        if result is not None:
            measures, words = result
            weight = fsum(weights[measure] * value for measure, value in measures.items())
            found.append(Evidence(comparison=name, weight=round(weight, 3), words=words()))
    return found


def measure(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> dict[str, float]:
    """The measures alone (`letters.pair.measures`), those that are not zero."""
    both = SideBySide(card, episode, shelf)
    found: dict[str, float] = {}
    for comparison in _COMPARISONS.values():
        result = comparison(both)
        if result is not None:
            found.update(result[0])
    return {name: value for name, value in found.items() if value}


def _number(both: SideBySide) -> Measured | None:
    mine, theirs = both.card.title.number, both.episode.number
    if mine is None and theirs is None:
        return None
    if mine is None or theirs is None:
        side, number = ("episode", theirs) if mine is None else ("card", mine)
        # Where the titles are equal, a number was merely left out.
        says_more = both.card.title.key != both.episode.title.key
        measures = {f"number: only {side}": 1.0} if says_more else {}
        return measures, lambda: f"only the {side} has a number, {number}"
    seasons = both.card.title.season, both.episode.title.season or both.episode.episode.season
    if mine != theirs or _differ(*seasons):
        return {"number: other": 1.0}, lambda: f"the card is number {mine}, the episode number {theirs}"
    return {"number: same": 1.0}, lambda: f"both are number {mine}"


def _part(both: SideBySide) -> Measured | None:
    mine, theirs = both.card.title.part, both.episode.title.part
    if mine is None and theirs is None:
        return None
    if mine is None or theirs is None:
        side, part = ("episode", theirs) if mine is None else ("card", mine)
        return {"part: one side": 1.0}, lambda: f"only the {side} is a part, {part}"
    if mine != theirs:
        return {"part: other": 1.0}, lambda: f"the card is part {mine}, the episode part {theirs}"
    return {}, lambda: f"both are part {mine}"


def _year(both: SideBySide) -> Measured | None:
    mine, theirs = both.card.title.years, both.episode.title.years
    if not mine or not theirs:
        return None
    if mine & theirs:
        return {}, lambda: f"both titles name {min(mine & theirs)}"
    return {"year: other": 1.0}, lambda: f"the card's title names {min(mine)}, the episode's {min(theirs)}"


def _kind(both: SideBySide) -> Measured | None:
    mine, theirs = both.card.title, both.episode.title
    if mine.markers != theirs.markers:
        odd = sorted(mine.markers ^ theirs.markers)
        return {"kind: one side": 1.0}, lambda: f"only one is marked {quoted(odd)}"
    same = mine.markers | (mine.series & theirs.series)
    return ({}, lambda: f"both are marked {quoted(sorted(same))}") if same else None


def _date(both: SideBySide) -> Measured | None:
    written, published = both.card.card.date, both.episode.episode.published
    if written is None or published is None:
        return None
    days = abs((written - published).days)
    if not days:
        return {"date: same": 1.0}, lambda: "the dates are the same"
    apart = "a day" if days == 1 else f"{days} days"
    words = f"the dates are {apart} apart"
    if days <= _NEAR_DAYS:
        # A card may be dated by the day it was written.
        return {}, lambda: words
    return {"date: weeks apart" if days <= _WEEKS_DAYS else "date: months apart": 1.0}, lambda: words


def _show(both: SideBySide) -> Measured:
    return ({"show: known": 1.0} if both.card.has_show else {}), lambda: _tell_show(both)


def _tell_show(both: SideBySide) -> str:
    card, episode = both.card, both.episode.episode
    name = episode.names[0] if episode.names else episode.show
    if card.show_known_by == "name":
        return f'the credit names the show "{name}"'
    if card.show_known_by == "cards":
        return f'other cards of "{card.card.publisher}" are of the show "{name}"'
    if not card.card.publisher:
        return "the card names no publisher, so all shows were searched"
    return f'no show of ours is called "{card.card.publisher}", so all shows were searched'


def _beforehand(both: SideBySide) -> Measured:
    return {"beforehand": 1.0}, lambda: "most episodes and cards do not belong together"


def _language(both: SideBySide) -> Measured | None:
    if not both.is_foreign:
        return None
    return {"language: other": 1.0}, lambda: "the card's title is in another language than the show's"


def _differ(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one != other


_COMPARISONS: Mapping[str, Callable[[SideBySide], Measured | None]] = {
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
