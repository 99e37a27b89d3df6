"""Manners towards hosts: few requests at once, and a pause between them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import lru_cache

from yarl import URL


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

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Wait for this host's turn, and hold one of its slots until the end of the block."""
        if self._is_exempt(url):
            yield
            return
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


@lru_cache(maxsize=1_024)
def host_of(url: str) -> str:
    """The host that manners apply to; what is no URL is its own host."""
    try:
        return URL(url).host or url
    except ValueError:
        return url
