"""The guarded HTTP client."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from types import TracebackType

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from letters.errors import FetchError
from letters.net.connector import make_connector
from letters.net.guard import Guard
from letters.net.patience import Patience, Wait
from letters.net.reading import EXCERPT_BYTES, check_head, read_body
from letters.net.urls import is_blocked_port, parse_location, parse_url, shown, without_user
from letters.net.values import Answer, Hop, NetSettings
from letters.net.words import fetch_error

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Never to be shown to another host than the one it was meant for.
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


class Client:
    """Gets documents from places that may be hostile.

    Every socket's address is checked as it connects (R63). Proxies, netrc and cookies are not used. Whatever goes
    wrong is a `FetchError`. Use as an async context manager, within one event loop.
    """

    def __init__(self, settings: NetSettings) -> None:
        self.settings = settings
        self._guard = Guard(settings.allow_private)
        self._patience = Patience(total=settings.timeout, idle=settings.idle_timeout)
        # Not aiohttp's limit: waiting for a turn there would look like the server's silence.
        self._turns = asyncio.Semaphore(settings.connections)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        settings = self.settings
        self._session = aiohttp.ClientSession(
            connector=make_connector(self._guard),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": settings.user_agent},
            timeout=aiohttp.ClientTimeout(sock_connect=settings.connect_timeout.total_seconds()),
            trust_env=False,
            max_line_size=settings.field_limit_bytes,
            max_field_size=settings.field_limit_bytes,
            max_headers=settings.fields_limit,
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
        """The whole answer of an address, redirects followed. Any final status is an answer.

        Raises `ForbiddenAddressError`, `FetchTimeoutError`, `TooLargeError` or another `FetchError`.
        """
        start = parse_url(url)
        async with self._turns:
            wait = Wait()
            work = self._follow(start, headers or {}, limit_bytes or self.settings.size_limit_bytes, wait)
            return await self._patience.keep(work, wait, start)

    async def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """The answer to a form that is sent (``application/x-www-form-urlencoded``). Redirects are answers, not followed.

        Raises as `get` does.
        """
        start = parse_url(url)
        async with self._turns:
            wait = Wait()
            work = self._ask(without_user(start), {}, EXCERPT_BYTES, wait, form=form)
            return await self._patience.keep(work, wait, start)

    async def _follow(self, start: URL, headers: Mapping[str, str], limit_bytes: int, wait: Wait) -> Answer:
        here = without_user(start)
        if start.user is not None:
            headers = {**headers, "Authorization": _basic(start.user, start.password or "")}
        hops: tuple[Hop, ...] = ()
        while True:
            answer = await self._ask(here, headers, limit_bytes, wait, hops=hops)
            location = _location(answer.status, answer.headers)
            if not location:
                return answer
            onward = _onward(location, here)
            hops = (*hops, Hop(answer.status, answer.url))
            if len(hops) > self.settings.max_redirects:
                raise FetchError(shown(start), f"more than {self.settings.max_redirects} redirects")
            if any(hop.url == str(onward) for hop in hops):
                raise FetchError(shown(start), f"redirects in a circle, back to {shown(onward)}")
            if onward.origin() != here.origin():
                headers = _without_secrets(headers)
            here = onward

    async def _ask(
        self,
        url: URL,
        headers: Mapping[str, str],
        limit_bytes: int,
        wait: Wait,
        *,
        hops: tuple[Hop, ...] = (),
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request to one address, a POST where there is a form; every error becomes ours here."""
        assert self._session is not None, "the client is used as a context manager"
        method, body = "GET" if form is None else "POST", b""
        try:
            self._check(url)
            wait.asked()
            async with self._session.request(
                method, url, headers=headers, data=form, allow_redirects=False
            ) as response:
                wait.heard()
                check_head(response, url, self.settings)
                if not _location(response.status, response.headers):
                    body = await read_body(response, url, limit_bytes, heard=wait.heard)
                return Answer(
                    status=response.status, url=str(url), hops=hops, headers=response.headers, body=body
                )
        except (FetchError, aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
            raise fetch_error(error, url, self.settings, redirected=bool(hops)) from error

    def _check(self, url: URL) -> None:
        host, port = url.host or "", url.port or 0
        self._guard.check_literal(host, port)
        if is_blocked_port(url) and not self._guard.is_private_place(host, port):
            raise FetchError(shown(url), f"port {port} belongs to another protocol than HTTP")


def _location(status: int, headers: Mapping[str, str]) -> str:
    """Where an answer sends us on to; nothing for one that is an end."""
    return headers.get("Location", "").strip() if status in _REDIRECTS else ""


def _onward(location: str, here: URL) -> URL:
    try:
        return without_user(parse_location(location, base=here))
    except FetchError as error:
        raise FetchError(shown(here), f"redirects to {error.url}: {error.reason}") from error


def _without_secrets(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}


def _basic(user: str, password: str) -> str:
    """HTTP Basic (RFC 7617), in UTF-8."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
