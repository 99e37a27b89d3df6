"""Dates and durations as publishers write them.

The rules for dates. A zone goes by its offset, or by a name that means one thing to nearly everybody who writes it in a
feed (``IST`` is India's, ``BST`` Britain's, ``CST`` and its like America's); other names, and none, are read as UTC. Dates
in Greek, Hungarian and Korean are read as feedparser knows them. What cannot be true, before 1990 (unset clocks, year 1)
or more than a day ahead of now (a day covers wrong zones), counts as no date, and the entry is dated by when we first saw
it; when such a date has come true and the entry is still listed, it gets its date, and is not news again.
"""

from __future__ import annotations

import calendar
import re
import time
from datetime import UTC, datetime, timedelta

from letters.watch.parse.odd_dates import from_iso, from_mail, from_named_zone, parse_in_any_language

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_LONGEST = timedelta(days=10)

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})(?:[.,]\d+)?")
_SECONDS = re.compile(r"(\d{1,9})(?:[.,]\d+)?\s*(?:s|sec|seconds)?", re.IGNORECASE)
_ISO = re.compile(r"P(?:(\d{1,3})D)?T?(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d+)?S)?", re.IGNORECASE)
# RFC 5322 section 3.3 and RFC 3339 section 5.6, without their rarities.
_MONTHS = {
    name: place
    for place, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}
_LONGEST_TEXT = 500
_MAIL_DATE = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?([0-9]{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|UT|Z|([+-])([0-9]{2})([0-9]{2}))"
)
_ISO_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)


def from_struct(parsed: object) -> datetime | None:
    """feedparser's parsed dates, which are in UTC; the quick reader's are datetimes already."""
    if isinstance(parsed, datetime):
        return parsed
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def parse_feed_date(text: str) -> datetime | None:
    """A date in an XML feed, as feedparser reads it: what nearly all publishers write at once, the rest through it."""
    if mail := _MAIL_DATE.fullmatch(text):
        day, month, year, hour, minute, second, sign, ahead, minutes = mail.groups()
        number, offset = str(_MONTHS[month]), timedelta(hours=int(ahead or 0), minutes=int(minutes or 0))
    elif iso := _ISO_DATE.fullmatch(text):
        year, number, day, hour, minute, second, sign, ahead, minutes = iso.groups()
        offset = timedelta(hours=int(ahead or 0), minutes=int(minutes or 0))
    else:
        return _in_any_language(text)
    try:
        date = datetime(int(year), int(number), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        return date + offset if sign == "-" else date - offset
    except (ValueError, OverflowError):
        return _in_any_language(text)


def _in_any_language(text: str) -> datetime | None:
    return from_struct(parse_in_any_language(text)) if len(text) <= _LONGEST_TEXT else None


def parse_date(text: object) -> datetime | None:
    """A date as the web writes it (RFC 3339), as mail does (RFC 5322), or as feedparser knows it; without a zone it is UTC."""
    if not isinstance(text, str):
        return None
    text = text[:100].strip()
    for read in (from_named_zone, from_iso, from_mail, _in_any_language):
        try:
            date = read(text)
            if date is not None:
                return (
                    (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
                )
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def believable(date: datetime | None, *, now: datetime) -> datetime | None:
    """The date, unless it cannot be true."""
    return date if date is not None and _EARLIEST <= date <= now + _AHEAD else None


def is_ahead(date: datetime | None, *, now: datetime) -> bool:
    """Whether a date is not believed yet, but will be."""
    return date is not None and date > now + _AHEAD


def parse_duration(text: object) -> timedelta | None:
    """``HH:MM:SS``, ``MM:SS``, seconds, or ISO 8601; None for zero, nonsense and more than ten days."""
    text = str(text).strip() if isinstance(text, str | int | float) and not isinstance(text, bool) else ""
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return _plausible(timedelta(hours=hours, minutes=minutes, seconds=seconds))
    if plain := _SECONDS.fullmatch(text):
        return _plausible(timedelta(seconds=int(plain[1])))
    if text and (iso := _ISO.fullmatch(text)):
        days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return _plausible(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))
    return None


def _plausible(duration: timedelta) -> timedelta | None:
    return duration if timedelta(0) < duration <= _LONGEST else None
