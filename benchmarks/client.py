"""What a request costs: the guarded client beside a bare aiohttp client and bare libcurl, asking the same server the same.

    python benchmarks/client.py [--requests N] [--rounds N]

A server in a process of its own answers from memory over kept-alive connections on loopback, once "304 Not Modified" and
once with a document of 20 kB. Each client makes the same conditional requests, 16 at a time; the CPU seconds of this
process are counted, and the best of the rounds is printed, with the ratio to bare aiohttp. Bare libcurl is its own
loop without asyncio: the least that is possible. Ends with exit code 1 if an answer was not what it should be.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import ClassVar

import aiohttp
import pycurl

from letters.net import Client, NetSettings

AT_ONCE = 16
VALIDATORS = {"If-None-Match": '"5f3-61a"', "If-Modified-Since": "Sun, 01 Mar 2026 10:00:00 GMT"}
HEADERS = {"User-Agent": "Letters/benchmark", "Accept": "application/rss+xml, */*;q=0.5", **VALIDATORS}
BODY = b"<item><title>Of bees</title><link>https://bees.example/1</link></item>\n" * 285
FIELDS = (
    "Server: loopback",
    "Date: Mon, 02 Mar 2026 10:00:00 GMT",
    f"ETag: {VALIDATORS['If-None-Match']}",
    f"Last-Modified: {VALIDATORS['If-Modified-Since']}",
    "Cache-Control: max-age=300",
)
ANSWERS = {
    "/304": ("304 Not Modified", FIELDS, b""),
    "/20k": ("200 OK", (*FIELDS, "Content-Type: application/rss+xml", f"Content-Length: {len(BODY)}"), BODY),
}
#: Makes so many requests of a path, each of which has to give this status.
Asking = Callable[[str, int, int], Awaitable[None]]


def main() -> int:
    options = _options()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    try:
        asyncio.run(_compare(ours.recv(), options.requests, options.rounds))
    finally:
        server.terminate()
        server.join()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=2_000, help="in a round")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


async def _compare(port: int, requests: int, rounds: int) -> None:
    host = f"http://127.0.0.1:{port}"
    asking = {"bare aiohttp": _aiohttp, "bare libcurl": _libcurl, "letters.net.Client": _letters}
    print(f"{'CPU per request':22}{'304':>12}{'20 kB':>14}")
    against: dict[str, float] = {}
    for name, ask in asking.items():
        cells = [f"{name:22}"]
        for path, status in (("/304", 304), ("/20k", 200)):
            seconds = await _best(
                lambda number, u=host + path, s=status, a=ask: a(u, s, number), requests, rounds
            )
            against.setdefault(path, seconds)
            cells.append(f"{seconds * 1000:6.3f} ms {seconds / against[path]:4.2f}")
        print(" ".join(cells))


async def _best(ask: Callable[[int], Awaitable[None]], requests: int, rounds: int) -> float:
    await ask(AT_ONCE * 4)
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        await ask(requests)
        spent.append((time.process_time() - start) / requests)
    return min(spent)


async def _at_once(number: int, ask: Callable[[], Awaitable[None]]) -> None:
    left = iter(range(number))

    async def worker() -> None:
        for _ in left:
            await ask()

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def _check(status: int, wanted: int, body: bytes) -> None:
    if (status, len(body)) != (wanted, len(BODY) if wanted == 200 else 0):
        raise SystemExit(f"wanted {wanted}, found {status} with {len(body):,} bytes")


async def _aiohttp(url: str, status: int, number: int) -> None:
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def ask() -> None:
            async with session.get(url, headers=HEADERS, allow_redirects=False) as response:
                _check(response.status, status, await response.read())

        await _at_once(number, ask)


async def _letters(url: str, status: int, number: int) -> None:
    place = url.removeprefix("http://").partition("/")[0]
    settings = NetSettings(user_agent=HEADERS["User-Agent"], allow_private=(place,), connections=AT_ONCE)
    headers = {name: value for name, value in HEADERS.items() if name != "User-Agent"}
    async with Client(settings) as client:

        async def ask() -> None:
            answer = await client.get(url, headers=headers)
            _check(answer.status, status, answer.body)

        await _at_once(number, ask)


async def _libcurl(url: str, status: int, number: int) -> None:
    """Without the loop, which stands still meanwhile."""
    multi = pycurl.CurlMulti()
    bodies = dict(_easy(url) for _ in range(AT_ONCE))
    idle, left = list(bodies), number
    while left or len(idle) < AT_ONCE:
        while idle and left:
            multi.add_handle(idle.pop())
            left -= 1
        multi.perform()
        multi.select(1)
        _queued, good, bad = multi.info_read()
        for curl in good:
            _check(curl.getinfo(pycurl.RESPONSE_CODE), status, b"".join(bodies[curl]))
            bodies[curl].clear()
            multi.remove_handle(curl)
            idle.append(curl)
        if bad:
            raise SystemExit(f"libcurl says {bad[0][2]}")
    multi.close()


def _easy(url: str) -> tuple[pycurl.Curl, list[bytes]]:
    curl, pieces, lines = pycurl.Curl(), [], []
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in HEADERS.items()])
    curl.setopt(pycurl.HEADERFUNCTION, lines.append)
    curl.setopt(pycurl.WRITEFUNCTION, pieces.append)
    return curl, pieces


def _serve(parent: Connection) -> None:
    asyncio.run(_serve_for_ever(parent))


async def _serve_for_ever(parent: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0, backlog=512)
    parent.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _Answering(asyncio.Protocol):
    """Answers from memory and keeps the connection."""

    answers: ClassVar = {
        path.encode(): "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode() + body
        for path, (status, fields, body) in ANSWERS.items()
    }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._asked = transport, b""

    def data_received(self, data: bytes) -> None:
        *requests, self._asked = (self._asked + data).split(b"\r\n\r\n")
        for request in requests:
            self._transport.write(self.answers[request.split(b" ", 2)[1]])  # type: ignore[attr-defined]


if __name__ == "__main__":
    raise SystemExit(main())
