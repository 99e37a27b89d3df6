"""The client against a real server that misbehaves."""

from __future__ import annotations

import gzip
import itertools
import ssl
import threading
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest

from httpserver import HttpServer, Reply, Request
from letters.errors import FetchError, FetchTimeoutError, ForbiddenAddressError, TooLargeError
from letters.net import Client, Hop, NetSettings


def settings(server: HttpServer, **changes: Any) -> NetSettings:
    values: dict[str, Any] = {
        "user_agent": "Letters/test",
        "allow_private": (server.place,),
        "timeout": timedelta(seconds=10),
        "size_limit_bytes": 1_000_000,
    }
    return NetSettings(**values | changes)


@pytest.fixture
async def client(http_server: HttpServer) -> AsyncIterator[Client]:
    async with Client(settings(http_server)) as client:
        yield client


async def test_answer_carries_status_headers_and_body(client: Client, http_server: HttpServer) -> None:
    url = http_server.on("/feed", Reply(200, b"<rss/>", {"ETag": '"one"', "Content-Type": "text/xml"}))
    answer = await client.get(url, headers={"If-None-Match": 'W/"x"'})
    assert (answer.status, answer.url, answer.body, answer.hops) == (200, url, b"<rss/>", ())
    assert answer.headers["etag"] == '"one"'
    (request,) = http_server.requests
    assert request.headers["User-Agent"] == "Letters/test"
    assert request.headers["If-None-Match"] == 'W/"x"'


async def test_any_status_is_an_answer(client: Client, http_server: HttpServer) -> None:
    for status in (304, 404, 410, 429, 500, 503):
        url = http_server.on(f"/{status}", Reply(status, b"" if status == 304 else b"words"))
        assert (await client.get(url)).status == status


async def test_head_tells_of_a_document_without_it(client: Client, http_server: HttpServer) -> None:
    """However large the document is."""
    url = http_server.on("/file", Reply(200, b"", {"Content-Type": "audio/mpeg"}, length=60_000_000))
    answer = await client.head(http_server.redirect("/moved", "/file"))
    assert (answer.status, answer.url, answer.body) == (200, url, b"")
    assert (answer.headers["Content-Length"], len(answer.hops)) == ("60000000", 1)
    assert [request.method for request in http_server.requests] == ["HEAD", "HEAD"]


async def test_peek_hangs_up_behind_the_header(client: Client, http_server: HttpServer) -> None:
    endless = itertools.repeat(b"sound" * 1000)
    moved = http_server.redirect(
        "/moved", http_server.on("/file", Reply(200, endless, {"Content-Type": "audio/mpeg"}))
    )
    answer = await client.peek(moved, headers={"Range": "bytes=0-0"})
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"", "audio/mpeg")
    assert [request.headers["Range"] for request in http_server.requests] == ["bytes=0-0"] * 2


async def test_what_was_asked_before_leaves_nothing_in_the_next_request(
    client: Client, http_server: HttpServer
) -> None:
    url = http_server.on("/", Reply(200, b"words"))
    await client.head(url)
    assert (await client.get(url)).body == b"words"
    await client.post(url, {"a": "b"})
    await client.head(url)
    await client.peek(url)
    assert (await client.get(url)).body == b"words"
    assert [request.method for request in http_server.requests] == [
        "HEAD",
        "GET",
        "POST",
        "HEAD",
        "GET",
        "GET",
    ]
    assert [request.body for request in http_server.requests] == [b"", b"", b"a=b", b"", b"", b""]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate", "br"])
async def test_compressed_answers_are_unpacked(client: Client, http_server: HttpServer, coding: str) -> None:
    text = b"a feed of some length " * 400
    url = http_server.on(
        "/", Reply(200, _packed(coding, text), {"Content-Encoding": coding.rsplit(maxsplit=1)[-1]})
    )
    assert (await client.get(url)).body == text
    assert {"gzip", "deflate", "br"} <= {
        part.strip() for part in http_server.requests[0].headers["Accept-Encoding"].split(",")
    }


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
async def test_bomb_is_cut_off_without_being_unfolded(
    client: Client, http_server: HttpServer, coding: str
) -> None:
    """R63: the limit counts decompressed bytes, and memory stays near it."""
    bomb = _packed(coding, bytes(60_000_000))
    url = http_server.on("/", Reply(200, bomb, {"Content-Encoding": coding}))
    tracemalloc.start()
    with pytest.raises(TooLargeError, match="larger than 1,000,000 bytes"):
        await client.get(url)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


def _packed(coding: str, data: bytes) -> bytes:
    match coding:
        case "gzip":
            return gzip.compress(data)
        case "deflate":
            return zlib.compress(data)
        case "raw deflate":
            packer = zlib.compressobj(wbits=-15)
            return packer.compress(data) + packer.flush()
        case _:
            packed: bytes = brotli.compress(data, quality=1)
            return packed


