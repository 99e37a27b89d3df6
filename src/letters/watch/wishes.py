"""When a publisher wants to be asked again, as its answer and its document say. Pure.

A wish only ever makes a look later, never earlier, and only so much later: feeds say "a year" by mistake.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from letters.watch.parse.values import Hints
from letters.watch.values import Said

#: The longest wish that is granted; ``Retry-After`` has its own limit.
LONGEST_WISH = timedelta(days=1)
#: The longest way out of hours and days to be skipped: a weekend.
LONGEST_SKIP = timedelta(days=2)

_HOUR = timedelta(hours=1)
_NO_TIME = timedelta(0)


def wished_wait(said: Said, hints: Hints) -> timedelta:
    """How long the publisher wants to be left alone at least: the longest of its wishes, at most a day (R62).

    ``Cache-Control`` or ``Expires`` of the answer, RSS 2.0 ``ttl``, RSS 1.0 ``sy:updatePeriod`` by ``sy:updateFrequency``.
    """
    longest = _NO_TIME
    for wish in (said.fresh_for, hints.ttl, hints.update_period):
        if wish is not None and wish > longest:
            longest = wish
    return min(longest, LONGEST_WISH)


def out_of_skipped(moment: datetime, hints: Hints) -> datetime:
    """The moment, or the first hour after it that the document does not want skipped (RSS 2.0 ``skipHours, skipDays``).

    At most two days later: a weekend can be skipped, but a document that wants every hour skipped is not taken at its word.
    """
    if not (hints.skip_hours or hints.skip_days):
        return moment
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if not _is_skipped(hour, hints.skip_hours, hints.skip_days):
        return moment
    for ahead in range(1, LONGEST_SKIP // _HOUR + 1):
        if not _is_skipped(hour + ahead * _HOUR, hints.skip_hours, hints.skip_days):
            return hour + ahead * _HOUR
    return moment + LONGEST_SKIP


def _is_skipped(hour: datetime, hours: Collection[int], days: Collection[int]) -> bool:
    return hour.hour in hours or hour.weekday() in days
