"""Servers that mean harm: each answer ends in one `FetchError` line, within the time and memory that were agreed (R63)."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import timedelta
from typing import Any

import pycurl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from letters.errors import FetchError, FetchTimeoutError, ForbiddenAddressError, TooLargeError
from letters.net import Answer, Client, NetSettings

BRIEF = {"idle_timeout": timedelta(milliseconds=250)}
Sending = bytes | Iterable[bytes]


def settings(**changes: Any) -> NetSettings:
    values: dict[str, Any] = {
        "user_agent": "Letters/test",
        "allow_private": ("127.0.0.1/32", "127.0.0.2/32"),
        "size_limit_bytes": 1_000_000,
    }
    return NetSettings(**values | changes)


@asynccontextmanager
async def server(
    sending: Sending, *, pause: float = 0, reset: bool = False, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """Answers each request with these very bytes, piece by piece, and hangs up; gives the port."""

    answering: set[asyncio.Task[None] | None] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering.add(asyncio.current_task())
        with closing(writer), suppress(OSError, EOFError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            for piece in [sending] if isinstance(sending, bytes) else sending:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
            if reset:
                # Nothing lingers: the kernel says "reset" instead of "end".
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    listening = await asyncio.start_server(answer, host, port)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for task in answering:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in answering if task), return_exceptions=True)
        # Closed is a connection only in the loop's next round.
        await asyncio.sleep(0)


async def ask(sending: Sending, *, changes: dict[str, Any] | None = None, **how: Any) -> Answer:
    async with server(sending, **how) as port, Client(settings(**changes or {})) as client:
        return await client.get(f"http://127.0.0.1:{port}/")


def head(*fields: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode()


def then_endless(start: bytes, piece: bytes) -> Iterator[bytes]:
    return itertools.chain([start], itertools.repeat(piece))


CHUNKED = head("Transfer-Encoding: chunked")
GZIPPED = head("Content-Encoding: gzip")
ENDLESS: dict[str, tuple[Callable[[], Iterator[bytes]], str]] = {
    "fields": (lambda: then_endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100), "too many headers"),
    "field": (lambda: then_endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 9_000), "is too long"),
    "reason": (lambda: then_endless(b"HTTP/1.1 200 ", b"y" * 9_000), "is too long"),
    "line without a status": (lambda: then_endless(b"", b"y" * 9_000), "not HTTP"),
    "trailers": (lambda: then_endless(CHUNKED + b"1\r\nx\r\n0\r\n", b"X: y\r\n" * 100), "too many headers"),
    "empty lines": (lambda: then_endless(b"", b"\r\n" * 500), "not HTTP"),
    "informational answers": (
        lambda: then_endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 20),
        "too many headers",
    ),
    "empty gzip members": (lambda: then_endless(GZIPPED, gzip.compress(b"") * 50), "garbled"),
    "body": (lambda: then_endless(head(), b"x" * 60_000), "larger than 1,000,000 bytes"),
    "chunks": (lambda: then_endless(CHUNKED, b"c000\r\n" + b"x" * 0xC000 + b"\r\n"), "larger than"),
}
ENDLESS_WITHOUT_A_BYTE: dict[str, tuple[Callable[[], Iterator[bytes]], str]] = {
    "chunk extension": (lambda: then_endless(CHUNKED + b"1;", b"x" * 900), "no byte for 0.25 seconds"),
    "empty deflate blocks": (
        lambda: then_endless(GZIPPED + gzip.compress(b"")[:10], b"\0\0\0\xff\xff" * 200),
        "no byte for",
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
async def test_answer_without_an_end_is_broken_off(name: str) -> None:
    """R63."""
    make, words = ENDLESS[name]
    with pytest.raises(FetchError, match=words):
        await ask(make())


@pytest.mark.parametrize("name", ENDLESS_WITHOUT_A_BYTE)
async def test_endless_answer_that_never_says_anything_is_as_silence(name: str) -> None:
    """R63: what comes is of no use and is never counted as a byte of the body."""
    make, words = ENDLESS_WITHOUT_A_BYTE[name]
    with pytest.raises(FetchTimeoutError, match=words):
        await ask(make(), changes=BRIEF)


@pytest.mark.parametrize(
    ("start", "words"),
    [(b"", "no answer for"), (b"HTTP/1.1 200 OK\r\nX: ", "no answer for"), (head("Content-Length: 9"), "no byte for")],
)  # fmt: skip
async def test_server_that_falls_silent_is_given_up(start: bytes, words: str) -> None:
    with pytest.raises(FetchTimeoutError, match=words):
        await ask([start, b""], pause=30, changes=BRIEF)


async def test_header_a_byte_at_a_time_is_as_silence() -> None:
    with pytest.raises(FetchTimeoutError, match="no answer for"):
        await ask(then_endless(b"HTTP/1.1 200 OK\r\nX: ", b"y"), pause=0.05, changes=BRIEF)


async def test_body_a_byte_at_a_time_ends_with_the_whole_time() -> None:
    with pytest.raises(FetchTimeoutError, match=r"no whole answer within 0\.5 seconds"):
        await ask(
            then_endless(head("Content-Length: 99"), b"y"),
            pause=0.02,
            changes={"timeout": timedelta(seconds=0.5)},
        )


async def test_slow_answer_that_keeps_coming_is_read() -> None:
    """Silence is measured from the last byte, not from the first."""
    answer = await ask([head("Content-Length: 8"), *[b"x"] * 8], pause=0.06, changes=BRIEF)
    assert answer.body == b"x" * 8


async def test_redirects_do_not_start_the_whole_time_anew() -> None:
    changes = {"timeout": timedelta(seconds=0.4), "idle_timeout": timedelta(seconds=5)}
    hops = (head(f"Location: /{number}", "Content-Length: 0", status="302 Found") for number in range(9))

    def slow_hop() -> Iterator[bytes]:
        yield b""
        yield next(hops)

    class Hops:
        def __iter__(self) -> Iterator[bytes]:
            return slow_hop()

    with pytest.raises(FetchTimeoutError, match="no whole answer within"):
        await ask(Hops(), pause=0.15, changes=changes)


async def test_waiting_for_a_turn_is_not_the_servers_silence() -> None:
    """More requests than connections: the later ones wait as long as the earlier ones take."""
    pieces = [head("Content-Length: 2"), b"x", b"y"]
    async with server(pieces, pause=0.1) as port, Client(settings(connections=1, **BRIEF)) as client:
        answers = await asyncio.gather(*(client.get(f"http://127.0.0.1:{port}/") for _ in range(4)))
    assert [answer.body for answer in answers] == [b"xy"] * 4


async def test_tls_that_never_shakes_hands_is_given_up() -> None:
    async with server(b"") as port, Client(settings(connect_timeout=BRIEF["idle_timeout"])) as client:
        with pytest.raises(FetchTimeoutError, match=r"no connection within 0\.25 seconds"):
            await client.get(f"https://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("sending", "words"),
    [
        (b"HTTP/1.1 OK\r\n\r\n", "not HTTP: bad status line"),
        (b"HTTP/1.1 99999 OK\r\n\r\n", "not HTTP: bad status line"),
        (b"HTTP/1.1 000 OK\r\n\r\n", "not HTTP: bad status line"),
        (b"<rss><channel/></rss>", "not HTTP: bad status line"),
        (b"ICY 200 OK\r\n\r\n", "not HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x0a", "not HTTP"),
        (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: y", "closed the connection without an answer"),
        (head("Upgrade: websocket", "Connection: upgrade", status="101 On") + b"x" * 999, "answered 101"),
        (head(*(f"X-{number}: {'y' * 9_000}" for number in range(20))), "header is larger than 131,072 bytes"),
        (head("X: a\0b", "Content-Length: 0"), "not HTTP: NUL byte in header"),
        (head("Content-Length: 1", "Content-Length: 2") + b"xy", "not HTTP: invalid Content-Length"),
        (head("Content-Length: -1"), "not HTTP: invalid Content-Length"),
        (head("Content-Length: 99999999999999999999999"), "larger than 1,000,000 bytes by its own account"),
        (head("Content-Length: 9223372036854775807") + b"x", "larger than 1,000,000 bytes by its own account"),
        (head("Content-Length: 100") + b"x", "broke off .* 99 bytes missing"),
        (CHUNKED + b"f" * 40 + b"\r\nxy", "garbled: chunk hex-length longer than 17"),
        (CHUNKED + b"ff\r\nxy", "broke off"),
        (CHUNKED + b"2\r\nxy\r\n", "broke off"),
        (head("Content-Encoding: gzip") + b"<rss/>", "garbled: incorrect header check"),
        (head("Content-Encoding: br") + b"<rss/>", "garbled"),
        (head("Content-Encoding: zstd") + b"<rss/>", "garbled"),
        (GZIPPED + gzip.compress(b"<rss/>") + b"rubbish" * 9, "garbled"),
    ],
)  # fmt: skip
async def test_answer_that_is_wrong_is_told_in_one_line(sending: bytes, words: str) -> None:
    with pytest.raises(FetchError, match=words) as caught:
        await ask(sending)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX: y", head("Content-Length: 100") + b"x" * 50])
async def test_reset_in_the_middle_is_told(start: bytes) -> None:
    with pytest.raises(FetchError, match="broke off"):
        await ask([start], pause=0.02, reset=True)


async def test_informational_answers_before_the_real_one_are_passed_over() -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    assert (await ask(early + head("Content-Length: 2") + b"ok")).body == b"ok"


async def test_large_document_is_refused_before_it_is_sent() -> None:
    with pytest.raises(TooLargeError, match="by its own account"):
        await ask([head("Content-Length: 50000000"), b"x"], pause=30)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/passwd", 'redirects to file:///etc/passwd: "file" addresses are not asked'),
        ("data:text/xml,<rss/>", "redirects to data:.* are not asked"),
        ("http://[", "redirects to .* not an address"),
        ("http://feeds.example:6379/", "redirects to .* port 6379 belongs to another protocol"),
        ("http://10.0.0.1/", "redirects to .* its address 10.0.0.1 is not on the public internet"),
        ("http://100.64.0.1/", "not on the public internet"),
        ("http://[::ffff:10.0.0.1]/", "not on the public internet"),
        ("http://[fe80::1%25eth0]/", "not on the public internet"),
        ("http://①⓪.⓪.⓪.①/", "its address 10.0.0.1 is not on the public internet"),
        ("http://10。0。0。1/", "its address 10.0.0.1 is not on the public internet"),
        ("http://xn--/", "not an address"),
        ("http://a..b/", "cannot be resolved"),
        ("http://user:word@10.0.0.1/", "redirects to http://10.0.0.1/: "),
        ("/" + "a" * 9_000, "the address is longer than 8,000 characters"),
        ("/caf\xe9", "in a circle, back to http://127.0.0.1:[0-9]+/caf%C3%A9"),
    ],
)  # fmt: skip
async def test_redirect_to_nowhere_good_is_told_with_its_place(location: str, words: str) -> None:
    sending = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    with pytest.raises(FetchError, match=words) as caught:
        await ask(sending, changes={"allow_private": ("127.0.0.1/32",)})
    assert len(str(caught.value)) < 900


async def test_redirect_relative_in_odd_letters_is_quoted() -> None:
    location = "Location: \x80http://127.0.0.1/ä b".encode()
    with pytest.raises(FetchError, match="more than 8 redirects"):
        await ask(b"HTTP/1.1 302 Found\r\n" + location + b"\r\nContent-Length: 0\r\n\r\n")


async def test_redirect_in_bytes_that_are_no_text_keeps_them() -> None:
    with pytest.raises(FetchError, match=r"back to .*/caf%E9"):
        await ask(b"HTTP/1.1 302 Found\r\nLocation: /caf\xe9\r\nContent-Length: 0\r\n\r\n")


def lead(client: Client, name: str, port: int, *addresses: str) -> None:
    """Has libcurl find these addresses for a name, as if the system's resolver had said so."""
    transfer = client._take_transfer()
    client._idle.append(transfer)
    transfer._curl.setopt(pycurl.RESOLVE, [f"{name}:{port}:{','.join(addresses)}"])


