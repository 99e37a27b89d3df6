"""What the client owes to the loop, to the operator and to the next request: nothing left over from the last one."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pycurl
import pytest

from httpserver import HttpServer, Reply, Request
from letters.errors import FetchError, ForbiddenAddressError
from letters.net import Answer, Client, NetSettings
from letters.net.words import reason_of

CERTIFICATE = Path(__file__).with_name("self_signed.pem")


def settings(**changes: Any) -> NetSettings:
    return NetSettings(**{"user_agent": "Letters/test", "allow_private": ("127.0.0.0/8",)} | changes)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client(settings()) as client:
        yield client


@pytest.fixture
def tls_server() -> Iterator[HttpServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server = HttpServer(tls=context)
    yield server
    server.close()


async def until(holds: Callable[[], bool]) -> None:
    """Waits for what happens in the server's threads."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - they know nothing of this loop's events
            await asyncio.sleep(0.01)


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


async def test_headers_of_one_request_are_not_sent_with_the_next(
    client: Client, http_server: HttpServer
) -> None:
    url = http_server.on("/", Reply(200, b"x"))
    await client.get(url, headers={"If-None-Match": '"one"', "X-Empty": ""})
    await client.get(url)
    first, second = (request.headers for request in http_server.requests)
    assert (first["If-None-Match"], first["X-Empty"]) == ('"one"', "")
    assert (second["If-None-Match"], second["X-Empty"]) == (None, None)
    assert set(map(str.lower, second)) == {"host", "user-agent", "accept", "accept-encoding"}


async def test_document_is_asked_for_after_a_form_was_sent(client: Client, http_server: HttpServer) -> None:
    url = http_server.on("/hub", Reply(202, b"taken"))
    answer = await client.post(url, {"hub.topic": "http://feeds.example/a b&c", "hub.mode": "subscribe"})
    await client.get(url)
    sent, asked = http_server.requests
    assert (answer.status, sent.method) == (202, "POST")
    assert sent.body == b"hub.topic=http%3A%2F%2Ffeeds.example%2Fa+b%26c&hub.mode=subscribe"
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert (asked.method, asked.body, asked.headers["Content-Length"]) == ("GET", b"", None)


async def test_large_form_is_sent_without_asking_for_leave(client: Client, http_server: HttpServer) -> None:
    await client.post(http_server.on("/", Reply(200)), {"text": "x" * 2_000_000})
    (request,) = http_server.requests
    assert (len(request.body), request.headers["Expect"]) == (2_000_005, None)


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "a\0b"])
async def test_header_cannot_be_broken_in_two(client: Client, http_server: HttpServer, value: str) -> None:
    with pytest.raises(FetchError, match="characters that no header may hold"):
        await client.get(http_server.url("/"), headers={"If-None-Match": value})
    assert http_server.requests == []


async def test_header_goes_and_comes_byte_for_byte(client: Client, http_server: HttpServer) -> None:
    """R59."""
    raw = b'W/"caf\xe9 \xc3\xa9"'
    reply = b"HTTP/1.1 200 OK\r\netag:  " + raw + b" \t\r\nX: a\r\n  b\r\nx: c\r\n\r\n"
    url = http_server.on("/", Reply(raw=reply))
    answer = await client.get(url)
    assert answer.headers["ETag"].encode("utf-8", "surrogateescape") == raw
    assert answer.headers["X"] == "a b"
    await client.get(url, headers={"If-None-Match": answer.headers["ETag"]})
    assert http_server.requests[1].headers["If-None-Match"].encode("latin-1", "surrogateescape") == raw


async def test_length_of_thousands_of_digits_is_only_a_length(
    client: Client, http_server: HttpServer
) -> None:
    url = http_server.on("/", Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 9_000 + b"\r\n\r\n"))
    with pytest.raises(FetchError, match="by its own account"):
        await client.get(url)


async def test_packing_that_nobody_asked_for_is_told(client: Client, http_server: HttpServer) -> None:
    url = http_server.on("/", Reply(200, b"x", {"Content-Encoding": "zstd"}))
    with pytest.raises(FetchError, match="the answer is garbled: unrecognized content encoding type"):
        await client.get(url)
    assert "zstd" not in http_server.requests[0].headers["Accept-Encoding"]


async def test_request_that_is_cancelled_leaves_the_client_as_it_was(http_server: HttpServer) -> None:
    never = threading.Event()
    http_server.on("/silent", Reply(wait=never))
    url = http_server.on("/", Reply(200, b"x"))
    async with Client(settings(connections=1)) as client:
        waiting = asyncio.create_task(client.get(http_server.url("/silent")))
        await until(lambda: bool(http_server.requests))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await client.get(url)).body == b"x"
    never.set()


async def test_closing_ends_requests_and_leaves_nothing_open(http_server: HttpServer) -> None:
    never = threading.Event()
    http_server.on("/silent", Reply(wait=never))
    url = http_server.on("/", Reply(200, b"x"))
    before = open_files()
    async with Client(settings()) as client:
        await asyncio.gather(*(client.get(url) for _ in range(8)))
        waiting = asyncio.create_task(client.get(http_server.url("/silent")))
        await until(lambda: len(http_server.requests) == 9)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    never.set()
    # The server's side of each connection lies in this process too, and ends when its thread sees ours has.
    await until(lambda: open_files() <= before)


