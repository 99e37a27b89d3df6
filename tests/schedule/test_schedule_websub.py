"""WebSub from end to end: a hub that is a process of its own, our web server, and the turns that the scheduler takes (R67)."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from httpserver import HttpServer
from letters.model import Source
from letters.schedule.pushes import Every, Subscriptions
from letters.settings import Settings, Workspace
from letters.settings.types import (
    DeliverySettings,
    PairSettings,
    PublishSettings,
    Secrets,
    SiteSettings,
    StoreSettings,
    WatchSettings,
)
from letters.store import Store
from letters.store.codec import dump
from letters.store.episodes import load_episodes
from letters.store.pushes import (
    PushState,
    PushSubscription,
    load_pushed,
    load_subscriptions,
    verified_sources,
)
from letters.store.sources import SourceState, load_states, save_states
from letters.watch import SubscriptionsReport, WatchReport, keep_subscriptions, watch
from letters.watch.parse.values import Hints
from letters.web import WebServer, make_app
from websub_hub import HubProcess

PATIENCE = 60

#: For what has nothing to do with the database.
on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


def rss(*numbers: int, hub: str = "", topic: str = "") -> str:
    links = f'<atom:link rel="hub" href="{hub}"/><atom:link rel="self" href="{topic}"/>' if hub else ""
    items = "".join(
        f"<item><title>Tide {number}</title><guid>tide-{number}</guid><link>https://tides.example/{number}</link>"
        f"<pubDate>{number:02} Jan 2026 12:00:00 +0000</pubDate></item>"
        for number in numbers
    )
    return (
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>The Tide Show</title>'
        f"<link>https://tides.example/</link><description>x</description>{links}{items}</channel></rss>"
    )


@dataclass
class Here:
    """A house with one source, its site on loopback, and a hub."""

    workspace: Workspace
    settings: Settings
    store: Store
    hub: HubProcess
    publisher: HttpServer
    topic: str

    def publish(self, *numbers: int) -> None:
        """What the source answers with from now on."""
        self.publisher.serve("/feed", rss(*numbers, hub=self.hub.url, topic=self.topic))

    def change(self, *, sources: tuple[Source, ...] | None = None, **watching: Any) -> None:
        self.settings = self.settings.model_copy(
            update={
                "sources": self.settings.sources if sources is None else sources,
                "watch": self.settings.watch.model_copy(update=watching),
            }
        )

    def look(self, *, now: datetime | None = None) -> WatchReport:
        return watch(self.store, self.settings, now=now or datetime.now(UTC))

    def keep(self, *, now: datetime | None = None) -> SubscriptionsReport:
        return keep_subscriptions(self.store, self.settings, now=now or datetime.now(UTC))

    def says(self, *hubs: str, topic: str | None = None) -> None:
        """What the source's document said of its hubs."""
        hints = dump(Hints(hubs=hubs, self_url=self.topic if topic is None else topic))
        with self.store.write() as c:
            save_states(c, [load_states(c)["tides"]._replace(hints=hints)])

    def subscription(self) -> PushSubscription:
        with self.store.read() as c:
            return load_subscriptions(c)["tides"]

    def has_subscription(self) -> bool:
        with self.store.read() as c:
            return "tides" in load_subscriptions(c)

    def is_pushed(self, *, now: datetime | None = None) -> bool:
        with self.store.read() as c:
            return "tides" in verified_sources(c, now=now or datetime.now(UTC))

    def waiting(self) -> int:
        with self.store.read() as c:
            return len(load_pushed(c, limit=100))

    def titles(self) -> list[str]:
        with self.store.read() as c:
            return [episode.title for episode in load_episodes(c)]

    def subscribe(self) -> None:
        """Look, ask, and wait for the hub to have verified."""
        self.look()
        self.says(self.hub.url)
        assert self.keep().subscribed == 1
        self.hub.wait_for(lambda state: bool(state["calls"]))


