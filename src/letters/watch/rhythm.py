"""A source's own rhythm: when it published, how long it usually takes to the next time, and when to look for that.

Pure. What is remembered are the newest times of publication; everything else is worked out from them. The reasons for
the shares below are in ``docs/decisions/047-how-often-to-look.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

#: How many times of publication are remembered.
REMEMBERED = 30
#: A source that nothing is known of is taken to be daily.
UNKNOWN_SPACING = timedelta(days=1)
#: A publisher that resumes after a pause is taken to be daily for this long.
RESUMED_FOR = timedelta(days=3)

_HOUR, _DAY = 3600, 86_400
# Written out here: strftime gives the days of the process's locale.
_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
# Of the time between two entries: an entry is then found, on average, after a fortieth of that time.
_SHARE = 20
# In the hours in which it usually publishes, when the next entry has not come yet.
_TIGHT_SHARE = 80
# Silent for this many of its own spacings, a source is asked the more rarely the longer that lasts.
_PATIENCE = 3
# Spacing follows the present, so it is taken from fewer times than the hours are, which need more to be seen.
_GAPS = 15
# Fewer times than this show neither a spacing nor an hour.
_FEWEST = 3
# So many times denser than chance are the times in hours that are usual.
_LIFT = 3
# As `letters.watch.parse.dates` has it: wrong zones reach a day ahead.
_AHEAD = _DAY


@dataclass(frozen=True, slots=True)
class Habit:
    """When a source usually publishes; sets that are empty say that there is no such habit."""

    #: Hours of the day in UTC.
    hours: frozenset[int] = frozenset()
    #: The hour in their middle; None without usual hours.
    peak: int | None = None
    #: Days of the week in UTC, Monday is 0.
    days: frozenset[int] = frozenset()

    def holds(self, moment: int) -> bool:
        """Whether the source usually publishes at this time (Unix seconds)."""
        if not self.hours or (moment // _HOUR) % 24 not in self.hours:
            return False
        return not self.days or _weekday(moment) in self.days


def learn(
    rhythm: dict[str, Any] | None, published: Iterable[datetime], *, now: datetime
) -> dict[str, Any] | None:
    """The rhythm with more times of publication in it, as JSON; None while there are none.

    The newest 30 distinct times are kept, in any order of arrival. Times before 1970 and more than a day ahead of
    `now` are no times of publication.
    """
    latest = int(now.timestamp()) + _AHEAD
    fresh = {second for moment in published if 0 < (second := int(moment.timestamp())) <= latest}
    if not fresh:
        return rhythm
    return {"times": sorted(fresh.union(_times(rhythm)))[-REMEMBERED:]}


def spacing(rhythm: dict[str, Any] | None) -> timedelta | None:
    """How long it usually takes to the next entry; None when too few are known to say."""
    seconds = _spacing(_times(rhythm))
    return timedelta(seconds=seconds) if seconds is not None else None


def next_wait(
    rhythm: dict[str, Any] | None,
    *,
    since: datetime | None = None,
    every: timedelta,
    slowest: timedelta,
    now: datetime,
) -> timedelta:
    """How long to wait with the next look by the source's own rhythm: from `every` to `slowest`.

    That is a twentieth of its usual spacing, or less, where an hour in which it usually publishes comes before that. The
    longer it has been silent beyond that spacing, the longer it is. `since` is when we first looked, for a source
    without any times.
    """
    least = int(every.total_seconds())
    most = max(int(slowest.total_seconds()), least)
    here = int(now.timestamp())
    times = _times(rhythm)
    newest = times[-1] if times else int(since.timestamp()) if since is not None else here
    silent = max(here - newest, 0)
    expected = _expected(times, silent)
    wait = min(max(expected // _SHARE, least), most)
    tight = min(max(expected // _TIGHT_SHARE, least), wait)
    if tight < wait and len(times) >= _FEWEST and _is_awaited(times, silent, expected):
        wait = _first_usual(habit(times), here + tight, here + wait) - here
    return timedelta(seconds=wait)


def words(rhythm: dict[str, Any] | None) -> str:
    """The rhythm as a person says it: "daily, about 06:00 UTC", "weekly, Tuesdays", "irregular", "not known yet"."""
    times = _times(rhythm)
    seconds = _spacing(times)
    if seconds is None:
        return "not known yet"
    if seconds < 20 * _HOUR:
        return "several times a day"
    if not _is_regular(times, seconds):
        return "irregular"
    usual = habit(times)
    if seconds <= 28 * _HOUR:
        name = "weekdays" if usual.days == frozenset(range(5)) else "daily"
        return f"{name}, about {usual.peak:02}:00 UTC" if usual.peak is not None else name
    name = _spacing_words(seconds)
    if name in {"weekly", "every 2 weeks"} and len(usual.days) == 1:
        return f"{name}, {_DAYS[min(usual.days)]}"
    return name


def habit(times: Sequence[int]) -> Habit:
    """The hours and weekdays in which most of the times lie.

    Hours are seen through a window of three, so that summer time and a late editor do not hide them. Dates without a
    time of day, which are all at midnight, show no hour; neither do times that are only a little denser there than
    chance would have them.
    """
    if len(times) < _FEWEST:
        return Habit()
    by_day, by_hour = [0] * 7, [0] * 24
    for moment in times:
        by_day[_weekday(moment)] += 1
        by_hour[(moment // _HOUR) % 24] += 1
    days = _usual(by_day, least=len(times) // 7 + 1)
    around = [by_hour[hour - 1] + by_hour[hour] + by_hour[(hour + 1) % 24] for hour in range(24)]
    hours = _usual(around, least=max(_FEWEST, -(-len(times) // 3)))
    usual = Habit(hours, max(hours, key=lambda hour: (around[hour], by_hour[hour]), default=None), days)
    by_chance = len(times) * len(hours) / 24 * len(days or range(7)) / 7
    is_dated_only = all(moment % _DAY == 0 for moment in times)
    if is_dated_only or sum(1 for moment in times if usual.holds(moment)) < _LIFT * by_chance:
        return Habit(days=days)
    return usual


def _times(rhythm: dict[str, Any] | None) -> tuple[int, ...]:
    return tuple(rhythm["times"]) if rhythm else ()


def _expected(times: Sequence[int], silent: int) -> int:
    """The time to the next entry, in seconds, after a silence of this length."""
    usual = _spacing(times)
    if usual is None:
        usual = int(UNKNOWN_SPACING.total_seconds())
    elif silent < RESUMED_FOR.total_seconds() and times[-1] - times[-2] > 2 * _PATIENCE * usual:
        usual = min(usual, _DAY)
    return max(usual, silent // _PATIENCE)


def _spacing(times: Sequence[int]) -> int | None:
    """The gap in which a moment usually falls: half of the time went by in gaps no longer than it.

    Five entries each Monday are thus a weekly source, which the plain median would call an hourly one. The longest of
    each ten gaps is left out first, so that one long pause does not speak for the source.
    """
    if len(times) < _FEWEST:
        return None
    gaps = sorted(_gaps(times))
    kept = gaps[: len(gaps) - max(len(gaps) // 10, 1)]
    half, passed = sum(kept) / 2, 0
    for gap in kept:
        passed += gap
        if passed >= half:
            return gap
    return kept[-1]


def _is_regular(times: Sequence[int], seconds: int) -> bool:
    """Whether most gaps are roughly the usual one; a weekend is, and entries that come together count as one."""
    gaps = [gap for gap in _gaps(times) if gap * 10 >= seconds]
    return sum(1 for gap in gaps if seconds <= gap * 2 and gap <= seconds * 3) * 5 >= len(gaps) * 3


def _gaps(times: Sequence[int]) -> list[int]:
    """The newest gaps between the times, in seconds."""
    return [later - earlier for earlier, later in pairwise(times[-_GAPS - 1 :])]


def _is_awaited(times: Sequence[int], silent: int, expected: int) -> bool:
    """Whether an entry may come in the next usual hours: not where one just came and they come one at a time."""
    if silent >= expected / 2:
        return True
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return sum(1 for gap in gaps if gap < expected / 2) * 4 > len(gaps)


def _first_usual(usual: Habit, start: int, end: int) -> int:
    """The first moment from `start` on at which the source usually publishes, else `end`."""
    if usual.holds(start):
        return start
    hours = range((start // _HOUR + 1) * _HOUR, end, _HOUR)
    return next((hour for hour in hours if usual.holds(hour)), end)


def _usual(counts: Sequence[int], *, least: int) -> frozenset[int]:
    """The places of the counts that stand out: at least half the highest one, if that one is worth it."""
    highest = max(counts)
    if highest < least:
        return frozenset()
    return frozenset(place for place, number in enumerate(counts) if number * 2 >= highest)


def _weekday(moment: int) -> int:
    # The first of January 1970 was a Thursday.
    return (moment // _DAY + 3) % 7


def _spacing_words(seconds: int) -> str:
    days = round(seconds / _DAY)
    if days == 7:
        return "weekly"
    if days < 12:
        return f"about every {days} days"
    if days <= 16:
        return "every 2 weeks"
    if 27 <= days <= 33:
        return "monthly"
    if days < 60:
        return f"about every {round(days / 7)} weeks"
    return f"about every {round(days / 30.4)} months"
