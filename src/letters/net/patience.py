"""How long a request may take and how long it may be silent, watched for all requests of a client by one clock.

A timer for each request, set anew at each byte, would cost a fifth of what a request to an unchanged source costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from time import monotonic
from typing import TypeVar

from yarl import URL

from letters.errors import FetchError, FetchTimeoutError
from letters.net.urls import shown

T = TypeVar("T")

_RAREST_LOOK_SECONDS = 0.5
# So often within the shorter of the times: neither is overrun by much.
_LOOKS = 8


class Wait:
    """One request as far as it has come. Whoever hears from the server says so."""

    __slots__ = ("_heard_at", "_started_at", "_what", "reason", "timeout")

    def __init__(self) -> None:
        self.timeout = asyncio.timeout(None)
        self._started_at = self._heard_at = monotonic()
        self._what = "answer"
        self.reason = ""

    def asked(self) -> None:
        """A request begins: until its whole header is here, nothing counts as heard."""
        self._what, self._heard_at = "answer", monotonic()

    def heard(self) -> None:
        """The header, or a piece of the body, has come."""
        self._what, self._heard_at = "byte", monotonic()

    def is_over(self, now: float, *, total: float, idle: float) -> bool:
        """Whether it has lasted too long; the reason is then kept."""
        if now - self._started_at > total:
            self.reason = f"no whole answer within {total:g} seconds"
        elif now - self._heard_at > idle:
            self.reason = f"no {self._what} for {idle:g} seconds"
        return bool(self.reason)


class Patience:
    """Breaks off requests that last longer than `total`, or in which nothing comes for as long as `idle`."""

    def __init__(self, *, total: timedelta, idle: timedelta) -> None:
        self._total, self._idle = total.total_seconds(), idle.total_seconds()
        self._every = min(_RAREST_LOOK_SECONDS, self._total / _LOOKS, self._idle / _LOOKS)
        self._waits: set[Wait] = set()
        self._next_look: asyncio.TimerHandle | None = None

    async def keep(self, work: Awaitable[T], wait: Wait, url: URL) -> T:
        """The work's result. Raises `FetchTimeoutError` where patience ends before it."""
        self._waits.add(wait)
        if self._next_look is None:
            self._look_later()
        try:
            async with wait.timeout:
                return await work
        except TimeoutError as error:
            if isinstance(error, FetchError):
                raise
            raise FetchTimeoutError(shown(url), wait.reason) from error
        finally:
            self._waits.discard(wait)

    def _look_later(self) -> None:
        self._next_look = asyncio.get_running_loop().call_later(self._every, self._look)

    def _look(self) -> None:
        now = monotonic()
        over = {wait for wait in self._waits if wait.is_over(now, total=self._total, idle=self._idle)}
        self._waits -= over
        for wait in over:
            wait.timeout.reschedule(asyncio.get_running_loop().time())
        self._next_look = None
        # A client with nothing to wait for looks at nothing.
        if self._waits:
            self._look_later()