@pytest.fixture
def hub() -> Iterator[HubProcess]:
    one = HubProcess()
    yield one
    one.close()


@pytest.fixture
def arrived() -> threading.Event:
    return threading.Event()


@pytest.fixture
def here(
    tmp_path: Path, store: Store, http_server: HttpServer, hub: HubProcess, arrived: threading.Event
) -> Iterator[Here]:
    house = Here(
        Workspace(tmp_path),
        make_settings(Source(key="tides", url=http_server.url("/feed"))),
        store,
        hub,
        http_server,
        topic=http_server.url("/feed"),
    )
    house.publish(1)
    with WebServer(make_app(lambda: house, on_push=arrived.set), "127.0.0.1", 0) as server:
        site = house.settings.site.model_copy(update={"base_url": server.url.rstrip("/")})
        house.settings = house.settings.model_copy(update={"site": site})
        server.start()
        yield house


def make_settings(*sources: Source) -> Settings:
    return Settings(
        site=SiteSettings(title="Signal", base_url="http://127.0.0.1:1"),
        store=StoreSettings(),
        watch=WatchSettings(allow_private=("127.0.0.0/8",), timeout=timedelta(seconds=10)),
        pair=PairSettings(),
        publish=PublishSettings(),
        delivery=DeliverySettings(**{"from": "Signal <news@signal.example>"}),
        sources=sources,
        secrets=Secrets(link_keys=()),
    )


def test_what_a_hub_pushes_is_stored_by_the_next_pass_without_asking_the_source(
    here: Here, arrived: threading.Event
) -> None:
    """R67."""
    here.subscribe()
    assert here.is_pushed()
    (request,) = here.hub.state()["requests"]
    assert request["hub.callback"].startswith(f"{here.settings.site.base_url}/websub/")
    assert 0 < len(request["hub.secret"]) < 200

    assert here.hub.push(here.topic, rss(2)) == [202]
    assert arrived.wait(PATIENCE)
    report = here.look()
    assert (report.polled, report.new) == (0, 1)
    assert here.titles() == ["Tide 1", "Tide 2"]
    assert here.publisher.count("/feed") == 1
    assert here.waiting() == 0


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
@on_sqlite
def test_every_algorithm_of_the_recommendation_is_understood(here: Here, algorithm: str) -> None:
    """R67."""
    here.subscribe()
    here.hub.behave(algorithm=algorithm)
    assert here.hub.push(here.topic, rss(2)) == [202]
    assert here.waiting() == 1


@pytest.mark.parametrize("wrong", [{"signature": "wrong"}, {"signature": "missing"}, {"algorithm": "md5"}])
@on_sqlite
def test_a_document_with_a_wrong_signature_is_answered_and_ignored(
    here: Here, arrived: threading.Event, wrong: dict[str, str]
) -> None:
    """R67."""
    here.subscribe()
    here.hub.behave(**wrong)
    assert here.hub.push(here.topic, rss(2)) == [202]
    assert here.waiting() == 0
    assert not arrived.is_set()


def test_a_document_that_is_pushed_twice_is_kept_once(here: Here) -> None:
    here.subscribe()
    for _ in range(2):
        assert here.hub.push(here.topic, rss(2)) == [202]
    assert here.waiting() == 1
    assert here.look().new == 1
    assert here.hub.push(here.topic, rss(2)) == [202]
    assert here.look().new == 0


def test_a_lease_is_renewed_before_its_end_and_not_before_it_is_due(here: Here) -> None:
    """R67."""
    here.hub.behave(lease="86400")
    here.subscribe()
    first = here.subscription()
    begun = datetime.now(UTC)
    assert here.keep(now=begun + timedelta(hours=12)).subscribed == 0
    assert here.keep(now=begun + timedelta(hours=18)).subscribed == 1
    here.hub.wait_for(lambda state: len(state["calls"]) == 2)
    renewed = here.subscription()
    assert renewed.state is PushState.VERIFIED
    assert renewed.lease_ends_at is not None
    assert first.lease_ends_at is not None
    assert renewed.lease_ends_at > first.lease_ends_at
    assert renewed.failures == 0
    # The same callback: to the hub it is the same subscription, and no document comes twice.
    assert len(here.hub.state()["subscribers"]) == 1


