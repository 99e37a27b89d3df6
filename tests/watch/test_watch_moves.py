"""A source moves when permanent redirects agree over days, and not sooner."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watching import NOW, item, make_settings, rss
from watching import state as stored_state

from httpserver import HttpServer
from letters.model import Source
from letters.settings.types import WatchSettings
from letters.store import Store
from letters.store.sources import SourceState
from letters.watch import watch
from letters.watch.moves import ENOUGH_ANSWERS, LONG_ENOUGH, address_of, same_place
from letters.watch.parse.values import Hints
from letters.watch.poll import (
    after_document,
    after_failure,
    after_gone,
    after_not_modified,
    current_state,
    due,
)
from letters.watch.problems import gone_problem, move_notices
from letters.watch.values import Document, Failed, NotModified, Said, Validators

OLD, NEW, OTHER = "http://old.example/feed", "https://new.example/feed", "https://other.example/feed"
SOURCE = Source(key="show", url=OLD)
STATE = current_state(SOURCE, None)
DAY = timedelta(days=1)
WATCHING = WatchSettings()
NOTHING = Hints()


def document(
    state: SourceState,
    moved_to: str = NEW,
    *,
    days: float,
    hints: Hints = NOTHING,
    is_familiar: bool = True,
) -> SourceState:
    found = Document(
        body=b"",
        url=moved_to or OLD,
        content_type="",
        status=200,
        validators=Validators(etag="x"),
        said=Said(moved_to=moved_to),
    )
    return after_document(
        state, found, digest="1:0:0", title="T", hints=hints, published=(), new=0,
        settings=WATCHING, is_pushed=False, is_familiar=is_familiar, now=NOW + days * DAY,
    )  # fmt: skip


def not_modified(state: SourceState, moved_to: str = NEW, *, days: float) -> SourceState:
    answer = NotModified(validators=Validators(), said=Said(moved_to=moved_to))
    return after_not_modified(state, answer, settings=WATCHING, is_pushed=False, now=NOW + days * DAY)


def failure(state: SourceState, status: int | None = 500, *, days: float) -> SourceState:
    failed = Failed(what="x", status=status)
    return after_failure(state, failed, settings=WATCHING, now=NOW + days * DAY)


def moved(url: str = OLD) -> SourceState:
    start = STATE._replace(url=url)
    return document(document(document(start, days=0), days=1.5), days=3)


def test_three_answers_over_three_days_move_the_source() -> None:
    """R60: and the configured address stays what the state is about."""
    first = document(STATE, days=0)
    second = document(first, days=1.5)
    assert address_of(first) == address_of(second) == OLD
    third = document(second, days=3)
    assert (address_of(third), third.url, third.moving_url, third.moving_answers) == (NEW, OLD, "", 0)


def test_many_answers_within_a_short_time_move_nothing() -> None:
    state = STATE
    for minutes in range(0, 4000, 30):
        state = document(state, days=minutes / 1440)
    assert address_of(state) == OLD


def test_two_answers_long_apart_move_nothing() -> None:
    assert address_of(document(document(STATE, days=0), days=90)) == OLD


@pytest.mark.parametrize("elsewhere", ["", OTHER])
def test_answer_that_leads_elsewhere_starts_over(elsewhere: str) -> None:
    """R60."""
    state = document(document(STATE, days=0), days=1)
    state = document(document(document(state, elsewhere, days=2), days=3), days=4)
    assert (address_of(state), state.moving_since, state.moving_answers) == (OLD, NOW + 3 * DAY, 2)


@pytest.mark.parametrize(
    ("status", "counts_on"), [(None, True), (500, True), (429, True), (404, False), (200, False)]
)
def test_trouble_on_the_way_is_no_disagreement_but_another_page_is(
    status: int | None, counts_on: bool
) -> None:
    """A page that is no feed (200) and one that is not there (404) are not the source's new home."""
    state = document(document(STATE, days=0), days=1)
    assert failure(state, status, days=2).moving_answers == (2 if counts_on else 0)


def test_not_modified_agrees_but_the_last_answer_must_be_whole() -> None:
    state = not_modified(not_modified(document(STATE, days=0), days=2), days=4)
    assert address_of(state) == OLD
    assert (state.etag, state.last_modified) == (None, None)
    assert address_of(document(state, days=4.1)) == NEW


def test_document_without_the_sources_entries_starts_over() -> None:
    state = document(document(STATE, days=0), days=1.5)
    after = document(state, days=3, is_familiar=False)
    assert (address_of(after), after.moving_answers) == (OLD, 0)


def test_document_that_says_it_lives_elsewhere_starts_over() -> None:
    state = document(document(STATE, days=0), days=1.5)
    after = document(state, days=3, hints=Hints(new_feed_url=OTHER))
    assert (address_of(after), after.moving_answers) == (OLD, 0)
    agreeing = Hints(new_feed_url=NEW.replace("https", "http") + "/")
    assert address_of(document(state, days=3, hints=agreeing)) == NEW


def test_document_alone_moves_nothing_and_is_told_once() -> None:
    """``itunes:new-feed-url`` without a redirect."""
    says = Hints(new_feed_url=NEW)
    states = [STATE]
    for days in range(0, 20, 2):
        states.append(document(states[-1], "", days=days, hints=says))
    assert address_of(states[-1]) == OLD
    (notice,) = move_notices(SOURCE, states[0], states[1])
    assert notice.is_notice
    assert NEW in str(notice)
    assert move_notices(SOURCE, states[1], states[2]) == []
    other_hints = document(states[1], "", days=2, hints=replace(says, ttl=DAY))
    assert move_notices(SOURCE, states[1], other_hints) == []


