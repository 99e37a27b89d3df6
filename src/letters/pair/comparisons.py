"""What a card and an episode have in common and what contradicts, measured and told in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from math import fsum

from rapidfuzz import fuzz

from letters.model import Evidence
from letters.pair.candidates import ReadCard, ReadEpisode, Shelf
from letters.pair.weights import WEIGHTS
from letters.pair.wording import is_spaceless

#: A comparison's measures by name (see `letters.pair.weights`), and what they say.
Measured = tuple[dict[str, float], str]
#: Shorter titles say too little to be "contained" in another one.
_TELLING = 8
_TELLING_SPACELESS = 4
#: From this likeness on, titles of some length differ by slips of the pen; other digits are never that.
_NEARLY = 0.9
_LONG = 18
_LONG_SPACELESS = 8
_DIGITS = re.compile(r"\d+")


def compare(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> list[Evidence]:
    """The evidence for and against, one item per comparison that has anything to say."""
    found = []
    for name, measures, words in measure(card, episode, shelf):
        weight = fsum(WEIGHTS[measure] * value for measure, value in measures.items())
        found.append(Evidence(comparison=name, weight=round(weight, 3), words=words))
    return found


def measure(
    card: ReadCard, episode: ReadEpisode, shelf: Shelf
) -> Iterable[tuple[str, Mapping[str, float], str]]:
    for name, comparison in _COMPARISONS.items():
        result = comparison(card, episode, shelf)
        if result is not None:
            yield name, *result


def _title(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    mine, theirs = card.title.key, episode.title.key
    if mine == theirs and len(mine) >= (2 if is_spaceless(mine) else 3):
        measures = {"title equal": 1.0, "title alike": 1.0}
        if len(shelf.by_key[theirs]) > 1:
            return measures, "the titles are equal without their decoration, as are those of other episodes"
        if not _contradicted(card, episode):
            measures["title equal: alone"] = 1.0
        return measures, "the titles are equal without their decoration, and no other episode has this one"
    alike = fuzz.ratio(mine, theirs) / 100
    measures = {"title alike": max(0.0, 2 * alike - 1)}
    if _is_cut_off(card, episode):
        measures["title cut off"] = 1.0
        if min(len(mine), len(theirs)) >= _long(mine):
            measures["title cut off: long"] = 1.0
        return measures, "one title is the beginning of the other, cut off"
    if alike >= _NEARLY and len(mine) >= _long(mine) and _DIGITS.findall(mine) == _DIGITS.findall(theirs):
        return measures | {"title nearly equal": 1.0}, f"the titles are {alike:.0%} alike, letter by letter"
    if _is_inside(mine, theirs):
        return measures | {"title inside": 1.0}, "one title holds the other whole"
    return measures, f"the titles are {alike:.0%} alike, letter by letter"


def _long(key: str) -> int:
    """How many characters are too many to agree by chance."""
    return _LONG_SPACELESS if is_spaceless(key) else _LONG


def _contradicted(card: ReadCard, episode: ReadEpisode) -> bool:
    mine, theirs = card.title, episode.title
    return _differ(mine.number, episode.number) or mine.part != theirs.part or mine.markers != theirs.markers


def _is_cut_off(card: ReadCard, episode: ReadEpisode) -> bool:
    mine, theirs = card.title.key, episode.title.key
    least = 3 if is_spaceless(mine) else 5
    marked = (card.title.cut_off and theirs.startswith(mine)) or (
        episode.title.cut_off and mine.startswith(theirs)
    )
    return marked and min(len(mine), len(theirs)) >= least


def _is_inside(mine: str, theirs: str) -> bool:
    shorter, longer = sorted((mine, theirs), key=len)
    return len(shorter) >= (_TELLING_SPACELESS if is_spaceless(shorter) else _TELLING) and shorter in longer


def _words(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    shared = card.titled & episode.titled
    if not shared:
        return {}, "the titles share no word"
    both = fsum(map(shelf.title_rarity, shared))
    mine = fsum(map(shelf.title_rarity, card.titled))
    theirs = fsum(map(shelf.title_rarity, episode.titled))
    measures = {
        "shared words": both / (mine + theirs - both),
        "card's words": both / mine,
        "episode's words": both / theirs,
        "rare words": min(both, 20.0) / 10,
    }
    return measures, f"the titles share {_listed(shared, shelf.title_rarity)}"


def _text(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    mine, theirs = card.about - card.titled, episode.about - episode.titled
    if not mine and not theirs:
        return None
    measures: dict[str, float] = {}
    told: set[str] = set()
    if mine and theirs:
        shared = mine & theirs
        told |= shared
        ends = fsum(map(shelf.rarity, mine)), fsum(map(shelf.rarity, theirs))
        measures["text: known"] = 1.0
        measures["text: shared"] = fsum(map(shelf.rarity, shared)) / min(ends)
    if mine:
        measures["text: summary known"] = 1.0
        measures["text: episode's title"] = _cover(episode.titled, card.about, shelf)
        told |= episode.titled & card.about
    if theirs:
        measures["text: description known"] = 1.0
        measures["text: card's title"] = _cover(card.titled, episode.about, shelf)
        told |= card.titled & episode.about
    words = f"title and text share {_listed(told, shelf.rarity)}" if told else "title and text share no word"
    return measures, words


def _cover(wanted: frozenset[str], having: frozenset[str], shelf: Shelf) -> float:
    whole = fsum(map(shelf.rarity, wanted))
    return fsum(map(shelf.rarity, wanted & having)) / whole if whole else 0.0


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
    return {"part: same": 1.0}, f"both are part {mine}"


def _year(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    mine, theirs = card.title.years, episode.title.years
    if not mine or not theirs:
        return None
    if mine & theirs:
        return {"year: same": 1.0}, f"both titles name {min(mine & theirs)}"
    return {"year: other": 1.0}, f"the card's title names {min(mine)}, the episode's {min(theirs)}"


def _kind(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    measures: dict[str, float] = {}
    odd = sorted(card.title.markers ^ episode.title.markers)
    if odd:
        measures["kind: one side"] = 1.0
    elif card.title.markers:
        measures["kind: same"] = 1.0
    if card.title.series and card.title.series & episode.title.series:
        measures["series: same"] = 1.0
    elif card.title.series and episode.title.series:
        measures["series: other"] = 1.0
    if not measures:
        return None
    same = sorted((card.title.markers & episode.title.markers) | (card.title.series & episode.title.series))
    told = [f"only one is marked {_quoted(odd)}"] if odd else []
    told += [f"both are marked {_quoted(same)}"] if same else []
    return measures, "; ".join(told) or "they belong to different series of the show"


def _date(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    if card.card.date is None or episode.episode.published is None:
        return None
    days = abs((card.card.date - episode.episode.published).days)
    step = next((name for most, name in _DATE_STEPS if days <= most), "date: months apart")
    return {step: 1.0}, "the dates are the same" if not days else f"the dates are {days} days apart"


_DATE_STEPS = (
    (0, "date: same"),
    (1, "date: a day apart"),
    (3, "date: days apart"),
    (45, "date: weeks apart"),
)


def _show(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    name = episode.episode.names[0] if episode.episode.names else episode.episode.show
    if card.show_known_by == "name":
        return {"show: same": 1.0}, f'the credit names the show "{name}"'
    if card.show_known_by == "cards":
        return {"show: same": 1.0}, f'other cards of "{card.card.publisher}" are of the show "{name}"'
    if not card.card.publisher:
        return {}, "the card names no publisher, so all shows were searched"
    return {}, f'no show of ours is called "{card.card.publisher}", so all shows were searched'


def _beforehand(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured:
    return {"beforehand": 1.0}, "most episodes and cards do not belong together"


def _language(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    if is_spaceless(card.title.text) == is_spaceless(episode.title.text):
        return None
    return {"language: other": 1.0}, "the titles are in different languages"


def _differ(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one != other


def _listed(shared: Iterable[str], rarity: Callable[[str], float]) -> str:
    rarest = sorted(shared, key=lambda word: (-rarity(word), word))
    more = f" and {len(rarest) - 4} more" if len(rarest) > 4 else ""
    return ", ".join(f'"{word}"' for word in rarest[:4]) + more


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


_COMPARISONS: Mapping[str, Callable[[ReadCard, ReadEpisode, Shelf], Measured | None]] = {
    "beforehand": _beforehand,
    "show": _show,
    "title": _title,
    "title words": _words,
    "text": _text,
    "number": _number,
    "part": _part,
    "year": _year,
    "kind": _kind,
    "date": _date,
    "language": _language,
}
