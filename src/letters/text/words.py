"""Values in words, for templates and terminals: dates, durations, counts, paragraphs."""

from __future__ import annotations

import re
from collections.abc import Sized
from datetime import date, datetime, timedelta
from functools import cache

from letters.text.wording import Wording

_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")


def date_words(
    value: date | datetime | None, *, short: bool = False, zone: str = "UTC", language: str = "en"
) -> str:
    """ "23 November 2026", short "23 Nov"; "November 23, 2026" and "Nov 23" in en-US, "23. November 2026" in German. None gives nothing.

    A datetime is shown as its date in `zone`.
    """
    return _wording(language).date(value, short=short, zone=zone)


def duration_words(value: timedelta | None, *, language: str = "en") -> str:
    """ "48 min", "1 h 5 min", "2 h"; anything shorter than a minute is "1 min". None, nothing and less give nothing."""
    return _wording(language).duration(value)


def count_words(value: int | Sized, noun: str, plural: str = "") -> str:
    """ "1 card", "7 cards", "4,368 cards"; of something sized, how many it holds."""
    number = value if isinstance(value, int) else len(value)
    return f"{number:,} {noun if number == 1 else plural or _plural(noun)}"


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, which blank lines separate."""
    return [
        part.strip()
        for part in _BLANK_LINES.split(text.replace("\r\n", "\n").replace("\r", "\n"))
        if part.strip()
    ]


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


@cache
def _wording(language: str) -> Wording:
    return Wording(language)
