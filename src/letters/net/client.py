"""The guarded HTTP client."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from letters.errors import FetchError, FetchTimeoutError, ForbiddenAddressError, TooLargeError
from letters.net.guard import Guard, RefusedAddressError
from letters.net.urls import is_blocked_port, parse_url, without_user
from letters.net.values import Answer, Hop, NetSettings
from letters.net.words import reason_of

T = TypeVar("T")

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONNECT_SECONDS = 10.0
# Of an error page; enough to say what it was.
_EXCERPT_BYTES = 65_536
# Some publishers send policies of many kilobytes in one header; aiohttp's own limit of 8 KiB turns those away.
_HEADER_BYTES = 32_768
# Never to be shown to another host than the one it was meant for.
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")


@dataclass(frozen=True, slots=True)
class _Step:
    """What one request gave: an answer, or where to go next."""

    answer: Answer
    onward: URL | None = None


class Client:
    """Gets documents from places that may be hostile.

    Every socket's address is checked as it connects (R63). Proxies, netrc and cookies are not used. Whatever goes
    wrong is a `FetchError`. Use as an async context manager, within one event loop.
    """

    def __init__(self, settings: NetSettings) -> None:
        self.settings = settings
        self._guard = Guard(settings.allow_private)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        connector = aiohttp.TCPConnector(
            resolver=_GuardedResolver(self._guard),
            socket_factory=self._make_socket,
            limit=self.settings.connections,
        )
        total = self.settings.timeout.total_seconds()
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.settings.user_agent},
            timeout=aiohttp.ClientTimeout(total=total, sock_connect=min(_CONNECT_SECONDS, total)),
            trust_env=False,
            max_field_size=_HEADER_BYTES,
            max_line_size=_HEADER_BYTES,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    def is_private_place(self, url: str) -> bool:
        """Whether ``allow_private`` covers the place; manners towards strangers do not apply there."""
        try:
            parsed = parse_url(url)
        except FetchError:
            return False
        return self._guard.is_private_place(parsed.host or "", parsed.port or 0)

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, limit_bytes: int | None = None
    ) -> Answer:
        """The whole answer of an address, redirects followed. Any status is an answer.

        Raises `ForbiddenAddressError`, `FetchTimeoutError`, `TooLargeError` or another `FetchError`.
        """
        start = parse_url(url)
        return await self._in_time(
            self._follow(start, headers or {}, limit_bytes or self.settings.size_limit_bytes), start
        )

    async def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """The answer to a form that is sent (``application/x-www-form-urlencoded``). Redirects are answers, not followed.

        Raises as `get` does.
        """
        start = parse_url(url)
        step = await self._in_time(
            self._ask(without_user(start), CIMultiDict(), _EXCERPT_BYTES, (), form=form), start
        )
        return step.answer

    async def _in_time(self, work: Awaitable[T], start: URL) -> T:
        seconds = self.settings.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError as error:
            if isinstance(error, FetchError):
                raise
            shown = str(without_user(start))
            raise FetchTimeoutError(shown, f"no whole answer within {seconds:g} seconds") from error

    async def _follow(self, start: URL, headers: Mapping[str, str], limit_bytes: int) -> Answer:
        here, kept = without_user(start), CIMultiDict(headers)
        if start.user is not None:
            kept["Authorization"] = _basic(start.user, start.password or "")
        hops: list[Hop] = []
        seen = {here}
        while True:
            step = await self._ask(here, kept, limit_bytes, tuple(hops))
            if step.onward is None:
                return step.answer
            hops.append(Hop(step.answer.status, str(here)))
            if len(hops) > self.settings.max_redirects:
                raise FetchError(str(hops[0].url), f"more than {self.settings.max_redirects} redirects")
            if step.onward in seen:
                raise FetchError(str(hops[0].url), f"redirects in a circle, back to {step.onward}")
            if step.onward.origin() != here.origin():
                for name in _SECRET_HEADERS:
                    kept.popall(name, None)
            here = step.onward
            seen.add(here)

    async def _ask(
        self,
        url: URL,
        headers: CIMultiDict[str],
        limit_bytes: int,
        hops: tuple[Hop, ...],
        *,
        form: Mapping[str, str] | None = None,
    ) -> _Step:
        """One request to one address, a POST where there is a form; every error becomes ours here."""
        assert self._session is not None, "the client is used as a context manager"
        method = "GET" if form is None else "POST"
        try:
            self._check(url)
            async with self._session.request(
                method, url, headers=headers, data=form, allow_redirects=False
            ) as response:
                location = response.headers.get("Location")
                if response.status in _REDIRECTS and location:
                    onward = without_user(parse_url(location.strip(), base=url))
                    return _Step(_answer(response, url, hops), onward)
                body = await _read_body(response, str(url), limit_bytes)
                return _Step(_answer(response, url, hops, body))
        except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
            raise _translated(error, str(url), self.settings.timeout.total_seconds()) from error

    def _check(self, url: URL) -> None:
        host, port = url.host or "", url.port or 0
        self._guard.check_literal(host, port)
        if is_blocked_port(url) and not self._guard.is_private_place(host, port):
            raise FetchError(str(url), f"port {port} belongs to another protocol than HTTP")

    def _make_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The last check: called with the very address that the new socket will connect to."""
        family, kind, protocol, _name, address = info
        self._guard.check_socket(address[0], address[1])
        return socket.socket(family=family, type=kind, proto=protocol)


class _GuardedResolver(AbstractResolver):
    """Resolves names, and hides addresses that may not be connected to."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        # The system's resolver, so that names mean what they mean to the operator's other programs.
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        public = [result for result in found if self._guard.check_resolved(host, port, result["host"])]
        if found and not public:
            raise RefusedAddressError(found[0]["host"])
        return public

    async def close(self) -> None:
        await self._inner.close()


def _basic(user: str, password: str) -> str:
    """HTTP Basic (RFC 7617), in UTF-8."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _answer(response: aiohttp.ClientResponse, url: URL, hops: tuple[Hop, ...], body: bytes = b"") -> Answer:
    headers: CIMultiDictProxy[str] = response.headers
    return Answer(status=response.status, url=str(url), hops=hops, headers=headers, body=body)


async def _read_body(response: aiohttp.ClientResponse, url: str, limit_bytes: int) -> bytes:
    """The body, decompressed piece by piece and given up as soon as it passes the limit.

    Counting happens after decompression, so a small body that unfolds without end is cut off like a large one.
    """
    wanted = 200 <= response.status < 300
    limit_bytes = limit_bytes if wanted else min(limit_bytes, _EXCERPT_BYTES)
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > limit_bytes:
            response.close()
            if wanted:
                raise TooLargeError(url, f"larger than {limit_bytes:,} bytes; reading stopped there")
            return bytes(body[:limit_bytes])
    return bytes(body)


def _translated(error: Exception, url: str, seconds: float) -> FetchError:
    """Our error for one of aiohttp's or the system's."""
    cause: BaseException | None = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, FetchError):
        return cause
    if isinstance(cause, RefusedAddressError):
        return ForbiddenAddressError(
            url, f"its address {cause.address} is not on the public internet and not in allow_private"
        )
    if isinstance(error, TimeoutError):
        return FetchTimeoutError(url, f"no connection or no answer within {seconds:g} seconds")
    return FetchError(url, reason_of(error))
