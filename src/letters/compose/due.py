"""Which occurrence of an edition is due, and which ones were missed. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from letters.calendar import next_occurrence, occurrences, previous_occurrence
from letters.compose.words import say_span
from letters.model import Edition, Occurrence

#: With ``catch_up = "none"``, an occurrence found later than this is skipped: room for a pass that takes its time.
ON_TIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """An occurrence that is stored as skipped, and why; what it would have had rolls into the next issue."""

    occurrence: Occurrence
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is to be done about an edition now."""

    occurrence: Occurrence | None = None
    missed: tuple[Missed, ...] = ()


def find_due(
    edition: Edition,
    *,
    first_read: datetime,
    newest: datetime | None,
    done: Collection[tuple[date, int]],
    now: datetime,
) -> Due:
    """Say which occurrence is to be composed and which are to be skipped.

    Nothing at or before `first_read` is due, nor before `newest`, the newest occurrence that was dealt with: a schedule
    that is edited to be denser does not make up a past. Neither is a local date and slot that is `done`: an edition
    moved from 08:00 to 09:00 at half past eight has had its issue.
    """
    after = max(first_read, newest) if newest else first_read
    open_ones = [
        each
        for each in occurrences(edition, after=after, until=now)
        if (each.local_date, each.slot) not in done
    ]
    if not open_ones:
        return Due()
    *earlier, latest = open_ones
    if _is_in_time(edition, latest, now):
        return Due(occurrence=latest, missed=tuple(_replaced(each, latest) for each in earlier))
    return Due(missed=tuple(_too_late(edition, each, now) for each in open_ones))


def find_next(
    edition: Edition,
    *,
    first_read: datetime,
    newest: datetime | None,
    done: Collection[tuple[date, int]],
    now: datetime,
) -> Occurrence | None:
    """The occurrence that the edition's next issue is for: the one that is due, else the next to come."""
    due = find_due(edition, first_read=first_read, newest=newest, done=done, now=now).occurrence
    coming = due or next_occurrence(edition, after=max(first_read, now))
    while coming and (coming.local_date, coming.slot) in done:
        coming = next_occurrence(edition, after=coming.at)
    return coming


def look_back(edition: Edition, *, first_read: datetime) -> datetime:
    """The moment from which the edition's first issue takes what was ready: one interval before its first occurrence."""
    first = next_occurrence(edition, after=first_read)
    previous = previous_occurrence(edition, first) if first else None
    return previous.at if previous else first_read


def _is_in_time(edition: Edition, occurrence: Occurrence, now: datetime) -> bool:
    late = now - occurrence.at
    return late <= ON_TIME if edition.catch_up == "none" else late < edition.grace


def _replaced(occurrence: Occurrence, latest: Occurrence) -> Missed:
    return Missed(
        occurrence=occurrence,
        reason=f"missed; what it would have had is in the issue of {latest.at:%Y-%m-%d %H:%M} UTC",
    )


def _too_late(edition: Edition, occurrence: Occurrence, now: datetime) -> Missed:
    late = say_span(now - occurrence.at)
    limit = (
        f'catch_up is "none" and more than {say_span(ON_TIME)} is late'
        if edition.catch_up == "none"
        else f"grace is {say_span(edition.grace)}"
    )
    return Missed(
        occurrence=occurrence, reason=f"found {late} late, {limit}; what it would have had rolls over"
    )