async def test_name_with_good_and_bad_addresses_leads_to_the_good_ones() -> None:
    """R63. 127.0.0.2 stands for the public internet here."""
    good, bad = head("Content-Length: 4") + b"good", head("Content-Length: 3") + b"bad"
    async with (
        server(good, host="127.0.0.2") as port,
        server(bad, host="127.0.0.3", port=port),
        Client(settings()) as client,
    ):
        lead(client, "mixed.test", port, "127.0.0.3", "10.0.0.1", "127.0.0.2")
        assert (await client.get(f"http://mixed.test:{port}/")).body == b"good"


async def test_name_that_changes_its_address_is_checked_again() -> None:
    """R63: rebinding; the second look-up leads inside."""
    async with server(head("Content-Length: 0"), host="127.0.0.2") as port, Client(settings()) as client:
        url = f"http://rebound.test:{port}/"
        async with server(b"", host="127.0.0.3", port=port):
            lead(client, "rebound.test", port, "127.0.0.2")
            assert (await client.get(url)).status == 200
            lead(client, "rebound.test", port, "127.0.0.3")
            with pytest.raises(ForbiddenAddressError, match=r"127\.0\.0\.3 is not on the public"):
                await client.get(url)


async def test_name_that_only_leads_inside_is_refused() -> None:
    async with Client(settings()) as client:
        lead(client, "inside.test", 80, "127.0.0.3", "169.254.169.254")
        with pytest.raises(ForbiddenAddressError, match=r"address 127\.0\.0\.3 is not"):
            await client.get("http://inside.test/")


@given(st.data())
@hypothesis_settings(max_examples=60, deadline=None)
def test_any_bytes_are_an_answer_or_an_error(data: st.DataObject) -> None:
    """Cut, spliced and doubled answers: an `Answer` within the limits or a `FetchError`, never anything else."""
    whole = data.draw(
        st.sampled_from([
            head("Content-Type: text/xml", "Content-Length: 6") + b"<rss/>",
            CHUNKED + b"3\r\n<rs\r\n3\r\ns/>\r\n0\r\nX: y\r\n\r\n",
            GZIPPED + gzip.compress(b"<rss/>" * 9),
            head("Location: http://127.0.0.1:9/a?b#c", "Content-Length: 0", status="301 Moved"),
        ])
    )  # fmt: skip
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    middle = data.draw(st.binary(max_size=20) | st.just(whole))
    sending = whole[:start] + middle + whole[end:]
    with suppress(FetchError):
        answer = asyncio.run(ask(sending))
        assert len(answer.body) <= 1_000_000
        assert answer.status >= 200
