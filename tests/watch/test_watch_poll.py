"""Who is looked at when; what an answer means. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from watching import HOUR, NOW

from letters.model import Source
from letters.net import Answer
from letters.settings.types import WatchSettings
from letters.store.sources import SourceState
from letters.watch.fetch import read_answer
from letters.watch.history import days
from letters.watch.parse.dates import parse_duration
from letters.watch.parse.values import Hints
from letters.watch.poll import (
    LONGEST_BACK_OFF,
    READING,
    after_document,
    after_failure,
    after_not_modified,
    after_push,
    current_state,
    due,
    remembered_hints,
)
from letters.watch.problems import failure_problem, is_told
from letters.watch.said import LONGEST_WAIT, retry_after
from letters.watch.values import Document, Failed, Gone, NotModified, Said, Validators

SOURCE = Source(key="show", url="https://feeds.example/feed")
STATE = SourceState(source="show", url=SOURCE.url, next_look_at=NOW)
WATCHING = WatchSettings()
EVERY = WATCHING.every
UNSAID = Said()


def answer(status: int, **headers: str) -> Answer:
    named = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Answer(status=status, url=SOURCE.url, headers=named, body=b"x")


@pytest.mark.parametrize(
    ("value", "date", "expected"),
    [
        ("120", "", timedelta(seconds=120)),
        (" 0 ", "", timedelta(0)),
        ("99999999999999999999", "", LONGEST_WAIT),
        ("31536000", "", LONGEST_WAIT),
        ("Mon, 02 Mar 2026 10:00:00 GMT", "", HOUR),
        ("Mon, 02 Mar 2026 10:00:00 GMT", "Mon, 02 Mar 2026 09:50:00 GMT", timedelta(minutes=10)),
        ("Sun, 01 Mar 2026 10:00:00 GMT", "", timedelta(0)),
        ("Mon, 02 Mar 2099 10:00:00 GMT", "", LONGEST_WAIT),
        ("soon", "", None),
        ("-5", "", None),
        ("²", "", None),
        ("", "", None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(
    value: str, date: str, expected: timedelta | None
) -> None:
    """R62."""
    assert retry_after(CIMultiDict({"retry-after": value, "date": date}), now=NOW) == expected


@given(st.text(max_size=40))
def test_any_retry_after_is_a_bounded_wait_or_none(value: str) -> None:
    wait = retry_after(CIMultiDict({"Retry-After": value}), now=NOW)
    assert wait is None or timedelta(0) <= wait <= LONGEST_WAIT


@pytest.mark.parametrize("status", [200, 203])
def test_success_is_a_document(status: int) -> None:
    found = read_answer(answer(status, ETag="x"), asked_conditionally=False, now=NOW)
    assert isinstance(found, Document)
    assert found.validators.etag == "x"


@pytest.mark.parametrize("status", [206, 302, 304, 400, 403, 404, 451, 500, 502, 999])
def test_other_answers_are_failures_with_their_number(status: int) -> None:
    """A 304 that nobody asked for among them."""
    found = read_answer(answer(status), asked_conditionally=False, now=NOW)
    assert isinstance(found, Failed)
    assert found.what.startswith(f"answered {status}")


def test_304_and_410_mean_what_they_say() -> None:
    assert isinstance(read_answer(answer(304), asked_conditionally=True, now=NOW), NotModified)
    assert isinstance(read_answer(answer(410), asked_conditionally=True, now=NOW), Gone)


@pytest.mark.parametrize(("status", "waits"), [(429, True), (503, True), (500, False), (404, False)])
def test_only_busy_servers_may_ask_for_time(status: int, waits: bool) -> None:
    """R62."""
    found = read_answer(answer(status, Retry_After="60"), asked_conditionally=True, now=NOW)
    assert isinstance(found, Failed)
    assert found.wait == (timedelta(seconds=60) if waits else None)


def test_validator_that_cannot_be_sent_back_is_not_kept() -> None:
    """R59: byte for byte or not at all. Bytes that are no UTF-8 come as halves of surrogate pairs."""
    found = read_answer(answer(200, ETag='"\udce9"', Last_Modified="é"), asked_conditionally=False, now=NOW)
    assert isinstance(found, Document)
    assert (found.validators.etag, found.validators.last_modified) == (None, "é")


@given(st.integers(1, 10_000), st.sampled_from([timedelta(0), HOUR, LONGEST_WAIT]))
def test_back_off_grows_to_days_and_never_ends(failures: int, wait: timedelta) -> None:
    """R61, R62."""
    state = SourceState(source="show", url=SOURCE.url, failures=failures)
    after = after_failure(state, Failed(what="x", wait=wait or None), settings=WATCHING, now=NOW)
    assert after.next_look_at is not None
    assert NOW + max(2 * EVERY, wait) <= after.next_look_at <= NOW + max(LONGEST_BACK_OFF, wait)


def test_back_off_is_never_shorter_than_the_usual_interval() -> None:
    rare = WatchSettings(every=timedelta(days=10))
    after = after_failure(STATE, Failed(what="x"), settings=rare, now=NOW)
    assert after.next_look_at == NOW + timedelta(days=10)


def test_failures_are_told_at_the_first_and_at_each_doubled_count() -> None:
    """R61."""
    assert [count for count in range(100) if is_told(count)] == [1, 2, 4, 8, 16, 32, 64]


def test_failure_says_how_often_since_when_and_when_it_is_asked_again() -> None:
    """R61."""
    state = STATE
    for hours in range(3):
        failure = Failed(what="no answer")
        state = after_failure(state, failure, settings=WATCHING, now=NOW + hours * HOUR)
    assert str(failure_problem(SOURCE, failure, state)) == (
        'source "show": https://feeds.example/feed: no answer, 3 times in a row since 2 Mar 09:00 UTC; '
        "it is asked again from 2 Mar 15:00 UTC on"
    )


@pytest.mark.parametrize("status", [404, 500])
def test_youtube_answering_404_and_500_for_days_is_called_usual_and_asked_again(status: int) -> None:
    """R61, pain 35."""
    channel = Source(key="show", url="https://www.youtube.com/feeds/videos.xml?channel_id=x")
    state, now = current_state(channel, None), NOW
    for _ in range(12):
        failure = read_answer(answer(status), asked_conditionally=True, now=now)
        assert isinstance(failure, Failed)
        state = after_failure(state, failure, settings=WATCHING, now=now)
        told = str(failure_problem(channel, failure, state))
        assert "usual at YouTube" in told
        assert "new address" not in told
        assert state.gone_at is None
        assert state.next_look_at is not None
        now = state.next_look_at
        assert due([channel], {"show": state}, now=now) == [channel]
    elsewhere = after_failure(STATE, failure, settings=WATCHING, now=NOW)
    assert "YouTube" not in str(failure_problem(SOURCE, failure, elsewhere))


def read(state: SourceState, said: Said = UNSAID, **changes: Any) -> SourceState:
    document = Document(
        body=b"x", url=SOURCE.url, content_type="", status=200, validators=Validators(), said=said
    )
    values: dict[str, Any] = {"digest": "1:0:0", "title": "T", "hints": Hints(), "published": (), "new": 0}
    return after_document(state, document, **values | changes, settings=WATCHING, is_pushed=False, now=NOW)


def test_success_ends_a_failure_and_counts_the_look() -> None:
    failed = after_failure(STATE, Failed(what="x", wait=HOUR), settings=WATCHING, now=NOW)
    assert (failed.failing_since, failed.looks) == (NOW, 1)
    for after in (
        read(failed),
        after_not_modified(
            failed, NotModified(validators=Validators()), settings=WATCHING, is_pushed=False, now=NOW
        ),
    ):
        assert (after.failures, after.failing_since, after.last_error, after.retry_after_until) == (
            0,
            None,
            "",
            None,
        )
        assert after.looks == 2


def test_hints_are_remembered_and_headers_go_before_the_document() -> None:
    """WebSub section 4."""
    told = Hints(ttl=HOUR, hubs=("https://body.example/",), self_url="https://feeds.example/self")
    state = read(STATE, hints=told)
    assert remembered_hints(state) == told
    headers = Said(hubs=("https://header.example/",))
    expected = replace(told, hubs=("https://header.example/",))
    assert remembered_hints(read(state, headers, hints=None)) == expected
    assert remembered_hints(read(STATE, headers, hints=told)) == expected
    not_modified = NotModified(validators=Validators(), said=headers)
    after = after_not_modified(state, not_modified, settings=WATCHING, is_pushed=False, now=NOW)
    assert remembered_hints(after) == expected
    assert read(state, hints=Hints()).hints is None


def test_ttl_of_a_document_that_did_not_change_still_counts() -> None:
    """R62."""
    state = read(STATE, hints=Hints(ttl=20 * HOUR))
    for after in (read(state, hints=None), state):
        assert after.next_look_at is not None
        assert NOW + 20 * HOUR <= after.next_look_at <= NOW + 22 * HOUR


def test_undated_news_count_as_published_when_first_seen() -> None:
    state = read(STATE, new=2)
    assert state.rhythm is not None
    assert state.rhythm["times"] == [int(NOW.timestamp())]
    assert read(STATE, new=0).rhythm is None


def test_push_tells_of_entries_and_nothing_of_the_source_s_answers() -> None:
    """R67."""
    failed = after_failure(STATE, Failed(what="x"), settings=WATCHING, now=NOW)
    pushed = after_push(failed, published=[NOW], new=1, now=NOW)
    assert pushed == failed._replace(rhythm=pushed.rhythm, history=pushed.history)
    assert days(pushed.history, now=NOW)[-1]["new"] == 1


def test_source_is_due_from_its_time_on_give_or_take_a_moment() -> None:
    states = {"show": STATE}
    assert due([SOURCE], states, now=NOW - timedelta(seconds=20)) == [SOURCE]
    assert due([SOURCE], states, now=NOW - timedelta(seconds=40)) == []
    assert due([SOURCE], states, now=NOW + timedelta(days=400)) == [SOURCE]


def test_unknown_source_is_due() -> None:
    assert due([SOURCE], {}, now=NOW) == [SOURCE]


def test_other_address_forgets_everything_but_the_name() -> None:
    old = SourceState(
        source="show",
        url="https://old.example/",
        feed_title="T",
        etag="x",
        gone_at=NOW,
        failures=3,
        first_look_at=NOW,
    )
    assert current_state(SOURCE, old) == SourceState(source="show", url=SOURCE.url, feed_title="T")


def test_document_read_by_an_older_version_is_asked_for_again() -> None:
    old = SourceState(source="show", url=SOURCE.url, etag="x", body_digest=f"{READING - 1}:00:00")
    assert current_state(SOURCE, old).etag is None


def test_problem_names_source_address_and_remedy_but_no_password() -> None:
    secret = Source(key="show", url="https://me:secret@feeds.example/a@b")
    failure = Failed(what="answered 404 Not Found", remedy="look elsewhere")
    state = after_failure(current_state(secret, None), failure, settings=WATCHING, now=NOW)
    assert str(failure_problem(secret, failure, state)) == (
        'source "show": https://feeds.example/a@b: answered 404 Not Found; look elsewhere; '
        "it is asked again from 2 Mar 10:00 UTC on"
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1:02:03", 3723), ("62:03", 3723), ("3723", 3723), ("3723.9", 3723), (3723, 3723), (61.5, 61), ("00:00:59", 59),
        ("PT1H2M3S", 3723), ("pt3723s", 3723), ("45 s", 45), ("0", None), ("00:00", None), ("", None), (None, None),
        (True, None), ("an hour", None), ("99999999999", None), ("9999:00:00", None), ("1:2:3:4", None), ("-5", None), ("P", None),
    ],
)  # fmt: skip
def test_durations_as_publishers_write_them(text: object, seconds: int | None) -> None:
    expected = timedelta(seconds=seconds) if seconds is not None else None
    assert parse_duration(text) == expected
