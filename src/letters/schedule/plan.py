"""What will be sent when: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from letters.calendar import occurrences
from letters.model import Edition, Occurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One time at which an edition is due. For zone "recipient" that is when the first readers are."""

    #: The edition's key.
    edition: str
    title: str
    occurrence: Occurrence
    zone: str


def plan(editions: Iterable[Edition], *, now: datetime, days: int) -> list[Planned]:
    """Every occurrence of the coming days, earliest first; at the same time in the order of the keys."""
    until = now + timedelta(days=days)
    planned = [
        Planned(edition=edition.key, title=edition.title, occurrence=occurrence, zone=edition.zone)
        for edition in editions
        for occurrence in occurrences(edition, after=now, until=until)
    ]
    return sorted(planned, key=lambda one: (one.occurrence.at, one.edition))
