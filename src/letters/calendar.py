"""Cron in a time zone as exact moments: pure, and the only place that knows about summer time.

An edition means wall times: "every Monday at eight in New York". A wall time happens at the first moment at which the
local clock reaches it. This one sentence covers the odd days: in a gap that is the first instant after the gap, and of
an hour that is repeated it is the first one. A local date that never was (Apia's 30 December 2011) has no occurrence.

cronsim enumerates wall times without a zone, and the zone is applied here. Left to itself cronsim follows Debian's
cron: schedules with a star in the minute or hour run twice in a repeated hour, not at all in a gap, and a missing day
gives an extra run (``docs/decisions/010-wall-times.md``).

The expression has cron's five fields. As in cron, a day of the month and a weekday that are both given mean either.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from itertools import chain, groupby, pairwise
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from letters.model import RECIPIENT_ZONE, Edition, Occurrence

#: The clock that is furthest ahead (Pacific/Kiritimati): the first to reach any wall time.
_EARLIEST = timezone(timedelta(hours=14))
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
# Any start will do: what does not happen within cronsim's fifty years from here does not happen.
_ANY_MOMENT = datetime(2001, 1, 1)  # noqa: DTZ001 - wall times have no zone
# How far back the occurrence before another one is looked for; the last covers 29 February on a given weekday.
_LOOKS_BACK = (timedelta(days=2), timedelta(days=40), timedelta(days=400), timedelta(days=366 * 41))


def check_cron(expression: str, zone: str) -> None:
    """Raises ValueError, saying what was wanted, unless the pair is a schedule that will happen."""
    check_zone(zone)
    fields = len(expression.split())
    if fields != 5:
        raise ValueError(
            f'"{expression}" has {fields} {"field" if fields == 1 else "fields"}, wanted five: '
            'minute, hour, day of month, month, day of week, as in "0 8 * * MON"'
        )
    try:
        first = next(CronSim(expression, _ANY_MOMENT), None)
    except CronSimError as error:
        if not _is_readable_with_january(expression):
            raise ValueError(f'"{expression}" is no cron expression: {_explain(error)}') from error
        first = None
    if first is None:
        raise ValueError(f'"{expression}" never happens, wanted a date that exists')


def check_zone(zone: str) -> None:
    """Raises ValueError, naming the nearest one, unless `zone` is an IANA time zone or "recipient"."""
    if zone != RECIPIENT_ZONE:
        _load_zone(zone)


def occurrences(edition: Edition, *, after: datetime, until: datetime) -> Iterator[Occurrence]:
    """When an edition is due, in order: later than `after`, not later than `until`; in UTC.

    Date and slot of an occurrence do not depend on `after`. The date is that of the wall time, also where a gap pushes
    the moment past midnight. For zone "recipient" there is one per local date, at the moment the earliest zone reaches
    the date's first wall time; `recipient_due` says when each reader's own clock does.
    """
    for occurrence in _occurrences(edition, after):
        if occurrence.at > until:
            return
        yield occurrence


def next_occurrence(edition: Edition, *, after: datetime) -> Occurrence | None:
    """The first occurrence later than `after`; None if there is none within fifty years."""
    return next(_occurrences(edition, after), None)


def previous_occurrence(edition: Edition, occurrence: Occurrence) -> Occurrence | None:
    """The occurrence just before another one; None if there is none within forty years."""
    until = occurrence.at - _SECOND
    for look_back in _LOOKS_BACK:
        found = list(occurrences(edition, after=occurrence.at - look_back, until=until))
        if found:
            return found[-1]
    return None


def recipient_due(edition: Edition, occurrence: Occurrence, zone: str) -> datetime:
    """When the reader in `zone` is due: the moment their clock reaches the edition's hour on the occurrence's date.

    Never before `occurrence.at`, which is the answer for an edition whose zone is not "recipient". If the edition was
    moved to other days after the occurrence, the wall time is the one the occurrence was made for.
    """
    reader = _load_zone(zone)
    if edition.zone != RECIPIENT_ZONE:
        return occurrence.at
    made_for = occurrence.at.astimezone(_EARLIEST).replace(tzinfo=None)
    midnight = datetime.combine(occurrence.local_date, time())
    wall = next(CronSim(edition.when, midnight - _SECOND), made_for)
    if wall.date() != occurrence.local_date:
        wall = made_for
    return max(occurrence.at, _moment(wall, reader))


def describe(edition: Edition) -> str:
    """When an edition comes, in English: "At 08:00 on Monday, New York time"."""
    words = CronSim(edition.when, _ANY_MOMENT).explain()
    if edition.zone == RECIPIENT_ZONE:
        return f"{words}, wherever you are"
    place = edition.zone.rpartition("/")[2].replace("_", " ")
    return f"{words}, UTC" if place == "UTC" else f"{words}, {place} time"


def _is_readable_with_january(expression: str) -> bool:
    """cronsim calls the day unreadable when it is only too late for the months beside it (31 February)."""
    minute, hour, day, month, weekday = expression.split()
    try:
        CronSim(f"{minute} {hour} {day} {month},1 {weekday}", _ANY_MOMENT)
    except CronSimError:
        return False
    return True


def _explain(error: CronSimError) -> str:
    """cronsim's "Bad day-of-month" in our manner of wording."""
    return str(error).replace("Bad ", "cannot read the ").replace("-", " ").lower()


