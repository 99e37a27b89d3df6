"""Cron in a zone: one occurrence per local date that exists, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.calendar import (
    check_cron,
    check_zone,
    describe,
    next_occurrence,
    occurrences,
    previous_occurrence,
    recipient_due,
)
from letters.model import Edition, Occurrence

# The alphabet of cron, so that hypothesis gets past the first character.
CRON_WORDS = st.text("0123456789*,-/#LWMONFRI ", max_size=24)
ZONES = sorted(available_timezones() - {"localtime", "Factory"})


def edition(when: str, zone: str) -> Edition:
    return Edition(key="weekly", title="Weekly", when=when, zone=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def in_days(when: str, zone: str, first: str, last: str) -> list[Occurrence]:
    """What happens from midnight of the first local date to the end of the last."""
    local = ZoneInfo(zone)
    after = datetime.fromisoformat(first).replace(tzinfo=local) - timedelta(seconds=1)
    until = datetime.fromisoformat(last).replace(tzinfo=local) + timedelta(days=1, seconds=-1)
    return list(occurrences(edition(when, zone), after=after.astimezone(UTC), until=until.astimezone(UTC)))


def times(found: list[Occurrence]) -> list[str]:
    return [f"{o.at:%m-%d %H:%M}" for o in found]


# --- ordinary days -----------------------------------------------------------------------------------------


def test_an_occurrence_is_in_utc_and_knows_its_local_date() -> None:
    found = next_occurrence(edition("0 8 * * MON", "America/New_York"), after=utc("2026-11-22T23:00"))
    assert found == Occurrence(at=utc("2026-11-23T13:00"), local_date=date(2026, 11, 23), slot=0)
    assert found.at.tzinfo is UTC


def test_after_is_exclusive_and_until_is_inclusive() -> None:
    daily = edition("0 8 * * *", "UTC")
    found = list(occurrences(daily, after=utc("2026-01-01T08:00"), until=utc("2026-01-03T08:00")))
    assert times(found) == ["01-02 08:00", "01-03 08:00"]


def test_a_local_date_can_differ_from_the_utc_date() -> None:
    found = next_occurrence(edition("0 8 * * *", "Pacific/Auckland"), after=utc("2026-06-01T12:00"))
    assert found is not None
    assert (found.at, found.local_date) == (utc("2026-06-01T20:00"), date(2026, 6, 2))


def test_slots_count_the_times_of_a_local_date_and_do_not_depend_on_after() -> None:
    thrice = edition("0 6,12,18 * * *", "Europe/Berlin")
    assert [o.slot for o in in_days(thrice.when, thrice.zone, "2026-05-01", "2026-05-02")] == [0, 1, 2] * 2
    late = next_occurrence(thrice, after=utc("2026-05-01T10:30"))
    assert late is not None
    assert late.slot == 2


def test_a_day_of_month_and_a_weekday_mean_either_as_in_cron() -> None:
    found = in_days("0 8 13 * FRI", "UTC", "2026-10-09", "2026-10-16")
    assert [o.local_date.day for o in found] == [9, 13, 16]


def test_times_with_any_zone_are_understood() -> None:
    berlin = utc("2026-01-01T07:00").astimezone(ZoneInfo("Europe/Berlin"))
    found = next_occurrence(edition("0 8 * * *", "Europe/Berlin"), after=berlin)
    assert found is not None
    assert found.at == utc("2026-01-02T07:00")


def test_nothing_comes_after_the_end_of_a_schedule_that_never_happens() -> None:
    assert next_occurrence(edition("0 0 */20 * 1L", "UTC"), after=utc("2026-01-01T00:00")) is None


# --- the odd days (rules for schedules, 3) -----------------------------------------------------------------

GAPS = [
    pytest.param("30 2 * * *", "America/New_York", "2026-03-08", "03-08 07:00", id="New York"),
    pytest.param("30 2 * * *", "Europe/Berlin", "2026-03-29", "03-29 01:00", id="Berlin"),
    pytest.param(
        "15 2 * * *", "Australia/Lord_Howe", "2026-10-04", "10-03 15:30", id="Lord Howe, half an hour"
    ),
    pytest.param(
        "15 2 * * *", "Africa/Casablanca", "2026-03-22", "03-22 02:00", id="Casablanca, after Ramadan"
    ),
    pytest.param("30 23 * * *", "America/Nuuk", "2026-03-28", "03-29 01:00", id="Nuuk, past midnight"),
    pytest.param("30 0 * * *", "Africa/Cairo", "2026-04-24", "04-23 22:00", id="Cairo, at midnight"),
]


@pytest.mark.parametrize(("when", "zone", "day", "expected"), GAPS)
def test_in_a_gap_it_is_the_first_instant_after_the_gap(
    when: str, zone: str, day: str, expected: str
) -> None:
    (found,) = [o for o in around(when, zone, day) if o.local_date == date.fromisoformat(day)]
    assert times([found]) == [expected]
    assert found.slot == 0


REPEATS = [
    pytest.param("30 1 * * *", "America/New_York", "2026-11-01", ["11-01 05:30"], id="New York"),
    pytest.param("30 2 * * *", "Europe/Berlin", "2026-10-25", ["10-25 00:30"], id="Berlin"),
    pytest.param("45 1 * * *", "Australia/Lord_Howe", "2026-04-05", ["04-04 14:45"], id="Lord Howe"),
    pytest.param("30 2 * * *", "Africa/Casablanca", "2026-02-15", ["02-15 01:30"], id="Casablanca"),
    pytest.param(
        "*/30 1 * * *", "America/New_York", "2026-11-01", ["11-01 05:00", "11-01 05:30"], id="a star"
    ),
    pytest.param(
        "0 * * * *",
        "America/New_York",
        "2026-11-01",
        ["11-01 04:00", "11-01 05:00", *[f"11-01 {hour:02}:00" for hour in range(7, 24)]]
        + [f"11-02 {hour:02}:00" for hour in range(5)],
        id="every hour",
    ),
]


@pytest.mark.parametrize(("when", "zone", "day", "expected"), REPEATS)
def test_of_a_repeated_hour_it_is_the_first(when: str, zone: str, day: str, expected: list[str]) -> None:
    found = [o for o in around(when, zone, day) if o.local_date == date.fromisoformat(day)]
    assert times(found) == expected
    assert [o.slot for o in found] == list(range(len(found)))


def around(when: str, zone: str, day: str) -> list[Occurrence]:
    middle = datetime.combine(date.fromisoformat(day), time(12), tzinfo=UTC)
    wide = timedelta(days=2)
    return list(occurrences(edition(when, zone), after=middle - wide, until=middle + wide))


def test_several_times_in_one_gap_are_one_occurrence() -> None:
    found = in_days("*/15 2,3 * * *", "America/New_York", "2026-03-08", "2026-03-08")
    assert times(found) == ["03-08 07:00", "03-08 07:15", "03-08 07:30", "03-08 07:45"]
    assert [o.slot for o in found] == [0, 1, 2, 3]


def test_times_that_a_gap_over_midnight_makes_one_belong_to_the_later_date() -> None:
    found = around("30 0,23 * * *", "America/Nuuk", "2026-03-28") + around(
        "0 0,23 * * *", "America/Nuuk", "2026-03-28"
    )
    at_the_end = [o for o in found if o.at == utc("2026-03-29T01:00")]
    assert [(o.local_date.day, o.slot) for o in at_the_end] == [(28, 1), (29, 0)]


def test_a_day_that_never_was_has_no_occurrence() -> None:
    found = around("30 8 * * *", "Pacific/Apia", "2011-12-30")
    assert [o.local_date.day for o in found] == [28, 29, 31, 1]
    assert times(found)[1:3] == ["12-29 18:30", "12-30 18:30"]


@given(
    zone=st.sampled_from(ZONES),
    wall=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    start=st.dates(date(1975, 1, 1), date(2036, 1, 1)),
)
def test_each_local_date_that_exists_has_exactly_one(zone: str, wall: time, start: date) -> None:
    """No schedule fires twice or skips a day in any zone."""
    days = 370
    local = ZoneInfo(zone)
    found = list(
        occurrences(
            edition(f"{wall.minute} {wall.hour} * * *", zone),
            after=datetime.combine(start, time(), tzinfo=UTC),
            until=datetime.combine(start + timedelta(days=days), time(), tzinfo=UTC),
        )
    )
    assert all(one.at < two.at for one, two in pairwise(found))
    assert all(o.slot == 0 for o in found)
    dates = [o.local_date for o in found]
    wanted = [dates[0] + timedelta(days=n) for n in range((dates[-1] - dates[0]).days + 1)]
    assert dates == [day for day in wanted if day_exists(day, local)]
    assert days - 2 <= len(wanted) <= days + 2
    for o in found:
        clock = o.at.astimezone(local).replace(tzinfo=None)
        meant = datetime.combine(o.local_date, wall)
        before = (o.at - timedelta(seconds=1)).astimezone(local).replace(tzinfo=None)
        assert clock == meant or before < meant < clock


def day_exists(day: date, zone: ZoneInfo) -> bool:
    """Independent of the code: looks at the clock every quarter of an hour."""
    midnight = datetime.combine(day, time(), tzinfo=UTC) - timedelta(hours=18)
    return any((midnight + timedelta(minutes=15 * n)).astimezone(zone).date() == day for n in range(4 * 60))


@given(
    zone=st.sampled_from(ZONES),
    when=st.sampled_from(["0 8 * * MON", "*/20 1-3 * * *", "30 * * * *", "0,30 0,23 * * *", "0 0 1 * *"]),
    start=st.datetimes(datetime(2000, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    later=st.integers(1, 72),
)
def test_an_occurrence_is_the_same_wherever_one_starts_to_look(
    zone: str, when: str, start: datetime, later: int
) -> None:
    until = start + timedelta(days=40)
    every = list(occurrences(edition(when, zone), after=start, until=until))
    middle = start + timedelta(hours=later)
    assert list(occurrences(edition(when, zone), after=middle, until=until)) == [
        o for o in every if o.at > middle
    ]
    assert len({(o.local_date, o.slot) for o in every}) == len(every)


# --- the one before ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["*/10 * * * *", "0 8 * * *", "0 8 * * MON", "0 8 1 * *", "0 8 29 2 *"])
def test_the_previous_occurrence_is_the_one_just_before(when: str) -> None:
    one = edition(when, "Europe/Berlin")
    first = next_occurrence(one, after=utc("2026-03-28T00:00"))
    assert first is not None
    second = next_occurrence(one, after=first.at)
    assert second is not None
    assert previous_occurrence(one, second) == first


def test_there_may_be_no_previous_occurrence() -> None:
    never = edition("0 0 */20 * 1L", "UTC")
    assert (
        previous_occurrence(never, Occurrence(at=utc("2026-01-01T00:00"), local_date=date(2026, 1, 1)))
        is None
    )


# --- each reader's own hour --------------------------------------------------------------------------------


def test_for_recipients_the_earliest_zone_closes_the_issue() -> None:
    found = next_occurrence(edition("0 8 * * MON", "recipient"), after=utc("2026-11-20T00:00"))
    assert found == Occurrence(at=utc("2026-11-22T18:00"), local_date=date(2026, 11, 23), slot=0)


def test_for_recipients_there_is_one_per_local_date() -> None:
    found = list(
        occurrences(
            edition("0 8,20 * * *", "recipient"), after=utc("2026-11-20T00:00"), until=utc("2026-11-23T00:00")
        )
    )
    assert times(found) == ["11-20 18:00", "11-21 18:00", "11-22 18:00"]
    assert {o.slot for o in found} == {0}


MONDAY = Occurrence(at=utc("2026-03-07T12:30"), local_date=date(2026, 3, 8))


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        ("Pacific/Kiritimati", "2026-03-07T12:30"),
        ("Europe/Berlin", "2026-03-08T01:30"),
        ("America/New_York", "2026-03-08T07:00"),  # its clocks jump over 02:30 on that date
        ("Pacific/Pago_Pago", "2026-03-08T13:30"),
    ],
)
def test_a_reader_is_due_when_their_own_clock_reaches_the_hour(zone: str, due: str) -> None:
    assert recipient_due(edition("30 2 * * *", "recipient"), MONDAY, zone) == utc(due)


def test_a_reader_is_due_even_if_the_edition_has_moved_to_other_days() -> None:
    assert recipient_due(edition("0 9 * * FRI", "recipient"), MONDAY, "Europe/Berlin") == utc(
        "2026-03-08T01:30"
    )


def test_with_a_zone_of_its_own_an_edition_is_due_for_all_at_once() -> None:
    assert recipient_due(edition("30 2 * * *", "UTC"), MONDAY, "Europe/Berlin") == MONDAY.at


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    after=st.datetimes(datetime(2000, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_no_reader_is_due_before_the_issue_is_closed_nor_days_later(
    zone: str, hour: int, after: datetime
) -> None:
    weekly = edition(f"0 {hour} * * MON", "recipient")
    occurrence = next_occurrence(weekly, after=after)
    assert occurrence is not None
    assert timedelta(0) <= recipient_due(weekly, occurrence, zone) - occurrence.at <= timedelta(hours=27)


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression", ["0 8 * * MON", "*/5 * * * *", "0 8 29 2 *", "0 8 L * *", "0 8 * * MON#5", "0 8 31 2 MON"]
)
def test_a_schedule_that_happens_is_accepted(expression: str) -> None:
    check_cron(expression, "Europe/Berlin")
    check_cron(expression, "recipient")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 8 * *", "has 4 fields, wanted five"),
        ("0 0 8 * * MON", "has 6 fields, wanted five"),
        ("@daily", "has 1 field, wanted five"),
        ("", "has 0 fields, wanted five"),
        ("61 8 * * *", "cannot read the minute"),
        ("0 8 32 2 *", "cannot read the day of month"),
        ("0 8 1 13 *", "cannot read the month"),
        ("0 25 * * *", "cannot read the hour"),
        ("0 8 * * MONDAY", "cannot read the day of week"),
        ("0 8 31 2 *", "never happens, wanted a date that exists"),
        ("0 8 30 2 *", "never happens, wanted a date that exists"),
        ("0 8 31 4,6 *", "never happens, wanted a date that exists"),
        ("0 8 */20 * 1L", "never happens"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_with_what_was_wanted(expression: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_cron(expression, "UTC")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("America/NewYork", 'did you mean "America/New_York"'),
        ("America", "is not a time zone"),
        ("", "is not a time zone"),
        ("../UTC", "is not a time zone"),
        ("Mars/Olympus\ud800", "is not a time zone"),
    ],
)
def test_a_zone_that_is_none_is_refused(zone: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_zone(zone)


@given(CRON_WORDS)
def test_whatever_is_accepted_happens_and_the_rest_is_a_value_error(expression: str) -> None:
    try:
        check_cron(expression, "UTC")
    except ValueError:
        return
    assert next_occurrence(edition(expression, "UTC"), after=utc("2026-01-01T00:00")) is not None
    assert describe(edition(expression, "UTC")).endswith("UTC")


@pytest.mark.parametrize(
    ("when", "zone", "words"),
    [
        ("0 8 * * MON", "America/New_York", "At 08:00 on Monday, New York time"),
        ("30 7 * * MON-FRI", "recipient", "At 07:30 on Monday through Friday, wherever you are"),
        ("0 9 1 * *", "UTC", "At 09:00 on the first day of every month, UTC"),
    ],
)
def test_a_schedule_is_told_in_words(when: str, zone: str, words: str) -> None:
    assert describe(edition(when, zone)) == words
