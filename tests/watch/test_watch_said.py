"""What headers and redirects say, and when that lets us look again. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from watching import HOUR, NOW

from letters.net import Answer, Hop
from letters.settings.types import WatchSettings
from letters.store.sources import SourceState
from letters.watch.parse.values import Hints
from letters.watch.rhythm import learn
from letters.watch.said import fresh_for, moved_to, read_said
from letters.watch.timing import jitter, next_look
from letters.watch.values import Said
from letters.watch.wishes import LONGEST_SKIP, LONGEST_WISH, out_of_skipped, wished_wait

URL = "https://feeds.example/show/feed"
DAY = timedelta(days=1)
WATCHING = WatchSettings()
STATE = SourceState(source="show", url=URL, first_look_at=NOW)


def said(*fields: tuple[str, str]) -> Said:
    return read_said(Answer(status=200, url=URL, headers=CIMultiDict(fields)), now=NOW)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Cache-Control": "max-age=3600"}, HOUR),
        ({"Cache-Control": 'public, MAX-AGE="3600"'}, HOUR),
        ({"Cache-Control": "max-age=3600", "Age": "600"}, timedelta(minutes=50)),
        ({"Cache-Control": "max-age=60", "Age": "600"}, timedelta(0)),
        ({"Cache-Control": "max-age=3600", "Age": "soon"}, HOUR),
        # Before Expires (RFC 9111 section 5.3); said twice, the shorter one.
        ({"Cache-Control": "max-age=60", "Expires": "Mon, 02 Mar 2026 19:00:00 GMT"}, timedelta(minutes=1)),
        ({"Cache-Control": "max-age=7200, max-age=3600"}, HOUR),
        # For shared caches, which we are none of.
        ({"Cache-Control": "s-maxage=3600"}, None),
        ({"Cache-Control": "no-cache, max-age=3600"}, None),
        ({"Cache-Control": "max-age=3600,no-store"}, None),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Cache-Control": "max-age=soon"}, None),
        ({"Expires": "Mon, 02 Mar 2026 10:00:00 GMT"}, HOUR),
        ({"Expires": "Mon, 02 Mar 2026 10:00:00 GMT", "Date": "Mon, 02 Mar 2026 09:30:00 GMT"}, timedelta(minutes=30)),
        ({"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, timedelta(0)),
        ({"Expires": "0"}, None),
        ({"Expires": "-1"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_freshness_is_read_from_cache_control_and_expires(
    headers: dict[str, str], expected: timedelta | None
) -> None:
    """R62."""
    assert fresh_for(CIMultiDict(headers), now=NOW) == expected


def test_fields_of_one_name_count_together() -> None:
    assert said(("Cache-Control", "max-age=3600"), ("Cache-Control", "no-cache")).fresh_for is None
    found = said(("Link", "<https://hub.example/>; rel=hub"), ("Link", f"<{URL}>; rel=self"))
    assert (found.hubs, found.self_url) == (("https://hub.example/",), URL)


@pytest.mark.parametrize(
    ("value", "hubs", "self_url"),
    [
        ('<https://a.example/>; rel="hub", <https://b.example/>; rel=hub', ("https://a.example/", "https://b.example/"), ""),
        ('</hub>; rel="HUB", <../other>; title="a, <b>; rel=next"; rel="alternate self"', ("https://feeds.example/hub",), "https://feeds.example/other"),
        ('<https://a.example/>; rel="hub"; rel="next"', ("https://a.example/",), ""),
        ('<https://a.example/>; rel="next"; rel="hub"', (), ""),
        ('<https://a.example/?a=1,2;3>; rel = "hub"', ("https://a.example/?a=1,2;3",), ""),
        ('<https://a.example/>; rel="hub", <https://a.example/>; rel="hub"', ("https://a.example/",), ""),
        # About another resource than the one that was asked for.
        ('<https://a.example/>; rel="hub"; anchor="#x"', (), ""),
        ('<javascript:alert(1)>; rel="hub", <https://[>; rel="hub", <ftp://a.example/>; rel=self', (), ""),
        ("https://a.example/; rel=hub", (), ""),
        ("<https://a.example/", (), ""),
        ("", (), ""),
    ],
)  # fmt: skip
def test_hubs_and_own_name_are_read_from_links(value: str, hubs: tuple[str, ...], self_url: str) -> None:
    """R67: WebSub section 4, RFC 8288 section 3."""
    found = said(("Link", value))
    assert (found.hubs, found.self_url) == (hubs, self_url)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Cache-Control", "Age", "Expires", "Date", "Link"]),
            st.text(max_size=60) | st.text('<>;=", \\relhubself/:htp.', max_size=60),
        ),
        max_size=8,
    )
)
def test_any_headers_say_something_bounded(fields: list[tuple[str, str]]) -> None:
    found = said(*fields)
    assert found.fresh_for is None or found.fresh_for >= timedelta(0)
    assert len(found.hubs) <= 10
    for url in filter(None, (*found.hubs, found.self_url)):
        assert url.lower().startswith(("http://", "https://"))
        assert url.isprintable()


@pytest.mark.parametrize("unit", ["<", '<a>;rel="', '<a>;a="\\', ";a=b", ', "', "max-age=1", "<a>;rel=hub,"])
def test_long_headers_are_read_in_bounded_work(unit: str) -> None:
    """Only a part of each is looked at, so that even the worst of them is read at once."""
    value = unit * 30_000
    assert len(said(("Link", value), ("Cache-Control", value)).hubs) <= 10


def redirected(*statuses: int, end: str = "https://end.example/") -> Answer:
    hops = tuple(Hop(status, f"https://{number}.example/") for number, status in enumerate(statuses))
    return Answer(status=200, url=end, hops=hops, headers={})


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((), ""),
        ((301,), "https://end.example/"),
        ((308, 301), "https://end.example/"),
        ((301, 302), "https://1.example/"),
        ((302,), ""),
        ((303,), ""),
        ((307,), ""),
        ((302, 301), ""),
    ],
)
def test_only_permanent_redirects_before_any_other_move(statuses: tuple[int, ...], expected: str) -> None:
    """R60."""
    assert moved_to(redirected(*statuses)) == expected


def test_target_that_is_too_long_to_be_an_address_moves_nothing() -> None:
    assert moved_to(redirected(301, end="https://end.example/" + "x" * 3000)) == ""


@pytest.mark.parametrize(
    ("said", "hints", "expected"),
    [
        (Said(), Hints(), timedelta(0)),
        (Said(fresh_for=HOUR), Hints(), HOUR),
        (Said(fresh_for=HOUR), Hints(ttl=3 * HOUR, update_period=2 * HOUR), 3 * HOUR),
        (Said(fresh_for=365 * DAY), Hints(), LONGEST_WISH),
        (Said(), Hints(update_period=30 * DAY), LONGEST_WISH),
    ],
)
def test_longest_wish_counts_up_to_a_day(said: Said, hints: Hints, expected: timedelta) -> None:
    """R62."""
    assert wished_wait(said, hints) == expected


def test_look_moves_out_of_skipped_hours_and_days() -> None:
    """R62. NOW is a Monday, nine o'clock."""
    assert out_of_skipped(NOW, Hints(skip_hours=(8, 10), skip_days=(5, 6))) == NOW
    early = NOW.replace(minute=40)
    assert out_of_skipped(early, Hints(skip_hours=(9, 10))) == NOW.replace(hour=11)
    assert out_of_skipped(early, Hints(skip_hours=tuple(range(9, 24)), skip_days=(1,))) == (
        NOW.replace(hour=0) + 2 * DAY
    )