@on_sqlite
def test_when_the_hub_dies_polling_still_finds_what_is_new(here: Here) -> None:
    """R67."""
    here.hub.behave(lease="60")
    here.subscribe()
    here.hub.close()
    later = datetime.now(UTC) + timedelta(days=2)
    assert not here.is_pushed(now=later)
    report = here.keep(now=later)
    assert report.subscribed == 1
    (notice,) = report.problems
    assert notice.is_notice
    assert "gave no answer" in str(notice)
    here.publish(1, 2)
    assert here.look(now=later).new == 1
    # Asked again, and not at once.
    assert here.keep(now=later + timedelta(minutes=1)).subscribed == 0
    assert here.keep(now=later + timedelta(hours=1)).subscribed == 1


@on_sqlite
def test_after_downtime_the_first_turn_renews_what_lapsed(here: Here) -> None:
    here.hub.behave(lease="1")
    here.subscribe()
    later = datetime.now(UTC) + timedelta(days=3)
    here.hub.behave()
    assert not here.is_pushed(now=later)
    assert here.keep(now=later).subscribed == 1
    here.hub.wait_for(lambda state: len(state["calls"]) == 2)
    assert here.is_pushed(now=datetime.now(UTC))


def test_a_removed_source_is_unsubscribed(here: Here) -> None:
    """R67."""
    here.subscribe()
    here.change(sources=())
    assert here.keep().unsubscribed == 1
    state = here.hub.wait_for(lambda state: len(state["calls"]) == 2)
    assert state["calls"][1] == {
        "mode": "unsubscribe",
        "topic": here.topic,
        "status": 200,
        "agreed": True,
    }
    assert state["subscribers"] == []
    assert not here.has_subscription()
    assert here.keep().unsubscribed == 0


@on_sqlite
def test_turning_websub_off_unsubscribes_and_a_hub_that_does_not_know_it_is_told_so(here: Here) -> None:
    here.subscribe()
    here.hub.behave(verifies=False)
    here.change(websub=False)
    assert here.keep().unsubscribed == 1
    assert not here.is_pushed()
    assert here.hub.push(here.topic, rss(2)) == [410]
    assert here.hub.state()["subscribers"] == []
    assert here.waiting() == 0


@on_sqlite
def test_another_hub_or_topic_is_subscribed_to_once_the_old_one_is_left(here: Here) -> None:
    here.subscribe()
    before = here.subscription()
    other = here.publisher.url("/other")
    here.says(here.hub.url, topic=other)
    assert here.keep().unsubscribed == 1
    here.hub.wait_for(lambda state: not state["subscribers"])
    assert here.keep().subscribed == 1
    (subscriber,) = here.hub.wait_for(lambda state: bool(state["subscribers"]))["subscribers"]
    after = here.subscription()
    assert (subscriber["topic"], after.topic) == (other, other)
    assert not {before.token, before.secret} & {after.token, after.secret}


@on_sqlite
def test_a_hub_that_moved_is_followed(here: Here, http_server: HttpServer) -> None:
    moved = http_server.redirect("/hub", to=here.hub.url, status=307)
    here.look()
    here.says(moved)
    here.keep()
    here.hub.wait_for(lambda state: bool(state["calls"]))
    assert here.is_pushed()


@on_sqlite
def test_a_hub_that_sends_in_circles_is_given_up(here: Here) -> None:
    here.hub.behave(moved_to=here.hub.url)
    here.look()
    here.says(here.hub.url)
    (notice,) = here.keep().problems
    assert "redirects more than 3 times" in str(notice)
    assert len(here.hub.state()["requests"]) == 4


