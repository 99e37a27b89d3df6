"""Manners towards hosts: few requests at once, and a pause between them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta

from letters.errors import FetchError
from letters.net.urls import place_of

_AT_ANY_TIME = nullcontext()


class Pace:
    """Gives each host its turns: at most `at_once` together, starting at least `spacing` apart.

    Places for which `is_exempt` answers True have a turn whenever they want one; that is asked at each turn. Belongs to
    one event loop.
    """

    def __init__(self, *, spacing: timedelta, at_once: int, is_exempt: Callable[[str], bool]) -> None:
        self._spacing = spacing.total_seconds()
        self._is_exempt = is_exempt
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(at_once))
        self._next_start: dict[str, float] = {}

    def turn(self, url: str) -> AbstractAsyncContextManager[None]:
        """Wait for this host's turn, and hold one of its slots until the end of the block."""
        return _AT_ANY_TIME if self._is_exempt(url) else self._turn(url)

    @asynccontextmanager
    async def _turn(self, url: str) -> AsyncIterator[None]:
        host = host_of(url)
        async with self._slots[host]:
            # Asked again: a name is known to be private once it was resolved.
            if not self._is_exempt(url):
                await asyncio.sleep(self._reserve(host))
            yield

    def _reserve(self, host: str) -> float:
        """Take the next start at this host; how many seconds away it is."""
        now = asyncio.get_running_loop().time()
        start = max(now, self._next_start.get(host, now))
        self._next_start[host] = start + self._spacing
        return start - now


def host_of(url: str) -> str:
    """The host that manners apply to; what is no address is its own host."""
    try:
        return place_of(url)[0]
    except FetchError:
        return url
