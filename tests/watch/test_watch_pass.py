"""Whole passes over real sources on loopback, on both databases."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta

import pytest
from watching import HOUR, NOW, episodes, item, make_settings, rss, state

from httpserver import HttpServer, Reply
from letters import __version__
from letters.model import Source
from letters.store import Store
from letters.watch import WatchReport, desk, watch


def one_source(server: HttpServer, path: str = "/feed", **changes: object) -> Source:
    return Source(**{"key": "show", "url": server.url(path)} | changes)


def test_first_look_stores_every_entry_and_backfill_of_them_as_new(
    store: Store, http_server: HttpServer
) -> None:
    http_server.serve("/feed", rss(item(1), item(3), item(2)))
    settings = make_settings(one_source(http_server, backfill=2))
    report = watch(store, settings, now=NOW)
    assert report == WatchReport(polled=1, new=2, stored=3)
    assert {one.title: one.is_new for one in episodes(store)} == {
        "Episode 1": False,
        "Episode 2": True,
        "Episode 3": True,
    }
    assert all(one.first_seen == NOW and one.show == "The Show" and one.id for one in episodes(store))


def test_second_pass_finds_nothing(store: Store, http_server: HttpServer) -> None:
    http_server.serve("/feed", rss(item(1), item(2)))
    settings = make_settings(one_source(http_server))
    watch(store, settings, now=NOW)
    before = episodes(store)
    assert watch(store, settings, now=NOW + HOUR) == WatchReport(polled=1, unchanged=1)
    assert episodes(store) == before
    assert state(store).last_status == 304


def test_source_is_not_asked_before_it_is_due_unless_everything_is(
    store: Store, http_server: HttpServer
) -> None:
    http_server.serve("/feed", rss(item(1)))
    settings = make_settings(one_source(http_server))
    watch(store, settings, now=NOW)
    assert watch(store, settings, now=NOW + timedelta(minutes=10)) == WatchReport()
    assert watch(store, settings, now=NOW + timedelta(minutes=10), everything=True).polled == 1
    assert http_server.count("/feed") == 2


def test_later_entries_are_new_and_vanished_ones_stay(store: Store, http_server: HttpServer) -> None:
    settings = make_settings(one_source(http_server))
    http_server.serve("/feed", rss(item(1), item(2)))
    watch(store, settings, now=NOW)
    http_server.serve("/feed", rss(item(3), item(2)))
    assert watch(store, settings, now=NOW + HOUR) == WatchReport(polled=1, new=1, stored=1)
    assert [(one.title, one.is_new) for one in episodes(store)] == [
        ("Episode 1", False),
        ("Episode 2", False),
        ("Episode 3", True),
    ]
    assert episodes(store)[2].first_seen == NOW + HOUR


def test_edited_entry_is_updated_and_keeps_its_id(store: Store, http_server: HttpServer) -> None:
    settings = make_settings(one_source(http_server))
    http_server.serve("/feed", rss(item(1)))
    watch(store, settings, now=NOW)
    (before,) = episodes(store)
    http_server.serve("/feed", rss(item(1, title="Episode 1, corrected")))
    assert watch(store, settings, now=NOW + HOUR) == WatchReport(polled=1, changed=1)
    (after,) = episodes(store)
    assert (after.id, after.first_seen, after.title) == (before.id, NOW, "Episode 1, corrected")


def test_moved_build_date_is_no_change(store: Store, http_server: HttpServer) -> None:
    settings = make_settings(one_source(http_server))
    for hours in (0, 1):
        date = f"<lastBuildDate>Mon, 02 Mar 2026 1{hours}:00:00 GMT</lastBuildDate>"
        http_server.serve("/feed", rss(item(1), extra=date))
        report = watch(store, settings, now=NOW + hours * HOUR)
    assert report == WatchReport(polled=1, unchanged=1)


def test_validators_go_back_byte_for_byte(store: Store, http_server: HttpServer) -> None:
    """R59."""
    odd = 'W/"a  b\'\u00e9,%22"-gzip'
    http_server.on(
        "/feed",
        Reply(
            raw=b"HTTP/1.1 200 OK\r\nETag: " + odd.encode() + b"\r\nLast-Modified: yesterday, about noon\r\n"
            b"Connection: close\r\n\r\n" + rss(item(1)).encode()
        ),
    )
    settings = make_settings(one_source(http_server))
    watch(store, settings, now=NOW)
    watch(store, settings, now=NOW + HOUR)
    second = http_server.requests[1].headers
    assert second["If-None-Match"].encode("latin-1").decode() == odd
    assert second["If-Modified-Since"] == "yesterday, about noon"


def test_etag_is_stored_though_last_modified_stayed(store: Store, http_server: HttpServer) -> None:
    """R59: and both of an unchanged document, whose words are not parsed again."""
    settings = make_settings(one_source(http_server))
    for hours, tag in enumerate(('"one"', '"two"', "")):
        headers = {"Last-Modified": "Sun, 01 Mar 2026 00:00:00 GMT"} | ({"ETag": tag} if tag else {})
        http_server.on("/feed", Reply(200, rss(item(1)).encode(), headers))
        watch(store, settings, now=NOW + hours * HOUR)
        assert state(store).etag == (tag or None)
    assert [request.headers["If-None-Match"] for request in http_server.requests] == [None, '"one"', '"two"']


def test_newer_validators_of_a_304_are_kept(store: Store, http_server: HttpServer) -> None:
    settings = make_settings(one_source(http_server))
    http_server.serve("/feed", rss(item(1)), etag='"one"')
    watch(store, settings, now=NOW)
    http_server.on("/feed", Reply(304, headers={"ETag": '"two"'}))
    watch(store, settings, now=NOW + HOUR)
    assert state(store).etag == '"two"'


def test_user_agent_says_who_and_where(store: Store, http_server: HttpServer) -> None:
    http_server.serve("/feed", rss())
    watch(store, make_settings(one_source(http_server)), now=NOW)
    agent = http_server.requests[0].headers["User-Agent"]
    assert agent == f"Letters/{__version__} (+https://signal.example; desk@signal.example)"


def test_one_failure_never_stops_the_others(
    store: Store, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Expected failures in their own words, a surprise as an unexpected error; the good sources are stored."""
    real = desk.parse_feed

    def parse_feed(body: bytes, **context: object) -> object:
        if b"surprise" in body:
            raise KeyError("surprise")
        return real(body, **context)  # type: ignore[arg-type]

    monkeypatch.setattr(desk, "parse_feed", parse_feed)
    http_server.serve("/good", rss(item(1)))
    http_server.serve("/other", rss(item(2)))
    http_server.serve("/html", "<!doctype html><title>Welcome</title>", content_type="text/html")
    http_server.serve("/surprise", rss(item(3), title="surprise"))
    http_server.on("/busy", Reply(503))
    http_server.on("/cut", Reply(200, b"<rss", length=1000))
    keys = ("good", "html", "surprise", "missing", "busy", "cut", "other")
    private = Source(key="private", url="http://10.0.0.1/feed")
    settings = make_settings(private, *(one_source(http_server, f"/{key}", key=key) for key in keys))
    report = watch(store, settings, now=NOW)
    assert (report.polled, report.failed, report.stored) == (8, 6, 2)
    told = {problem.where.split('"')[1]: str(problem) for problem in report.problems}
    assert "an HTML page, not a feed; look for the feed's own address" in told["html"]
    assert "unexpected error: KeyError: 'surprise'" in told["surprise"]
    assert "answered 404 Not Found" in told["missing"]
    assert "answered 503 Service Unavailable" in told["busy"]
    assert "broke off" in told["cut"]
    assert "not on the public internet and not in allow_private; add it" in told["private"]
    assert state(store, "surprise").failures == 1


