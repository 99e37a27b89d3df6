"""A source's last 30 days at a glance. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.watch.history import DAYS, days, picture, record

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)

moments = st.timedeltas(-60 * DAY, 90 * DAY).map(lambda later: NOW + later)
looks = st.tuples(moments, st.integers(0, 30), st.booleans())


def recorded(*looks: tuple[datetime, int, bool]) -> str:
    history = ""
    for now, new, failed in looks:
        history = record(history, now=now, new=0 if failed else new, failed=failed)
    return history


def test_picture_tells_days_apart_without_colour() -> None:
    history = recorded(
        (NOW - 6 * DAY, 0, False),
        (NOW - 5 * DAY, 1, False),
        (NOW - 4 * DAY, 3, False),
        (NOW - 3 * DAY, 5, False),
        (NOW - 2 * DAY, 200, False),
        (NOW - DAY, 0, True),
    )
    assert picture(history, now=NOW) == "·" * 23 + "-▁▃▅▇×·"


def test_source_that_was_never_looked_at_has_an_empty_picture() -> None:
    assert picture("", now=NOW) == "·" * DAYS


def test_entries_of_one_day_add_up_and_a_failure_among_them_does_not_hide_them() -> None:
    history = recorded((NOW, 1, False), (NOW, 0, True), (NOW, 2, False))
    assert picture(history, now=NOW)[-1] == "▃"
    assert days(history, now=NOW)[-1] == {"day": "2026-03-02", "looked": True, "failed": True, "new": 3}


def test_day_is_one_in_utc() -> None:
    evening = datetime(2026, 3, 1, 23, tzinfo=timezone(timedelta(hours=-5)))
    assert days(recorded((evening, 1, False)), now=NOW)[-1]["new"] == 1


def test_days_pass_while_nobody_looks() -> None:
    history = recorded((NOW, 1, False))
    assert picture(history, now=NOW + 3 * DAY) == "·" * 26 + "▁···"
    assert picture(history, now=NOW + 30 * DAY) == "·" * DAYS


def test_look_with_an_earlier_clock_lands_on_its_own_day_or_nowhere() -> None:
    history = recorded((NOW, 1, False))
    assert picture(record(history, now=NOW - 2 * DAY, new=4, failed=False), now=NOW)[-3:] == "▅·▁"
    assert record(history, now=NOW - 30 * DAY, new=4, failed=False) == history


@pytest.mark.parametrize(
    "nonsense", ["x", "2026-03-02 0", "2026-99-02 " + "0" * 30, "2026-03-02 " + "z" * 30]
)
def test_nonsense_starts_afresh(nonsense: str) -> None:
    assert record(nonsense, now=NOW, new=1, failed=False) == recorded((NOW, 1, False))


@given(st.lists(looks, max_size=40), moments)
def test_history_has_one_length_and_agrees_with_its_picture(
    looks: list[tuple[datetime, int, bool]], now: datetime
) -> None:
    history = recorded(*looks)
    assert len(history) in {0, 11 + DAYS}
    drawn, told = picture(history, now=now), days(history, now=now)
    assert len(drawn) == len(told) == DAYS
    assert told[-1]["day"] == now.date().isoformat()
    for sign, day in zip(drawn, told, strict=True):
        assert (sign == "·") == (not day["looked"])
        assert (sign in "▁▃▅▇") == (day["new"] > 0)
        assert day["failed"] or sign != "×"


@given(st.lists(looks, min_size=1, max_size=20))
def test_looks_of_the_last_30_days_are_all_in_it(looks: list[tuple[datetime, int, bool]]) -> None:
    looks.sort(key=lambda look: look[0])
    now = looks[-1][0]
    told = {day["day"]: day for day in days(recorded(*looks), now=now)}
    for moment, _, failed in looks:
        if moment.date() > (now - DAYS * DAY).date():
            assert told[moment.date().isoformat()]["looked"]
            assert told[moment.date().isoformat()]["failed"] or not failed
