"""What goes over the wire, byte by byte: the short way from the parser to the tree, and uvicorn's long one."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from letters.web import WebServer, make_app, protocol

CONTENT = b"<rss>" + b"x" * 2000 + b"</rss>"


@pytest.fixture
def tree(here: Any) -> Path:
    root: Path = here.tree
    (root / "topics/robots").mkdir(parents=True)
    (root / "all.rss").write_bytes(CONTENT)
    (root / "all.rss.gz").write_bytes(b"as gzip")
    date = (root / "all.rss").stat().st_mtime_ns
    os.utime(root / "all.rss.gz", ns=(date, date))
    (root / "topics/robots/index.html").write_text("<p>Robots")
    (root / "large.txt").write_bytes(b"l" * 5_000_000)
    (root.parent / "secret.txt").write_text("no")
    (root / "way-out").symlink_to("../secret.txt")
    (root / "way-up").symlink_to("..")
    return root


@pytest.fixture
def server(here: Any, tree: Path) -> Iterator[WebServer]:
    with WebServer(make_app(lambda: here), "127.0.0.1", 0) as one:
        one.start()
        yield one


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        (value,) = [value for key, value in self.headers if key == name]
        return value


class Connection:
    """Speaks HTTP/1.1 as literally as can be."""

    def __init__(self, server: WebServer) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self.file: BinaryIO = self.socket.makefile("rb")

    def send(self, *lines: str, host: str = "Host: signal.example") -> None:
        self.socket.sendall("\r\n".join([lines[0], host, *lines[1:], "", ""]).encode())

    def read(self, *, has_body: bool = True) -> Answer:
        version, status, _ = self.file.readline().decode().split(" ", 2)
        assert version == "HTTP/1.1"
        headers = []
        while (line := self.file.readline().decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = line.partition(": ")
            headers.append((name.lower(), value))
        answer = Answer(int(status), headers, b"")
        if has_body and answer.status not in {204, 304}:
            answer.body = self.file.read(int(answer["content-length"]))
        return answer

    def ask(self, *lines: str, has_body: bool = True) -> Answer:
        self.send(*lines)
        return self.read(has_body=has_body)

    def is_closed(self) -> bool:
        return self.file.read(1) == b""

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@pytest.fixture
def connection(server: WebServer) -> Iterator[Connection]:
    with closing(Connection(server)) as one:
        yield one


def the_long_way(line: str) -> str:
    """The same request in the form that proxies use, which the short way leaves to uvicorn (RFC 9112 section 3.2.2)."""
    return line.replace(" /", " http://signal.example/", 1)


@pytest.mark.parametrize(
    "lines",
    [
        ["GET /all.rss HTTP/1.1"],
        ["HEAD /all.rss HTTP/1.1"],
        ["GET /all.rss?utm_source=x HTTP/1.1"],
        ["GET /all.rss HTTP/1.1", "If-None-Match: *"],
        ["GET /all.rss HTTP/1.1", "Accept-Encoding: gzip"],
        ["GET /all.rss HTTP/1.1", "ACCEPT-encoding: br;q=0", "accept-Encoding: gzip"],
        ["HEAD /all.rss HTTP/1.1", "Accept-Encoding: gzip"],
        ["HEAD /all.rss HTTP/1.1", "if-NONE-match: *"],
        ["GET /topics/robots/ HTTP/1.1"],
        ["GET /topics/robots HTTP/1.1"],
        ["GET /%61ll.rss HTTP/1.1"],
        ["GET //all.rss HTTP/1.1"],
        ["HEAD /large.txt HTTP/1.1"],
        ["GET /large.txt HTTP/1.1"],
        ["GET /all.rss HTTP/1.1", "Range: bytes=0-3"],
        ["GET /none HTTP/1.1"],
        ["GET /../secret.txt HTTP/1.1"],
        ["GET /topics/../all.rss HTTP/1.1"],
        ["GET /%2e%2e/secret.txt HTTP/1.1"],
        ["GET /..%2fsecret.txt HTTP/1.1"],
        ["GET /all.rss%00 HTTP/1.1"],
        ["GET /way-out HTTP/1.1"],
        ["GET /way-up/secret.txt HTTP/1.1"],
        ["GET /all.rss.gz HTTP/1.1"],
        ["GET /.hidden HTTP/1.1"],
    ],
    ids=" ".join,
)
def test_the_short_way_and_the_long_one_give_the_same_answer(
    connection: Connection, lines: list[str]
) -> None:
    has_body = not lines[0].startswith("HEAD")
    short = connection.ask(*lines, has_body=has_body)
    long = connection.ask(the_long_way(lines[0]), *lines[1:], has_body=has_body)

    def without_date(answer: Answer) -> dict[str, str]:
        return {name: value for name, value in answer.headers if name != "date"}

    assert len(dict(short.headers)) == len(short.headers)
    assert (short.status, without_date(short), short.body) == (long.status, without_date(long), long.body)
    assert abs(parsedate_to_datetime(short["date"]).timestamp() - time.time()) < 30
    assert b"no" not in short.body or short.status == 404


def test_what_leads_out_of_the_tree_is_not_found(connection: Connection) -> None:
    for path in (
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/way-out",
        "/way-up/secret.txt",
        "/..%5csecret.txt",
    ):
        assert connection.ask(f"GET {path} HTTP/1.1").status == 404


def test_many_requests_on_one_connection_are_answered_in_order(connection: Connection) -> None:
    etag = connection.ask("GET /all.rss HTTP/1.1")["etag"]
    requests = [
        (["GET /all.rss HTTP/1.1"], 200),
        (["GET /none HTTP/1.1"], 404),  # the long way, which takes its time
        (["GET /all.rss HTTP/1.1", f"If-None-Match: {etag}"], 304),
        (["GET /topics/robots HTTP/1.1"], 308),
        (["GET /large.txt HTTP/1.1"], 200),
        (["GET /all.rss HTTP/1.1", f"If-None-Match: {etag}"], 304),
        ([the_long_way("GET /all.rss HTTP/1.1")], 200),
        (["GET /topics/robots/ HTTP/1.1"], 200),
    ] * 3
    whole = "".join("\r\n".join([lines[0], "Host: x", *lines[1:], "", ""]) for lines, _ in requests)
    connection.socket.sendall(whole.encode())
    for lines, status in requests:
        answer = connection.read()
        assert answer.status == status, lines
        if lines[0] == "GET /all.rss HTTP/1.1" and status == 200:
            assert answer.body == CONTENT
    assert connection.ask("GET /all.rss HTTP/1.1").status == 200


def test_a_post_between_two_documents_keeps_its_body_to_itself(here: Any, connection: Connection) -> None:
    path = here.unsubscribe_path()
    body = "GET /all.rss HTTP/1.1\r\nHost: x\r\n\r\n"
    connection.socket.sendall(
        (
            "GET /all.rss HTTP/1.1\r\nHost: x\r\n\r\n"
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            "GET /topics/robots/ HTTP/1.1\r\nHost: x\r\n\r\n"
        ).encode()
    )
    assert [connection.read().status for _ in range(3)] == [200, 200, 200]
    assert here.reader().editions == ("daily",)


def test_a_document_asked_for_with_a_body_is_sent(connection: Connection) -> None:
    connection.socket.sendall(b"GET /all.rss HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
    assert connection.read().body == CONTENT
    connection.socket.sendall(
        b"GET /all.rss HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    )
    assert connection.read().body == CONTENT
    assert connection.ask("GET /all.rss HTTP/1.1").body == CONTENT


def test_a_request_may_come_in_pieces(connection: Connection) -> None:
    for byte in b"GET /all.rss HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n":
        connection.socket.sendall(bytes([byte]))
    assert connection.read().body == b"as gzip"


@pytest.mark.parametrize(
    ("lines", "says_so"),
    [(["GET /all.rss HTTP/1.1", "Connection: close"], True), (["GET /all.rss HTTP/1.0"], True)],
)
def test_a_connection_ends_when_it_is_asked_to(
    connection: Connection, lines: list[str], says_so: bool
) -> None:
    answer = connection.ask(*lines)
    assert (answer.status, answer.body) == (200, CONTENT)
    assert (answer["connection"] == "close") is says_so
    assert connection.is_closed()


@pytest.mark.parametrize(
    "first", ["GET /all.rss HTTP/1.1\r\nConnection: close", "GET /all.rss HTTP/1.0\r\nConnection: keep-alive"]
)
def test_nothing_is_answered_or_done_after_the_end(here: Any, connection: Connection, first: str) -> None:
    """RFC 9112 section 9.6."""
    more = (
        f"POST {here.unsubscribe_path()} HTTP/1.1\r\nHost: x\r\n\r\nGET /all.rss HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    connection.socket.sendall(f"{first}\r\n\r\n{more}".encode())
    assert connection.read().status == 200
    assert connection.is_closed()
    time.sleep(0.5)
    assert here.reader().editions == ("daily", "weekly")


@pytest.mark.parametrize("offer", ["h2c", "websocket"])
def test_who_offers_another_protocol_is_answered_in_this_one(
    connection: Connection, caplog: pytest.LogCaptureFixture, offer: str
) -> None:
    for _ in range(2):
        answer = connection.ask("GET /all.rss HTTP/1.1", "Connection: Upgrade", f"Upgrade: {offer}")
        assert (answer.status, answer.body) == (200, CONTENT)
    assert caplog.text == ""


@pytest.mark.parametrize(
    "junk", [b"hello\r\n\r\n", b"GET /all.rss HTTP/1.1\r\nBad Header\r\n\r\n", b"\x16\x03\x01"]
)
def test_what_is_no_request_is_refused(connection: Connection, junk: bytes) -> None:
    connection.socket.sendall(junk + b"\r\n\r\n")
    assert connection.read().status == 400
    assert connection.is_closed()


@pytest.mark.parametrize(
    "endless", [b"x-long: " + b"x" * 1_000_000, b"x-many: x\r\n" * 100_000, b"", b"/" * 1_000_000]
)
def test_an_endless_head_is_cut_off(connection: Connection, endless: bytes) -> None:
    start = b"GET /all.rss" + endless if endless.startswith(b"/") else b"GET /all.rss HTTP/1.1\r\n" + endless
    if not endless:
        start = b"GET " + b"/a" * 500_000
    with pytest.raises(ConnectionError):
        for _ in range(100):
            connection.socket.sendall(start)
            start = start.removeprefix(b"GET /all.rss HTTP/1.1\r\n")
        connection.socket.settimeout(30)
        if connection.file.read(1) == b"":
            raise ConnectionResetError


def test_who_does_not_read_is_not_given_more(server: WebServer, connection: Connection) -> None:
    """Ten thousand requests for a page of 2 KB in one go would otherwise be 20 MB of memory for each that asks."""
    connection.socket.sendall(b"GET /all.rss HTTP/1.1\r\nHost: x\r\n\r\n" * 10_000)
    time.sleep(0.5)
    unsent = [one.transport.get_write_buffer_size() for one in server._server.server_state.connections]
    assert max(unsent) < 200_000
    assert all(connection.read().body == CONTENT for _ in range(10_000))


@pytest.mark.parametrize("sent", [b"", b"GET /all.rss HT", b"GET /all.rss HTTP/1.1\r\nHost: x\r\n\r\nGET /"])
def test_an_idle_connection_and_half_a_request_are_not_waited_for_forever(
    monkeypatch: pytest.MonkeyPatch, server: WebServer, sent: bytes
) -> None:
    monkeypatch.setattr(protocol, "LOOK_EVERY_SECONDS", 0.2)
    with closing(Connection(server)) as connection:
        connection.socket.sendall(sent)
        if b"\r\n\r\n" in sent:
            assert connection.read().status == 200
        began = time.monotonic()
        assert connection.is_closed()
        assert time.monotonic() - began < 10


def test_a_connection_in_use_is_kept(monkeypatch: pytest.MonkeyPatch, server: WebServer) -> None:
    monkeypatch.setattr(protocol, "LOOK_EVERY_SECONDS", 0.3)
    with closing(Connection(server)) as connection:
        for _ in range(12):
            assert connection.ask("GET /all.rss HTTP/1.1").status == 200
            time.sleep(0.1)


def test_the_server_ends_while_connections_are_open(here: Any, tree: Path) -> None:
    server = WebServer(make_app(lambda: here), "127.0.0.1", 0)
    server.start()
    with closing(Connection(server)) as idle, closing(Connection(server)) as half:
        assert idle.ask("GET /all.rss HTTP/1.1").status == 200
        half.socket.sendall(b"GET /all.rss HT")
        began = time.monotonic()
        server.close()
        assert time.monotonic() - began < 4
        assert idle.is_closed()


def test_no_thread_and_no_database_is_asked_for_what_did_not_change(
    here: Any, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    etag = connection.ask("GET /all.rss HTTP/1.1")["etag"]

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a poll must not come here")

    monkeypatch.setattr(here, "store", None)
    monkeypatch.setattr("letters.web.front.sync_to_thread", refuse)
    monkeypatch.setattr("letters.web.missing.sync_to_thread", refuse)
    line = "GET /all.rss HTTP/1.1"
    for asked in (line, the_long_way(line)):
        assert connection.ask(asked, f"If-None-Match: {etag}").status == 304


def test_a_mistake_of_ours_is_told_and_not_blamed_on_the_client(
    here: Any, connection: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("letters.web.tree.represent", broken)
    answer = connection.ask("GET /all.rss HTTP/1.1")
    assert answer.status == 500
    assert "broken on purpose" in caplog.text