@on_sqlite
def test_the_next_hub_is_asked_when_the_first_one_fails(here: Here, http_server: HttpServer) -> None:
    here.look()
    here.says(http_server.url("/no-hub"), here.hub.url)
    here.keep()
    assert not here.is_pushed()
    here.keep(now=datetime.now(UTC) + timedelta(hours=1))
    here.hub.wait_for(lambda state: bool(state["calls"]))
    assert here.is_pushed()
    assert here.subscription().hub == here.hub.url
    assert here.keep().problems == ()


@on_sqlite
def test_a_hub_that_denies_is_not_asked_again_soon(here: Here) -> None:
    here.hub.behave(denies="not on our list")
    here.look()
    here.says(here.hub.url)
    here.keep()
    state = here.hub.wait_for(lambda state: bool(state["calls"]))
    assert state["calls"][0]["status"] == 200
    (notice,) = here.keep(now=datetime.now(UTC) + timedelta(days=1)).problems
    assert "denied the subscription: not on our list" in str(notice)
    assert len(here.hub.state()["requests"]) == 1
    assert here.keep(now=datetime.now(UTC) + timedelta(days=8)).subscribed == 1


@on_sqlite
def test_a_hub_that_verifies_before_it_answers_is_not_overwritten(here: Here) -> None:
    here.hub.behave(at_once=True)
    here.subscribe()
    assert here.is_pushed()


@on_sqlite
def test_a_hub_inside_the_network_is_not_asked_unless_it_is_allowed(here: Here) -> None:
    """R63."""
    here.subscribe()
    here.change(allow_private=(here.publisher.place,))
    site = here.settings.site.model_copy(update={"base_url": "https://signal.world"})
    here.settings = here.settings.model_copy(update={"site": site})
    (notice,) = here.keep(now=datetime.now(UTC) + timedelta(days=20)).problems
    assert "not on the public internet" in str(notice)
    assert len(here.hub.state()["requests"]) == 1


def test_two_processes_that_take_the_same_turn_ask_once(here: Here) -> None:
    here.look()
    here.says(here.hub.url)
    now = datetime.now(UTC)
    turns = [threading.Thread(target=here.keep, kwargs={"now": now}) for _ in range(4)]
    for turn in turns:
        turn.start()
    for turn in turns:
        turn.join()
    assert len(here.hub.state()["requests"]) == 1


@on_sqlite
def test_what_a_hub_repeats_of_our_secrets_is_not_told(here: Here, caplog: pytest.LogCaptureFixture) -> None:
    here.hub.behave(answer=400, words="no: CALLBACK\x00\nand SECRET")
    here.look()
    here.says(here.hub.url)
    with caplog.at_level(logging.DEBUG):
        (notice,) = here.keep().problems
    known = here.subscription()
    assert "answered 400 Bad Request: no: …? and …" in str(notice)
    for text in (str(notice), repr(known), caplog.text):
        assert known.token not in text
        assert known.secret not in text


@on_sqlite
def test_more_requests_than_fit_into_a_turn_are_made_in_the_next(here: Here) -> None:
    sources = tuple(
        Source(key=f"tides-{number}", url=here.publisher.url(f"/{number}")) for number in range(9)
    )
    here.change(sources=sources)
    with here.store.write() as c:
        for source in sources:
            hints = dump(Hints(hubs=(here.hub.url,)))
            save_states(c, [SourceState(source=source.key, url=source.url, hints=hints)])
    first, second = here.keep(), here.keep()
    assert (first.subscribed, first.has_more) == (8, True)
    assert (second.subscribed, second.has_more) == (1, False)
    here.hub.wait_for(lambda state: len(state["subscribers"]) == 9)