hints = st.builds(
    Hints,
    ttl=st.none() | st.timedeltas(-DAY, 900 * DAY),
    update_period=st.none() | st.timedeltas(-DAY, 900 * DAY),
    skip_hours=st.lists(st.integers(0, 23)).map(tuple),
    skip_days=st.lists(st.integers(0, 6)).map(tuple),
)
says = st.builds(Said, fresh_for=st.none() | st.timedeltas(-DAY, 900 * DAY))
moments = st.timedeltas(-9000 * DAY, 9000 * DAY).map(lambda later: NOW + later)


@given(says, hints, moments, st.integers(0, 10**6), st.booleans())
def test_next_look_keeps_between_every_wish_and_limit(
    said: Said, hints: Hints, now: datetime, looks: int, is_pushed: bool
) -> None:
    """R62: a source is never asked before its publisher wants it, and always asked again."""
    state = SourceState(source="show", url=URL, first_look_at=now, looks=looks)
    wait = next_look(state, said, hints, settings=WATCHING, is_pushed=is_pushed, now=now) - now
    assert wait >= max(WATCHING.every, wished_wait(said, hints))
    assert wait <= max(WATCHING.slowest, wished_wait(said, hints)) + LONGEST_SKIP


@given(moments, hints)
def test_moved_out_of_skipped_hours_means_not_skipped_unless_too_much_is(
    moment: datetime, hints: Hints
) -> None:
    found = out_of_skipped(moment, hints)
    skipped = found.hour in hints.skip_hours or found.weekday() in hints.skip_days
    assert moment <= found <= moment + LONGEST_SKIP
    assert not skipped or found == moment + LONGEST_SKIP


def test_pushed_source_keeps_a_slow_safety_poll() -> None:
    """R67."""
    wait = next_look(STATE, Said(), Hints(), settings=WATCHING, is_pushed=True, now=NOW) - NOW
    assert WATCHING.slowest / 4 * 0.9 <= wait <= WATCHING.slowest / 4 * 1.1


def test_jitter_takes_sources_apart_and_passes_repeat() -> None:
    shares = [jitter(SourceState(source=f"s{number}", url=URL)) for number in range(200)]
    assert shares == [jitter(SourceState(source=f"s{number}", url=URL)) for number in range(200)]
    assert min(shares) < -0.08
    assert max(shares) > 0.08
    assert all(-0.1 <= share <= 0.1 for share in shares)


def test_source_that_is_due_at_each_pass_is_not_moved_off_it() -> None:
    hourly = learn(None, [NOW - hours * HOUR for hours in range(10)], now=NOW)
    for looks in range(50):
        state = SourceState(source="show", url=URL, first_look_at=NOW, looks=looks, rhythm=hourly)
        due = next_look(state, Said(), Hints(), settings=WATCHING, is_pushed=False, now=NOW)
        assert due == NOW + WATCHING.every
