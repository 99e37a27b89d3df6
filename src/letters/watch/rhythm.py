"""A source's own rhythm: when it published, how long it usually takes to the next time, and when to look for that.

Pure. Remembered are the newest times of publication, and what follows from them for every look: it is worked out when
an entry appears, not at each of the many looks at which none does. The reasons for the shares below are in
``docs/decisions/047-how-often-to-look.md``.
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
_UNKNOWN: dict[str, Any] = {"times": [], "spacing": None, "hours": [], "days": []}
# As `letters.watch.parse.dates` has it: wrong zones reach a day ahead.
_AHEAD = _DAY


@dataclass(frozen=True, slots=True)
class Habit:
    """When a source usually publishes; sets that are empty say that there is no such habit."""

    #: Hours of the day in UTC.
    hours: frozenset[int] = frozenset()
    #: Days of the week in UTC, Monday is 0.
    days: frozenset[int] = frozenset()
    #: The hour in the middle of the usual ones; None without them.
    peak: int | None = None

    def holds(self, moment: int) -> bool:
        """Whether the source usually publishes at this time (Unix seconds)."""
        return moment // _HOUR % 24 in self.hours and (not self.days or _weekday(moment) in self.days)


def learn(
    rhythm: dict[str, Any] | None, published: Iterable[datetime], *, now: datetime
) -> dict[str, Any] | None:
    """The rhythm with more times of publication in it, as JSON; None while there are none.

    The newest 30 distinct times are kept, in any order of arrival. Times before 1970 and more than a day ahead of
    `now` are no times of publication. The keys are `times` (Unix seconds, oldest first), `spacing` (seconds, or null),
    and `hours` and `days`, in which the source usually publishes (UTC, Monday is 0; empty: none stand out).
    """
    latest = int(now.timestamp()) + _AHEAD
    fresh = {second for moment in published if 0 < (second := int(moment.timestamp())) <= latest}
    if not fresh:
        return rhythm
    known = rhythm["times"] if rhythm else ()
    times = sorted(fresh.union(known))[-REMEMBERED:]
    if rhythm and times == known:
        return rhythm
    usual = habit(times)
    return {
        "times": times,
        "spacing": _spacing(times),
        "hours": sorted(usual.hours),
        "days": sorted(usual.days),
    }


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
    rhythm = rhythm or _UNKNOWN
    times: list[int] = rhythm["times"]
    newest = times[-1] if times else int(since.timestamp()) if since is not None else here
    silent = max(here - newest, 0)
    expected = _expected(times, rhythm["spacing"], silent)
    wait = min(max(expected // _SHARE, least), most)
    tight = min(max(expected // _TIGHT_SHARE, least), wait)
    if rhythm["hours"] and tight < wait and _is_awaited(times, silent, expected):
        usual = Habit(hours=frozenset(rhythm["hours"]), days=frozenset(rhythm["days"]))
        wait = _first_usual(usual, here + tight, here + wait) - here
    return timedelta(seconds=wait)


def words(rhythm: dict[str, Any] | None) -> str:
    """The rhythm as a person says it: "daily, about 06:00 UTC", "weekly, Tuesdays", "irregular", "not known yet"."""
    if rhythm is None or rhythm["spacing"] is None:
        return "not known yet"
    times, seconds = rhythm["times"], rhythm["spacing"]
    if seconds < 20 * _HOUR:
        return "several times a day"
    if not _is_regular(times, seconds):
        return "irregular"
    usual = habit(times)
    if seconds < 36 * _HOUR:
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
    placed = [(moment // _HOUR % 24, _weekday(moment)) for moment in times]
    for hour, day in placed:
        by_day[day] += 1
        by_hour[hour] += 1
    days = _usual(by_day, least=len(times) // 7 + 1)
    around = [by_hour[hour - 1] + by_hour[hour] + by_hour[hour - 23] for hour in range(24)]
    hours = _usual(around, least=max(_FEWEST, -(-len(times) // 3)))
    if not hours or not any(moment % _DAY for moment in times):
        return Habit(days=days)
    peak = max(hours, key=lambda hour: (around[hour], by_hour[hour]))
    usual = Habit(hours, days, peak)
    by_chance = len(times) * len(hours) / 24 * len(days or range(7)) / 7
    held = sum([hour in hours and (not days or day in days) for hour, day in placed])
    return usual if held >= _LIFT * by_chance else Habit(days=days)


def _expected(times: Sequence[int], usual: int | None, silent: int) -> int:
    """The time to the next entry, in seconds, after a silence of this length."""
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
