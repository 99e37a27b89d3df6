"""How often: at most one mail a week or month with all that was kept, and pauses; from composing to the outbox, on both databases."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from subscribe_kit import make_settings

from builders import add_pair, make_episode
from letters.compose import complete_renderings, compose
from letters.deliver import deliver
from letters.model import Edition, Frequency, IssueState, Subscriber, SubscriberStatus
from letters.settings import Workspace
from letters.store import Store
from letters.store.explaining import explain
from letters.store.gathering import PAUSED, Received, gathered_choice, why_not
from letters.store.issues import find_issue, load_issues, set_state
from letters.store.subscribers import save_subscribers
from letters.subscribe.upcoming import next_mails

DAILY = Edition(key="daily", title="Daily", when="0 8 * * *")
#: A Thursday, the last of January's: the days that follow end a week and a month.
THURSDAY = datetime(2026, 1, 29, 8, tzinfo=UTC)
READER = Subscriber(email="x@reader.example", editions=("daily",), status=SubscriberStatus.CONFIRMED)


@dataclass
class Desk:
    """Composes and delivers a daily edition, one new card a day."""

    store: Store
    workspace: Workspace

    def __post_init__(self) -> None:
        self.settings = make_settings().model_copy(update={"editions": (DAILY,)})
        compose(self.store, self.settings, self.workspace, now=THURSDAY - timedelta(hours=20))

    def add(self, name: str, *, days: float = -1, **fields: object) -> None:
        reader = replace(READER, uid=name, email=f"{name}@reader.example", **fields)  # type: ignore[arg-type]
        with self.store.write() as c:
            save_subscribers(c, [reader], now=THURSDAY + timedelta(days=days))

    def issue(self, day: int) -> None:
        """The issue of that day from Thursday on, which is number `day` + 1."""
        at = THURSDAY + timedelta(days=day)
        with self.store.write() as c:
            ready = at - timedelta(hours=1)
            add_pair(c, day + 1, episode=make_episode(day + 1, published=ready), ready_at=ready)
        compose(self.store, self.settings, self.workspace, now=at)
        with self.store.read() as c:
            approved = load_issues(c, states=(IssueState.APPROVED,))
        for one in approved:
            assert complete_renderings(self.store, self.settings, self.workspace, one) == ()
        report = deliver(self.store, self.settings, self.workspace, now=at)
        assert report.problems == ()

    def got(self, name: str) -> dict[int, list[int]]:
        """By issue, the cards that were in a reader's mail."""
        found = {}
        for path in sorted(self.workspace.outbox.glob(f"daily/*/{name}@reader.example.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
            found[int(path.parent.name)] = sorted({int(n) for n in re.findall(r">Card (\d+)<", html)})
        return found

    def reasons(self, number: int) -> dict[str, str]:
        with self.store.read() as c:
            issue = find_issue(c, "daily", number)
            assert issue is not None
            return {one.email.partition("@")[0]: one.reason for one in explain(c, issue.id)}


def test_what_was_skipped_is_gathered(store: Store, tmp_path: Path) -> None:
    """Pain 15. From Thursday to Tuesday, over a month's end (Sunday is the 1st) and a week's (Monday is the 2nd)."""
    desk = Desk(store, Workspace(tmp_path))
    desk.add("each")
    desk.add("weekly", frequency=Frequency.WEEKLY)
    desk.add("monthly", frequency=Frequency.MONTHLY)
    desk.add("paused", paused_until=date(2026, 2, 1))
    for day in range(3):
        desk.issue(day)
    # Came on Saturday evening: what was before is not kept for them.
    desk.add("late", days=2.5, frequency=Frequency.WEEKLY)
    for day in range(3, 6):
        desk.issue(day)
    assert desk.got("each") == {n: [n] for n in range(1, 7)}
    assert desk.got("weekly") == {1: [1], 5: [2, 3, 4, 5]}
    assert desk.got("monthly") == {1: [1], 4: [2, 3, 4]}
    assert desk.got("paused") == {4: [4], 5: [5], 6: [6]}
    assert desk.got("late") == {4: [4], 5: [5]}
    assert desk.reasons(3)["weekly"] == "had this week's mail"
    assert desk.reasons(3)["monthly"] == "had this month's mail"
    assert desk.reasons(3)["paused"] == PAUSED


def test_a_change_of_mind_costs_no_card_and_repeats_none(sqlite_store: Store, tmp_path: Path) -> None:
    desk = Desk(sqlite_store, Workspace(tmp_path))
    desk.add("reader")
    desk.issue(0)
    desk.issue(1)
    desk.add("reader", frequency=Frequency.WEEKLY)
    desk.issue(2)
    desk.issue(3)
    desk.add("reader", frequency=Frequency.EACH)
    desk.issue(4)
    assert desk.got("reader") == {1: [1], 2: [2], 5: [5]}


def test_what_was_cancelled_is_not_gathered(sqlite_store: Store, tmp_path: Path) -> None:
    desk = Desk(sqlite_store, Workspace(tmp_path))
    desk.add("weekly", frequency=Frequency.WEEKLY)
    desk.issue(0)
    desk.issue(1)
    with sqlite_store.write() as c:
        issue = find_issue(c, "daily", 2)
        assert issue is not None
        set_state(c, issue.id, IssueState.CANCELLED)
    for day in (2, 3, 4):
        desk.issue(day)
    assert desk.got("weekly") == {1: [1], 5: [3, 4, 5]}


def test_readers_who_last_got_the_same_share_a_rendering() -> None:
    weekly = replace(READER, frequency=Frequency.WEEKLY)
    assert gathered_choice(weekly, Received(number=3), 5).key == "since=3"
    assert gathered_choice(weekly, Received(number=4), 5).key == ""
    assert gathered_choice(READER, Received(number=3), 5).key == ""
    assert gathered_choice(weekly, None, 5).key == ""


@pytest.mark.parametrize(
    ("frequency", "last", "on", "waits"),
    [
        (Frequency.EACH, date(2026, 1, 1), date(2026, 1, 1), False),
        (Frequency.WEEKLY, date(2026, 1, 25), date(2026, 1, 26), False),
        (Frequency.WEEKLY, date(2026, 1, 26), date(2026, 2, 1), True),
        # The week of the new year is one week.
        (Frequency.WEEKLY, date(2025, 12, 29), date(2026, 1, 4), True),
        (Frequency.MONTHLY, date(2026, 1, 31), date(2026, 2, 1), False),
        (Frequency.MONTHLY, date(2026, 2, 1), date(2026, 2, 28), True),
        (Frequency.MONTHLY, date(2025, 2, 28), date(2026, 2, 28), False),
    ],
)
def test_a_period_is_a_calendar_week_or_month(
    frequency: Frequency, last: date, on: date, waits: bool
) -> None:
    reader = replace(READER, frequency=frequency)
    assert bool(why_not(reader, Received(number=1, local_date=last), on)) == waits
    assert why_not(reader, None, on) == ""


def test_what_comes_next_is_said_for_the_reader_s_choice_and_clock() -> None:
    now = THURSDAY + timedelta(hours=1)
    got = {"daily": Received(number=1, local_date=THURSDAY.date())}

    def next_of(reader: Subscriber, edition: Edition = DAILY) -> str:
        (coming,) = next_mails(reader, [edition], got, site_zone="Europe/Berlin", now=now)
        return coming.at.isoformat()

    assert next_of(READER) == "2026-01-30T09:00:00+01:00"
    assert next_of(replace(READER, frequency=Frequency.WEEKLY)) == "2026-02-02T09:00:00+01:00"
    assert next_of(replace(READER, frequency=Frequency.MONTHLY)) == "2026-02-01T09:00:00+01:00"
    assert next_of(replace(READER, paused_until=date(2026, 3, 1))) == "2026-03-01T09:00:00+01:00"
    tokyo = replace(READER, zone="Asia/Tokyo")
    assert next_of(tokyo, replace(DAILY, zone="recipient")) == "2026-01-30T08:00:00+09:00"
