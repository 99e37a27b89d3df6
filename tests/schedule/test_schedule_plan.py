"""What goes when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from letters.calendar import occurrences, recipient_due
from letters.model import Edition
from letters.schedule import CronsimTrigger, plan

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)

weekly = Edition(key="weekly", title="Weekly", when="0 8 * * MON", zone="America/New_York")
daily = Edition(key="daily", title="Daily", when="0 7 * * *", zone="Europe/Berlin")
for_readers = Edition(key="readers", title="At eight", when="0 8 * * MON", zone="recipient")


def test_the_plan_lists_every_occurrence_of_every_edition_by_time() -> None:
    planned = plan([weekly, daily], now=NOW, days=4)
    assert [(one.edition, one.occurrence.at.strftime("%a %H:%M")) for one in planned] == [
        ("daily", "Sat 06:00"),
        ("daily", "Sun 06:00"),
        ("daily", "Mon 06:00"),
        ("weekly", "Mon 12:00"),
        ("daily", "Tue 06:00"),
    ]
    assert (planned[3].title, planned[3].zone) == ("Weekly", "America/New_York")


def test_at_the_same_time_the_plan_goes_by_key() -> None:
    twin = Edition(key="a-twin", title="Twin", when=weekly.when, zone=weekly.zone)
    assert [one.edition for one in plan([weekly, twin], now=NOW, days=7)] == ["a-twin", "weekly"]


def test_what_is_due_now_is_not_planned_and_the_last_moment_is() -> None:
    noon = Edition(key="noon", title="Noon", when="0 12 * * *")
    assert [one.occurrence.at for one in plan([noon], now=NOW, days=1)] == [NOW + timedelta(days=1)]


def fires(edition: Edition, start: datetime, number: int) -> list[datetime]:
    trigger = CronsimTrigger(edition)
    found = [trigger.get_next_fire_time(None, start)]
    while len(found) < number:
        assert found[-1] is not None
        found.append(trigger.get_next_fire_time(found[-1], found[-1]))
    return [one for one in found if one is not None]


@pytest.mark.parametrize("edition", [weekly, daily])
def test_the_trigger_fires_at_the_occurrences(edition: Edition) -> None:
    expected = [o.at for o in occurrences(edition, after=NOW, until=NOW + timedelta(days=60))][:6]
    assert fires(edition, NOW, 6) == expected


def test_the_trigger_gives_times_that_were_slept_through() -> None:
    week_later = NOW + timedelta(days=7)
    assert CronsimTrigger(daily).get_next_fire_time(NOW, week_later) == datetime(2026, 3, 7, 6, tzinfo=UTC)


def test_the_trigger_ends_with_a_schedule_that_never_comes() -> None:
    assert (
        CronsimTrigger(Edition(key="e", title="E", when="0 0 */20 * 1L")).get_next_fire_time(None, NOW)
        is None
    )


def test_for_recipients_the_trigger_fires_whenever_a_reader_may_be_due() -> None:
    found = fires(for_readers, NOW, 110)
    first = datetime(2026, 3, 8, 18, tzinfo=UTC)
    assert found[0] == first
    assert found[1] == first + timedelta(minutes=15)
    occurrence = next(occurrences(for_readers, after=NOW, until=NOW + timedelta(days=7)))
    for zone in ("Pacific/Kiritimati", "Asia/Kathmandu", "Europe/Berlin", "America/St_Johns", "Etc/GMT+12"):
        assert recipient_due(for_readers, occurrence, zone) in found
    assert found[108:] == [first + timedelta(hours=27), first + timedelta(days=7)]


def test_the_trigger_says_what_it_is() -> None:
    assert repr(CronsimTrigger(weekly)) == '<CronsimTrigger "0 8 * * MON" in America/New_York>'
