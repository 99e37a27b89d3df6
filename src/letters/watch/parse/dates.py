"""Dates and durations as publishers write them.

The rules for dates. A zone goes by its offset, or by a name that means one thing to nearly everybody who writes it in a
feed (``IST`` is India's, ``BST`` Britain's, ``CST`` and its like America's); other names, and none, are read as UTC. Dates
in Greek, Hungarian and Korean are read as feedparser knows them. What cannot be true, before 1990 (unset clocks, year 1) or more than
a day ahead of now (a day covers wrong zones), counts as no date, and the entry is dated by when we first saw it; when such
a date has come true and the entry is still listed, it gets its date, and is not news again.
"""

from __future__ import annotations

import calendar
import re
import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

# Private, and the one way to ask feedparser about a date alone.
from feedparser.datetimes import _parse_date as parse_with_feedparser
from feedparser.datetimes import registerDateHandler
from feedparser.datetimes.hungarian import _parse_date_hungarian as parse_hungarian
from feedparser.datetimes.korean import _parse_date_nate as parse_nate
from feedparser.datetimes.korean import _parse_date_onblog as parse_onblog

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_LONGEST = timedelta(days=10)

# In hours from UTC. feedparser and the mail standard know UT, GMT and North America's; these it would read as UTC.
_ZONES = {
    name: timedelta(hours=hours)
    for hours, names in (
        (0, "WET"),
        (1, "BST CET MEZ MET WAT WEST"),
        (2, "CAT CEST EET MEST MESZ SAST"),
        (3, "EAT EEST MSK TRT"),
        (4, "GST"),
        (5, "PKT"),
        (5.5, "IST"),
        (5.75, "NPT"),
        (7, "ICT WIB"),
        (8, "AWST HKT PHT SGT"),
        (9, "JST KST"),
        (9.5, "ACST"),
        (10, "AEST"),
        (10.5, "ACDT"),
        (11, "AEDT"),
        (12, "NZST"),
        (13, "NZDT"),
        (-2.5, "NDT"),
        (-3, "ART BRT"),
        (-3.5, "NST"),
        (-8, "AKDT"),
        (-9, "AKST"),
        (-10, "HST"),
        # As feedparser has them; Python's reader of the mail standard does not know them.
        *((-4, "AT"), (-5, "ET"), (-6, "CT"), (-7, "MT"), (-8, "PT")),
    )
    for name in names.split()
}
_NAMED_ZONE = re.compile(r"\s*\(?\b([A-Z]{2,4})\)?$", re.IGNORECASE)

# Offsets that are not the mail standard's: "GMT+01:00", "+1".
_ODD_OFFSET = re.compile(
    r"(.*\d:\d\d)\s*(?:GMT|UTC|UT)?\s*([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE | re.DOTALL
)

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
    """A date as the web writes it (RFC 3339), as mail does (RFC 5322), or as feedparser knows it; without a zone it is UTC."""
    if not isinstance(text, str):
        return None
    text = text[:100].strip()
    for read in (_from_named_zone, _from_iso, _from_mail, _from_feedparser):
        try:
            date = read(text)
            if date is not None:
                return (
                    (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
                )
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _from_named_zone(text: str) -> datetime | None:
    """A date whose zone is one of our names; None for all others."""
    found = _NAMED_ZONE.search(text)
    offset = _ZONES.get(found[1].upper()) if found else None
    if found is None or offset is None:
        return None
    local = text[: found.start()]
    try:
        date = _from_iso(local)
    except ValueError:
        date = _from_mail(local)
    return date.replace(tzinfo=timezone(offset)) if date.tzinfo is None else date


def _from_mail(text: str) -> datetime:
    found = _ODD_OFFSET.fullmatch(text)
    if found is None:
        return parsedate_to_datetime(text)
    local, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return parsedate_to_datetime(local).replace(tzinfo=timezone(-offset if sign == "-" else offset))


def _from_feedparser(text: str) -> datetime | None:
    return from_struct(parse_with_feedparser(text))


def _named_zone_for_feedparser(text: str) -> time.struct_time | None:
    date = _from_named_zone(text[:100].strip())
    return date.astimezone(UTC).timetuple() if date is not None else None


# feedparser asks the handler that was registered last first. Its own for these languages come after the one for ISO 8601,
# which is content with a year at the beginning and takes the month from the clock.
for _handler in (parse_hungarian, parse_nate, parse_onblog, _named_zone_for_feedparser):
    registerDateHandler(_handler)


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
