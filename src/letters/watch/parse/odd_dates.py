"""Dates whose zone is a name, or whose offset is not written as the standards want it; and feedparser, taught both.

feedparser reads many forms and languages, and is asked wherever nothing quicker knows a date. Left alone it would take zones
that it does not know for UTC, and Hungarian and Korean dates for ISO 8601: its own readers for these come too late.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

# Not public, but there is no other way to its dates in many languages than parsing a whole document.
from feedparser.datetimes import _parse_date as parse_in_any_language
from feedparser.datetimes import registerDateHandler
from feedparser.datetimes.hungarian import _parse_date_hungarian as parse_hungarian
from feedparser.datetimes.korean import _parse_date_nate as parse_nate
from feedparser.datetimes.korean import _parse_date_onblog as parse_onblog

__all__ = ["from_iso", "from_mail", "from_named_zone", "parse_in_any_language"]

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


def from_iso(text: str) -> datetime:
    """A date as RFC 3339 has it. Raises `ValueError`."""
    # A lower-case "t" or "z" is allowed by RFC 3339 section 5.6, but not by Python.
    return datetime.fromisoformat(text.upper())


def from_named_zone(text: str) -> datetime | None:
    """A date whose zone is one of our names; None for all others."""
    found = _NAMED_ZONE.search(text)
    offset = _ZONES.get(found[1].upper()) if found else None
    if found is None or offset is None:
        return None
    local = text[: found.start()]
    try:
        date = from_iso(local)
    except ValueError:
        date = from_mail(local)
    return date.replace(tzinfo=timezone(offset)) if date.tzinfo is None else date


def from_mail(text: str) -> datetime:
    """A date as RFC 5322 has it, with offsets as people write them. Raises `ValueError`."""
    found = _ODD_OFFSET.fullmatch(text)
    if found is None:
        return parsedate_to_datetime(text)
    local, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return parsedate_to_datetime(local).replace(tzinfo=timezone(-offset if sign == "-" else offset))


def _named_zone_for_feedparser(text: str) -> time.struct_time | None:
    try:
        date = from_named_zone(text[:100].strip())
        return date.astimezone(UTC).timetuple() if date is not None else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


# The handler that was registered last is asked first. The one for ISO 8601 is content with a year at the beginning, and takes
# the month from the clock.
for _handler in (parse_hungarian, parse_nate, parse_onblog, _named_zone_for_feedparser):
    registerDateHandler(_handler)
