"""The guarded HTTP client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType

from yarl import URL

from letters.errors import FetchError, FetchTimeoutError
from letters.net.driver import Driver
from letters.net.guard import Guard, RefusedAddressError
from letters.net.patience import Patience, Wait
from letters.net.reading import EXCERPT_BYTES
from letters.net.transfer import Transfer
from letters.net.urls import (
    Target,
    is_blocked_port,
    parse_location,
    place_of,
    shown,
    target_of,
    target_of_parsed,
)
from letters.net.values import Answer, Hop, NetSettings
from letters.net.words import forbidden_address

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
        # Waiting for a turn is not the server's silence, so turns are taken before the time begins.
        self._turns = asyncio.Semaphore(settings.connections)
        self._driver: Driver | None = None
        self._transfers: list[Transfer] = []
        self._idle: list[Transfer] = []

    async def __aenter__(self) -> Client:
        self._driver = Driver(kept_connections=self.settings.connections)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.close()
        self._patience.close()
        for transfer in self._transfers:
            transfer.close()

    def is_private_place(self, url: str) -> bool:
        """Whether ``allow_private`` covers the place; manners towards strangers do not apply there."""
        try:
            host, port = place_of(url)
        except FetchError:
            return False
        return self._guard.is_private_place(host, port)

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, limit_bytes: int | None = None
    ) -> Answer:
        """The whole answer of an address, redirects followed. Any final status is an answer.

        Raises `ForbiddenAddressError`, `FetchTimeoutError`, `TooLargeError` or another `FetchError`.
        """
        start, limit_bytes = target_of(url), limit_bytes or self.settings.size_limit_bytes
        return await self._in_turn(
            start, lambda transfer, wait: self._follow(transfer, wait, start, headers or {}, limit_bytes)
        )

    async def head(self, url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """What an address says of its document, without the document: a HEAD, redirects followed. Raises as `get` does."""
        start = target_of(url)
        return await self._in_turn(
            start,
            # No body will come, so its length is no reason to refuse the answer.
            lambda transfer, wait: self._follow(
                transfer, wait, start, headers or {}, sys.maxsize, is_head=True
            ),
        )

    async def peek(self, url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """The same for servers that refuse HEAD: a GET that is broken off behind the header. Raises as `get` does."""
        start = target_of(url)
        return await self._in_turn(
            start, lambda transfer, wait: self._follow(transfer, wait, start, headers or {}, 0)
        )

    async def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """The answer to a form that is sent (``application/x-www-form-urlencoded``). Redirects are answers, not followed.

        Raises as `get` does.
        """
        start = target_of(url)
        return await self._in_turn(
            start, lambda transfer, wait: self._ask(transfer, wait, start, {}, EXCERPT_BYTES, form=form)
        )

    async def _in_turn(self, start: Target, work: Callable[[Transfer, Wait], Awaitable[Answer]]) -> Answer:
        """One turn's work, within the time that there is for it."""
        async with self._turns:
            transfer = self._take_transfer()
            wait = self._patience.begin()
            try:
                return await work(transfer, wait)
            except TimeoutError as error:
                if isinstance(error, FetchError):
                    raise
                raise FetchTimeoutError(shown(start.url), str(error)) from error
            finally:
                self._patience.end(wait)
                self._idle.append(transfer)

    def _take_transfer(self) -> Transfer:
        if self._driver is None:
            raise RuntimeError("the client is not open: use it within its own async with")
        if self._idle:
            return self._idle.pop()
        transfer = Transfer(self._driver, self._guard, self.settings)
        self._transfers.append(transfer)
        return transfer

    async def _follow(
        self,
        transfer: Transfer,
        wait: Wait,
        start: Target,
        headers: Mapping[str, str],
        limit_bytes: int,
        *,
        is_head: bool = False,
    ) -> Answer:
        here = start
        if start.authorization:
            headers = {**headers, "Authorization": start.authorization}
        hops: tuple[Hop, ...] = ()
        while True:
            answer = await self._ask(transfer, wait, here, headers, limit_bytes, hops=hops, is_head=is_head)
            location = _location(answer)
            if not location:
                return answer
            onward = _onward(location, here)
            hops = (*hops, Hop(answer.status, answer.url))
            if len(hops) > self.settings.max_redirects:
                raise FetchError(shown(start.url), f"more than {self.settings.max_redirects} redirects")
            if any(hop.url == onward.url for hop in hops):
                raise FetchError(shown(start.url), f"redirects in a circle, back to {shown(onward.url)}")
            if onward.origin != here.origin:
                headers = _without_secrets(headers)
            here = onward

    async def _ask(
        self,
        transfer: Transfer,
        wait: Wait,
        target: Target,
        headers: Mapping[str, str],
        limit_bytes: int,
        *,
        hops: tuple[Hop, ...] = (),
        form: Mapping[str, str] | None = None,
        is_head: bool = False,
    ) -> Answer:
        """One request to one address, a POST where there is a form. An error of a hop names where the redirect led."""
        try:
            self._check(target)
            reading = await transfer.ask(
                target, headers, limit_bytes=limit_bytes, wait=wait, form=form, is_head=is_head
            )
        except FetchError as error:
            if not hops:
                raise
            raise type(error)(error.url, f"redirects to {error.url}: {error.reason}") from error
        return Answer(
            status=reading.status,
            url=target.url,
            hops=hops,
            headers=reading.headers,
            body=reading.take_body(),
        )

    def _check(self, target: Target) -> None:
        try:
            self._guard.check_literal(target.host, target.port)
        except RefusedAddressError as error:
            raise forbidden_address(shown(target.url), error) from error
        if is_blocked_port(target.port) and not self._guard.is_private_place(target.host, target.port):
            raise FetchError(shown(target.url), f"port {target.port} belongs to another protocol than HTTP")


def _location(answer: Answer) -> str:
    """Where an answer sends us on to; nothing for one that is an end."""
    return answer.headers.get("Location", "").strip() if answer.status in _REDIRECTS else ""


def _onward(location: str, here: Target) -> Target:
    """Where a redirect leads. A name and password that it brings are not used."""
    try:
        onward = parse_location(location, base=URL(here.url, encoded=True))
        return target_of_parsed(onward)._replace(authorization="")
    except FetchError as error:
        raise FetchError(shown(here.url), f"redirects to {error.url}: {error.reason}") from error


def _without_secrets(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}
