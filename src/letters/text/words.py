"""Values in words, for templates and terminals: dates, durations, counts, paragraphs."""

from __future__ import annotations

import re
from collections.abc import Sized
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from letters.text.html import safe_url

# Written out here: strftime gives the months of the process's locale.
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")  # fmt: skip
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")


def date_words(
    value: date | datetime | None, *, short: bool = False, zone: str = "UTC", language: str = "en"
) -> str:
    """ "23 November 2026", short "23 Nov"; "November 23, 2026" and "Nov 23" where the language is en-US. None gives nothing.

    A datetime is shown as its date in `zone`.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        value = aware.astimezone(ZoneInfo(zone))
    month = _MONTHS[value.month - 1]
    if language.lower().replace("_", "-").startswith("en-us"):
        return f"{month[:3]} {value.day}" if short else f"{month} {value.day}, {value.year}"
    return f"{value.day} {month[:3]}" if short else f"{value.day} {month} {value.year}"


def duration_words(value: timedelta | None) -> str:
    """ "48 min", "1 h 5 min", "2 h"; anything shorter than a minute is "1 min". None, nothing and less give nothing."""
    if value is None or value <= timedelta():
        return ""
    minutes = max(1, round(value.total_seconds() / 60))
    hours, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)


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


#: The filters of every environment, by the name templates use.
FILTERS = {
    "date": date_words,
    "duration": duration_words,
    "count": count_words,
    "paragraphs": paragraphs,
    "url": safe_url,
}
