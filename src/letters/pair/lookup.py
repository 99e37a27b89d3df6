"""A card or an episode as a person names it: by its id, its address, or a piece of its title that no other has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, process
from sqlalchemy import Connection

from letters.errors import UsageError
from letters.pair.wording import fold
from letters.store.cards import StoredCard, find_card
from letters.store.listing import (
    ListedEpisode,
    card_titles,
    episode_titles,
    find_card_ids,
    find_episode,
    find_ids,
)

#: So much of an id tells it apart from a piece of a title.
_ID_FROM = 6
#: How many of several are named in an error.
_NAMED = 3
#: From this likeness on, of a hundred, a piece of a title may have been meant.
_NEAR = 75


def find_named_card(c: Connection, words: str) -> StoredCard:
    """The card with this id, path, beginning of an address or piece of a title; retired ones by anything but the title.

    Raises `UsageError` that names the nearest when there is none, and some when there are several.
    """
    card = find_card(c, words)
    begun = find_card_ids(c, words.lower()) if card is None and len(words) >= _ID_FROM else []
    if card is None and len(begun) == 1:
        card = find_card(c, begun[0])
    if card is None:
        card = find_card(c, _choose("card", words, card_titles(c), listing="letters cards list"))
    assert card is not None, "its id was just read"
    return card


def find_named_episode(c: Connection, words: str) -> ListedEpisode:
    """The episode whose id begins so, or with this piece of a title; hidden ones by their id only.

    Raises `UsageError` that names the nearest when there is none, and some when there are several.
    """
    begun = find_ids(c, words.lower()) if len(words) >= _ID_FROM else []
    chosen = begun[0] if len(begun) == 1 else None
    episode = find_episode(
        c, chosen or _choose("episode", words, episode_titles(c), listing="letters episodes list")
    )
    assert episode is not None, "its id was just read"
    return episode


def _choose(noun: str, words: str, titles: Mapping[str, str], *, listing: str) -> str:
    """The id that is meant; `titles` by id, of those that may be named by their titles."""
    if not words.strip():
        raise UsageError(f'{noun} "": wanted an id, or a piece of a title; "{listing}" names all')
    by_id = [one for one in titles if one.startswith(words.lower())] if len(words) >= _ID_FROM else []
    if len(by_id) == 1:
        return by_id[0]
    wanted = fold(words)
    folded = {one: fold(title) for one, title in titles.items()}
    found = [one for one, title in folded.items() if title == wanted]
    found = found or by_id or [one for one, title in folded.items() if wanted in title]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f'{noun} "{words}": {len(found)} have this, such as {_named(found, titles)}; '
            f"name it by its id, or by more of its title"
        )
    near = process.extract(wanted, folded, scorer=fuzz.partial_ratio, limit=_NAMED, score_cutoff=_NEAR)
    hint = f"did you mean {_named([one for *_, one in near], titles)}?" if near else f'"{listing}" names all'
    raise UsageError(f'{noun} "{words}" is not known; {hint}')


def _named(ids: Sequence[str], titles: Mapping[str, str]) -> str:
    return ", ".join(f'"{titles[one]}" ({one[:8]})' for one in ids[:_NAMED])
