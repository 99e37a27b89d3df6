"""A whole delivery into files, on both databases."""

from __future__ import annotations

import email
import threading
from dataclasses import replace
from datetime import timedelta
from email.policy import default

import pytest
from deliver_kit import NOON, World, choice, make_settings, rendering
from hypothesis import given
from hypothesis import strategies as st

from letters.deliver import set_issue
from letters.deliver.outbox import file_name
from letters.errors import UsageError
from letters.links import Links, Purpose
from letters.model import DeliveryState, IssueState, Subscriber, SubscriberStatus
from letters.store.deliveries import count_states
from letters.store.issues import load_events
from letters.store.subscribers import email_key
from letters.subscribe import unsubscribe

LATER = NOON + timedelta(minutes=10)
LINKS = Links(["k"], "https://signal.example")


def test_each_confirmed_receiver_gets_one_message_without_defects(world: World) -> None:
    world.add_readers(3)
    world.save(
        Subscriber(email="pending@r.example", editions=("weekly",)),
        Subscriber(email="other@r.example", editions=("local",), status=SubscriberStatus.CONFIRMED),
    )
    world.add_issue()
    report = world.deliver()
    assert (report.sent, report.problems) == (3, ())
    assert sorted(world.outbox()) == [f"r{n}@reader.example.eml" for n in range(3)]
    for n, data in enumerate(world.outbox().values()):
        message = email.message_from_bytes(data, policy=default)
        assert [part.defects for part in message.walk()] == [[], [], []]
        assert str(message["To"]) == f"Reader {n} <r{n}@reader.example>"
        assert message["Date"].datetime == NOON
        token = message["List-Unsubscribe"].strip("<>").rpartition("/")[2]
        assert LINKS.read(Purpose.UNSUBSCRIBE, token).uid == f"uid-{n}"
        text = message.get_body(("plain",)).get_content()
        assert f"Choose: {LINKS.preferences_url(f'uid-{n}')}" in text
        assert ".invalid" not in data.decode()
    assert world.issue_state() is IssueState.SENT


def test_a_second_run_leaves_the_same_folder(world: World) -> None:
    world.add_readers(2)
    world.add_issue()
    world.deliver()
    before = world.outbox()
    report = world.deliver(LATER)
    assert (report.sent, report.dropped, report.problems) == (0, 0, ())
    assert world.outbox() == before
    assert not list(world.workspace.journal.iterdir())


def test_a_larger_audience_passes_in_batches(world: World) -> None:
    world.add_readers(503)
    world.add_issue()
    seen: list[tuple[int, int]] = []
    assert world.deliver(progress=lambda done, total: seen.append((done, total))).sent == 503
    assert len(world.outbox()) == 503
    assert seen == [(n + 1, 503) for n in range(503)]


def test_each_choice_gets_its_rendering_and_nothing_to_read_is_dropped(world: World) -> None:
    policy, chips = choice(topics="policy"), choice(topics="chips")
    world.add_issue(rendering(), rendering(policy.key, words="only policy"), rendering(chips.key, entries=()))
    world.save(
        Subscriber(email="all@r.example", editions=("weekly",), status=SubscriberStatus.CONFIRMED),
        Subscriber(
            email="policy@r.example",
            editions=("weekly",),
            status=SubscriberStatus.CONFIRMED,
            topics=("policy",),
        ),
        Subscriber(
            email="chips@r.example",
            editions=("weekly",),
            status=SubscriberStatus.CONFIRMED,
            topics=("chips",),
        ),
    )
    report = world.deliver()
    assert (report.sent, report.dropped) == (2, 1)
    assert b"only policy" in world.outbox()["policy@r.example.eml"]
    assert b"only policy" not in world.outbox()["all@r.example.eml"]
    assert world.reasons()["chips"] == "nothing to say"


def test_a_choice_without_a_rendering_holds_up_the_whole_issue_until_it_has_one(world: World) -> None:
    world.add_issue()
    world.add_readers(2, topics=("new",))
    report = world.deliver()
    assert report.sent == 0
    assert 'the choice "topics=new" was made after the issue was rendered' in str(report.problems[0])
    assert world.states() == {"r0": None, "r1": None}
    assert world.issue_state() is IssueState.APPROVED