async def test_client_is_of_use_while_it_is_open_only(http_server: HttpServer) -> None:
    url = http_server.on("/", Reply(200, b"x"))
    client = Client(settings(connections=1))
    with pytest.raises(RuntimeError, match="not open"):
        await client.get(url)
    async with client:
        asked = [asyncio.create_task(client.get(url)) for _ in range(3)]
        await asked[0]
    ends = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(end, Answer | RuntimeError | asyncio.CancelledError) for end in ends)
    assert isinstance(ends[2], RuntimeError)


async def test_sockets_are_not_inherited_by_programs_that_are_started(
    client: Client, http_server: HttpServer
) -> None:
    ours: list[int] = []
    await client.get(http_server.on("/", Reply(200, b"x")))
    for name in os.listdir("/dev/fd"):
        try:
            with socket.socket(fileno=os.dup(int(name))) as other:
                if other.getpeername() == ("127.0.0.1", http_server.port):
                    ours.append(int(name))
        except OSError:
            continue
    assert ours
    assert not any(os.get_inheritable(number) for number in ours)


async def test_no_more_connections_than_were_agreed(http_server: HttpServer) -> None:
    at_once = most = 0
    lock = threading.Lock()

    def handler(_request: Request) -> Reply:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.02)
        with lock:
            at_once -= 1
        return Reply(200, b"x")

    url = http_server.on("/", handler)
    async with Client(settings(connections=3)) as client:
        answers = await asyncio.gather(*(client.get(url) for _ in range(12)))
    assert ([answer.body for answer in answers], most) == ([b"x"] * 12, 3)


async def test_kept_connection_that_the_server_closed_is_made_anew(client: Client) -> None:
    opened = 0

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer_once, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for _ in range(3):
            assert (await client.get(url)).body == b"x"
    assert opened == 3


async def test_certificate_of_a_named_file_is_trusted(
    tls_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    url = tls_server.on("/", Reply(200, b"for you alone"))
    async with Client(settings()) as client:
        assert (await client.get(url)).body == b"for you alone"


@pytest.mark.parametrize("file", [None, "/nowhere/to/be/found.pem"])
async def test_certificate_in_a_named_folder_is_trusted(
    tls_server: HttpServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str | None
) -> None:
    """Beside the system's file, and where there is no file at all."""
    if file is not None:
        monkeypatch.setenv("SSL_CERT_FILE", file)
    # OpenSSL looks a certificate up by this digest of whom it is for.
    (tmp_path / "ff92e245.0").write_bytes(CERTIFICATE.read_bytes())
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    url = tls_server.on("/", Reply(200, b"for you alone"))
    async with Client(settings()) as client:
        assert (await client.get(url)).body == b"for you alone"


async def test_trusted_certificate_of_another_name_is_refused(
    tls_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with Client(settings()) as client:
        client._idle.append(transfer := client._take_transfer())
        transfer._curl.setopt(pycurl.RESOLVE, [f"other.test:{tls_server.port}:127.0.0.1"])
        with pytest.raises(FetchError, match=r"its certificate is not trusted: .*other\.test"):
            await client.get(f"https://other.test:{tls_server.port}/")


async def test_passwords_on_this_machine_are_not_sent(
    http_server: HttpServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    async with Client(settings()) as client:
        await client.get(http_server.on("/", Reply(401, b"x", {"WWW-Authenticate": "Basic"})))
    (request,) = http_server.requests
    assert request.headers["Authorization"] is None


async def test_refused_address_of_a_name_is_passed_over(http_server: HttpServer) -> None:
    """R63. A machine's own name leads to two addresses, of which one is allowed."""
    http_server.on("/", Reply(200, b"x"))
    url = http_server.url("/", host="localhost")
    async with Client(settings(allow_private=("127.0.0.1/32",))) as client:
        assert (await client.get(url)).body == b"x"
    async with Client(settings(allow_private=("::1/128",))) as client:
        with pytest.raises(FetchError) as caught:
            await client.get(url)
    assert len(http_server.requests) == 1
    assert isinstance(caught.value, ForbiddenAddressError) or "no connection" in caught.value.reason


@pytest.mark.parametrize(
    "message", ["", "What the server \x1b[2J sent:\r\n\r\nlines", "Recv failure: " + "x" * 999]
)
def test_every_error_of_libcurl_has_one_short_line(message: str) -> None:
    for code in range(1, 102):
        reason = reason_of(code, message)
        assert reason.isprintable()
        assert 10 < len(reason) < 300
        assert not reason.endswith((".", ":", ": "))
        assert reason[0].islower()


def test_libcurl_speaks_the_protocols_that_are_asked() -> None:
    assert {"http", "https"} <= set(pycurl.version_info()[8])


def test_importing_the_client_does_not_import_aiohttp() -> None:
    script = "import sys, letters.net; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
