"""Text as it is compared: without case, accents, markup, emoji and broken encodings; and cut into words."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

#: Scripts written without spaces: Han, kana, Hangul, Thai. Their runs are cut into pairs of characters.
SPACELESS = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{SPACELESS}]+|[^\W_{SPACELESS}]+")
SPACELESS_RUN = re.compile(rf"[{SPACELESS}]+")
# What UTF-8's bytes above 127 look like when read as Windows-1252, or as Latin-1.
_MOJIBAKE = re.compile(
    "[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013\u2014\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]{2,}"
)
#: Of what looks like UTF-8 read wrongly, so much has to be UTF-8.
_READABLE = 0.7
_APOSTROPHES = re.compile(r"(?<=\w)['\u2019\u2018\u02bc`\u00b4](?=\w)")
# Latin, Greek and Cyrillic lose their accents; the marks of other scripts tell words apart.
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")

#: Endings that a word takes in its other forms, the longest first, and what stands there instead.
_ENDINGS = (
    ("ations", "at"),
    ("ation", "at"),
    ("ating", "at"),
    ("ments", ""),
    ("ities", ""),
    ("ated", "at"),
    ("ates", "at"),
    ("ings", ""),
    ("ment", ""),
    ("ness", ""),
    ("ions", ""),
    ("ies", "y"),
    ("ing", ""),
    ("ers", ""),
    ("ion", ""),
    ("ity", ""),
    ("ate", "at"),
    ("ed", ""),
    ("es", ""),
    ("er", ""),
    ("ly", ""),
    ("al", ""),
    ("s", ""),
    ("e", ""),
)
_KEPT = 4


def clean(text: str) -> str:
    """Unescaped, mended, in one Unicode form, without what cannot be seen; case and punctuation stay."""
    for _ in range(3):  # Some feeds escape twice, and a card copies that and escapes again.
        unescaped = html.unescape(text)
        if unescaped == text:
            break
        text = unescaped
    text = _INVISIBLE.sub("", _mend(text))
    return " ".join(unicodedata.normalize("NFKC", text).split())


def fold(text: str) -> str:
    """Cleaned text without case and accents, its apostrophes inside words gone (``don't`` is ``dont``)."""
    folded = unicodedata.normalize("NFD", _APOSTROPHES.sub("", clean(text)).casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", folded))


@lru_cache(maxsize=65_536)
def _cut(run: str) -> tuple[str, ...]:
    if not SPACELESS_RUN.match(run) or len(run) <= 2:
        return (run,)
    return tuple(run[at : at + 2] for at in range(len(run) - 1))


def words(folded: str) -> tuple[str, ...]:
    """The words of a folded text in order; runs of a script without spaces as overlapping pairs."""
    return tuple(word for run in _WORD.findall(folded) for word in _cut(run))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """What an English word shares with its other forms ("gardens" and "gardening"); others mostly stay whole.

    Far from a linguist's stem: only endings go, and only where enough of the word is left.
    """
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _KEPT:
            return word[: -len(ending)] + instead
    return word


def stems(folded: str) -> tuple[str, ...]:
    """The words of a folded text as `stem` leaves them, in order."""
    return tuple(map(stem, words(folded)))


def runs(folded: str) -> list[str]:
    """The words of a folded text, with runs of a script without spaces left whole."""
    return _WORD.findall(folded)


def word_set(listed: str) -> frozenset[str]:
    """The words of a list that is written as one text, for tables of words in code."""
    return frozenset(listed.split())


def is_spaceless(text: str) -> bool:
    return SPACELESS_RUN.search(text) is not None


def _mend(text: str) -> str:
    """UTF-8 that was read as Windows-1252 or Latin-1, read again as what it is."""
    return _MOJIBAKE.sub(_read_again, text)


def _read_again(found: re.Match[str]) -> str:
    try:
        data = b"".join(_byte(character) for character in found[0])
    except UnicodeError:
        return found[0]
    read = data.decode(errors="ignore")
    # A slip of the pen among the broken signs costs a character or two; what was no UTF-8 loses nearly everything.
    return read if len(read.encode()) >= _READABLE * len(data) else found[0]


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")