async def test_endless_body_is_cut_off(client: Client, http_server: HttpServer) -> None:
    url = http_server.on("/", lambda _: Reply(200, itertools.repeat(b"x" * 65536)))
    with pytest.raises(TooLargeError):
        await client.get(url)


async def test_limit_of_one_request_overrides_the_settings(client: Client, http_server: HttpServer) -> None:
    url = http_server.on("/", Reply(200, b"12345"))
    assert (await client.get(url, limit_bytes=5)).body == b"12345"
    with pytest.raises(TooLargeError, match="larger than 4 bytes"):
        await client.get(url, limit_bytes=4)


async def test_long_error_page_is_shortened_not_refused(client: Client, http_server: HttpServer) -> None:
    url = http_server.on("/", Reply(500, b"x" * 500_000))
    answer = await client.get(url)
    assert answer.status == 500
    assert len(answer.body) == 65536


async def test_silent_server_is_given_up(http_server: HttpServer) -> None:
    never = threading.Event()
    url = http_server.on("/", Reply(wait=never))
    async with Client(settings(http_server, timeout=timedelta(milliseconds=200))) as client:
        with pytest.raises(FetchTimeoutError, match=r"within 0\.2 seconds") as caught:
            await client.get(url)
    never.set()
    assert isinstance(caught.value, TimeoutError)


async def test_trickle_of_bytes_does_not_outlast_the_timeout(http_server: HttpServer) -> None:
    stop = threading.Event()

    def trickle() -> Iterator[bytes]:
        while not stop.wait(0.02):
            yield b"x"

    url = http_server.on("/", lambda _: Reply(200, trickle()))
    async with Client(settings(http_server, timeout=timedelta(milliseconds=300))) as client:
        with pytest.raises(FetchTimeoutError):
            await client.get(url)
    stop.set()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, b"short", length=500), "broke off"),
        (Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), "not HTTP"),
        (Reply(raw=b""), "closed the connection|broke off"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "broke off|not HTTP"),
        (Reply(200, b"not gzip at all", {"Content-Encoding": "gzip"}), "garbled"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"), "not HTTP"),
    ],
)
async def test_broken_answer_is_told_in_words(
    client: Client, http_server: HttpServer, reply: Reply, words: str
) -> None:
    url = http_server.on("/", reply)
    with pytest.raises(FetchError, match=words) as caught:
        await client.get(url)
    assert "\n" not in str(caught.value)


async def test_redirects_are_followed_and_listed(client: Client, http_server: HttpServer) -> None:
    end = http_server.on("/c", Reply(200, b"here"))
    middle = http_server.redirect("/b", "/c", 302)
    start = http_server.redirect("/a", middle, 301)
    answer = await client.get(start)
    assert (answer.url, answer.body) == (end, b"here")
    assert answer.hops == (Hop(301, start), Hop(302, middle))


async def test_redirects_in_a_circle_end(client: Client, http_server: HttpServer) -> None:
    http_server.redirect("/a", "/b")
    http_server.redirect("/b", "/a")
    with pytest.raises(FetchError, match="in a circle"):
        await client.get(http_server.url("/a"))


async def test_endless_redirects_end(client: Client, http_server: HttpServer) -> None:
    for number in range(12):
        http_server.redirect(f"/{number}", f"/{number + 1}")
    with pytest.raises(FetchError, match="more than 8 redirects"):
        await client.get(http_server.url("/0"))


async def test_redirect_without_a_place_is_an_answer(client: Client, http_server: HttpServer) -> None:
    assert (await client.get(http_server.on("/", Reply(302)))).status == 302


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{other}/", "http://[::1]:{other}/", "http://localhost:{other}/", "http://2130706433:{other}/",
     "http://0x7f.1:{other}/", "http://[::ffff:127.0.0.1]:{other}/", "http://169.254.169.254/latest/"],
)  # fmt: skip
async def test_redirect_into_the_private_network_is_refused(
    client: Client, http_server: HttpServer, target: str
) -> None:
    """R63: each hop is checked; the place behind it is never connected to."""
    inside = HttpServer()
    inside.on("/", Reply(200, b"secret"))
    http_server.redirect("/", target.format(other=inside.port))
    with pytest.raises(ForbiddenAddressError, match="not on the public internet"):
        await client.get(http_server.url("/"))
    assert inside.requests == []
    inside.close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:7f00:1]"]
)
async def test_private_address_is_refused_in_every_spelling(http_server: HttpServer, host: str) -> None:
    http_server.on("/", Reply(200, b"secret"))
    async with Client(settings(http_server, allow_private=())) as client:
        with pytest.raises(ForbiddenAddressError):
            await client.get(http_server.url("/", host=host))
    assert http_server.requests == []


async def test_allowed_network_covers_names_in_it(http_server: HttpServer) -> None:
    url = http_server.on("/", Reply(200, b"mine")).replace("127.0.0.1", "localhost")
    async with Client(settings(http_server, allow_private=("127.0.0.0/8", "::1"))) as client:
        assert not client.is_private_place(url)
        assert (await client.get(url)).body == b"mine"
        assert client.is_private_place(url)


