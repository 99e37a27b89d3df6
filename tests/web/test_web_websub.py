"""What hubs may say to us at a callback, and what we answer."""

from __future__ import annotations

import hmac
import http.client
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from letters.store.pushes import (
    MOST_WAITING,
    PushedDocument,
    PushState,
    PushSubscription,
    load_pushed,
    load_subscriptions,
    replace_subscription,
)
from letters.web import WebServer, make_app

TOKEN, SECRET = "a-token-that-nobody-guesses", "a secret that only the hub knows"
TOPIC = "https://tides.example/feed?a=1&b=2"
PATH = f"/websub/{TOKEN}"
SOON = datetime.now(UTC) + timedelta(days=5)


def asked(**changes: Any) -> PushSubscription:
    """A subscription that was asked for just now."""
    base = PushSubscription(
        source="tides",
        hub="https://hub.example/",
        topic=TOPIC,
        token=TOKEN,
        callback=f"https://signal.example{PATH}",
        secret=SECRET,
        state=PushState.REQUESTED,
        requested_at=datetime.now(UTC),
        failures=1,
    )
    return replace(base, **changes)


@dataclass
class Callback:
    """The callback of one subscription, as a hub reaches it."""

    client: TestClient[Any]
    here: Any

    def call(self, **fields: str) -> Any:
        query = {"hub.topic": TOPIC, **{f"hub.{name}": value for name, value in fields.items()}}
        return self.client.get(PATH, params=query)

    def push(self, body: bytes, *, path: str = PATH, **headers: str) -> Any:
        return self.client.post(
            path, content=body, headers={"Content-Type": "application/rss+xml", **headers}
        )

    def put(self, subscription: PushSubscription) -> None:
        with self.here.store.write() as c:
            assert replace_subscription(c, load_subscriptions(c).get("tides"), subscription)

    def stored(self) -> PushSubscription | None:
        with self.here.store.read() as c:
            return load_subscriptions(c).get("tides")

    def waiting(self) -> list[PushedDocument]:
        with self.here.store.read() as c:
            return load_pushed(c, limit=100)


def signed(body: bytes, *, method: str = "sha256", secret: str = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature": f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"}


@pytest.fixture
def arrived() -> threading.Event:
    return threading.Event()


@pytest.fixture
def callback(here: Any, arrived: threading.Event) -> Iterator[Callback]:
    with TestClient(make_app(lambda: here, on_push=arrived.set), raise_server_exceptions=False) as client:
        one = Callback(client, here)
        one.put(asked())
        yield one


# --- verification -------------------------------------------------------------------------------------------


def test_a_challenge_is_echoed_as_it_came_and_the_lease_begins(callback: Callback) -> None:
    """R67."""
    answer = callback.call(mode="subscribe", challenge="<b>1&2 é+</b>", lease_seconds="3600")
    assert (answer.status_code, answer.content) == (200, "<b>1&2 é+</b>".encode())
    # Whatever a challenge looks like, no browser takes it for a page (WebSub section 8.2).
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    stored = callback.stored()
    assert stored is not None
    assert stored.is_in_force(datetime.now(UTC))
    assert not stored.is_in_force(datetime.now(UTC) + timedelta(hours=1))
    assert stored.failures == 0


@pytest.mark.parametrize(
    "unwanted",
    [
        {"mode": "subscribe", "topic": "https://another.example/feed"},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"mode": "subscribe", "challenge": ""},
        {"mode": "subscribe", "challenge": "x" * 5_000},
    ],
    ids=[
        "another topic",
        "leave not asked for",
        "no mode of ours",
        "no challenge",
        "a challenge without end",
    ],
)
def test_what_was_not_asked_for_is_answered_404(callback: Callback, unwanted: dict[str, str]) -> None:
    """R67."""
    answer = callback.call(**{"challenge": "xyz", "lease_seconds": "3600", **unwanted})
    assert answer.status_code == 404
    assert b"xyz" not in answer.content
    assert callback.stored() == asked(requested_at=callback.stored().requested_at)  # type: ignore[union-attr]


def test_another_token_is_answered_404_and_410(callback: Callback, arrived: threading.Event) -> None:
    """R67."""
    query = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "xyz"}
    for path in (f"{PATH}x", "/websub/x", "/websub/%00"):
        assert callback.client.get(path, params=query).status_code == 404
    # The hub learns that it may drop whatever it thinks it has (section 7).
    assert callback.push(b"<rss/>", path=f"{PATH}x", **signed(b"<rss/>")).status_code == 410
    assert not arrived.is_set()


@pytest.mark.parametrize(
    "query", ["", "hub.mode=subscribe", "hub.mode=subscribe&hub.topic=%FF", "&".join(["a=1"] * 500), "é"]
)
def test_a_query_that_is_not_a_hubs_is_answered_404(callback: Callback, query: str) -> None:
    assert callback.client.get(f"{PATH}?{query}").status_code == 404


def test_leave_that_was_asked_for_is_agreed_to_and_the_subscription_is_forgotten(callback: Callback) -> None:
    callback.put(asked(state=PushState.ENDED, lease_ends_at=SOON))
    assert callback.call(mode="subscribe", challenge="xyz", lease_seconds="60").status_code == 404
    answer = callback.call(mode="unsubscribe", challenge="xyz")
    assert (answer.status_code, answer.content) == (200, b"xyz")
    assert callback.stored() is None