def test_gone_source_is_told_and_not_asked_again_until_its_address_changes(
    store: Store, http_server: HttpServer
) -> None:
    """R61."""
    http_server.on("/feed", Reply(410))
    http_server.serve("/new", rss(item(1)))
    settings = make_settings(one_source(http_server))
    report = watch(store, settings, now=NOW)
    assert report.failed == 1
    assert "answered 410 Gone; it is not asked any more; give its new address" in str(report.problems[0])
    for days in (1, 100):
        assert watch(store, settings, now=NOW + timedelta(days=days)) == WatchReport()
    again = watch(store, settings, now=NOW + timedelta(days=101), everything=True)
    assert (again.polled, [problem.is_notice for problem in again.problems]) == (0, [True])
    assert http_server.count("/feed") == 1
    moved = make_settings(one_source(http_server, "/new"))
    assert watch(store, moved, now=NOW + timedelta(days=102)).stored == 1
    assert state(store).gone_at is None


def test_retry_after_is_obeyed_even_when_everything_is_asked_for(
    store: Store, http_server: HttpServer
) -> None:
    """R62."""
    http_server.on("/feed", Reply(429, headers={"Retry-After": "7200"}))
    settings = make_settings(one_source(http_server))
    watch(store, settings, now=NOW)
    assert watch(store, settings, now=NOW + HOUR, everything=True).polled == 0
    assert watch(store, settings, now=NOW + 2 * HOUR, everything=True).polled == 1


def test_failing_source_is_asked_ever_more_rarely_and_recovers(store: Store, http_server: HttpServer) -> None:
    """R61."""
    settings = make_settings(one_source(http_server))
    asked = [hour for hour in range(24 * 8) if watch(store, settings, now=NOW + hour * HOUR).polled]
    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == 48
    http_server.serve("/feed", rss(item(1)))
    assert watch(store, settings, now=NOW + timedelta(days=11)).stored == 1
    assert (state(store).failures, state(store).last_error) == (0, "")


