"""A connection as it is read: lines become replies, silence and nonsense become errors.

The relay may send its replies one by one or many at once; each is kept until it is asked for.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from itertools import islice
from typing import Any, NamedTuple

# RFC 5321 section 4.5.3.1.5 allows 512 octets to a line; relays put whole sentences and addresses of help pages there.
_LONGEST_LINE = 8_192
_LONGEST_REPLY = 32_768
_LINE = re.compile(rb"([1-9]\d\d)(?:([ -])(.*))?", re.DOTALL)


class Reply(NamedTuple):
    """A reply: its code, and the text of all its lines."""

    code: int
    text: str


class LostError(Exception):
    """The connection ended, fell silent, or says what is no SMTP: there will be no reply."""


class Wire(asyncio.Protocol):
    """The replies of one open connection. Used by one task."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._rest = b""
        #: The lines of a reply that goes on, and their octets.
        self._lines: list[bytes] = []
        self._size = 0
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._end = ""
        transport.set_protocol(self)

    def known(self, name: str) -> Any:
        """What the transport knows of the connection, such as its "peername"; None for what it does not."""
        return self._transport.get_extra_info(name)

    @property
    def is_open(self) -> bool:
        return not self._end and not self._transport.is_closing()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was said that nobody asked for."""
        return not (self._replies or self._rest or self._lines)

    def write(self, data: bytes) -> None:
        """Send; raises `LostError` if there is no connection any more."""
        if not self.is_open:
            raise LostError(self._end or "the connection is closed")
        self._transport.write(data)

    async def reply(self, *, within_seconds: float) -> Reply:
        """The next reply. Raises `LostError` when none comes."""
        while not self._replies:
            if self._end:
                raise LostError(self._end)
            self._waiter = self._loop.create_future()
            self._watch(within_seconds)
            await self._waiter
        return self._replies.popleft()

    def pass_over(self, codes: tuple[int, ...]) -> bool:
        """Take the next replies away if they are there and have these codes; else they all stay."""
        if tuple([reply.code for reply in islice(self._replies, len(codes))]) != codes:
            return False
        for _ in codes:
            self._replies.popleft()
        return True

    def close(self) -> None:
        """End at once: TLS takes leave in its own time, and our loop does not live as long."""
        self._finish("the connection was closed")

    # What follows is called by the event loop.

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line.removesuffix(b"\r"))
            if self._end:
                break
        if len(self._rest) > _LONGEST_LINE:
            self._finish(f"the relay sent a line of more than {_LONGEST_LINE:,} octets")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(f"the connection broke: {exc}" if exc else "the relay closed the connection")

    def _take(self, line: bytes) -> None:
        match = _LINE.fullmatch(line)
        if match is None:
            shown = line[:80].decode("utf-8", "replace")
            self._finish(f'the relay sent "{shown}", which is no reply (RFC 5321 section 4.2)')
            return
        code, more, text = match.groups(b"")
        if not self._lines and more != b"-":
            self._replies.append(Reply(int(code), text.decode("utf-8", "replace")))
            return
        self._lines.append(text)
        self._size += len(line)
        if more == b"-":
            if self._size > _LONGEST_REPLY:
                self._finish(f"the relay sent a reply of more than {_LONGEST_REPLY:,} octets")
            return
        self._replies.append(Reply(int(code), b"\n".join(self._lines).decode("utf-8", "replace")))
        self._lines.clear()
        self._size = 0

    def _finish(self, why: str) -> None:
        if not self._end:
            self._end = why
            self._transport.abort()
            if self._alarm is not None:
                self._alarm.cancel()
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done() and (self._replies or self._end):
            self._waiter.set_result(None)

    def _watch(self, seconds: float) -> None:
        # One timer that looks when it is due costs less than one for each reply.
        self._deadline = self._loop.time() + seconds
        if self._alarm is None or self._alarm.when() > self._deadline:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._alarm = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() >= self._deadline:
            self._finish("the relay did not answer in time")
        else:
            self._alarm = self._loop.call_at(self._deadline, self._look)
