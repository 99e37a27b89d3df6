"""How alike two titles are once their decoration is off."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from math import fsum

from letters.pair.measures import Measured
from letters.pair.reading import ReadCard, ReadEpisode
from letters.pair.shelf import Shelf
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


def compare_titles(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured:
    """Whether the titles are equal, cut off or nearly equal, and how alike they are letter by letter."""
    mine, theirs = card.title.key, episode.title.key
    measures = {"title: letters": _letters_alike(mine, theirs)}
    if mine == theirs and len(mine) >= (2 if is_spaceless(mine) else 3):
        measures["title: equal"] = 1.0
        words = "the titles are equal without their decoration"
        others = [one for one in _titled(theirs, shelf) if one is not episode]
        if any(not _contradicted(card, one) for one in others):
            return measures, f"{words}, as are those of other episodes"
        if not _contradicted(card, episode):
            measures["title: equal alone"] = 1.0
        alone = (
            "the other episodes of this title differ in number, part or kind"
            if others
            else "no other episode has this one"
        )
        return measures, f"{words}, and {alone}"
    alike = f"the titles are {measures['title: letters']:.0%} alike, letter by letter"
    if _is_cut_off(card.title, episode.title):
        return measures | {"title: cut off": 1.0}, "one title is the beginning of the other, cut off"
    if nearly_equal(mine, theirs):
        return measures | {"title: nearly equal": 1.0}, f"{alike}, a slip of the pen"
    return measures, alike


def compare_title_words(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured:
    shared = card.text.titled & episode.text.titled
    measures: dict[str, float] = {}
    if shared:
        missing = fsum(map(shelf.title_rarity, card.text.titled - shared))
        measures["title: rarest word"] = max(map(shelf.title_rarity, shared)) / 5
        if not shelf.is_foreign(card):
            measures["title: card's words missing"] = min(_MOST_RARITY, missing) / 10
        return measures, f"the titles share {listed(shared, shelf.title_rarity)}"
    return measures, "the titles share no word"


def compare_pieces(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    """A guest or a topic that stands between separators in another episode's title speaks for that one."""
    if not card.has_show or card.title.key == episode.title.key:
        return None
    for piece in sorted(card.title.pieces):
        others = shelf.by_piece.get(piece, _NOWHERE)
        if (
            len(piece) >= (_PIECE_SPACELESS if is_spaceless(piece) else _PIECE)
            and 0 < len(others) <= _FEW
            and piece not in episode.title.pieces
        ):
            elsewhere = shelf.episodes[others[0]].episode.title
            return {"title: piece of another": 1.0}, f'the card has a piece of another title, "{elsewhere}"'
    return None


def compare_figures(card: ReadCard, episode: ReadEpisode, shelf: Shelf) -> Measured | None:
    mine, theirs = card.text.figures, episode.text.figures
    measures: dict[str, float] = {}
    told = []
    if mine & theirs:
        measures["figures: same"] = 1.0
        told.append(f"both titles have {listed(mine & theirs, shelf.title_rarity)}")
    if mine - theirs and theirs - mine:
        measures["figures: other"] = 1.0
        told.append(
            f"the card's title has {listed(mine - theirs, shelf.title_rarity)},"
            f" the episode's {listed(theirs - mine, shelf.title_rarity)}"
        )
    return (measures, "; ".join(told)) if measures else None


def _titled(key: str, shelf: Shelf) -> Iterable[ReadEpisode]:
    """The first episodes with this title, which are all of them unless a show gives most of its episodes one title."""
    return (shelf.episodes[place] for place in shelf.by_key.get(key, _NOWHERE)[:_FEW])


def _letters_alike(mine: str, theirs: str) -> float:
    """Cosine of the sets of three letters in a row, or of two in scripts in which a sign says more."""
    length = 2 if is_spaceless(mine) and is_spaceless(theirs) else 3
    ours, others = _runs_of(mine, length), _runs_of(theirs, length)
    return len(ours & others) / math.sqrt(max(1, len(ours)) * max(1, len(others)))


def _runs_of(key: str, length: int) -> set[str]:
    return {key[at : at + length] for at in range(len(key) - length + 1)}


def _contradicted(card: ReadCard, episode: ReadEpisode) -> bool:
    mine, theirs = card.title, episode.title
    numbers = {number for number in (mine.number, episode.number) if number is not None}
    return len(numbers) > 1 or mine.part != theirs.part or mine.markers != theirs.markers


def _is_cut_off(mine: Title, theirs: Title) -> bool:
    least = 3 if is_spaceless(mine.key) else 5
    marked = (mine.cut_off and theirs.key.startswith(mine.key)) or (
        theirs.cut_off and mine.key.startswith(theirs.key)
    )
    return marked and min(len(mine.key), len(theirs.key)) >= least