def test_encrypted_address_is_not_given_up_for_a_plain_one() -> None:
    state = STATE._replace(url="https://old.example/feed")
    for days in range(6):
        state = document(state, "http://new.example/feed", days=days)
    assert address_of(state) == "https://old.example/feed"


def test_password_goes_along_within_its_own_origin_only() -> None:
    state = STATE._replace(url="https://me:secret@old.example/feed")
    for target, expected in (
        ("https://old.example/new", "https://me:secret@old.example/new"),
        (NEW, NEW),
    ):
        after = state
        for days in (0, 2, 4):
            after = document(after, target, days=days)
        assert address_of(after) == expected
        notices = move_notices(SOURCE, state, after)
        assert len(notices) == 1
        assert "secret" not in str(notices[0])


def test_moved_source_keeps_its_state_when_the_operator_writes_its_new_address() -> None:
    state = moved()
    after = current_state(Source(key="show", url=NEW), state)
    assert after == state._replace(url=NEW, moved_url="")


def test_move_is_told_once_with_what_to_write() -> None:
    before = document(document(STATE, days=0), days=1.5)
    after = document(before, days=3)
    (notice,) = move_notices(SOURCE, before, after)
    assert notice.is_notice
    assert str(notice) == (
        f'source "show": {OLD} has redirected permanently to {NEW} since 2 Mar 09:00 UTC; it is asked there now; '
        f'write url = "{NEW}" into config/sources.toml'
    )
    assert move_notices(SOURCE, after, document(after, "", days=4)) == []


def test_source_that_redirects_back_to_its_configured_address_is_home() -> None:
    state = STATE._replace(url=NEW, moved_url=OTHER)
    for days in (0, 2, 4):
        state = document(state, NEW, days=days)
    assert (address_of(state), state.moved_url) == (NEW, "")


def test_new_address_that_fails_for_days_is_given_up_for_the_configured_one() -> None:
    state = moved()
    for days in (4, 5, 6.9):
        state = failure(state, 404, days=days)
        assert address_of(state) == NEW
    lost = failure(state, None, days=7)
    assert (address_of(lost), lost.etag) == (OLD, None)
    (notice,) = move_notices(SOURCE, state, lost)
    assert f"is asked at {OLD} again" in str(notice)


def test_gone_at_the_new_address_is_not_gone_until_the_configured_one_says_so() -> None:
    """R61."""
    once = after_gone(moved(), now=NOW + 4 * DAY)
    assert (address_of(once), once.gone_at) == (OLD, None)
    assert due([SOURCE], {"show": once}, now=NOW + 4 * DAY) == [SOURCE]
    assert f"it is asked at {OLD} again" in str(gone_problem(SOURCE, once))
    twice = after_gone(once, now=NOW + 4 * DAY)
    assert twice.gone_at == NOW + 4 * DAY
    assert due([SOURCE], {"show": twice}, now=NOW + 400 * DAY) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://A.example/x", "https://a.example/x/", True),
        ("https://a.example", "http://a.example/", True),
        ("https://a.example/X", "https://a.example/x", False),
        ("https://a.example/x?a", "https://a.example/x", False),
        ("nonsense", "nonsense", True),
        ("", "https://a.example/", False),
    ],
)
def test_same_place_is_told_from_another(one: str, other: str, same: bool) -> None:
    assert same_place(one, other) is same


steps = st.tuples(
    st.timedeltas(timedelta(minutes=30), timedelta(days=3)),
    st.sampled_from(["document", "304", "failure", "foreign", "here"]),
    st.sampled_from([NEW, OTHER]),
)


@given(st.lists(steps, max_size=30))
def test_source_only_moves_after_enough_answers_that_agree_one_after_the_other(
    taken: list[tuple[timedelta, str, str]],
) -> None:
    """R60: against the rule itself, whatever happens in between."""
    state, now, agreeing = STATE, NOW, []
    for wait, kind, target in taken:
        now += wait
        days = (now - NOW) / DAY
        before = address_of(state)
        match kind:
            case "document":
                state = document(state, target, days=days)
            case "304":
                state = not_modified(state, target, days=days)
            case "foreign":
                state = document(state, target, days=days, is_familiar=False)
            case "here":
                state = document(state, "", days=days)
            case _:
                state = failure(state, None, days=days)
        agreeing = agreed(agreeing, kind, target, now)
        if address_of(state) not in {before, OLD}:
            assert kind == "document"
            assert address_of(state) == target
            assert len(agreeing) >= ENOUGH_ANSWERS
            assert agreeing[-1][0] - agreeing[0][0] >= LONG_ENOUGH


def agreed(
    before: list[tuple[datetime, str]], kind: str, target: str, now: datetime
) -> list[tuple[datetime, str]]:
    """The answers in a row that led to the same address."""
    if kind == "failure":
        return before
    if kind not in {"document", "304"}:
        return []
    return [*(one for one in before if one[1] == target and before[-1][1] == target), (now, target)]


def test_moved_source_is_asked_at_its_new_home(store: Store, http_server: HttpServer) -> None:
    """R60: through real redirects, over passes; a temporary one is followed and never remembered."""
    http_server.redirect("/old", "/new", 301)
    http_server.redirect("/today", "/new", 302)
    http_server.serve("/new", rss(item(1)))
    settings = make_settings(
        Source(key="show", url=http_server.url("/old")), Source(key="today", url=http_server.url("/today"))
    )
    for days in range(7):
        assert watch(store, settings, now=NOW + days * DAY).failed == 0
    assert (stored_state(store).moved_url, stored_state(store).looks) == (http_server.url("/new"), 7)
    assert stored_state(store, "today").moved_url == ""
    # Three days of agreeing, one more for a whole document.
    assert http_server.count("/old") == 5
    assert http_server.count("/today") == 7