def test_a_denial_ends_a_subscription_in_force(callback: Callback) -> None:
    callback.put(asked(state=PushState.VERIFIED, lease_ends_at=SOON, failures=0))
    assert callback.call(mode="denied", reason="moved\nhouse").status_code == 200
    stored = callback.stored()
    assert stored is not None
    assert stored.state is PushState.DENIED
    assert stored.last_error == "https://hub.example/ denied the subscription: moved house"
    assert callback.push(b"<rss/>", **signed(b"<rss/>")).status_code == 410


# --- pushes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signed_document_is_kept_as_it_came(
    callback: Callback, arrived: threading.Event, method: str
) -> None:
    """R67."""
    body = b"<rss>\x00\xff\r\n</rss>"
    assert callback.push(body, **signed(body, method=method)).status_code == 202
    assert arrived.is_set()
    (document,) = callback.waiting()
    assert (document.source, document.body, document.content_type) == ("tides", body, "application/rss+xml")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature": ""},
        {"X-Hub-Signature": "sha256="},
        {"X-Hub-Signature": "sha256=é"},
        signed(b"<rss/>", secret="another"),
        signed(b"<rss/> "),
        {"X-Hub-Signature": signed(b"<rss/>")["X-Hub-Signature"].replace("sha256", "md5")},
        {"X-Hub-Signature": signed(b"<rss/>", method="md5")["X-Hub-Signature"]},
    ],
)
def test_a_document_with_a_wrong_signature_is_answered_like_a_right_one_and_dropped(
    callback: Callback, arrived: threading.Event, headers: dict[str, str]
) -> None:
    """R67."""
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    wrong = callback.client.post(PATH, content=b"<rss/>", headers=encoded)
    assert not arrived.is_set()
    assert callback.waiting() == []
    right = callback.push(b"<rss/>", **signed(b"<rss/>"))
    assert (wrong.status_code, wrong.content) == (right.status_code, right.content)


def test_a_replayed_document_wakes_nobody(callback: Callback, arrived: threading.Event) -> None:
    for _ in range(2):
        assert callback.push(b"<rss/>", **signed(b"<rss/>")).status_code == 202
        arrived.clear()
    assert callback.push(b"<rss/>", **signed(b"<rss/>")).status_code == 202
    assert not arrived.is_set()
    assert len(callback.waiting()) == 1


def test_only_the_newest_documents_of_a_source_wait(callback: Callback) -> None:
    bodies = [f"<rss>{number}</rss>".encode() for number in range(MOST_WAITING + 3)]
    for body in bodies:
        callback.push(body, **signed(body))
    assert [document.body for document in callback.waiting()] == bodies[3:]


def test_an_empty_push_is_answered_and_not_kept(callback: Callback, arrived: threading.Event) -> None:
    assert callback.push(b"", **signed(b"")).status_code == 202
    assert callback.waiting() == []
    assert not arrived.is_set()


def test_documents_may_be_as_large_as_those_of_sources_and_no_larger(callback: Callback) -> None:
    """R63."""
    house = callback.here
    watching = house.settings.watch.model_copy(update={"size_limit_mb": 1})
    house.settings = house.settings.model_copy(update={"watch": watching})
    largest = b"x" * 1_000_000
    assert callback.push(largest, **signed(largest)).status_code == 202
    assert callback.push(largest + b"x", **signed(largest + b"x")).status_code == 413
    assert [len(document.body) for document in callback.waiting()] == [1_000_000]


def test_reading_stops_where_a_body_that_announces_no_length_passes_the_limit(
    callback: Callback, arrived: threading.Event
) -> None:
    """R63."""
    house = callback.here
    watching = house.settings.watch.model_copy(update={"size_limit_mb": 1})
    house.settings = house.settings.model_copy(update={"watch": watching})
    with WebServer(make_app(lambda: house, on_push=arrived.set), "127.0.0.1", 0) as server:
        server.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.putrequest("POST", PATH)
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        # No last chunk follows: an answer comes only from who gave up reading.
        for _ in range(17):
            connection.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        assert connection.getresponse().status == 413
        connection.close()
    assert callback.waiting() == []


def test_a_hub_that_hangs_up_leaves_nothing(callback: Callback, arrived: threading.Event) -> None:
    with WebServer(make_app(lambda: callback.here, on_push=arrived.set), "127.0.0.1", 0) as server:
        server.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.putrequest("POST", PATH)
        connection.putheader("Content-Length", "1000")
        connection.endheaders()
        connection.send(b"<rss>")
        connection.close()
    assert callback.waiting() == []


def test_forms_of_readers_keep_their_small_limit(callback: Callback) -> None:
    answer = callback.client.post(callback.here.unsubscribe_path(), content=b"x" * 100_000)
    assert answer.status_code == 413


def test_no_log_line_holds_a_token_or_a_secret(
    callback: Callback, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        callback.call(mode="subscribe", challenge="xyz", lease_seconds="60")
        callback.push(b"<rss/>", **signed(b"<rss/>"))
        callback.push(b"<rss/>")
        callback.push(b"<rss/>", path=f"{PATH}x")
        callback.call(mode="denied", reason=f"{TOKEN} {SECRET}")
    out, err = capsys.readouterr()
    stored = callback.stored()
    assert stored is not None
    assert "denied the subscription: … …" in stored.last_error
    # The client of the test is a program of its own, which may log what it asked for.
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    for text in (*ours, out, err):
        assert TOKEN not in text
        assert SECRET not in text
