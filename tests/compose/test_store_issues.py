"""What the store promises about issues and editions, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from letters.model import Issue, IssueState, Occurrence, Rendering
from letters.store import Store
from letters.store.editions import first_read, load_first_read
from letters.store.issues import (
    add_issue,
    add_rendering,
    composed_entries,
    find_issue,
    load_events,
    load_issue,
    load_issues,
    load_rendering,
    load_renderings,
    next_number,
    record_event,
    rendered_choices,
    set_state,
    unused_entries,
)

MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)
FULL = Rendering(choice="", subject="One", preheader="first", html="<p>one</p>", text="one", entries=("a",))


def occurrence(weeks: int = 0, *, slot: int = 0) -> Occurrence:
    at = MONDAY + timedelta(weeks=weeks)
    return Occurrence(at=at, local_date=at.date(), slot=slot)


def add(store: Store, when: Occurrence, *, number: int | None = 1, edition: str = "weekly") -> Issue | None:
    with store.write() as c:
        return add_issue(
            c,
            edition=edition,
            occurrence=when,
            number=number,
            state=IssueState.APPROVED if number else IssueState.SKIPPED,
            subject="One" if number else "",
            reason="" if number else "nothing new",
            composed_at=MONDAY,
            renderings=[FULL] if number else [],
        )


def test_an_issue_is_found_as_it_was_added(store: Store) -> None:
    added = add(store, occurrence())
    with store.read() as c:
        found = find_issue(c, "weekly", 1)
        assert found == added
        assert found is not None
        assert load_issue(c, found.id) == found
        assert load_rendering(c, found.id, "") == FULL
        assert load_renderings(c, found.id) == {"": FULL}
        assert find_issue(c, "weekly", 2) is None
        assert find_issue(c, "daily", 1) is None


def test_an_occurrence_that_is_taken_adds_nothing(store: Store) -> None:
    first = add(store, occurrence())
    assert add(store, occurrence(), number=2) is None
    assert add(store, occurrence(), number=None) is None
    with store.read() as c:
        assert load_issues(c) == [first]


def test_a_number_that_is_taken_is_refused(store: Store) -> None:
    add(store, occurrence())
    with pytest.raises(IntegrityError):
        add(store, occurrence(1), number=1)
    with store.read() as c:
        assert len(load_issues(c)) == 1


def test_numbers_count_composed_issues_of_one_edition(store: Store) -> None:
    add(store, occurrence())
    add(store, occurrence(1), number=None)
    add(store, occurrence(), number=7, edition="daily")
    with store.read() as c:
        assert next_number(c, "weekly") == 2
        assert next_number(c, "daily") == 8
        assert next_number(c, "monthly") == 1


def test_issues_come_newest_occurrence_first_and_can_be_narrowed(store: Store) -> None:
    for week, number in ((0, 1), (2, 2), (1, None)):
        add(store, occurrence(week), number=number)
    add(store, occurrence(3), edition="daily")
    with store.read() as c:
        assert [issue.number for issue in load_issues(c, edition="weekly")] == [2, None, 1]
        assert [issue.edition for issue in load_issues(c)] == ["daily", "weekly", "weekly", "weekly"]
        skipped = load_issues(c, states=[IssueState.SKIPPED])
        assert [(issue.number, issue.reason) for issue in skipped] == [(None, "nothing new")]


def test_a_stored_rendering_never_changes(store: Store) -> None:
    issue = add(store, occurrence())
    assert issue is not None
    other = Rendering(choice="", subject="Other", preheader="", html="", text="", entries=())
    with store.write() as c:
        assert not add_rendering(c, issue.id, other)
    with store.read() as c:
        assert load_rendering(c, issue.id, "") == FULL
        assert rendered_choices(c, issue.id) == {""}


def test_a_state_changes_only_from_what_was_expected(store: Store) -> None:
    issue = add(store, occurrence())
    assert issue is not None
    with store.write() as c:
        assert set_state(c, issue.id, IssueState.CANCELLED, reason="wrong card")
        assert not set_state(c, issue.id, IssueState.SENT, expected=[IssueState.APPROVED])
    with store.read() as c:
        found = load_issue(c, issue.id)
        assert found is not None
        assert (found.state, found.reason) == (IssueState.CANCELLED, "wrong card")


def test_who_decided_is_remembered_in_order(store: Store) -> None:
    issue = add(store, occurrence())
    assert issue is not None
    with store.write() as c:
        record_event(c, issue.id, "hold", "ana", MONDAY)
        record_event(c, issue.id, "approve", "ben", MONDAY + timedelta(hours=1))
    with store.read() as c:
        assert [(e.action, e.actor, e.at.hour) for e in load_events(c, issue.id)] == [
            ("hold", "ana", 8),
            ("approve", "ben", 9),
        ]


def test_an_edition_is_first_read_once(store: Store) -> None:
    with store.read() as c:
        assert load_first_read(c, "weekly") is None
    with store.write() as c:
        assert first_read(c, "weekly", now=MONDAY) == MONDAY
    with store.write() as c:
        assert first_read(c, "weekly", now=MONDAY + timedelta(days=3)) == MONDAY


def test_an_issue_without_entries_has_none(store: Store) -> None:
    issue = add(store, Occurrence(at=MONDAY, local_date=date(2026, 11, 16), slot=1))
    assert issue is not None
    with store.read() as c:
        assert composed_entries(c, issue.id) == []
        assert unused_entries(c, "weekly", ready_from=MONDAY, ready_before=MONDAY + timedelta(days=9)) == []
