"""How long a request may take and how long it may be silent, watched for all requests of a client by one clock.

A timer for each request, set anew at each byte, would cost a fifth of what a request to an unchanged source costs.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from time import monotonic

_RAREST_LOOK_SECONDS = 0.5
# So often within the shorter of the times: neither is overrun by much.
_LOOKS = 8


class Wait:
    """One request as far as it has come, all its hops together. Whoever hears from the server says so."""

    __slots__ = ("_done", "_heard_at", "_started_at", "_what")

    def __init__(self) -> None:
        self._started_at = self._heard_at = monotonic()
        self._what = "answer"
        self._done: asyncio.Future[None] | None = None

    def asked(self, done: asyncio.Future[None]) -> None:
        """A request begins: until its whole header is here, nothing counts as heard."""
        self._what, self._heard_at, self._done = "answer", monotonic(), done

    def heard(self) -> None:
        """The header, or a piece of the body, has come."""
        self._what, self._heard_at = "byte", monotonic()

    def end_if_over(self, now: float, *, total: float, idle: float) -> None:
        """Put `TimeoutError` with the reason into the request's future if it has lasted too long."""
        if now - self._started_at > total:
            reason = f"no whole answer within {total:g} seconds"
        elif now - self._heard_at > idle:
            reason = f"no {self._what} for {idle:g} seconds"
        else:
            return
        if self._done is not None and not self._done.done():
            self._done.set_exception(TimeoutError(reason))


class Patience:
    """Breaks off requests that last longer than `total`, or in which nothing comes for as long as `idle`."""

    def __init__(self, *, total: timedelta, idle: timedelta) -> None:
        self._total, self._idle = total.total_seconds(), idle.total_seconds()
        self._every = min(_RAREST_LOOK_SECONDS, self._total / _LOOKS, self._idle / _LOOKS)
        self._waits: set[Wait] = set()
        self._next_look: asyncio.TimerHandle | None = None

    def begin(self) -> Wait:
        wait = Wait()
        self._waits.add(wait)
        if self._next_look is None:
            self._look_later()
        return wait

    def end(self, wait: Wait) -> None:
        self._waits.discard(wait)

    def close(self) -> None:
        if self._next_look is not None:
            self._next_look.cancel()

    def _look_later(self) -> None:
        self._next_look = asyncio.get_running_loop().call_later(self._every, self._look)

    def _look(self) -> None:
        now = monotonic()
        for wait in self._waits:
            wait.end_if_over(now, total=self._total, idle=self._idle)
        self._next_look = None
        # A client with nothing to wait for looks at nothing.
        if self._waits:
            self._look_later()
