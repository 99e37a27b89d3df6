"""How alike two titles are once their decoration is off."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from math import fsum

from letters.pair.measures import Measured
from letters.pair.reading import ReadCard, ReadEpisode
from letters.pair.shelf import Shelf
from letters.pair.side_by_side import SideBySide
from letters.pair.telling import listed
from letters.pair.titles import Title, nearly_equal
from letters.pair.wording import is_spaceless

#: Of what two titles share or lack, more than this adds nothing.
_MOST_RARITY = 20.0
#: A piece that more episodes have is a series or a phrase, and does not tell which episode is meant.
_FEW = 8
#: Shorter pieces are met by chance; a name of a person mostly is no shorter.
_PIECE = 6
_PIECE_SPACELESS = 4
_NOWHERE: Sequence[int] = ()


def compare_titles(both: SideBySide) -> Measured:
    """Whether the titles are equal, cut off or nearly equal, and how alike they are letter by letter."""
    card, episode = both.card, both.episode
    mine, theirs = card.title.key, episode.title.key
    measures = {"title: letters": _letters_alike(mine, theirs)}
    if mine == theirs and len(mine) >= (2 if is_spaceless(mine) else 3):
        measures["title: equal"] = 1.0
        words = "the titles are equal without their decoration"
        others = [one for one in _titled(theirs, both.shelf) if one is not episode]
        if any(not _contradicted(card, one) for one in others):
            return measures, lambda: f"{words}, as are those of other episodes"
        if not _contradicted(card, episode):
            measures["title: equal alone"] = 1.0
        alone = (
            "the other episodes of this title differ in number, part or kind"
            if others
            else "no other episode has this one"
        )
        return measures, lambda: f"{words}, and {alone}"
    if _is_cut_off(card.title, episode.title):
        measures["title: cut off"] = 1.0
        return measures, lambda: "one title is the beginning of the other, cut off"
    if nearly_equal(mine, theirs):
        measures["title: nearly equal"] = 1.0
    return measures, lambda: _tell_alike(measures)


def compare_title_words(both: SideBySide) -> Measured:
    shared = both.mine.titled & both.theirs.titled
    measures: dict[str, float] = {}
    if not shared:
        return measures, lambda: "the titles share no word"
    rarity = both.shelf.title_rarity
    measures["title: rarest word"] = max(map(rarity, shared)) / 5
    if not both.is_foreign:
        missing = fsum(map(rarity, both.mine.titled - shared))
        measures["title: card's words missing"] = min(_MOST_RARITY, missing) / 10
    return measures, lambda: f"the titles share {listed(shared, rarity)}"


def compare_pieces(both: SideBySide) -> Measured | None:
    """A guest or a topic that stands between separators in another episode's title speaks for that one."""
    card, episode, shelf = both.card, both.episode, both.shelf
    if not card.has_show or card.title.key == episode.title.key:
        return None
    for piece in sorted(card.title.pieces - episode.title.pieces):
        others = shelf.by_piece.get(piece, _NOWHERE)
        if 0 < len(others) <= _FEW and len(piece) >= (_PIECE_SPACELESS if is_spaceless(piece) else _PIECE):
            return {"title: piece of another": 1.0}, partial(_tell_piece, shelf.episodes[others[0]])
    return None


def compare_figures(both: SideBySide) -> Measured | None:
    mine, theirs, rarity = both.mine.figures, both.theirs.figures, both.shelf.title_rarity
    same, own, other = mine & theirs, mine - theirs, theirs - mine
    measures: dict[str, float] = {}
    if same:
        measures["figures: same"] = 1.0
    if own and other:
        measures["figures: other"] = 1.0
    return (measures, lambda: _tell_figures(same, own, other, rarity)) if measures else None


def _tell_alike(measures: Mapping[str, float]) -> str:
    alike = f"the titles are {measures['title: letters']:.0%} alike, letter by letter"
    return f"{alike}, a slip of the pen" if "title: nearly equal" in measures else alike


def _tell_piece(elsewhere: ReadEpisode) -> str:
    return f'the card has a piece of another title, "{elsewhere.episode.title}"'


def _tell_figures(
    same: Collection[str], own: Collection[str], other: Collection[str], rarity: Callable[[str], float]
) -> str:
    told = []
    if same:
        told.append(f"both titles have {listed(same, rarity)}")
    if own and other:
        told.append(f"the card's title has {listed(own, rarity)}, the episode's {listed(other, rarity)}")
    return "; ".join(told)


def _titled(key: str, shelf: Shelf) -> Iterable[ReadEpisode]:
    """The first episodes with this title, which are all of them unless a show gives most of its episodes one title."""
    return (shelf.episodes[place] for place in shelf.by_key.get(key, _NOWHERE)[:_FEW])


def _letters_alike(mine: str, theirs: str) -> float:
    """Cosine of the sets of three letters in a row, or of two in scripts in which a sign says more."""
    length = 2 if is_spaceless(mine) and is_spaceless(theirs) else 3
    ours, others = _runs_of(mine, length), _runs_of(theirs, length)
    return len(ours & others) / math.sqrt(max(1, len(ours)) * max(1, len(others)))


# As with texts (`letters.pair.reading.unpacked`): the same few titles are compared again and again.
@lru_cache(maxsize=4_096)
def _runs_of(key: str, length: int) -> frozenset[str]:
    return frozenset([key[at : at + length] for at in range(len(key) - length + 1)])


def _contradicted(card: ReadCard, episode: ReadEpisode) -> bool:
    mine, theirs = card.title, episode.title
    numbers = {number for number in (mine.number, episode.number) if number is not None}
    return len(numbers) > 1 or mine.part != theirs.part or mine.markers != theirs.markers


def _is_cut_off(mine: Title, theirs: Title) -> bool:
    marked = (mine.cut_off and theirs.key.startswith(mine.key)) or (
        theirs.cut_off and mine.key.startswith(theirs.key)
    )
    return marked and min(len(mine.key), len(theirs.key)) >= (3 if is_spaceless(mine.key) else 5)
