"""Who is looked at when; what an answer means. Pure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from watching import HOUR, NOW

from letters.model import Source
from letters.net import Answer
from letters.store.sources import SourceState
from letters.watch.fetch import LONGEST_WAIT, read_answer, retry_after
from letters.watch.parse.dates import parse_duration
from letters.watch.poll import LONGEST_BACK_OFF, READING, after_failure, current_state, due
from letters.watch.problems import failure_problem
from letters.watch.values import Document, Failed, Gone, NotModified

SOURCE = Source(key="show", url="https://feeds.example/feed")
STATE = SourceState(source="show", url=SOURCE.url, next_look_at=NOW)
EVERY = timedelta(minutes=30)


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
    after = after_failure(state, Failed(what="x", wait=wait or None), every=EVERY, now=NOW)
    assert after.next_look_at is not None
    assert NOW + max(2 * EVERY, wait) <= after.next_look_at <= NOW + max(LONGEST_BACK_OFF, wait)


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
    problem = failure_problem(secret, Failed(what="answered 404 Not Found", remedy="look elsewhere"))
    assert str(problem) == 'source "show": https://feeds.example/a@b: answered 404 Not Found; look elsewhere'


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
