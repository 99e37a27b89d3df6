"""Runs libcurl's transfers on the event loop that is running anyway: no thread, no polling."""

from __future__ import annotations

import asyncio

import pycurl

from letters.net.sockets import make_sockets


class Driver:
    """Joins libcurl's multi interface to asyncio. Belongs to the event loop in which it was made.

    libcurl says which sockets it waits for, and until when. All of them hang on the loop as a single file: asyncio's own
    `add_reader` for each socket and request would cost more than the request.
    """

    def __init__(self, *, kept_connections: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._sockets = make_sockets()
        self._running: dict[pycurl.Curl, asyncio.Future[None]] = {}
        self._kick: asyncio.Handle | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._due: float | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_alarm)
        self._multi.setopt(pycurl.M_MAXCONNECTS, kept_connections)
        self._loop.add_reader(self._sockets.fileno(), self._on_sockets)

    def start(self, curl: pycurl.Curl) -> asyncio.Future[None]:
        """Begin a transfer. The future ends with it, with `pycurl.error` where it went wrong; then call `end`."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._multi.add_handle(curl)
        self._running[curl] = done
        return done

    def end(self, curl: pycurl.Curl) -> None:
        """Let go of a transfer, whether it is done or to be broken off."""
        if self._running.pop(curl, None) is not None:
            self._multi.remove_handle(curl)

    def close(self) -> None:
        """Break off what runs, close every connection. Waits for names that are just being looked up."""
        for curl, done in list(self._running.items()):
            self.end(curl)
            done.cancel()
        self._loop.remove_reader(self._sockets.fileno())
        self._multi.close()
        self._sockets.close()
        for handle in (self._kick, self._alarm):
            if handle is not None:
                handle.cancel()

    def _watch(self, what: int, number: int, _multi: object, _data: object) -> None:
        """libcurl begins or ceases to wait for a socket."""
        # The rest of what it says means not to wait.
        self._sockets.watch(number, what & pycurl.POLL_INOUT)

    def _set_alarm(self, milliseconds: int) -> None:
        """libcurl wants to be called in so long, or never (-1), and forgets what it wanted before.

        It may not be called from here. An alarm that is set already and comes too early is left to set itself anew:
        nearly all of them are for timeouts that do not happen, and setting a clock twice for every request costs.
        """
        self._due = None
        if milliseconds == 0:
            if self._kick is None:
                self._kick = self._loop.call_soon(self._on_kick)
        elif milliseconds > 0:
            self._due = self._loop.time() + milliseconds / 1000
            if self._alarm is None or self._alarm.when() > self._due:
                self._set_clock(self._due)

    def _set_clock(self, due: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(due, self._on_alarm)

    def _on_kick(self) -> None:
        self._kick = None
        self._call_in_time()

    def _on_alarm(self) -> None:
        self._alarm = None
        if self._due is None:
            return
        if self._loop.time() < self._due:
            self._set_clock(self._due)
        else:
            self._due = None
            self._call_in_time()

    def _call_in_time(self) -> None:
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._tell_ended()

    def _on_sockets(self) -> None:
        for number, events in self._sockets.ready():
            self._multi.socket_action(number, events)
        self._tell_ended()

    def _tell_ended(self) -> None:
        _queued, good, bad = self._multi.info_read()
        for curl in good:
            if (done := self._running.get(curl)) and not done.done():
                done.set_result(None)
        for curl, code, message in bad:
            if (done := self._running.get(curl)) and not done.done():
                done.set_exception(pycurl.error(code, message))