def test_the_audience_is_frozen_once_r39(world: World) -> None:
    world.add_readers(2)
    issue = world.add_issue()
    stopped = threading.Event()
    stopped.set()
    world.deliver(stop=stopped)
    world.deliver(stop=stopped)
    world.deliver()
    world.save(
        Subscriber(email="late@reader.example", editions=("weekly",), status=SubscriberStatus.CONFIRMED)
    )
    assert world.deliver(LATER).sent == 0
    with world.store.read() as c:
        assert count_states(c, issue.id) == {DeliveryState.SENT: 2}
    assert world.states()["late"] is None
    assert world.reasons()["late"] == "was no confirmed receiver when the issue was addressed"


def test_an_issue_without_readers_is_sent_to_nobody(world: World) -> None:
    world.add_issue()
    assert world.deliver().sent == 0
    assert world.issue_state() is IssueState.SENT


def test_readers_get_it_at_their_own_hour(world: World) -> None:
    world.add_issue(edition="local", at=NOON.replace(day=22, hour=18))
    world.save(
        *(
            Subscriber(
                email=f"{name}@r.example", zone=zone, editions=("local",), status=SubscriberStatus.CONFIRMED
            )
            for name, zone in [
                ("auckland", "Pacific/Auckland"),
                ("berlin", "Europe/Berlin"),
                ("site", ""),
                ("gone", "Mars/Base"),
            ]
        )
    )
    got = {}
    # 23 November: eight o'clock is 19:00 UTC the day before in Auckland, 07:00 UTC in Berlin, 08:00 UTC at the site.
    for hour, day in [(18, 22), (19, 22), (6, 23), (7, 23), (8, 23)]:
        world.deliver(NOON.replace(day=day, hour=hour))
        got[hour] = sorted(name.partition("@")[0] for name in world.outbox("local"))
    assert got == {
        18: [],
        19: ["auckland"],
        6: ["auckland"],
        7: ["auckland", "berlin"],
        8: ["auckland", "berlin", "gone", "site"],
    }
    assert world.issue_state("local") is IssueState.SENT


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("edition", ["weekly", None])
def test_an_unsubscribe_stops_mail_already_queued_r09(world: World, edition: str | None) -> None:
    world.add_readers(3)
    world.add_issue()
    world.settings = make_settings(zone="UTC")

    def leave(done: int, total: int) -> None:
        if done == 1:
            stopped.set()

    stopped = threading.Event()
    world.deliver(stop=stopped, progress=leave)
    assert sorted(state or "" for state in world.states().values()) == ["pending", "pending", "sent"]
    unsubscribe(world.store, "uid-2", edition, now=NOON)
    assert world.states()["r2"] is DeliveryState.DROPPED
    assert world.reasons()["r2"] == "unsubscribed"
    assert world.deliver(LATER).sent == 1
    assert "r2@reader.example.eml" not in world.outbox()


@pytest.mark.usefixtures("one_by_one")
def test_a_reader_who_left_without_the_ledger_being_told_is_dropped_when_claimed_r09(world: World) -> None:
    world.add_readers(3)
    world.add_issue()
    stopped = threading.Event()
    world.deliver(stop=stopped, progress=lambda done, total: stopped.set())
    world.save(
        Subscriber(email="r2@reader.example", editions=(), status=SubscriberStatus.CONFIRMED),
    )
    report = world.deliver(LATER)
    assert (report.sent, report.dropped) == (1, 1)
    assert world.reasons()["r2"] == "unsubscribed"


def test_a_recipient_whose_name_would_inject_a_header_fails_alone_r17_r42(lite: World) -> None:
    lite.add_readers(3)
    lite.save(
        Subscriber(
            email="r1@reader.example",
            name="a\r\nBcc: b@x.example",
            editions=("weekly",),
            status=SubscriberStatus.CONFIRMED,
        )
    )
    lite.add_issue()
    report = lite.deliver()
    assert (report.sent, report.failed) == (2, 1)
    assert "control characters" in str(report.problems[0])


def test_a_subject_that_cannot_be_holds_the_issue(lite: World) -> None:
    lite.add_readers(2)
    lite.add_issue(replace(rendering(), subject="a\nb"))
    report = lite.deliver()
    assert report.sent == report.failed == 0
    assert 'letters approve weekly/1"' in report.problems[0].remedy
    assert lite.issue_state() is IssueState.HELD


def test_an_edition_that_is_configured_no_more_is_told(lite: World) -> None:
    lite.add_issue(edition="gone")
    report = lite.deliver()
    assert "is not in config/schedule.toml any more" in str(report.problems[0])


def test_one_issue_can_be_named(lite: World) -> None:
    lite.add_readers(1)
    lite.add_issue(number=1)
    lite.add_issue(number=2)
    assert lite.deliver(issue="weekly/2").sent == 1
    assert lite.issue_state(number=1) is IssueState.APPROVED
    for wrong in ("weekly", "weekly/x", "weekly/9", "/1"):
        with pytest.raises(UsageError, match="issue"):
            lite.deliver(issue=wrong)