@on_sqlite
def test_a_notice_is_told_once_while_it_lasts(here: Here, capsys: pytest.CaptureFixture[str]) -> None:
    here.hub.behave(answer=403)
    here.look()
    here.says(here.hub.url)
    subscriptions = Subscriptions(lambda: here, stop=threading.Event())  # type: ignore[arg-type, return-value]
    for _ in range(2):
        assert not subscriptions.keep(datetime.now(UTC))
    # Where log lines go depends on which tests set logging up before.
    assert "".join(capsys.readouterr()).count("answered 403 Forbidden") == 1


def test_a_pause_is_over_at_first_and_then_only_when_it_is() -> None:
    long, none = Every(timedelta(days=1)), Every(timedelta(0))
    assert [long.has_passed() for _ in range(3)] == [True, False, False]
    assert all(none.has_passed() for _ in range(3))


# --- letters run --------------------------------------------------------------------------------------------

PROGRAM = """
import os, sys
from pathlib import Path
from letters.schedule import run_scheduler
from letters.settings import Workspace
run_scheduler(Workspace(Path(sys.argv[1])), os.environ)
"""


class Running:
    """``letters run`` as a process, and what it logs."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(root)],
            env={**os.environ, "LETTERS_SECRET": "a key of the test"},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._watchdog = threading.Timer(PATIENCE, self.process.kill)
        self._watchdog.start()

    def wait_for(self, *words: str) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if all(word in line for word in words):
                return line
        raise AssertionError(f"no line with {words!r} in:\n{''.join(self.lines)}")

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        assert self.process.stderr is not None
        self.lines += self.process.stderr.readlines()
        self.process.communicate()
        self._watchdog.cancel()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def write_house(root: Path, *, port: int, url: str) -> None:
    for name, text in {
        "letters.toml": f"""
            [site]
            title = "Signal"
            base_url = "http://127.0.0.1:{port}"
            [delivery]
            from = "Signal <news@signal.example>"
            [web]
            port = {port}
            [watch]
            allow_private = ["127.0.0.0/8"]
            """,
        "sources.toml": f'[[source]]\nkey = "tides"\nurl = "{url}"\n',
        "topics.toml": "",
        "schedule.toml": "",
    }.items():
        (root / "config" / name).write_text(text)


def test_a_running_house_subscribes_and_reads_what_is_pushed_even_if_killed_in_between(
    tmp_path: Path, hub: HubProcess, http_server: HttpServer
) -> None:
    """R67."""
    topic = http_server.url("/feed")
    http_server.serve("/feed", rss(1, hub=hub.url, topic=topic))
    (tmp_path / "config").mkdir()
    (tmp_path / "cards").mkdir()
    write_house(tmp_path, port=free_port(), url=topic)
    store = Store(f"sqlite:///{tmp_path}/var/letters.db")
    store.upgrade()
    with store.write() as c:
        hints = dump(Hints(hubs=(hub.url,), self_url=topic))
        save_states(c, [SourceState(source="tides", url=topic, hints=hints)])

    running = Running(tmp_path)
    running.wait_for("made a pass")
    hub.wait_for(lambda state: bool(state["subscribers"]))
    assert hub.push(topic, rss(2)) == [202]
    running.wait_for("made a pass", "new=1")
    assert http_server.count("/feed") == 1

    hub.behave(signature="wrong")
    assert hub.push(topic, rss(9)) == [202]
    running.wait_for("signature is wrong or missing")

    hub.behave()
    assert hub.push(topic, rss(3)) == [202]
    running.end(signal.SIGKILL)
    again = Running(tmp_path)
    again.wait_for("made a pass")
    again.end(signal.SIGTERM)

    with store.read() as c:
        assert [episode.title for episode in load_episodes(c)] == ["Tide 1", "Tide 2", "Tide 3"]
        known = load_subscriptions(c)["tides"]
    store.close()
    assert len(hub.state()["requests"]) == 1
    logged = "".join([*running.lines, *again.lines])
    assert known.token not in logged
    assert known.secret not in logged
    assert "Traceback" not in logged
