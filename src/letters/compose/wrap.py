"""Plain text for reading at 72 columns. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

#: Columns of the text part.
WIDTH = 72


# Readers of different choices get the same paragraphs.
@lru_cache(maxsize=4096)
def fill(text: str, width: int = WIDTH, *, first: str = "", hanging: str = "") -> str:
    """One paragraph, wrapped at `width` columns, behind `first` on its first line and `hanging` on the others.

    Wide characters count as two columns. A web address is never broken; any other word that is too long is.
    """
    lines: list[str] = []
    line, used = first, columns(first)
    fresh = True
    for word in _words(text, width - max(columns(first), columns(hanging))):
        room = columns(word) + (0 if fresh else 1)
        if not fresh and used + room > width:
            lines.append(line)
            line, used, fresh = hanging, columns(hanging), True
            room = columns(word)
        line += word if fresh else f" {word}"
        used, fresh = used + room, False
    return "\n".join(each.rstrip() for each in [*lines, line])


def columns(text: str) -> int:
    """How many columns a terminal or a fixed-width font gives the text."""
    return len(text) if text.isascii() else sum(_columns_of(character) for character in text)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _words(text: str, width: int) -> Iterator[str]:
    for word in text.split():
        if columns(word) <= width or "://" in word:
            yield word
        else:
            yield from _pieces(word, width)


def _pieces(word: str, width: int) -> Iterator[str]:
    piece, used = "", 0
    for character in word:
        room = _columns_of(character)
        if used + room > width:
            yield piece
            piece, used = "", 0
        piece, used = piece + character, used + room
    yield piece
