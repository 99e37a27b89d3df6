"""Runs libcurl's transfers on the event loop that is running anyway: no thread, no polling."""

from __future__ import annotations

import asyncio
import selectors

import pycurl

class Driver:
    """Joins libcurl's multi interface to asyncio. Belongs to the event loop in which it was made.

    libcurl says which sockets it waits for, and until when. All its sockets hang on one selector of ours, and that on
    the loop as a single file: asyncio's own `add_reader` for each socket and request would cost more than the request.
    """

    def __init__(self, *, kept_connections: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._selector = selectors.DefaultSelector()
        self._watched: dict[int, int] = {}
        self._running: dict[pycurl.Curl, asyncio.Future[None]] = {}
        self._kick: asyncio.Handle | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_alarm)
        self._multi.setopt(pycurl.M_MAXCONNECTS, kept_connections)
        self._loop.add_reader(self._selector, self._on_sockets)

    def start(self, curl: pycurl.Curl) -> asyncio.Future[None]:
        """Begin a transfer. The future ends with it, with `pycurl.error` where it went wrong; then call `end`."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._running[curl] = done
        self._multi.add_handle(curl)
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
        self._loop.remove_reader(self._selector)
        self._multi.close()
        self._selector.close()
        for handle in (self._kick, self._alarm):
            if handle is not None:
                handle.cancel()

    def _watch(self, what: int, number: int, _multi: object, _data: object) -> None:
        """libcurl begins or ceases to wait for a socket."""
        if what == pycurl.POLL_REMOVE or what == pycurl.POLL_NONE:
            if self._watched.pop(number, 0):
                self._selector.unregister(number)
        elif number not in self._watched:
            self._selector.register(number, what)
            self._watched[number] = what
        elif self._watched[number] != what:
            self._selector.modify(number, what)
            self._watched[number] = what

    def _set_alarm(self, milliseconds: int) -> None:
        """libcurl wants to be called in so long, or never (-1). From within this call it may not be called."""
        if milliseconds == 0:
            if self._kick is None:
                self._kick = self._loop.call_soon(self._on_kick)
        elif milliseconds > 0:
            at = self._loop.time() + milliseconds / 1000
            # Being called too early does no harm, and costs less than setting a clock for every request.
            if self._alarm is None or self._alarm.when() > at:
                if self._alarm is not None:
                    self._alarm.cancel()
                self._alarm = self._loop.call_at(at, self._on_alarm)

    def _on_kick(self) -> None:
        self._kick = None
        self._call_in_time()

    def _on_alarm(self) -> None:
        self._alarm = None
        self._call_in_time()

    def _call_in_time(self) -> None:
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._tell_ended()

    def _on_sockets(self) -> None:
        for key, events in self._selector.select(0):
            # The two kinds of event have the same numbers there and here.
            self._multi.socket_action(key.fd, events)
        self._tell_ended()

    def _tell_ended(self) -> None:
        _queued, good, bad = self._multi.info_read()
        for curl in good:
            if not (done := self._running[curl]).done():
                done.set_result(None)
        for curl, code, message in bad:
            if not (done := self._running[curl]).done():
                done.set_exception(pycurl.error(code, message))
