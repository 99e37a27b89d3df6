"""The server in its thread, asked over a real connection."""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from letters.errors import LettersError, UsageError
from letters.web import WebServer, make_app


@pytest.fixture
def server(here: Any) -> Iterator[WebServer]:
    here.tree.mkdir(parents=True)
    (here.tree / "all.rss").write_text("<rss/>")
    with WebServer(make_app(lambda: here), "127.0.0.1", 0) as one:
        one.start()
        yield one


def ask(
    server: WebServer, method: str, path: str, body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    """As bare as a request can be: http.client adds Host and Content-Length only."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body=body)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_a_mail_program_unsubscribes_over_a_real_connection(here: Any, server: WebServer) -> None:
    """R03, R04, R05."""
    for body in (None, b"List-Unsubscribe=One-Click"):
        status, headers, _ = ask(server, "POST", here.unsubscribe_path(), body)
        assert status == 200
        assert "location" not in headers
    assert here.reader().editions == ("daily",)


def test_files_and_their_heads_are_served(server: WebServer) -> None:
    status, headers, content = ask(server, "GET", "/all.rss")
    assert (status, content) == (200, b"<rss/>")
    assert "server" not in headers
    assert ask(server, "HEAD", "/all.rss")[1]["content-length"] == "6"
    assert ask(server, "HEAD", "/all.rss")[2] == b""


def test_a_way_out_of_the_tree_is_not_found(server: WebServer) -> None:
    assert ask(server, "GET", "/../../letters.db")[0] == 404
    assert ask(server, "GET", "/%2e%2e/%2e%2e/letters.db")[0] == 404


def test_an_unfinished_or_endless_body_is_refused(here: Any, server: WebServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST", here.unsubscribe_path())
    connection.putheader("Content-Length", "10000000")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert here.reader().editions == ("daily", "weekly")


def test_no_log_line_holds_a_token(here: Any, server: WebServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(server, "GET", here.unsubscribe_path())
        ask(server, "POST", here.unsubscribe_path())
        ask(server, "GET", here.unsubscribe_path() + "x")
    assert here.unsubscribe_path().rpartition("/")[2] not in caplog.text


def test_a_port_that_is_taken_is_said_at_once(here: Any, server: WebServer) -> None:
    with pytest.raises(UsageError, match=r"cannot listen at 127\.0\.0\.1:\d+: .*in use.*choose another"):
        WebServer(make_app(lambda: here), "127.0.0.1", server.port)


@pytest.mark.parametrize(("host", "port"), [("256.0.0.1", 0), ("127.0.0.1", 70_000)])
def test_an_address_that_cannot_be_is_refused(here: Any, host: str, port: int) -> None:
    with pytest.raises(UsageError, match="cannot listen at"):
        WebServer(make_app(lambda: here), host, port)


def test_closing_ends_the_thread_and_calls_back(here: Any) -> None:
    ended = threading.Event()
    server = WebServer(make_app(lambda: here), "127.0.0.1", 0)
    server.start(on_end=ended.set)
    assert ask(server, "GET", "/")[0] == 404
    server.close()
    server.close()
    assert ended.is_set()
    with pytest.raises(ConnectionRefusedError):
        ask(server, "GET", "/")


def test_a_server_that_never_started_can_be_closed(here: Any) -> None:
    WebServer(make_app(lambda: here), "127.0.0.1", 0).close()


def test_a_server_that_ends_by_itself_is_an_error() -> None:
    async def broken(scope: Any, _receive: Any, send: Any) -> None:
        assert scope["type"] == "lifespan"
        await send({"type": "lifespan.startup.failed", "message": "no"})

    ended = threading.Event()
    server = WebServer(broken, "127.0.0.1", 0)
    server.start(on_end=ended.set)
    assert ended.wait(30)
    with pytest.raises(LettersError, match="ended by itself"):
        server.close()