async def test_allowed_name_is_reached_and_other_names_of_its_address_are_not(
    http_server: HttpServer,
) -> None:
    http_server.on("/", Reply(200, b"mine"))
    async with Client(settings(http_server, allow_private=(f"localhost:{http_server.port}",))) as client:
        assert (await client.get(http_server.url("/", host="localhost"))).body == b"mine"
        with pytest.raises(ForbiddenAddressError):
            await client.get(f"http://127.0.0.2:{http_server.port}/")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("ftp://feeds.example/", "only http and https"),
        ("gopher://feeds.example/", "only http and https"),
        ("http://", "names no host|not an address"),
        ("feeds.example/rss", "only http and https"),
        ("http://feeds.example:99999/", "not an address"),
        ("http://feeds.example:25/", "port 25 belongs to another protocol"),
        ("http://feeds.example/a\r\nHost: x", "characters that no address may hold"),
        ("http://feeds.example\\@127.0.0.1/", "characters that no address may hold"),
        ("http://" + "a" * 70 + ".example/", "not an address|resolved|no usable answer"),
        ("http://nowhere.invalid/", "cannot be resolved"),
    ],
)
async def test_address_that_cannot_be_asked_is_told_in_words(client: Client, url: str, words: str) -> None:
    with pytest.raises(FetchError, match=words):
        await client.get(url)


async def test_closed_port_is_told_in_words(client: Client, http_server: HttpServer) -> None:
    url = http_server.url("/")
    http_server.close()
    with pytest.raises(FetchError, match="no connection"):
        await client.get(url)
    http_server.__init__()  # type: ignore[misc] # the fixture closes it again


async def test_certificate_that_nobody_vouches_for_is_refused(http_server: HttpServer) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Of no use but this: it is signed by itself, and its key is here for everybody.
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    server = HttpServer(tls=context)
    url = server.on("/", Reply(200, b"x"))
    async with Client(settings(server)) as client:
        with pytest.raises(FetchError, match=r"its certificate is not trusted: .*self.signed"):
            await client.get(url)
    assert server.requests == []
    server.close()


async def test_plain_http_where_tls_was_wanted_is_told(client: Client, http_server: HttpServer) -> None:
    with pytest.raises(FetchError, match=r"no TLS connection|broke off|no connection"):
        await client.get(http_server.url("/").replace("http://", "https://"))


async def test_password_goes_to_its_own_host_only(client: Client, http_server: HttpServer) -> None:
    other = HttpServer()
    other.on("/", Reply(200, b"there"))
    http_server.redirect("/b", other.url("/"))
    http_server.redirect("/a", "/b")
    url = http_server.url("/a").replace("://", "://me:pass%20word@")
    async with Client(settings(http_server, allow_private=("127.0.0.0/8",))) as client:
        answer = await client.get(url, headers={"Cookie": "a=b"})
    assert [request.headers["Authorization"] for request in http_server.requests] == [
        "Basic bWU6cGFzcyB3b3Jk"
    ] * 2
    assert other.requests[0].headers["Authorization"] is None
    assert other.requests[0].headers["Cookie"] is None
    assert "pass" not in repr((answer.url, answer.hops))
    other.close()


async def test_password_is_in_no_error(client: Client, http_server: HttpServer) -> None:
    url = http_server.on("/", Reply(raw=b"rubbish\r\n\r\n")).replace("://", "://me:secret@")
    with pytest.raises(FetchError) as caught:
        await client.get(url)
    assert "secret" not in str(caught.value)


async def test_quoted_address_is_sent_byte_for_byte(client: Client, http_server: HttpServer) -> None:
    path = "/a%2Fb?sig=x%2By%20z+q&e=%e9"
    await client.get(http_server.on(path, Reply(200, b"x")))
    assert http_server.requests[0].path == path


async def test_unquoted_address_is_quoted(client: Client, http_server: HttpServer) -> None:
    await client.get(http_server.url("/ä b"))
    assert http_server.requests[0].path == "/%C3%A4%20b"


async def test_proxies_of_the_environment_are_not_used(
    client: Client, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert (await client.get(http_server.on("/", Reply(200, b"direct")))).body == b"direct"


async def test_cookies_are_not_kept(client: Client, http_server: HttpServer) -> None:
    url = http_server.on("/", Reply(200, b"x", {"Set-Cookie": "track=me"}))
    await client.get(url)
    await client.get(url)
    assert all(request.headers["Cookie"] is None for request in http_server.requests)


async def test_connections_are_reused(client: Client, http_server: HttpServer) -> None:
    ports: list[str] = []

    def handler(request: Request) -> Reply:
        ports.append(threading.current_thread().name)
        return Reply(200, b"x")

    url = http_server.on("/", handler)
    for _ in range(3):
        await client.get(url)
    assert len(set(ports)) == 1