def _load_zone(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # unknown; not a name ("../x"); the name of a folder ("America")
        near = difflib.get_close_matches(zone, sorted(available_timezones()), n=1)
        hint = f'did you mean "{near[0]}"?' if near else 'wanted an IANA name such as "Europe/Berlin"'
        raise ValueError(f'zone "{zone}" is not a time zone; {hint}') from None


def _occurrences(edition: Edition, after: datetime) -> Iterator[Occurrence]:
    after = after.astimezone(UTC)
    for_readers = edition.zone == RECIPIENT_ZONE
    zone = _EARLIEST if for_readers else _load_zone(edition.zone)
    # Whole local dates from two days before, so that slots are complete; no gap is longer than a day.
    start = datetime.combine(after.astimezone(zone).date() - 2 * _DAY, time()) - _SECOND
    by_date = groupby(_moments(edition.when, start, zone), key=lambda moment: moment[0])
    for local_date, moments in by_date:
        for slot, (_, at) in enumerate(moments):
            if at > after:
                yield Occurrence(at=at, local_date=local_date, slot=slot)
            if for_readers:
                break


def _moments(expression: str, start: datetime, zone: tzinfo) -> Iterator[tuple[date, datetime]]:
    """Local date and moment of each wall time after `start`; moments strictly increase.

    Wall times that a gap makes one moment are one; when they lie on both sides of midnight, the later date has it.
    """
    moments: Iterator[tuple[date, datetime] | None] = (
        (wall.date(), _moment(wall, zone)) for wall in CronSim(expression, start)
    )
    for one, following in pairwise(chain(moments, [None])):
        if one is None or (following is not None and following[1] == one[1]):
            continue
        if _exists(one[0], one[1], zone):
            yield one


def _exists(local_date: date, moment: datetime, zone: tzinfo) -> bool:
    """Whether a date has any time at all in the zone, given the moment of one of its wall times."""
    if moment.astimezone(zone).date() == local_date:
        return True
    midnight = datetime.combine(local_date, time())
    return _moment(midnight, zone) < _moment(midnight + _DAY, zone)


def _moment(wall: datetime, zone: tzinfo) -> datetime:
    """The first moment, in UTC, at which the local clock reads `wall` or later."""

    def reached(moment: datetime) -> bool:
        return moment.astimezone(zone).replace(tzinfo=None) >= wall

    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # In a gap fold 0 gives a moment after the transition and fold 1 one before it (PEP 495); it lies between.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        before, after = (before, middle) if reached(middle) else (middle, after)
    return after
