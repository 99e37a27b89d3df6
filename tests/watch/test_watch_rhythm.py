"""A source's own rhythm, and when it lets us look again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watching import item, make_settings, rss, state

from httpserver import HttpServer
from letters.model import Source
from letters.store import Store
from letters.watch import rhythm, watch
from letters.watch.history import picture

EVERY, SLOWEST = timedelta(minutes=30), timedelta(days=1)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
#: A Monday.
START = datetime(2026, 1, 5, 6, 10, tzinfo=UTC)

moments = st.timedeltas(-40_000 * DAY, 60_000 * DAY).map(lambda later: START + later)


def learned(times: Iterable[datetime], now: datetime | None = None) -> dict[str, Any] | None:
    times = list(times)
    return rhythm.learn(None, times, now=now or max(times))


def steps(step: timedelta, count: int = 12, start: datetime = START) -> list[datetime]:
    return [start + number * step for number in range(count)]


def weekdays(weeks: int = 4) -> list[datetime]:
    return [day for day in steps(DAY, weeks * 7) if day.weekday() < 5]


def mondays_in_threes(weeks: int = 5) -> list[datetime]:
    return [monday + number * HOUR for monday in steps(WEEK, weeks) for number in range(3)]


def wait(known: dict[str, Any] | None, now: datetime, **changes: Any) -> timedelta:
    return rhythm.next_wait(known, **{"every": EVERY, "slowest": SLOWEST, "now": now} | changes)


def looks(times: Sequence[datetime], start: datetime, end: datetime) -> list[datetime]:
    """When a source is looked at from `start` to `end`, if nothing new appears."""
    known, now, found = learned(times), start, []
    while now < end:
        found.append(now)
        now += wait(known, now)
    return found


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], "not known yet"),
        (steps(DAY, 2), "not known yet"),
        (steps(HOUR), "several times a day"),
        (steps(DAY), "daily, about 06:00 UTC"),
        (weekdays(), "weekdays, about 06:00 UTC"),
        # Summer time and a late editor.
        ([day + (number % 3) * timedelta(minutes=40) for number, day in enumerate(steps(DAY))], "daily, about 06:00 UTC"),
        ([day + number * 7 * HOUR for number, day in enumerate(steps(DAY))], "daily"),
        (steps(3 * DAY), "about every 3 days"),
        (steps(WEEK), "weekly, Mondays"),
        (mondays_in_threes(), "weekly, Mondays"),
        (steps(2 * WEEK), "every 2 weeks, Mondays"),
        (steps(30 * DAY), "monthly"),
        (steps(45 * DAY), "about every 6 weeks"),
        (steps(91 * DAY), "about every 3 months"),
        ([START + days * DAY for days in accumulate((1, 20, 3, 40, 2, 9, 30, 1, 15, 5))], "irregular"),
    ],
)  # fmt: skip
def test_rhythm_in_words(times: list[datetime], expected: str) -> None:
    assert rhythm.words(learned(times, START + 3000 * DAY)) == expected


def test_one_long_pause_does_not_speak_for_the_source() -> None:
    paused = steps(WEEK, 6) + steps(WEEK, 6, start=START + 60 * WEEK)
    assert rhythm.words(learned(paused)) == "weekly, Mondays"


def test_dates_without_a_time_of_day_show_no_hour() -> None:
    assert rhythm.words(learned(steps(DAY, start=datetime(2026, 1, 5, tzinfo=UTC)))) == "daily"


def test_hours_of_an_office_are_no_habit() -> None:
    times = [day.replace(hour=9 + number % 9) for number, day in enumerate(steps(DAY, 27))]
    assert rhythm.words(learned(times)) == "daily"


def test_daily_show_is_asked_hourly_and_closely_around_its_hour() -> None:
    times = steps(DAY, 20)
    day = looks(times, times[-1] + HOUR, times[-1] + DAY + HOUR)
    assert 15 <= len(day) <= 26
    assert sum(1 for look in day if timedelta(0) <= look - (times[-1] + DAY) < HOUR) == 2


def test_weekly_show_is_asked_a_few_times_a_day_and_at_its_hour() -> None:
    times = steps(WEEK)
    week = looks(times, times[-1] + HOUR, times[-1] + WEEK + 3 * HOUR)
    assert 2 <= len(week) / 7 <= 5
    late = min(look - (times[-1] + WEEK) for look in week if look >= times[-1] + WEEK)
    assert late <= 2 * HOUR


def test_silent_source_is_asked_ever_more_rarely_down_to_the_slowest() -> None:
    times = steps(WEEK)
    waits = [wait(learned(times), times[-1] + days * DAY + 9 * HOUR) for days in (15, 40, 50, 60, 4000)]
    assert waits == sorted(waits)
    assert waits[-1] == SLOWEST


def test_source_that_resumes_after_a_long_pause_is_seen_soon_again() -> None:
    for times in (steps(365 * DAY), steps(WEEK)):
        before = wait(learned(times), times[-1] - HOUR)
        assert wait(learned([*times, times[-1] + 4000 * DAY]), times[-1] + 4000 * DAY + HOUR) < before / 2


def test_source_that_nothing_is_known_of_is_asked_as_a_daily_one_until_it_stays_silent() -> None:
    assert wait(None, START) == DAY / 20
    assert wait(None, START, since=START - 2 * DAY) == DAY / 20
    assert wait(None, START, since=START - 400 * DAY) == SLOWEST


def test_usual_hours_are_not_watched_after_the_entry_came() -> None:
    times = steps(DAY, 20)
    assert wait(learned(times), times[-1] + timedelta(minutes=5)) == DAY / 20
    assert wait(learned(times[:-1]), times[-1] + timedelta(minutes=5)) == EVERY


def test_entries_that_come_together_are_watched_for_one_after_the_other() -> None:
    times = mondays_in_threes(6)
    assert wait(learned(times[:-2]), times[-3] + timedelta(minutes=5)) < 3 * HOUR


@pytest.mark.parametrize("date", [START + 40 * DAY, START.replace(year=9000), START.replace(year=1800)])
def test_dates_that_cannot_be_true_change_nothing(date: datetime) -> None:
    known = learned(steps(DAY))
    now = START + 20 * DAY
    assert rhythm.learn(known, [date], now=now) == known
    assert rhythm.learn(None, [date], now=now) is None


@given(st.lists(st.lists(moments, max_size=50), max_size=4), moments)
def test_what_is_remembered_is_bounded_json_in_any_order_of_arrival(
    arrivals: list[list[datetime]], now: datetime
) -> None:
    known: dict[str, Any] | None = None
    for arrival in arrivals:
        known = rhythm.learn(known, arrival, now=now)
    together = rhythm.learn(None, [moment for arrival in arrivals for moment in arrival], now=now)
    assert known == together == json.loads(json.dumps(known))
    if known is not None:
        assert known["times"] == sorted(set(known["times"]))
        assert len(known["times"]) <= rhythm.REMEMBERED


@given(
    st.lists(moments, max_size=40),
    moments,
    st.none() | moments,
    st.timedeltas(timedelta(minutes=1), timedelta(days=40)),
    st.timedeltas(timedelta(minutes=1), timedelta(days=40)),
)
def test_wait_is_never_shorter_than_every_nor_longer_than_slowest(
    times: list[datetime], now: datetime, since: datetime | None, every: timedelta, slowest: timedelta
) -> None:
    known = rhythm.learn(None, times, now=now)
    rhythm.words(known)
    second = timedelta(seconds=1)
    found = wait(known, now, since=since, every=every, slowest=slowest)
    assert every - second < found <= max(every, slowest)


def test_rhythm_outlives_the_pass_and_says_when_to_look(store: Store, http_server: HttpServer) -> None:
    """On both databases; the second look finds no entry and keeps the rhythm."""
    http_server.serve("/feed", rss(*(item(number) for number in range(1, 60))))
    source = Source(key="show", url=http_server.url("/feed"))
    settings = make_settings(source, slowest=SLOWEST)
    # A minute after the hour at which it publishes, with today's entry there.
    now = datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
    for hours in (0, 2):
        watch(store, settings, now=now + hours * HOUR)
        found = state(store)
        assert rhythm.words(found.rhythm) == "daily, about 12:00 UTC"
        assert found.next_look_at is not None
        assert DAY / 20 * 0.9 <= found.next_look_at - (now + hours * HOUR) <= DAY / 20 * 1.1
    assert (found.looks, picture(found.history, now=now)) == (2, "·" * 29 + "-")
