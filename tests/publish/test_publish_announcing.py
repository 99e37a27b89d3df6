"""A hub hears of what changed, after the bytes are in place, until it has accepted (R55)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from builders import add_pair, change_card, day, make_card
from letters.publish import AnnounceReport, announce
from letters.settings.types import WatchSettings
from websub_hub import HubProcess

FORMS = ("rss", "atom", "json")
PATHS = ("all", "topics/signals", "audiences/keeper", "topics/signals/keeper")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[HubProcess]:
    process = HubProcess()
    yield process
    process.close()


@pytest.fixture
def site(sqlite_press: Any) -> Iterator[str]:
    """The tree, served; where."""
    tree = Path(sqlite_press.tree)
    tree.mkdir(parents=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tree)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def newsroom(sqlite_press: Any, with_settings: Any, hub: HubProcess, site: str) -> Any:
    """A card, published for the first time, with a hub."""
    settings = with_settings(publish={"hub": hub.url}, site={"base_url": site})
    watching = WatchSettings(allow_private=("127.0.0.0/8",))
    sqlite_press.settings = settings.model_copy(update={"watch": watching})
    with sqlite_press.store.write() as c:
        add_pair(c, 1)
    sqlite_press.publish(day(10))
    return sqlite_press


def tell(press: Any, at: float) -> AnnounceReport:
    return announce(press.store, press.settings, now=day(at))


def edit(press: Any, at: float, summary: str = "Other words.") -> None:
    with press.store.write() as c:
        change_card(c, make_card(1, summary=summary))
    press.publish(day(at))


def pings(hub: HubProcess) -> list[str]:
    return [one["hub.topic"] for one in hub.state()["requests"]]


def test_documents_that_nobody_can_have_subscribed_to_are_not_announced(
    newsroom: Any, hub: HubProcess
) -> None:
    assert tell(newsroom, 10) == AnnounceReport()
    assert pings(hub) == []


def test_a_changed_document_is_announced_once_and_the_hub_finds_the_new_bytes(
    newsroom: Any, hub: HubProcess, site: str
) -> None:
    edit(newsroom, 11)
    assert tell(newsroom, 11) == AnnounceReport(announced=12)
    assert sorted(pings(hub)) == sorted(f"{site}{path}.{form}" for path in PATHS for form in FORMS)
    for call in hub.state()["calls"]:
        path = newsroom.tree / call["topic"].removeprefix(site)
        assert (call["status"], call["digest"]) == (200, hashlib.sha256(path.read_bytes()).hexdigest())
    assert tell(newsroom, 12) == AnnounceReport()
    newsroom.publish(day(13), everything=True)
    assert tell(newsroom, 13) == AnnounceReport()
    assert len(pings(hub)) == 12


def test_a_new_card_is_announced_where_it_joined(newsroom: Any, hub: HubProcess, site: str) -> None:
    with newsroom.store.write() as c:
        add_pair(c, 2, card=make_card(2, topics=("Fog",), audiences=()))
    newsroom.publish(day(11))
    tell(newsroom, 11)
    # The topic's own feed is new: nobody can know it.
    assert sorted(pings(hub)) == sorted(f"{site}all.{form}" for form in FORMS)


def test_a_hub_that_does_not_answer_is_told_later(newsroom: Any, hub: HubProcess) -> None:
    edit(newsroom, 11)
    hub.behave(answer=503)
    report = tell(newsroom, 11)
    assert (report.announced, report.waiting) == (0, 12)
    (problem,) = report.problems
    assert "12 changed documents: it answers 503 Service Unavailable" in str(problem)
    # It was asked by those who were at it already, and by no more.
    assert len(pings(hub)) <= 8
    hub.behave()
    assert tell(newsroom, 11) == AnnounceReport()
    later = announce(newsroom.store, newsroom.settings, now=day(11) + timedelta(minutes=2))
    assert later == AnnounceReport(announced=12)


def test_a_hub_that_is_not_there_is_told_of_on_the_first_and_each_doubled_failure(newsroom: Any) -> None:
    edit(newsroom, 11)
    newsroom.settings = newsroom.settings.model_copy(
        update={"publish": newsroom.settings.publish.model_copy(update={"hub": "http://127.0.0.1:9/"})}
    )
    told = [bool(tell(newsroom, 12 + number).problems) for number in range(8)]
    assert told == [True, True, False, True, False, False, False, True]


def test_a_document_that_changes_while_the_hub_is_down_is_announced_once(
    newsroom: Any, hub: HubProcess
) -> None:
    hub.behave(answer=503)
    edit(newsroom, 11)
    tell(newsroom, 11)
    edit(newsroom, 12, summary="Still other words.")
    hub.behave()
    assert tell(newsroom, 13).announced == 12
    assert len(hub.state()["calls"]) == 12


def test_a_kill_between_the_writing_and_the_record_loses_no_announcement(
    newsroom: Any, hub: HubProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("letters.publish.edge.note_documents", kill)
        with pytest.raises(Killed):
            edit(newsroom, 11)
    report = newsroom.publish(day(12))
    assert report.written == 0
    assert tell(newsroom, 12).announced == 12


def test_without_a_hub_nothing_is_noted(sqlite_press: Any) -> None:
    with sqlite_press.store.write() as c:
        add_pair(c, 1)
    sqlite_press.publish(day(10))
    edit(sqlite_press, 11)
    assert tell(sqlite_press, 11) == AnnounceReport()
