"""Entries that change in one pass each bear a second of their own."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from builders import day, make_card, make_episode, make_id
from letters.model import Entry
from letters.publish.moments import set_apart


def entry(number: int, *, updated_at: datetime, ready_at: datetime | None = None) -> Entry:
    card = make_card(number)
    return Entry(
        id=card.id,
        address=card.address,
        card=card,
        episode=make_episode(number),
        ready_at=ready_at or day(9),
        updated_at=updated_at,
    )


def test_entries_of_one_pass_are_a_second_apart_and_the_last_keeps_the_date() -> None:
    entries = [entry(number, updated_at=day(9)) for number in (1, 2, 3)]
    apart = set_apart(entries, {one.id: ("digest", day(9)) for one in entries})
    seconds = {number: (day(9) - apart[make_id("card", number)][1]).total_seconds() for number in (1, 2, 3)}
    assert seconds == {3: 0, 2: 1, 1: 2}


def test_the_date_of_an_entry_that_stays_as_it_is_is_left_to_it() -> None:
    old, new = entry(1, updated_at=day(9)), entry(2, updated_at=day(9))
    apart = set_apart([old, new], {new.id: ("digest", day(9))})
    assert apart == {new.id: ("digest", day(9) - timedelta(seconds=1))}


def test_a_thousand_of_one_pass_find_their_places() -> None:
    entries = [entry(number, updated_at=day(9)) for number in range(1000)]
    apart = set_apart(entries, {one.id: ("", day(9)) for one in entries})
    assert len({moment for _, moment in apart.values()}) == 1000
    assert min(moment for _, moment in apart.values()) == day(9) - timedelta(seconds=999)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), max_size=12))
def test_no_date_stands_twice_and_none_is_later_than_it_was(cases: list[tuple[int, int, bool]]) -> None:
    start = day(9)
    at = [start + timedelta(seconds=seconds) for seconds in range(5)]
    # Those that stay are apart already, as the passes before left them.
    staying = {seconds: number for number, (seconds, _, changes) in enumerate(cases) if not changes}
    entries, updates = [], {}
    for number, (seconds, later, changes) in enumerate(cases):
        if changes:
            entries.append(entry(number, updated_at=at[seconds], ready_at=at[seconds]))
            updates[entries[-1].id] = ("digest", at[later])
        elif staying[seconds] == number:
            entries.append(entry(number, updated_at=at[seconds], ready_at=at[seconds]))
    apart = set_apart(entries, updates)
    assert apart.keys() == updates.keys()
    assert all(moment <= updates[one][1] for one, (_, moment) in apart.items())
    shown = [apart.get(one.id, ("", one.updated_at))[1] for one in entries]
    assert len(set(shown)) == len(shown)
