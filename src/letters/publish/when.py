"""When an edition is sent, in words."""

from __future__ import annotations

import re

from letters.model import RECIPIENT_ZONE, Edition
from letters.text import Wording

_SHORT = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_ENGLISH = Wording()


def sent_when(edition: Edition, wording: Wording = _ENGLISH) -> str:
    """ "Mondays at 08:00, New York time"; for a plan that has no plain words, the plan itself."""
    minute, hour, *days = (edition.when.split() + [""] * 5)[:5]
    zone = _zone(edition.zone, wording)
    if not (minute.isdigit() and hour.isdigit()) or (rhythm := _rhythm(*days, wording=wording)) is None:
        return wording.gettext("By the plan %(plan)s (%(zone)s)", plan=edition.when, zone=zone)
    time = wording.clock(int(hour), int(minute))
    return wording.gettext("%(days)s at %(time)s, %(zone)s", days=rhythm, time=time, zone=zone)


def _rhythm(day: str, month: str, weekday: str, *, wording: Wording) -> str | None:
    if month != "*":
        return None
    if day == "*" and weekday == "*":
        return wording.gettext("Every day")
    if weekday == "*" and day.isdigit():
        return wording.gettext("On the %(day)s of each month", day=_ordinal(int(day), wording))
    if day == "*":
        return _weekdays(weekday, wording)
    return None


def _weekdays(field: str, wording: Wording) -> str | None:
    parts = re.split(r"([,-])", field.upper())
    numbers = [_weekday(part) for part in parts[::2]]
    marks = parts[1::2]
    if None in numbers:
        return None
    # Cron counts from Sunday, and knows it as 7 too; Babel counts from Monday.
    names = [wording.weekday((number - 1) % 7) for number in numbers if number is not None]
    if marks == ["-"]:
        return wording.gettext("%(first)s to %(last)s", first=names[0], last=names[1])
    if "-" in marks:
        return None
    return wording.listing([wording.gettext("%(day)ss", day=name) for name in names])


def _ordinal(day: int, wording: Wording) -> str:
    """ "1st", "22nd": English has four endings; a language with fewer translates them alike."""
    if day in {1, 21, 31}:
        return wording.gettext("%(day)sst", day=day)
    if day in {2, 22}:
        return wording.gettext("%(day)snd", day=day)
    return wording.gettext("%(day)srd", day=day) if day in {3, 23} else wording.gettext("%(day)sth", day=day)


def _weekday(part: str) -> int | None:
    if part in _SHORT:
        return _SHORT.index(part)
    return int(part) if part.isdigit() and int(part) <= len(_SHORT) else None


def _zone(zone: str, wording: Wording) -> str:
    if zone == RECIPIENT_ZONE:
        return wording.gettext("your time")
    if zone == "UTC":
        return "UTC"
    return wording.gettext("%(place)s time", place=zone.rpartition("/")[2].replace("_", " "))
