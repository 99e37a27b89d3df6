"""The server's side of a connection: what the tree has in memory is answered straight from the parsed request.

uvicorn makes a task, a scope and a dozen objects of each request, and asks the application; that costs some four times
what the answer itself does. A reader that polls every minute needs none of it. All that is not a plain request for a
document goes uvicorn's way.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from letters.web.answers import Answer
from letters.web.front import Front, gather

#: A connection on which no request came to its end for so long, and none is being answered, is closed at the next look.
LOOK_EVERY_SECONDS = 10.0
# h11, uvicorn's other parser, has the same limit; this one has none of its own.
_LONGEST_HEAD_BYTES = 65_536
_SHORT_METHODS = frozenset({b"GET", b"HEAD"})


class DocumentProtocol(HttpToolsProtocol):
    """uvicorn's own, with a shorter way to the published tree.

    The order of answers, keep-alive, flow control and shutdown stay uvicorn's: the short way is taken only while no other
    answer is under way on the connection, and not while the client reads more slowly than it asks.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._tree = self.config.app.tree if isinstance(self.config.app, Front) else None
        self._in_head = False
        self._head_bytes = 0
        #: The request that is being read has been dealt with; the rest of it is nothing.
        self._is_done = False
        self._requests = 0
        self._requests_before = -1
        self._unsent_before = 0
        self._look: asyncio.TimerHandle | None = None

    # --- the connection -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._look = self.loop.call_later(LOOK_EVERY_SECONDS, self._look_after)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        requests_before = self._requests
        super().data_received(data)
        # What comes after whole requests in one piece counts from the next piece on.
        if not self._in_head or self._requests != requests_before:
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > _LONGEST_HEAD_BYTES:
            self.transport.close()

    def _look_after(self) -> None:
        """Close what is idle, and what never gets to the end of a request; one timer for all requests of a connection."""
        unsent = self.transport.get_write_buffer_size()
        if not self._is_answering() and self._requests == self._requests_before:
            if not unsent:
                self.transport.close()
            elif unsent == self._unsent_before:
                # Nobody takes what was sent, and closing would wait for it.
                self.transport.abort()
        self._requests_before, self._unsent_before = self._requests, unsent
        self._look = self.loop.call_later(LOOK_EVERY_SECONDS, self._look_after)

    def _unsupported_upgrade_warning(self) -> None:
        """Not worth two lines of a log: some clients offer HTTP/2 with every request, and go on without."""

    # --- the parser's calls -------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._in_head, self._is_done = True, False
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._requests += 1
        if self.transport.is_closing():
            # Asked after "Connection: close", or after what was no request.
            self._is_done = True
        elif not self._answer_from_tree():
            self._make_scope()
            super().on_headers_complete()

    def _make_scope(self) -> None:
        """What uvicorn makes as soon as a request begins, and the short way can do without."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)

    def on_body(self, body: bytes) -> None:
        if not self._is_done:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._is_done:
            super().on_message_complete()

    def _answer_from_tree(self) -> bool:
        """Whether the request was answered here. A body, which no request for a document needs, is read and let go."""
        if self._tree is None or self.flow.write_paused or self._is_answering():
            return False
        method, url = self.parser.get_method(), self.url
        if method not in _SHORT_METHODS or not url.startswith(b"/"):
            return False
        try:
            answer = self._tree.answer(method, url.partition(b"?")[0], gather(self.headers))
        except Exception:  # noqa: BLE001 - the parser would take it for a bad request; the long way meets it again, and tells
            return False
        if answer is None or answer.file is not None:
            return False
        self._is_done = True
        self._write(answer, with_body=method == b"GET")
        return True

    def _is_answering(self) -> bool:
        """Whether an answer of the application is under way, or waits for its turn."""
        newest = cast("RequestResponseCycle | None", self.cycle)
        return newest is not None and not newest.response_complete

    def _write(self, answer: Answer, *, with_body: bool) -> None:
        # As uvicorn has it: HTTP/1.0 is answered once.
        keeps = self.parser.should_keep_alive() and self.parser.get_http_version() == "1.1"
        date = _lines(tuple(self.server_state.default_headers))
        end = b"\r\n" if keeps else b"connection: close\r\n\r\n"
        # Not `writelines`: in early Python 3.12 and 3.13 it does not say when the client is too slow (CVE-2024-12254).
        self.transport.write(b"".join((answer.head, date, end, answer.body if with_body else b"")))
        if not keeps:
            self.transport.close()


@lru_cache(maxsize=2)  # the date is another each second
def _lines(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    return b"".join(b"%s: %s\r\n" % header for header in headers)
