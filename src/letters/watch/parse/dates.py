"""Dates and durations as publishers write them.

The rule for dates that cannot be true: before 1990 (unset clocks, year 1) and more than a day ahead of now (a day
covers wrong zones) count as no date, and the entry is dated by when we first saw it.
"""

from __future__ import annotations

import calendar
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_LONGEST = timedelta(days=10)

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})(?:[.,]\d+)?")
_SECONDS = re.compile(r"(\d{1,9})(?:[.,]\d+)?\s*(?:s|sec|seconds)?", re.IGNORECASE)
_ISO = re.compile(r"P(?:(\d{1,3})D)?T?(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d+)?S)?", re.IGNORECASE)


def from_struct(parsed: object) -> datetime | None:
    """feedparser's parsed dates, which are in UTC."""
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def parse_date(text: object) -> datetime | None:
    """A date as JSON Feed wants it (RFC 3339), or as mail writes it (RFC 5322); without a zone it is UTC."""
    if not isinstance(text, str):
        return None
    for read in (_from_iso, parsedate_to_datetime):
        try:
            date = read(text[:100].strip())
            return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _from_iso(text: str) -> datetime:
    # A lower-case "t" or "z" is allowed by RFC 3339 section 5.6, but not by Python.
    return datetime.fromisoformat(text.upper())


def believable(date: datetime | None, *, now: datetime) -> datetime | None:
    """The date, unless it cannot be true."""
    return date if date is not None and _EARLIEST <= date <= now + _AHEAD else None


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