def test_changed_address_forgets_validators_and_announces_only_what_is_newer(
    store: Store, http_server: HttpServer
) -> None:
    http_server.serve("/old", rss(item(1), item(5)))
    watch(store, make_settings(one_source(http_server, "/old")), now=NOW)
    http_server.serve("/new", rss(item(1), item(5), item(4), item(6), item(7, pubDate="")))
    report = watch(store, make_settings(one_source(http_server, "/new", backfill=3)), now=NOW + HOUR)
    assert http_server.requests[1].headers["If-None-Match"] is None
    assert report == WatchReport(polled=1, new=1, stored=3)
    assert [one.title for one in episodes(store) if one.is_new] == ["Episode 6"]


def test_source_that_fails_at_its_new_address_first_does_not_flood_later(
    store: Store, http_server: HttpServer
) -> None:
    http_server.serve("/old", rss(item(5)))
    watch(store, make_settings(one_source(http_server, "/old")), now=NOW)
    settings = make_settings(one_source(http_server, "/new"))
    watch(store, settings, now=NOW + HOUR)
    http_server.serve("/new", rss(item(3), item(4), item(5)))
    assert watch(store, settings, now=NOW + 5 * HOUR).new == 0


def test_relative_links_are_resolved_against_where_the_document_was_found(
    store: Store, http_server: HttpServer
) -> None:
    http_server.redirect("/feed", "/deep/down/feed", 301)
    http_server.serve("/deep/down/feed", rss(item(1, link="../one", guid="1")))
    watch(store, make_settings(one_source(http_server)), now=NOW)
    (one,) = episodes(store)
    assert (one.link, one.guid) == (http_server.url("/deep/one"), "1")


def test_configured_name_of_the_show_reaches_stored_episodes(store: Store, http_server: HttpServer) -> None:
    http_server.serve("/feed", rss(item(1)))
    for hours, (show, expected) in enumerate(
        [("", "The Show"), ("Mine", "Mine"), ("Yours", "Yours"), ("", "The Show")]
    ):
        settings = make_settings(one_source(http_server, show=show))
        watch(store, settings, now=NOW + hours * HOUR)
        assert [one.show for one in episodes(store)] == [expected]
    assert http_server.requests[-1].headers["If-None-Match"] is not None


def test_progress_is_told(sqlite_store: Store, http_server: HttpServer) -> None:
    for number in range(5):
        http_server.serve(f"/{number}", rss(item(number)))
    sources = [one_source(http_server, f"/{number}", key=f"s{number}") for number in range(5)]
    told: list[tuple[int, int]] = []
    watch(
        sqlite_store,
        make_settings(*sources),
        now=NOW,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == sorted(told)
    assert told[-1] == (5, 5)


def test_no_transaction_is_open_while_a_source_keeps_us_waiting(
    sqlite_store: Store, http_server: HttpServer
) -> None:
    """SQLite has one writer: a slow publisher must not keep the others from it."""
    release = threading.Event()
    http_server.on("/slow", Reply(200, rss(item(1)).encode(), wait=release))
    settings = make_settings(one_source(http_server, "/slow"))
    passing = threading.Thread(target=watch, args=(sqlite_store, settings), kwargs={"now": NOW})
    passing.start()
    while not http_server.requests:
        pass
    with sqlite_store.write() as c:
        c.exec_driver_sql("PRAGMA user_version = 7")
    release.set()
    passing.join()
    assert len(episodes(sqlite_store)) == 1


def test_two_passes_at_once_store_each_entry_once(store: Store, http_server: HttpServer) -> None:
    http_server.serve("/feed", rss(*(item(number) for number in range(30))))
    settings = make_settings(one_source(http_server, backfill=5))
    reports: list[WatchReport] = []
    passes = [
        threading.Thread(target=lambda: reports.append(watch(store, settings, now=NOW))) for _ in range(3)
    ]
    for one in passes:
        one.start()
    for one in passes:
        one.join()
    assert [report.problems for report in reports] == [(), (), ()]
    assert sum(report.new for report in reports) == 5
    assert len(episodes(store)) == 30


def test_pass_cut_short_between_sources_keeps_what_it_had(
    sqlite_store: Store, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Episodes and state are one transaction: after a failure in the middle, the next look starts from before."""
    http_server.serve("/feed", rss(item(1), item(2)))
    settings = make_settings(one_source(http_server))
    with monkeypatch.context() as patch:
        patch.setattr(desk, "insert_episodes", _die)
        watch(sqlite_store, settings, now=NOW)
    assert episodes(sqlite_store) == []
    assert state(sqlite_store).etag is None
    assert watch(sqlite_store, settings, now=NOW + HOUR).stored == 2


def _die(_connection: object, episodes: list[object], **_: object) -> None:
    if episodes:
        raise RuntimeError("killed here")
