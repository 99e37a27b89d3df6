"""What publishers left out of their enclosures is asked of the servers, once, by real requests."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from builders import add_pair, day, make_episode
from httpserver import HttpServer, Reply, Request
from letters.model import Enclosure
from letters.net import Answer
from letters.publish import asking
from letters.publish.asking import EnclosuresReport, complete_enclosures, with_known_files
from letters.publish.enclosures import (
    BACK_OFF,
    failed_again,
    files_to_ask,
    is_due,
    is_given_up,
    lacks_something,
    length_in,
)
from letters.settings import Settings
from letters.settings.types import WatchSettings
from letters.store import Store
from letters.store.enclosures import MediaFile, load_files, save_files
from letters.store.entries import load_entries, retire_entry

SOUND = {"Content-Type": "audio/mpeg"}


@pytest.fixture
def settings(with_settings: Any, http_server: HttpServer) -> Settings:
    made: Settings = with_settings()
    return made.model_copy(
        update={
            "watch": WatchSettings(allow_private=(http_server.place,), spacing="0s"),
        }
    )


def add(store: Store, *urls: str, first: int = 1, **fields: Any) -> None:
    """A published episode for each file, whose length and type nobody gave."""
    with store.write() as c:
        for number, url in enumerate(urls, start=first):
            add_pair(c, number, episode=make_episode(number, enclosures=(Enclosure(url=url, **fields),)))


def files(store: Store) -> list[tuple[int | None, str]]:
    """What feeds will say of the files, the oldest episode first."""
    with store.read() as c:
        entries = with_known_files(c, load_entries(c))
    enclosures = [entry.episode.enclosures[0] for entry in entries]
    return [(one.length_bytes, one.type) for one in enclosures]


def methods(server: HttpServer) -> list[str]:
    return [request.method for request in server.requests]


def test_what_a_publisher_left_out_is_asked_by_head_once(
    store: Store, settings: Settings, http_server: HttpServer
) -> None:
    url = http_server.on("/1", Reply(200, b"", SOUND, length=48_000_000))
    add(store, url)
    assert complete_enclosures(store, settings, now=day(5)) == EnclosuresReport(asked=1, completed=1)
    assert files(store) == [(48_000_000, "audio/mpeg")]
    assert complete_enclosures(store, settings, now=day(500)) == EnclosuresReport()
    assert methods(http_server) == ["HEAD"]
    (request,) = http_server.requests
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.headers["User-Agent"].startswith("Letters/")


def test_what_the_publisher_said_is_never_asked_nor_replaced(
    store: Store, settings: Settings, http_server: HttpServer
) -> None:
    http_server.on("/1.mp3", Reply(200, b"", {"Content-Type": "audio/ogg"}, length=9))
    add(store, http_server.url("/1.mp3"), type="audio/mpeg", length_bytes=7)
    assert complete_enclosures(store, settings, now=day(5)) == EnclosuresReport()
    # Of one that lacks its length, only that is taken.
    add(store, http_server.url("/1.mp3"), first=2, type="audio/mpeg")
    complete_enclosures(store, settings, now=day(5))
    assert files(store) == [(7, "audio/mpeg"), (9, "audio/mpeg")]


def test_only_published_episodes_are_asked_about(
    sqlite_store: Store, settings: Settings, http_server: HttpServer
) -> None:
    url = http_server.on("/1", Reply(200, b"", SOUND, length=9))
    with sqlite_store.write() as c:
        card = add_pair(c, 1, episode=make_episode(1, enclosures=(Enclosure(url=url),)))
        retire_entry(c, card.id, at=day(2))
    assert complete_enclosures(sqlite_store, settings, now=day(5)) == EnclosuresReport()
    assert http_server.requests == []


@pytest.mark.parametrize("status", [405, 501, 403, 400])
def test_a_server_that_refuses_head_is_asked_for_the_first_byte(
    sqlite_store: Store, settings: Settings, http_server: HttpServer, status: int
) -> None:
    def answer(request: Request) -> Reply:
        if request.method == "HEAD":
            return Reply(status)
        assert request.headers["Range"] == "bytes=0-0"
        return Reply(206, b"s", {**SOUND, "Content-Range": "bytes 0-0/48000000"})

    add(sqlite_store, http_server.on("/1", answer))
    assert complete_enclosures(sqlite_store, settings, now=day(5)).completed == 1
    assert files(sqlite_store) == [(48_000_000, "audio/mpeg")]
    assert methods(http_server) == ["HEAD", "GET"]


def test_a_server_that_knows_no_ranges_sends_no_file(
    sqlite_store: Store, settings: Settings, http_server: HttpServer
) -> None:
    """The connection is closed behind the header; otherwise an endless stream would outlast the time for it."""

    def answer(request: Request) -> Reply:
        return Reply(405) if request.method == "HEAD" else Reply(200, itertools.repeat(b"s" * 9999), SOUND)

    add(sqlite_store, http_server.on("/1", answer))
    assert complete_enclosures(sqlite_store, settings, now=day(5)).completed == 1
    # A stream has no length, and that was the answer: it is not asked again.
    assert files(sqlite_store) == [(None, "audio/mpeg")]
    assert complete_enclosures(sqlite_store, settings, now=day(50)).asked == 0


def test_redirects_of_those_who_count_listeners_are_followed(
    sqlite_store: Store, settings: Settings, http_server: HttpServer
) -> None:
    http_server.on("/file", Reply(200, b"", SOUND, length=9))
    add(sqlite_store, http_server.redirect("/counted", "/file"))
    complete_enclosures(sqlite_store, settings, now=day(5))
    assert files(sqlite_store) == [(9, "audio/mpeg")]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404),
        Reply(503),
        Reply(200, b"<p>Gone</p>", {"Content-Type": "text/html; charset=utf-8"}),
        Reply(raw=b"no http at all"),
    ],
)
def test_a_request_in_vain_is_repeated_later_and_given_up_at_last(
    sqlite_store: Store, settings: Settings, http_server: HttpServer, reply: Reply
) -> None:
    url = http_server.on("/1", reply)
    add(sqlite_store, url)
    now = day(5)
    for pause in (*BACK_OFF, timedelta(days=400)):
        last = complete_enclosures(sqlite_store, settings, now=now)
        assert (last.asked, last.failed) == (1, 1)
        assert complete_enclosures(sqlite_store, settings, now=now + pause / 2).asked == 0
        now += pause
    assert [problem.is_notice for problem in last.problems] == [True]
    assert str(last.problems[0]).startswith(f"{url}: the server of this media file tells neither")
    assert complete_enclosures(sqlite_store, settings, now=now) == EnclosuresReport()
    assert files(sqlite_store) == [(None, "")]


def test_an_answer_after_failures_is_kept(
    sqlite_store: Store, settings: Settings, http_server: HttpServer
) -> None:
    add(sqlite_store, http_server.on("/1", Reply(503)))
    complete_enclosures(sqlite_store, settings, now=day(5))
    http_server.on("/1", Reply(200, b"", SOUND, length=9))
    assert complete_enclosures(sqlite_store, settings, now=day(6)).completed == 1
    assert files(sqlite_store) == [(9, "audio/mpeg")]


def test_a_private_place_is_asked_only_where_the_settings_allow_it(
    sqlite_store: Store, with_settings: Any, http_server: HttpServer
) -> None:
    """R63."""
    add(sqlite_store, http_server.on("/1", Reply(200, b"", SOUND, length=9)))
    report = complete_enclosures(sqlite_store, with_settings(), now=day(5))
    assert (report.failed, http_server.requests) == (1, [])


def test_a_pass_asks_about_a_few_only_and_the_newest_first(
    sqlite_store: Store, settings: Settings, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST", 2)
    urls = [http_server.on(f"/{n}", Reply(200, b"", SOUND, length=n)) for n in range(1, 6)]
    add(sqlite_store, *urls)
    seen = []
    while complete_enclosures(sqlite_store, settings, now=day(9)).asked:
        seen.append({request.path for request in http_server.requests})
        http_server.requests.clear()
    assert seen == [{"/5", "/4"}, {"/3", "/2"}, {"/1"}]
    assert files(sqlite_store) == [(n, "audio/mpeg") for n in range(1, 6)]


def test_a_host_that_fails_is_left_alone_for_the_rest_of_the_pass(
    sqlite_store: Store, settings: Settings, http_server: HttpServer
) -> None:
    add(sqlite_store, *(http_server.on(f"/{n}", Reply(503)) for n in range(30)))
    # In a private place several are on their way before the second has failed.
    assert 2 <= complete_enclosures(sqlite_store, settings, now=day(40)).asked < 20


def test_time_is_limited_for_all_together(
    sqlite_store: Store, settings: Settings, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LONGEST", timedelta(seconds=0.5))
    never = threading.Event()
    quick = http_server.on("/quick", Reply(200, b"", SOUND, length=9))
    add(sqlite_store, quick, http_server.on("/slow", Reply(200, wait=never)))
    report = complete_enclosures(sqlite_store, settings, now=day(5))
    never.set()
    assert report == EnclosuresReport(asked=1, completed=1)
    assert files(sqlite_store) == [(9, "audio/mpeg"), (None, "")]


def test_an_older_answer_never_replaces_a_newer_one(store: Store) -> None:
    new = MediaFile(url="https://a.example/", length_bytes=2, type="audio/ogg", asked_at=day(2))
    with store.write() as c:
        save_files(c, [new])
        save_files(c, [MediaFile(url=new.url, asked_at=day(1), failures=1)])
        save_files(c, [])
    with store.read() as c:
        assert load_files(c, [new.url, "https://b.example/"]) == {new.url: new}


# --- thinking --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("enclosure", "lacks"),
    [
        (Enclosure(url="https://m.example/a", type="audio/mpeg", length_bytes=7), False),
        (Enclosure(url="https://m.example/a.mp3", type="", length_bytes=7), False),
        (Enclosure(url="https://m.example/a", type="", length_bytes=7), True),
        (Enclosure(url="https://m.example/a", type="mp3", length_bytes=7), True),
        (Enclosure(url="https://m.example/a", type="application/octet-stream", length_bytes=7), True),
        (Enclosure(url="https://m.example/a.mp3", type="audio/mpeg"), True),
        (Enclosure(url="https://m.example/a.mp3", type="audio/mpeg", length_bytes=0), True),
    ],
)
def test_a_file_lacks_its_length_or_a_type_that_its_name_does_not_tell(
    enclosure: Enclosure, lacks: bool
) -> None:
    assert lacks_something(enclosure) is lacks


def test_a_file_of_several_episodes_is_asked_about_once_and_odd_addresses_never() -> None:
    one, other = Enclosure(url="https://m.example/ä"), Enclosure(url="https://m.example/%C3%A4")
    odd = Enclosure(url="ftp://m.example/a")
    assert list(files_to_ask([(one,), (other,), (odd,), ()], {}, now=day(1))) == ["https://m.example/%C3%A4"]


def test_pauses_grow_until_a_file_is_given_up() -> None:
    file = None
    now = day(1)
    pauses = []
    while file is None or not is_given_up(file):
        file = failed_again("https://m.example/a", file, now=now)
        pauses.append(next((p for p in BACK_OFF if is_due(file, now=now + p)), None))
    assert pauses == [*BACK_OFF, None]


@pytest.mark.parametrize(
    ("status", "headers", "length"),
    [
        (200, {"Content-Length": "48"}, 48),
        (200, {"content-length": " 48 "}, 48),
        (200, {"Content-Length": "0"}, None),
        (200, {"Content-Length": "48", "Content-Encoding": "gzip"}, None),
        (200, {"Content-Length": "-48"}, None),
        (200, {"Content-Length": "٤٨"}, None),
        (200, {"Content-Length": "9" * 400}, None),
        (206, {"Content-Length": "1", "Content-Range": "bytes 0-0/48"}, 48),
        (206, {"Content-Length": "1", "Content-Range": "bytes 0-0/*"}, None),
        (206, {"Content-Length": "1"}, None),
        (200, {}, None),
    ],
)
def test_a_length_is_read_where_there_is_one(
    status: int, headers: dict[str, str], length: int | None
) -> None:
    answer = Answer(status=status, url="https://m.example/a", headers=CIMultiDict(headers))
    assert length_in(answer) == length


@given(st.text(), st.text())
def test_no_header_breaks_the_reading(length: str, total: str) -> None:
    for status in (200, 206):
        headers = CIMultiDict({"Content-Length": length, "Content-Range": total})
        found = length_in(Answer(status=status, url="https://m.example/a", headers=headers))
        assert found is None or 0 < found < 10**15
