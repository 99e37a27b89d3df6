"""Whether entries that are read alone are sure to be other ones than those beside them that are not read."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from xml.sax.saxutils import escape

from letters.model import Episode
from letters.watch.parse.identity import identities, strongest

# Characters to be searched through before reading everything is the quicker way.
_LONGEST_SEARCH = 50_000_000
_BORDERS = frozenset("\"'<>[],{} \t\r\n")


def is_told_apart(entries: Sequence[Episode], *, taken: Collection[str], others: Sequence[str]) -> bool:
    """Whether what identifies each entry stands in none of the `others`, and is not `taken`.

    What several entries of a document share identifies none of them (R64). Of the others only the text is at hand, but
    a guid that is theirs as well must stand in it as a whole word.
    """
    beside = "\n".join(others)
    if len(beside) * len(entries) > _LONGEST_SEARCH:
        return False
    for entry, identity in zip(entries, identities(entries), strict=True):
        if identity in taken or any(_stands_in(beside, value) for value in {strongest(entry), identity}):
            return False
    return True


def _stands_in(text: str, value: str) -> bool:
    """Whether a value stands in a text with nothing but borders around it: plain, or as XML or JSON write it."""
    return any(_is_word(text, written) for written in {value, escape(value), json.dumps(value)[1:-1]})


def _is_word(text: str, word: str) -> bool:
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if (at == 0 or text[at - 1] in _BORDERS) and (end == len(text) or text[end] in _BORDERS):
            return True
        at = text.find(word, end)
    return False
