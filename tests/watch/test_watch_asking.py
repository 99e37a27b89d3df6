"""How a pass runs: what is asked, read and stored beside each other, and what is not asked after all."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from watching import HOUR, NOW, episodes, item, make_settings, rss, state

from httpserver import HttpServer, Reply
from letters.model import Source
from letters.net import Client
from letters.store import Store
from letters.store.pushes import PushState, PushSubscription, add_pushed, replace_subscription
from letters.watch import WatchReport, asking, watch
from letters.watch.history import days


def sources_of(server: HttpServer, *keys: str) -> list[Source]:
    return [Source(key=key, url=server.url(f"/{key}")) for key in keys]


def test_many_first_looks_are_read_by_processes_and_all_stored(store: Store, http_server: HttpServer) -> None:
    keys = [f"s{number}" for number in range(40)]
    for place, key in enumerate(keys):
        http_server.serve(f"/{key}", rss(*(item(100 * place + number) for number in range(3))))
    report = watch(store, make_settings(*sources_of(http_server, *keys)), now=NOW)
    assert report == WatchReport(polled=40, stored=120)
    assert {one.source for one in episodes(store)} == set(keys)


def test_large_document_is_read_by_a_process_and_what_is_wrong_with_it_is_said_the_same(
    sqlite_store: Store, http_server: HttpServer
) -> None:
    http_server.serve("/large", rss(*(item(number, description="word " * 400) for number in range(600))))
    http_server.serve("/page", "<!doctype html><title>x</title>" + "<p>word</p>" * 200_000)
    report = watch(sqlite_store, make_settings(*sources_of(http_server, "large", "page")), now=NOW)
    assert (report.polled, report.failed, report.stored) == (2, 1, 600)
    assert "an HTML page, not a feed; look for the feed's own address" in str(report.problems[0])


def test_document_that_takes_too_long_to_read_is_one_failed_look(
    sqlite_store: Store, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is below what starting a process takes, so that every document that needs one takes too long."""
    monkeypatch.setattr("letters.watch.desk._FEW", 0)
    http_server.serve("/feed", rss(item(1)))
    settings = make_settings(*sources_of(http_server, "feed"))
    hasty = settings.watch.model_copy(update={"parse_timeout": timedelta(milliseconds=1)})
    report = watch(sqlite_store, settings.model_copy(update={"watch": hasty}), now=NOW)
    assert (report.failed, report.stored) == (1, 0)
    assert "still being read after 0.001 seconds; given up" in str(report.problems[0])
    assert state(sqlite_store, "feed").failures == 1


