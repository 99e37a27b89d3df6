"""Composing on a real store: what is due, what an issue takes, and what a second run finds."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from composing import make_edition, make_settings, monday

from builders import add_pair, add_uncarded, change_card, day, make_card, make_episode
from letters.compose import ComposeReport, complete_renderings, compose, explain, preview
from letters.errors import UsageError
from letters.model import PUBLIC, Edition, Issue, IssueState, Subscriber, SubscriberStatus
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.entries import retire_entry
from letters.store.issues import (
    composed_entries,
    find_issue,
    load_issues,
    load_rendering,
    load_renderings,
)
from letters.store.subscribers import save_subscribers

#: The pass at which Letters first reads its editions: two days before the first Monday at eight.
BEGIN = day(-1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


class Desk:
    """Composes in one store with one edition, and says what came of it."""

    def __init__(self, store: Store, workspace: Workspace, edition: Edition, settings: Settings) -> None:
        self.store, self.workspace, self.edition, self.settings = store, workspace, edition, settings

    def compose(self, now: datetime) -> ComposeReport:
        return compose(self.store, self.settings, self.workspace, now=now)

    def pairs(self, *numbers: float) -> None:
        """Pairs that are ready on these days; pair N has card and episode N."""
        with self.store.write() as c:
            for number in numbers:
                add_pair(c, int(number * 100), episode=_young(number), ready_at=day(number))

    def cards_of(self, number: int) -> list[str]:
        """The titles of the cards in an issue, sorted."""
        with self.store.read() as c:
            issue = find_issue(c, self.edition.key, number)
            assert issue is not None, f"no issue {number}"
            rendering = load_rendering(c, issue.id, "")
            assert rendering is not None
            assert list(rendering.entries) == [one.id for one in composed_entries(c, issue.id)]
        return sorted(re.findall(r">(Card -?\d+)<", rendering.html))

    def issues(self) -> list[tuple[int | None, str]]:
        """Numbers and local dates, oldest first."""
        with self.store.read() as c:
            found = load_issues(c, edition=self.edition.key)
        return [(issue.number, f"{issue.occurrence.local_date:%m-%d}") for issue in reversed(found)]


def _young(number: float) -> Any:
    return make_episode(int(number * 100), published=day(number) - timedelta(days=1))


@pytest.fixture
def open_desk(store: Store, workspace: Workspace) -> Any:
    """A desk whose edition was first read at `BEGIN`."""

    def make(site: dict[str, Any] | None = None, begin: datetime | None = BEGIN, **fields: Any) -> Desk:
        edition = make_edition(**fields)
        desk = Desk(store, workspace, edition, make_settings(edition, site=site))
        if begin:
            report = desk.compose(begin)
            assert (report.composed, report.skipped, report.problems) == ((), (), ())
        return desk

    return make


# --- what is due -------------------------------------------------------------------------------------------


def test_an_issue_is_composed_once_its_hour_has_come(open_desk: Any) -> None:
    desk = open_desk()
    desk.pairs(0.1)
    assert desk.compose(monday(0, minutes=-1)).composed == ()
    report = desk.compose(monday(0))
    assert [(issue.name, issue.state) for issue in report.composed] == [("weekly/1", IssueState.APPROVED)]
    assert report.composed[0].subject == "Card 10"
    assert report.problems == ()


def test_a_second_and_a_third_run_compose_nothing(open_desk: Any) -> None:
    desk = open_desk()
    desk.pairs(0.1)
    desk.compose(monday(0))
    for minutes in (0, 5, 600):
        assert desk.compose(monday(0, minutes=minutes)) == ComposeReport()
    assert desk.issues() == [(1, "03-02")]


def test_nothing_before_the_first_occurrence_after_the_first_look_is_due(open_desk: Any) -> None:
    desk = open_desk(begin=None)
    desk.pairs(0.1, 1.0)
    assert desk.compose(monday(0, minutes=1)) == ComposeReport()
    assert desk.compose(monday(1)).composed[0].number == 1
    assert desk.issues() == [(1, "03-09")]


def test_an_edition_moved_to_a_later_hour_of_the_same_day_is_not_sent_twice(
    open_desk: Any, store: Store, workspace: Workspace
) -> None:
    desk = open_desk()
    desk.pairs(0.1)
    desk.compose(monday(0))
    desk.pairs(0.99)
    moved = replace(desk.edition, when="0 9 * * MON")
    later = Desk(store, workspace, moved, make_settings(moved))
    assert later.compose(monday(0, hours=1)) == ComposeReport()
    assert later.compose(monday(1, hours=1)).composed[0].number == 2
    assert later.issues() == [(1, "03-02"), (2, "03-09")]


def test_a_denser_schedule_makes_up_no_past(open_desk: Any, store: Store, workspace: Workspace) -> None:
    desk = open_desk()
    desk.pairs(0.1)
    desk.compose(monday(0))
    daily = replace(desk.edition, when="0 8 * * *")
    desk = Desk(store, workspace, daily, make_settings(daily))
    report = desk.compose(monday(0, hours=23))
    assert (report.composed, report.skipped) == ((), ())
    desk.pairs(2)
    desk.compose(monday(0, days=3))
    assert desk.issues() == [(1, "03-02"), (None, "03-03"), (None, "03-04"), (2, "03-05")]


def test_after_downtime_the_latest_issue_is_composed_and_takes_what_the_others_would_have_had(
    open_desk: Any,
) -> None:
    desk = open_desk()
    desk.pairs(0.1, 5, 12)
    report = desk.compose(monday(2, hours=11))
    assert [issue.number for issue in report.composed] == [1]
    assert [issue.reason for issue in report.skipped] == [
        "missed; what it would have had is in the issue of 2026-03-16 08:00 UTC"
    ] * 2
    assert desk.issues() == [(None, "03-02"), (None, "03-09"), (1, "03-16")]
    assert desk.cards_of(1) == ["Card 10", "Card 1200", "Card 500"]


def test_an_issue_later_than_its_grace_is_skipped_and_its_cards_roll_over(open_desk: Any) -> None:
    """R46 and pain 8: an issue later than its window is not sent but reported."""
    desk = open_desk()
    desk.pairs(0.1)
    report = desk.compose(monday(0, hours=12))
    assert report.composed == ()
    assert [issue.reason for issue in report.skipped] == [
        "found 12 hours late, grace is 12 hours; what it would have had rolls over"
    ]
    desk.pairs(3)
    assert desk.compose(monday(1)).composed[0].number == 1
    assert desk.cards_of(1) == ["Card 10", "Card 300"]


@pytest.mark.parametrize(("minutes", "number"), [(10, 1), (11, None)])
def test_without_catching_up_only_an_issue_of_the_last_ten_minutes_is_composed(
    open_desk: Any, minutes: int, number: int | None
) -> None:
    desk = open_desk(catch_up="none")
    desk.pairs(0.1)
    desk.compose(monday(0, minutes=minutes))
    assert desk.issues() == [(number, "03-02")]


def test_a_day_with_two_hours_has_two_issues(open_desk: Any) -> None:
    desk = open_desk(when="0 8,18 * * *", begin=monday(0, minutes=-1))
    desk.pairs(0.5)
    desk.compose(monday(0))
    desk.pairs(1.1)
    desk.compose(monday(0, hours=10))
    assert desk.issues() == [(1, "03-02"), (2, "03-02")]
    assert (desk.cards_of(1), desk.cards_of(2)) == (["Card 50"], ["Card 110"])


# --- what an issue takes -----------------------------------------------------------------------------------


def test_the_first_issue_looks_back_one_interval(open_desk: Any) -> None:
    desk = open_desk()
    desk.pairs(-6.1, -6.0, 0.5)
    desk.compose(monday(0))
    # Day -6 is the Monday before, at nine.
    assert desk.cards_of(1) == ["Card -600", "Card 50"]


def test_a_changed_schedule_looks_back_no_further(open_desk: Any, store: Store, workspace: Workspace) -> None:
    desk = open_desk()
    desk.pairs(-20, 0.1)
    desk.compose(monday(0))
    monthly = replace(desk.edition, when="0 8 1 * *")
    desk = Desk(store, workspace, monthly, make_settings(monthly))
    desk.pairs(20)
    desk.compose(monday(0, days=30))
    assert desk.cards_of(2) == ["Card 2000"]


def test_what_was_ready_just_before_the_hour_is_in_and_what_came_at_the_hour_is_in_the_next(
    open_desk: Any,
) -> None:
    """Pain 12: nothing is lost at the edge of a week, and nothing is in twice."""
    desk = open_desk()
    with desk.store.write() as c:
        add_pair(c, 1, ready_at=monday(0) - timedelta(microseconds=1))
        add_pair(c, 2, ready_at=monday(0))
    desk.compose(monday(0, minutes=3))
    desk.compose(monday(1, minutes=3))
    assert (desk.cards_of(1), desk.cards_of(2)) == (["Card 1"], ["Card 2"])


def test_a_card_that_comes_weeks_late_is_mailed_once_in_the_next_issue(open_desk: Any) -> None:
    desk = open_desk()
    desk.pairs(0.1)
    desk.compose(monday(0))
    with desk.store.write() as c:
        add_pair(c, 1, episode=make_episode(1, published=day(-30)), ready_at=day(3))
    desk.compose(monday(1))
    desk.compose(monday(2))
    assert desk.cards_of(2) == ["Card 1"]
    assert desk.issues()[-1] == (None, "03-16")


def test_an_episode_that_was_old_when_its_card_came_is_published_not_mailed(open_desk: Any) -> None:
    desk = open_desk()
    with desk.store.write() as c:
        add_pair(c, 1, episode=make_episode(1, published=day(0.5) - timedelta(days=60)), ready_at=day(0.5))
        add_pair(c, 2, episode=make_episode(2, published=day(0.5) - timedelta(days=60.1)), ready_at=day(0.5))
    desk.compose(monday(0))
    assert desk.cards_of(1) == ["Card 1"]


def test_an_issue_takes_what_fits_the_editions_filters(open_desk: Any) -> None:
    desk = open_desk(audiences=("keeper",), topics=("fog", "ice"))
    cards = {
        1: {"topics": ("Fog", "Signals"), "audiences": ("Pilot", "Keeper")},
        2: {"topics": ("Ice",), "audiences": ("Keeper",)},
        3: {"topics": ("Fog",), "audiences": ("Pilot",)},
        4: {"topics": ("Signals",), "audiences": ("Keeper",)},
        5: {"topics": (), "audiences": ()},
    }
    with desk.store.write() as c:
        for number, fields in cards.items():
            add_pair(c, number, card=make_card(number, **fields), ready_at=day(0.1))
    desk.compose(monday(0))
    assert desk.cards_of(1) == ["Card 1", "Card 2"]


@pytest.mark.parametrize(
    ("fields", "listed"),
    [({}, False), ({"uncarded": True}, True), ({"uncarded": True, "topics": ("signals",)}, False)],
)
def test_an_episode_without_a_card_is_in_only_if_the_edition_wants_it(
    open_desk: Any, fields: dict[str, Any], listed: bool
) -> None:
    desk = open_desk(**fields)
    desk.pairs(0.1)
    with desk.store.write() as c:
        add_uncarded(c, 7, ready_at=day(0.1))
    desk.compose(monday(0))
    assert ("Lighthouse 7" in _html(desk, 1)) is listed


def test_a_retired_card_is_not_in_a_later_issue(open_desk: Any) -> None:
    desk = open_desk()
    desk.pairs(0.1, 0.2)
    with desk.store.write() as c:
        retire_entry(c, make_card(20).id, at=day(0.5))
    desk.compose(monday(0))
    assert desk.cards_of(1) == ["Card 10"]


def test_two_editions_each_take_the_same_card(store: Store, workspace: Workspace) -> None:
    editions = (make_edition(), make_edition(key="daily", title="Daily", when="0 8 * * *"))
    settings = make_settings(*editions)
    compose(store, settings, workspace, now=BEGIN)
    with store.write() as c:
        add_pair(c, 1, ready_at=day(0.1))
    seen: list[tuple[int, int]] = []
    report = compose(
        store, settings, workspace, now=monday(0), progress=lambda done, total: seen.append((done, total))
    )
    assert [issue.name for issue in report.composed] == ["weekly/1", "daily/1"]
    assert seen == [(1, 2), (2, 2)]


# --- nothing to say, approval, problems ----------------------------------------------------------------------


def test_with_nothing_to_say_there_is_no_issue_and_no_number(open_desk: Any) -> None:
    """Pain 13: a skip is said, with its reason."""
    desk = open_desk()
    report = desk.compose(monday(0))
    assert [(issue.number, issue.state, issue.reason) for issue in report.skipped] == [
        (None, IssueState.SKIPPED, "nothing new")
    ]
    desk.pairs(2)
    assert desk.compose(monday(1)).composed[0].number == 1


def test_too_few_cards_roll_over_into_the_next_issue_and_the_skip_says_so(open_desk: Any) -> None:
    """Pain 13: at least N, else the next time; and never in silence."""
    desk = open_desk(min_cards=2)
    desk.pairs(0.1)
    report = desk.compose(monday(0))
    assert [(issue.number, issue.reason) for issue in report.skipped] == [
        (None, "only 1 card, and min_cards is 2; what there is goes into the next issue")
    ]
    assert desk.compose(monday(0, hours=1)) == ComposeReport()
    desk.pairs(3)
    assert desk.compose(monday(1)).composed[0].number == 1
    assert desk.cards_of(1) == ["Card 10", "Card 300"]


def test_no_card_waits_longer_than_min_cards_wait(open_desk: Any) -> None:
    desk = open_desk(min_cards=5, min_cards_wait=2)
    desk.pairs(0.1, 8)
    assert [desk.compose(monday(week)).skipped != () for week in (0, 1)] == [True, True]
    assert desk.compose(monday(2)).composed[0].number == 1
    assert desk.cards_of(1) == ["Card 10", "Card 800"]
    desk.pairs(20)
    assert "only 1 card" in desk.compose(monday(3)).skipped[0].reason


def test_a_note_that_there_is_nothing_new_is_not_sent_while_cards_wait(open_desk: Any) -> None:
    desk = open_desk(min_cards=2, empty="note")
    assert desk.compose(monday(0)).composed[0].subject == "Signals, weekly: nothing new this time"
    desk.pairs(3)
    assert desk.compose(monday(1)).composed == ()


@pytest.mark.parametrize("when", ["0 8 * * MON", "0 8 * * *"])
@pytest.mark.parametrize("least", [0, 2, 3])
def test_whatever_is_put_off_each_card_is_mailed_once(open_desk: Any, when: str, least: int) -> None:
    """Pain 12: no card is lost at the edge of a week or by being put off, and none is mailed twice."""
    desk = open_desk(when=when, min_cards=least, min_cards_wait=2)
    ready = [0.1, 0.9, 0.96, 1.0, 6.9, 7.9, 8, 15.2, 15.3]
    desk.pairs(*ready)
    for week in range(7):
        for days in range(7):
            desk.compose(monday(week, days=days))
    mailed: list[str] = []
    for number, _ in desk.issues():
        mailed += desk.cards_of(number) if number else []
    assert sorted(mailed) == sorted(f"Card {int(number * 100)}" for number in ready)


def test_an_edition_may_say_that_there_is_nothing_new(open_desk: Any) -> None:
    desk = open_desk(empty="note", subject="{{ lead }} today")
    subscribe(desk.store, topics=("fog",))
    report = desk.compose(monday(0))
    assert [(issue.number, issue.subject) for issue in report.composed] == [
        (1, "Signals, weekly: nothing new this time")
    ]
    with desk.store.read() as c:
        renderings = load_renderings(c, report.composed[0].id)
    assert set(renderings) == {"", PUBLIC, "topics=fog"}
    assert all("There is nothing new this time." in each.html for each in renderings.values())


def test_a_manual_edition_waits_and_says_so_at_every_pass_until_somebody_decides(open_desk: Any) -> None:
    """Pain 14: a draft waits for approval and no one is told."""
    desk = open_desk(approval="manual")
    desk.pairs(0.1)
    first, second = desk.compose(monday(0)), desk.compose(monday(0, hours=1))
    assert first.composed[0].state is IssueState.AWAITING
    (problem,) = second.problems
    assert str(problem) == (
        'weekly/1: "Card 10" awaits approval; '
        'send it with "letters approve weekly/1", or drop it with "letters cancel weekly/1"'
    )
    assert first.problems == second.problems


def test_a_broken_template_is_a_problem_of_its_line_and_the_issue_stays_due(open_desk: Any) -> None:
    desk = open_desk()
    desk.pairs(0.1)
    own = desk.workspace.templates / "text" / "issue.txt"
    own.parent.mkdir(parents=True)
    own.write_text("{{ issue.edition }}\n{{ issue.colour }}\n")
    report = desk.compose(monday(0))
    assert (report.composed, report.skipped) == ((), ())
    assert 'edition "weekly": ' in str(report.problems[0])
    assert "issue.txt:2: " in str(report.problems[0])
    own.unlink()
    assert desk.compose(monday(0, minutes=5)).composed[0].number == 1


def test_an_unknown_edition_is_refused_with_the_nearest_known(store: Store, workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=r'"weakly" is not in config/schedule\.toml; did you mean "weekly"'):
        compose(store, make_settings(), workspace, now=BEGIN, edition="weakly")
    with pytest.raises(UsageError, match="did you mean"):
        preview(store, make_settings(), workspace, "weakly", now=BEGIN)


# --- choices -------------------------------------------------------------------------------------------------


def subscribe(store: Store, email: str = "ada@reader.example", **fields: Any) -> None:
    reader = Subscriber(email=email, editions=("weekly",), status=SubscriberStatus.CONFIRMED, **fields)
    with store.write() as c:
        save_subscribers(c, [reader], now=BEGIN)


def test_readers_with_the_same_choice_share_one_rendering(open_desk: Any) -> None:
    desk = open_desk()
    for number, topics in enumerate([("fog",), ("fog",), ("ice", "fog"), ("sand",), ()]):
        subscribe(desk.store, f"reader{number}@reader.example", topics=topics)
    with desk.store.write() as c:
        for number, topic in ((1, "Fog"), (2, "Ice"), (3, "Signals")):
            add_pair(c, number, card=make_card(number, topics=(topic,)), ready_at=day(0.1))
    report = desk.compose(monday(0))
    with desk.store.read() as c:
        found = load_renderings(c, report.composed[0].id)
    counts = {choice: len(rendering.entries) for choice, rendering in found.items()}
    assert counts == {"": 3, PUBLIC: 3, "topics=fog": 1, "topics=fog,ice": 2, "topics=sand": 0}
    assert (found["topics=sand"].html, found["topics=sand"].entries) == ("", ())
    assert found["topics=fog"].subject == "Card 1"


def test_a_reader_who_wants_titles_gets_lines_and_shares_them_with_others_who_do(open_desk: Any) -> None:
    desk = open_desk()
    subscribe(desk.store, topics=("signals",), titles_only=True)
    subscribe(desk.store, "grace@reader.example", titles_only=True)
    subscribe(desk.store, "edsger@reader.example", titles_only=True)
    desk.pairs(0.1, 0.2)
    report = desk.compose(monday(0))
    with desk.store.read() as c:
        found = load_renderings(c, report.composed[0].id)
    assert set(found) == {"", PUBLIC, "titles", "topics=signals;titles"}
    assert found["titles"].entries == found[""].entries
    assert "Card 20" in found["titles"].html
    assert "Remember number 20." in found[""].html
    for part in (found["titles"].html, found["titles"].text):
        # The preheader is one takeaway; nothing else of the cards is there.
        assert part.count("Remember number") <= 1
        assert "First paragraph" not in part


def test_many_choices_are_all_rendered(open_desk: Any) -> None:
    desk = open_desk()
    topics = [f"t{number}" for number in range(60)]
    for topic in topics:
        subscribe(desk.store, f"{topic}@reader.example", topics=(topic, "signals"))
    desk.pairs(0.1)
    report = desk.compose(monday(0))
    with desk.store.read() as c:
        assert len(load_renderings(c, report.composed[0].id)) == 62


def test_a_choice_made_since_gets_its_rendering_and_the_others_stay(open_desk: Any) -> None:
    """A corrected card does not alter what was composed."""
    desk = open_desk()
    desk.pairs(0.1)
    issue = desk.compose(monday(0)).composed[0]
    before = _html(desk, 1)
    subscribe(desk.store, audiences=("keeper",))
    with desk.store.write() as c:
        change_card(c, make_card(10, title="Card 10, corrected"))
    for _ in range(2):
        assert complete_renderings(desk.store, desk.settings, desk.workspace, issue) == ()
    with desk.store.read() as c:
        found = load_renderings(c, issue.id)
    assert set(found) == {"", PUBLIC, "audiences=keeper"}
    assert found["audiences=keeper"].entries == found[""].entries
    assert "corrected" not in found["audiences=keeper"].html
    assert _html(desk, 1) == before


# --- explain -------------------------------------------------------------------------------------------------


def test_an_explanation_is_of_the_next_issue_and_stores_nothing(open_desk: Any) -> None:
    desk = open_desk(topics=("signals",), min_cards=2)
    desk.pairs(0.1)
    with desk.store.write() as c:
        add_pair(c, 1, card=make_card(1, topics=("Fog",)), ready_at=day(0.2))
        add_pair(c, 2, ready_at=monday(0, minutes=1))

    def explained(now: datetime) -> Any:
        return explain(desk.store, desk.settings, desk.workspace, "weekly", now=now)

    about = explained(monday(0, minutes=5))
    assert (about.number, about.occurrence.at, about.is_composed) == (1, monday(0), False)
    assert about.outcome.startswith("only 1 card")
    assert [one.entry.title for one in about.entries] == ["Card 10"]
    assert {one.entry.title: one.why for one in about.not_taken} == {
        "Card 1": "is on none of the edition's topics",
        "Card 2": "was ready after the issue's hour; the next issue takes it",
    }
    assert desk.issues() == []
    desk.compose(monday(0, minutes=5))
    assert explained(monday(0, hours=1)).is_composed
    desk.compose(monday(1))
    assert explained(monday(1, hours=1)).outcome == 'there is nothing new, and empty = "skip"'
    with pytest.raises(UsageError, match="did you mean"):
        explain(desk.store, desk.settings, desk.workspace, "weakly", now=BEGIN)


# --- preview -------------------------------------------------------------------------------------------------


def test_a_preview_is_the_next_issue_and_stores_nothing(open_desk: Any) -> None:
    desk = open_desk()
    desk.pairs(0.1)
    shown = preview(desk.store, desk.settings, desk.workspace, "weekly", now=day(0.5))
    assert (shown.number, shown.occurrence.at) == (1, monday(0))
    assert desk.issues() == []
    issue = desk.compose(monday(0)).composed[0]
    with desk.store.read() as c:
        assert load_rendering(c, issue.id, "") == shown.renderings[0]
        assert load_rendering(c, issue.id, PUBLIC) == shown.renderings[1]
    after = preview(desk.store, desk.settings, desk.workspace, "weekly", now=monday(0, hours=1))
    assert (after.number, after.occurrence.at, after.entries) == (2, monday(1), ())


def test_a_preview_of_an_edition_that_was_never_read_leaves_it_unread(
    store: Store, workspace: Workspace
) -> None:
    shown = preview(store, make_settings(), workspace, "weekly", now=BEGIN)
    assert shown.occurrence.at == monday(0)
    assert compose(store, make_settings(), workspace, now=monday(0)) == ComposeReport()


# --- several at once -----------------------------------------------------------------------------------------


def test_processes_that_compose_at_the_same_time_make_one_issue(open_desk: Any) -> None:
    desk = open_desk()
    desk.pairs(0.1, 0.2)
    reports: list[ComposeReport] = []
    gate = threading.Barrier(4)

    def run() -> None:
        gate.wait()
        reports.append(desk.compose(monday(0)))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made: list[Issue] = [issue for report in reports for issue in report.composed]
    assert [issue.name for issue in made] == ["weekly/1"]
    assert [report.problems for report in reports] == [()] * 4
    assert desk.issues() == [(1, "03-02")]


def _html(desk: Desk, number: int) -> str:
    with desk.store.read() as c:
        issue = find_issue(c, desk.edition.key, number)
        assert issue is not None
        rendering = load_rendering(c, issue.id, "")
    assert rendering is not None
    return rendering.html
