"""How fast, how much a day, by which relay, and for how long."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from deliver_kit import NOON, TestRelay, World, make_settings
from hypothesis import given
from hypothesis import strategies as st

from letters.deliver.pace import Limit, Meter, Route, next_at, next_day, room, share, spend
from letters.deliver.window import window_end
from letters.model import DeliveryState, Edition, IssueState, Occurrence, Subscriber, SubscriberStatus
from letters.settings.types import LimitSettings
from letters.store.pace import count, lock_meters, save_meter

SECOND = timedelta(seconds=1)
TENTH = SECOND / 10


# --- the bucket ------------------------------------------------------------------------------------------


@given(
    per_second=st.sampled_from([0.5, 1, 3, 50]),
    asks=st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 200)), max_size=40),
)
def test_r43_no_stretch_of_time_holds_more_than_the_rate_and_one_burst(
    per_second: float, asks: list[tuple[int, int]]
) -> None:
    limit = Limit(meter="m", spacing=SECOND / per_second)
    meter, now, taken = Meter(), NOON, []
    for millis, wanted in asks:
        now += timedelta(milliseconds=millis)
        found = room(limit, meter, now=now)
        assert found is not None
        given_now = min(found, wanted)
        meter = spend(limit, meter, given_now, now=now)
        taken.append((now, given_now))
    for start, (since, _) in enumerate(taken):
        for until, _ in taken[start:]:
            within = sum(number for at, number in taken[start:] if at <= until)
            allowed = limit.burst + (until - since).total_seconds() * per_second
            assert within <= allowed + 1e-6


@given(spent=st.integers(0, 30), millis=st.integers(0, 5_000))
def test_at_the_moment_that_is_named_there_is_room_and_not_before(spent: int, millis: int) -> None:
    limit = Limit(meter="m", spacing=TENTH)
    meter = spend(limit, Meter(), spent, now=NOON)
    now = NOON + timedelta(milliseconds=millis)
    at = next_at(limit, meter, now=now)
    assert room(limit, meter, now=at)
    assert at == now or room(limit, meter, now=at - timedelta(microseconds=1)) == 0


def test_r44_the_plan_of_a_warm_up_caps_each_day_of_use() -> None:
    limit = Limit(meter="m", daily_cap=400, warm_up=(50, 100, 1_000))
    assert [limit.cap(day) for day in range(5)] == [50, 100, 400, 400, 400]
    assert room(limit, Meter(today=20), now=NOON) == 30
    assert room(limit, Meter(today=80, days_before=1), now=NOON) == 20
    assert next_at(limit, Meter(today=50), now=NOON) == next_day(NOON) == datetime(2026, 11, 24, tzinfo=UTC)


def test_r43_meters_are_kept_in_the_database(world: World) -> None:
    day = NOON.date()
    with world.store.write() as c:
        assert lock_meters(c, {"a", "b"}, day=day) == {"a": (None, 0, 0), "b": (None, 0, 0)}
        save_meter(c, "a", free_at=NOON, day=day, given=5)
        save_meter(c, "a", free_at=NOON + SECOND, day=day, given=2)
        count(c, "a", day=day, given=-1)
        count(c, "a", day=day - timedelta(days=2), given=9)
        count(c, "a", day=day - timedelta(days=3), given=0)
    with world.store.write() as c:
        assert lock_meters(c, {"a"}, day=day) == {"a": (NOON + SECOND, 6, 1)}


# --- sharing ---------------------------------------------------------------------------------------------


def way(name: str, weight: int = 1, *, limits: dict[str, Limit] | None = None, **limit: object) -> Route:
    own = Limit(meter=name, **limit)  # type: ignore[arg-type]
    return Route(name=name, weight=weight, limit=own, limits=limits or {})


def test_messages_are_shared_by_weight_over_small_batches_too() -> None:
    earlier: Counter[str] = Counter()
    for _ in range(10):
        done = share(["x.example"] * 4, [way("a", 3), way("b", 1)], {}, now=NOON, earlier=earlier, queues={})
        earlier.update({name: len(places) for name, places in done.given.items()})
    assert earlier == {"a": 30, "b": 10}


def test_r43_a_slow_destination_waits_its_turns_and_holds_up_nobody() -> None:
    slow = Limit(meter="a/slow.example", spacing=SECOND / 2)
    domains = ["slow.example"] * 7 + ["x.example"] * 3
    queues: dict[str, datetime] = {}
    ways = [way("a", limits={"slow.example": slow})]
    done = share(domains, ways, {}, now=NOON, earlier={}, queues=queues)
    assert done.given == {"a": [0, 1, 7, 8, 9]}
    assert [(place, (until - NOON) / SECOND) for place, until in done.waiting] == [
        (2, 1),
        (3, 1),
        (4, 2),
        (5, 2),
        (6, 3),
    ]
    # The next batch queues behind this one.
    more = share(["slow.example"], ways, done.meters, now=NOON, earlier={}, queues=queues)
    assert more.waiting == [(0, NOON + 3 * SECOND)]


def test_r44_what_is_over_the_number_of_a_day_waits_for_the_next() -> None:
    done = share(["x.example"] * 3, [way("a", daily_cap=2)], {"a": Meter()}, now=NOON, earlier={}, queues={})
    assert (done.given, done.waiting, done.full) == ({"a": [0, 1]}, [(2, next_day(NOON))], {"a"})
    assert done.meters["a"].today == 2


# --- over real relays ------------------------------------------------------------------------------------


@pytest.fixture
def second() -> Iterator[TestRelay]:
    server = TestRelay()
    server.start()
    yield server
    server.stop()


def test_r43_the_rate_holds_over_a_restart(world: World, relay: TestRelay) -> None:
    world.settings = make_settings(smtp=relay.settings(rate="20/s"))
    world.add_readers(45)
    world.add_issue()
    began = time.monotonic()
    # Each run starts where the one before has begun; the clock of the pass stands still between them.
    assert world.deliver().sent == 45
    assert time.monotonic() - began >= 1.2
    with world.store.write() as c:
        free_at, today, _ = lock_meters(c, {"[delivery.smtp]"}, day=NOON.date())["[delivery.smtp]"]
    assert free_at is not None
    assert (free_at - NOON).total_seconds() >= 45 / 20 - 0.001
    assert today == 45


def test_r43_a_slow_destination_is_waited_for_and_other_issues_go_on(lite: World, relay: TestRelay) -> None:
    limit = LimitSettings(domains=("reader.example",), rate="2/s")  # type: ignore[arg-type]
    lite.settings = make_settings(smtp=relay.settings(limit=(limit,)))
    lite.add_readers(4)
    lite.save(Subscriber(email="fast@other.example", editions=("weekly",), status=SubscriberStatus.CONFIRMED))
    lite.add_issue()
    lite.add_issue(number=2)
    assert lite.deliver().sent == 10
    assert [one.recipient for one in relay.taken].index("fast@other.example") < 5
    assert lite.issue_state() is lite.issue_state(number=2) is IssueState.SENT


def test_r44_the_rest_of_a_day_waits_and_is_reported(world: World, relay: TestRelay) -> None:
    world.settings = make_settings(smtp=relay.settings(warm_up=(3, 5), daily_cap=100))
    world.add_readers(10)
    world.add_issue()
    report = world.deliver()
    assert report.sent == 3
    assert "the day's number of messages is reached" in str(report.problems[0])
    assert "7 messages wait" in str(report.problems[0])
    assert world.deliver(NOON + timedelta(hours=2)).sent == 0
    assert world.deliver(NOON + timedelta(days=1)).sent == 5
    assert world.deliver(NOON + timedelta(days=2)).sent == 2
    assert world.issue_state() is IssueState.SENT


def test_what_was_not_handed_over_does_not_count(world: World, relay: TestRelay) -> None:
    world.settings = make_settings(smtp=relay.settings(daily_cap=4, connections=1))
    world.add_readers(6)
    world.add_issue()
    relay.script.on_mail = lambda sender: "550 5.7.1 go away"
    assert world.deliver().sent == 0
    with world.store.write() as c:
        assert lock_meters(c, {"[delivery.smtp]"}, day=NOON.date())["[delivery.smtp]"][1] == 0


def test_two_relays_share_by_weight(lite: World, relay: TestRelay, second: TestRelay) -> None:
    lite.settings = make_settings(relays=(relay.named("a", weight=3), second.named("b")))
    lite.add_readers(40)
    lite.add_issue()
    assert lite.deliver().sent == 40
    assert (len(relay.taken), len(second.taken)) == (30, 10)


def test_a_relay_that_is_down_leaves_its_share_to_the_other(
    world: World, relay: TestRelay, second: TestRelay
) -> None:
    world.settings = make_settings(relays=(relay.named("a", port=1), second.named("b")))
    world.add_readers(10)
    world.add_issue()
    report = world.deliver()
    assert report.sent == 10
    assert [problem.where for problem in report.problems] == ['relay "a"']
    assert "the others go on" in report.problems[0].what
    assert second.recipients == {f"r{n}": 1 for n in range(10)}


def test_where_every_relay_is_down_the_run_ends_and_says_so(lite: World, relay: TestRelay) -> None:
    lite.settings = make_settings(relays=(relay.named("a", port=1), relay.named("b", port=1)))
    lite.add_readers(3)
    lite.add_issue()
    report = lite.deliver()
    assert report.sent == 0
    assert "3 messages wait" in str(report.problems[-1])
    assert set(lite.states().values()) == {DeliveryState.PENDING}


def test_a_connection_takes_as_many_messages_as_it_may(lite: World, relay: TestRelay) -> None:
    lite.settings = make_settings(smtp=relay.settings(connections=1, messages_per_connection=4))
    lite.add_readers(10)
    lite.add_issue()
    assert lite.deliver().sent == 10
    assert sorted(relay._taken_by.values()) == [2, 4, 4]


# --- the window ------------------------------------------------------------------------------------------

SIX_HOURS = replace(
    Edition(key="weekly", title="AI policy, weekly", when="0 8 * * MON"), window=timedelta(hours=6)
)


def test_the_window_begins_at_the_last_readers_hour() -> None:
    local = replace(SIX_HOURS, zone="recipient", when="0 8 * * *")
    occurrence = Occurrence(at=datetime(2026, 11, 22, 18, tzinfo=UTC), local_date=date(2026, 11, 23))
    assert window_end(local, occurrence) == datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert window_end(SIX_HOURS, replace(occurrence, at=NOON)) == NOON + timedelta(hours=6)


def test_r46_an_issue_that_nobody_got_in_time_is_held_and_reported(world: World) -> None:
    world.settings = world.settings.model_copy(update={"editions": (SIX_HOURS,)})
    world.add_readers(3)
    world.add_issue()
    report = world.deliver(NOON + timedelta(hours=6, seconds=1))
    assert report.sent == 0
    assert "held: late: its window of 6:00:00 ended at 2026-11-23 18:00 UTC" in str(report.problems[0])
    assert world.issue_state() is IssueState.HELD
    assert world.outbox() == {}


def test_r46_what_is_left_at_the_end_of_the_window_is_dropped_and_reported(
    world: World, relay: TestRelay
) -> None:
    world.settings = make_settings(smtp=relay.settings()).model_copy(update={"editions": (SIX_HOURS,)})
    world.add_readers(3)
    world.add_issue()
    relay.script.on_rcpt = lambda recipient: "451 later" if recipient.startswith("r1@") else None
    assert world.deliver().deferred == 1
    report = world.deliver(NOON + timedelta(hours=7))
    assert (report.sent, report.dropped) == (0, 1)
    assert "1 message not sent" in str(report.problems[0])
    assert world.reasons()["r1"] == "late"
    assert world.issue_state() is IssueState.SENT


def test_r41_later_never_counts_as_failed(world: World, relay: TestRelay) -> None:
    world.settings = make_settings(smtp=relay.settings())
    world.add_readers(5)
    world.add_issue()
    answers = dict(
        zip(range(5), ("421 4.7.0", "450 4.2.1", "451 4.7.1", "452 4.3.1", "454 4.7.0"), strict=True)
    )
    is_busy = True
    relay.script.on_rcpt = lambda recipient: f"{answers[int(recipient[1])]} later" if is_busy else None
    report = world.deliver()
    assert (report.sent, report.failed, report.deferred) == (0, 0, 5)
    is_busy = False
    assert world.deliver(NOON + timedelta(hours=5)).sent == 5