def test_documents_wait_their_turn_when_too_much_lies_unread(
    sqlite_store: Store, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_WAITING_BYTES", 1)
    keys = [f"s{number}" for number in range(30)]
    for place, key in enumerate(keys):
        http_server.serve(f"/{key}", rss(item(place)))
    report = watch(sqlite_store, make_settings(*sources_of(http_server, *keys)), now=NOW)
    assert report == WatchReport(polled=30, stored=30)


def test_host_that_turns_three_sources_away_is_not_asked_for_the_others(
    sqlite_store: Store, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R62. A loopback server is always in allow_private, whose places are never held; so it is said not to be."""
    monkeypatch.setattr(Client, "is_private_place", lambda _client, _url: False)
    keys = [f"s{number}" for number in range(12)]
    for key in keys:
        http_server.on(f"/{key}", Reply(429, headers={"Retry-After": "7200"}))
    settings = make_settings(*sources_of(http_server, *keys), spacing=timedelta(0))
    report = watch(sqlite_store, settings, now=NOW)
    # Two are asked at one host at the same time, so a fourth may be on its way when the third answers.
    assert 3 <= report.polled <= 4
    assert report.failed == report.polled == len(http_server.requests)
    (held,) = [str(problem) for problem in report.problems if problem.where.startswith("host ")]
    assert held.startswith(
        f'host "127.0.0.1": {report.polled} sources answered 429 Too Many Requests; all 12'
    )

    again = watch(sqlite_store, settings, now=NOW + HOUR, everything=True)
    assert again.polled == 0
    for place, key in enumerate(keys):
        http_server.serve(f"/{key}", rss(item(place)))
    assert watch(sqlite_store, settings, now=NOW + 3 * HOUR, everything=True).stored == 12


def test_private_place_is_never_held(sqlite_store: Store, http_server: HttpServer) -> None:
    keys = [f"s{number}" for number in range(8)]
    for key in keys:
        http_server.on(f"/{key}", Reply(429))
    report = watch(sqlite_store, make_settings(*sources_of(http_server, *keys)), now=NOW)
    assert (report.polled, report.failed) == (8, 8)


def test_failing_source_is_told_at_the_first_and_each_doubled_failure(
    sqlite_store: Store, http_server: HttpServer
) -> None:
    """R61: and each time where the operator asks for everything."""
    http_server.on("/feed", Reply(500))
    settings = make_settings(*sources_of(http_server, "feed"))
    told = []
    for number in range(1, 9):
        report = watch(sqlite_store, settings, now=NOW + number * timedelta(days=5))
        assert report.failed == 1
        told += [number] if report.problems else []
    assert told == [1, 2, 4, 8]
    assert len(watch(sqlite_store, settings, now=NOW + timedelta(days=60), everything=True).problems) == 1


def test_source_moves_after_permanent_redirects_that_agree_for_days(
    sqlite_store: Store, http_server: HttpServer
) -> None:
    """R60: the address that is asked moves, once, and says so once; the configuration stays as it is."""
    http_server.serve("/feed", rss(item(1)))
    settings = make_settings(*sources_of(http_server, "feed"))
    watch(sqlite_store, settings, now=NOW)
    new = http_server.serve("/new", rss(item(1), item(2)))
    http_server.redirect("/feed", "/new", 301)
    notices = [
        str(problem)
        for days in range(1, 7)
        for problem in watch(
            sqlite_store, settings, now=NOW + days * timedelta(days=1), everything=True
        ).problems
    ]
    (notice,) = notices
    assert notice.endswith(f'it is asked there now; write url = "{new}" into config/sources.toml')
    before = http_server.count("/feed")
    watch(sqlite_store, settings, now=NOW + timedelta(days=9))
    assert http_server.count("/feed") == before
    assert state(sqlite_store, "feed").url == settings.sources[0].url
    assert len(episodes(sqlite_store)) == 2


def test_source_never_moves_by_temporary_redirects(sqlite_store: Store, http_server: HttpServer) -> None:
    """R60."""
    http_server.serve("/new", rss(item(1)))
    http_server.redirect("/feed", "/new", 302)
    settings = make_settings(*sources_of(http_server, "feed"))
    for day in range(12):
        watch(sqlite_store, settings, now=NOW + day * timedelta(days=1), everything=True)
    assert http_server.count("/feed") == 12
    assert state(sqlite_store, "feed").moved_url == ""


def test_source_that_falls_silent_is_told_with_the_setting_that_mends_it(
    sqlite_store: Store, http_server: HttpServer
) -> None:
    release = threading.Event()
    http_server.on("/feed", Reply(200, rss(item(1)).encode(), wait=release))
    settings = make_settings(*sources_of(http_server, "feed"), idle_timeout=timedelta(seconds=1))
    report = watch(sqlite_store, settings, now=NOW)
    release.set()
    (problem,) = report.problems
    assert "no answer for 1 seconds; raise idle_timeout under [watch]" in str(problem)


def test_document_whose_reader_cannot_be_started_is_one_failed_look(
    sqlite_store: Store, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not a pass that waits for ever."""
    monkeypatch.setattr("letters.watch.desk._FEW", 0)
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    http_server.serve("/feed", rss(item(1)))
    report = watch(sqlite_store, make_settings(*sources_of(http_server, "feed")), now=NOW)
    assert (report.failed, report.stored) == (1, 0)
    assert "its reader cannot be started: no such file or directory" in str(report.problems[0])


def test_what_several_pushes_found_is_remembered_together(
    sqlite_store: Store, http_server: HttpServer
) -> None:
    http_server.serve("/feed", rss(item(1)))
    settings = make_settings(*sources_of(http_server, "feed"))
    watch(sqlite_store, settings, now=NOW)
    url = settings.sources[0].url
    subscription = PushSubscription(
        source="feed",
        hub="https://hub.example/",
        topic=url,
        token="t",
        callback="https://signal.example/websub/t",
        secret="s",
        state=PushState.VERIFIED,
    )
    with sqlite_store.write() as c:
        replace_subscription(c, None, subscription)
        for number in (2, 3):
            body = rss(item(number)).encode()
            add_pushed(c, "feed", body=body, content_type="application/rss+xml", now=NOW)
    assert watch(sqlite_store, settings, now=NOW).new == 2
    after = state(sqlite_store, "feed")
    assert after.rhythm is not None
    assert len(after.rhythm["times"]) == 3
    assert days(after.history, now=NOW)[-1]["new"] == 2
