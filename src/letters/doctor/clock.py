"""The clock and the rules of time zones: an issue goes out when they say so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib import metadata
from pathlib import Path
from zoneinfo import TZPATH

from letters.doctor.finding import Finding, note, well, wrong

#: A Date header has whole seconds, and a proxy may have kept the answer for a while.
_TOLERANCE = timedelta(seconds=30)
#: Receivers reject signatures from the future (RFC 6376 section 3.5); other machines' tokens end too early or too late.
_HARMFUL = timedelta(minutes=5)
_VERSION = re.compile(r"# version (\d{4})([a-z]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherClock:
    """What another machine said the time was, and when ours said so."""

    #: Who was asked.
    place: str
    #: Of the Date header of its answer; None where there was none.
    theirs: datetime | None = None
    ours: datetime
    why: str = ""


def check_clock(other: OtherClock) -> Finding:
    """Our clock beside another's."""
    if other.theirs is None:
        return note(
            "clock",
            f"{other.ours:%d %B %Y %H:%M:%S} UTC; it could not be compared with {other.place}: {other.why}",
            remedy='see that this machine keeps its time ("timedatectl")',
        )
    apart = abs(other.ours - other.theirs)
    words = f"{other.ours:%H:%M:%S} UTC, and {other.place} says {other.theirs:%H:%M:%S}"
    if apart <= _TOLERANCE:
        return well("clock", words)
    say = wrong if apart > _HARMFUL else note
    return say(
        "clock",
        f"{words}: {int(apart.total_seconds()):,} seconds apart",
        wanted=f"no more than {_TOLERANCE.seconds}",
        remedy='let this machine keep its time ("timedatectl set-ntp true"), or see which of the two is wrong',
    )


def read_date(header: str) -> datetime | None:
    """A Date header's moment; None for what is none."""
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def check_zone_data(version: str, *, now: datetime) -> Finding:
    """How old the rules are by which local times are reckoned; `version` is such as ``2026a``."""
    if not version[:4].isdecimal():
        return note("time zones", "the version of the time zone data is not known")
    if int(version[:4]) < now.year - 1:
        return note(
            "time zones",
            f"the time zone data is of {version}, and countries have changed their clocks since",
            wanted=f"that of {now.year - 1} or later",
            remedy="update the system's package tzdata",
        )
    return well("time zones", f"the time zone data is of {version}")


def zone_data_version() -> str:
    """The version of the data that zones are read from: the system's, else that of the package tzdata; empty if unknown."""
    for folder in TZPATH:
        try:
            with (Path(folder) / "tzdata.zi").open(encoding="utf-8") as lines:
                first = lines.readline()
        except OSError:
            continue
        if found := _VERSION.match(first):
            return found[1] + found[2]
    try:
        return metadata.version("tzdata")
    except metadata.PackageNotFoundError:
        return ""
