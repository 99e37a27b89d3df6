"""Which of many sockets are ready, in libcurl's words for what is waited for."""

from __future__ import annotations

import select
import selectors
from typing import ClassVar, Protocol

from pycurl import POLL_IN, POLL_INOUT, POLL_OUT


class Sockets(Protocol):
    """The sockets that are waited for. Itself a file that can be read once one of them is ready."""

    def fileno(self) -> int: ...

    def watch(self, number: int, events: int) -> None:
        """Wait for `POLL_IN`, `POLL_OUT` or both at a socket, and for nothing else there; 0 is for nothing at all."""
        ...

    def ready(self) -> list[tuple[int, int]]:
        """The sockets that are ready now, and for what. One that broke off is ready for both."""
        ...

    def close(self) -> None: ...


def make_sockets() -> Sockets:
    """The quickest that the system has."""
    return EpollSockets() if hasattr(select, "epoll") else SelectorSockets()


class EpollSockets:
    """Linux. libcurl begins and ceases to wait for each answer, and with `selectors` between that costs twice as much."""

    _EVENTS: ClassVar = {POLL_IN: 1, POLL_OUT: 4, POLL_INOUT: 5}

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._watched: set[int] = set()

    def fileno(self) -> int:
        return self._epoll.fileno()

    def watch(self, number: int, events: int) -> None:
        if number not in self._watched:
            if events:
                self._epoll.register(number, self._EVENTS[events])
                self._watched.add(number)
        elif events:
            self._epoll.modify(number, self._EVENTS[events])
        else:
            self._watched.remove(number)
            try:
                self._epoll.unregister(number)
            except OSError:
                return  # Closed already, and so forgotten.

    def ready(self) -> list[tuple[int, int]]:
        # EPOLLIN is 1 and EPOLLOUT is 4; HUP and ERR are bits of their own, and mean both.
        return [
            (number, (POLL_IN if events & ~4 else 0) | (POLL_OUT if events & ~1 else 0))
            for number, events in self._epoll.poll(0)
        ]

    def close(self) -> None:
        self._epoll.close()


class SelectorSockets:
    """Any other system."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._watched: set[int] = set()

    def fileno(self) -> int:
        return self._selector.fileno()

    def watch(self, number: int, events: int) -> None:
        # To read is 1 and to write is 2, there and here.
        if number not in self._watched:
            if events:
                self._selector.register(number, events)
                self._watched.add(number)
        elif events:
            self._selector.modify(number, events)
        else:
            self._watched.remove(number)
            self._selector.unregister(number)

    def ready(self) -> list[tuple[int, int]]:
        return [(key.fd, events) for key, events in self._selector.select(0)]

    def close(self) -> None:
        self._selector.close()