def test_a_named_issue_that_waits_for_approval_is_told(lite: World) -> None:
    lite.add_issue(state=IssueState.AWAITING)
    report = lite.deliver(issue="weekly/1")
    assert "the issue is awaiting" in str(report.problems[0])


# --- decisions -------------------------------------------------------------------------------------------


def test_decisions_are_recorded_with_who_and_when(world: World) -> None:
    issue = world.add_issue(state=IssueState.AWAITING)
    assert set_issue(world.store, "weekly/1", "approve", actor="Kim", now=NOON).state is IssueState.APPROVED
    assert set_issue(world.store, "weekly/1", "approve", actor="Kim", now=NOON).state is IssueState.APPROVED
    held = set_issue(world.store, "weekly/1", "hold", actor="Lee", now=LATER)
    assert (held.state, held.reason) == (IssueState.HELD, "by Lee")
    set_issue(world.store, "weekly/1", "cancel", actor="Kim", now=LATER)
    with world.store.read() as c:
        events = [(event.action, event.actor, event.at) for event in load_events(c, issue.id)]
    assert events == [("approve", "Kim", NOON), ("hold", "Lee", LATER), ("cancel", "Kim", LATER)]


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (IssueState.SENT, "approve"),
        (IssueState.SENT, "hold"),
        (IssueState.SENT, "cancel"),
        (IssueState.CANCELLED, "approve"),
        (IssueState.CANCELLED, "hold"),
        (IssueState.SKIPPED, "cancel"),
    ],
)
def test_a_decision_that_comes_too_late_says_the_state(lite: World, state: IssueState, action: str) -> None:
    lite.add_issue(state=state)
    with pytest.raises(UsageError, match=f'the issue is "{state}"'):
        set_issue(lite.store, "weekly/1", action, actor="Kim", now=NOON)
    assert lite.issue_state() is state


def test_an_unknown_action_is_refused(lite: World) -> None:
    with pytest.raises(UsageError, match='action "send" is not known'):
        set_issue(lite.store, "weekly/1", "send", actor="Kim", now=NOON)


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize(
    ("action", "state"), [("cancel", "dropped"), ("hold", "pending"), ("pause", "pending")]
)
def test_a_decision_works_in_the_middle_of_a_send(world: World, action: str, state: str) -> None:
    world.add_readers(5)
    world.add_issue()

    def decide(done: int, total: int) -> None:
        if done == 2:
            set_issue(world.store, "weekly/1", action, actor="Kim", now=NOON)

    assert world.deliver(progress=decide).sent == 2
    assert sorted(str(found) for found in world.states().values()) == sorted(["sent"] * 2 + [state] * 3)
    assert world.deliver(LATER).sent == 0
    if action != "cancel":
        back = "resume" if action == "pause" else "approve"
        set_issue(world.store, "weekly/1", back, actor="Kim", now=LATER)
        assert world.deliver(LATER).sent == 3
    else:
        assert set(world.reasons().values()) == {"cancelled", *world.reasons().values()}


@pytest.mark.usefixtures("one_by_one")
def test_an_unsubscribe_is_seen_in_the_middle_of_a_batch_r09(world: World) -> None:
    world.add_readers(5)
    world.add_issue()

    def leave(done: int, total: int) -> None:
        if done == 2:
            unsubscribe(world.store, "uid-4", "weekly", now=NOON)

    report = world.deliver(progress=leave)
    assert (report.sent, report.dropped) == (4, 1)
    assert world.reasons()["r4"] == "unsubscribed"


# --- names of files --------------------------------------------------------------------------------------


@given(one=st.emails() | st.text(max_size=80), other=st.emails() | st.text(max_size=80))
def test_file_names_are_safe_and_tell_addresses_apart(one: str, other: str) -> None:
    try:
        keys = email_key(one), email_key(other)
    except ValueError:
        return
    names = file_name(one), file_name(other)
    assert (names[0] == names[1]) == (keys[0] == keys[1])
    for name in names:
        assert name.isascii()
        assert "/" not in name
        assert "\\" not in name
        assert not name.startswith((".", "-"))
        assert len(name) <= 140


def test_file_names_are_readable() -> None:
    assert file_name("Ada+news@Reader.example") == "ada+news@reader.example.eml"
    assert file_name("../../etc/passwd@x.example").startswith("_.._etc_passwd@x.example~")
