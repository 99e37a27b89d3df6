"""When an edition is sent, in words."""

from __future__ import annotations

import re

from letters.model import RECIPIENT_ZONE, Edition

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def sent_when(edition: Edition) -> str:
    """ "Mondays at 08:00, New York time"; for a plan that has no plain words, the plan itself."""
    minute, hour, *days = (edition.when.split() + [""] * 5)[:5]
    if not (minute.isdigit() and hour.isdigit()) or (rhythm := _rhythm(*days)) is None:
        return f"By the plan {edition.when} ({_zone(edition.zone)})"
    return f"{rhythm} at {int(hour):02}:{int(minute):02}, {_zone(edition.zone)}"


def _rhythm(day: str, month: str, weekday: str) -> str | None:
    if month != "*":
        return None
    if day == "*" and weekday == "*":
        return "Every day"
    if weekday == "*" and day.isdigit():
        return f"On the {int(day)}{_ORDINALS.get(int(day), 'th')} of each month"
    if day == "*":
        return _weekdays(weekday)
    return None


def _weekdays(field: str) -> str | None:
    parts = re.split(r"([,-])", field.upper())
    numbers = [_weekday(part) for part in parts[::2]]
    marks = parts[1::2]
    if None in numbers:
        return None
    names = [_DAYS[number] for number in numbers if number is not None]
    if marks == ["-"]:
        return f"{names[0]} to {names[1]}"
    if "-" in marks:
        return None
    names = [f"{name}s" for name in names]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _weekday(part: str) -> int | None:
    if part in _SHORT:
        return _SHORT.index(part)
    return int(part) if part.isdigit() and int(part) < len(_DAYS) else None


def _zone(zone: str) -> str:
    if zone == RECIPIENT_ZONE:
        return "your time"
    if zone == "UTC":
        return "UTC"
    return f"{zone.rpartition('/')[2].replace('_', ' ')} time"
