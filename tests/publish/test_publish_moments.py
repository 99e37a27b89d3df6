"""Entries that change in one pass each bear a second of their own."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from builders import day
from letters.publish.moments import set_apart


def test_entries_of_one_pass_are_a_second_apart_and_the_last_keeps_the_date() -> None:
    apart = set_apart({one: ("digest", day(9)) for one in "abc"}, "abc", taken=[])
    seconds = {one: (day(9) - moment).total_seconds() for one, (_, moment) in apart.items()}
    assert seconds == {"c": 0, "b": 1, "a": 2}


def test_the_date_of_an_entry_that_stays_as_it_is_is_left_to_it() -> None:
    apart = set_apart({"new": ("digest", day(9))}, ["new"], taken=[day(9)])
    assert apart == {"new": ("digest", day(9) - timedelta(seconds=1))}


def test_a_thousand_of_one_pass_find_their_places() -> None:
    names = [str(number) for number in range(1000)]
    apart = set_apart({one: ("", day(9)) for one in names}, names, taken=[])
    assert len({moment for _, moment in apart.values()}) == 1000
    assert min(moment for _, moment in apart.values()) == day(9) - timedelta(seconds=999)


@given(st.lists(st.integers(0, 4), max_size=12), st.sets(st.integers(0, 4)))
def test_no_date_stands_twice_and_none_is_later_than_it_was(wanted: list[int], taken: set[int]) -> None:
    updates = {str(number): ("", day(9) + timedelta(seconds=at)) for number, at in enumerate(wanted)}
    others = {day(9) + timedelta(seconds=at) for at in taken}
    apart = set_apart(updates, list(updates), taken=others)
    assert apart.keys() == updates.keys()
    assert all(moment <= updates[one][1] for one, (_, moment) in apart.items())
    shown = [moment for _, moment in apart.values()]
    assert len({*shown, *others}) == len(shown) + len(others)
