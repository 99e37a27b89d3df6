"""A relay that answers by a script of lines, so that it can do what no server would on purpose."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from letters.settings.types import SmtpSettings

GREETING = b"220 rude.example ready\r\n"
HELLO = (
    b"250-rude.example\r\n250-PIPELINING\r\n250-SIZE 200000\r\n250-DSN\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
)


class Talk:
    """One connection, as the relay sees it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: list[bytes]
    ) -> None:
        self._reader, self._writer, self._heard = reader, writer, heard

    async def line(self) -> bytes:
        """The next command."""
        line = await self._reader.readline()
        if not line:
            raise ConnectionResetError
        self._heard.append(line.rstrip(b"\r\n"))
        return line

    @property
    def is_silent(self) -> bool:
        """Whether nothing was said beyond what was read; asyncio keeps no public count of that."""
        return not self._reader._buffer  # type: ignore[attr-defined]

    async def content(self) -> bytes:
        """A message up to its dot."""
        return await self._reader.readuntil(b"\r\n.\r\n")

    async def say(self, answer: bytes) -> None:
        self._writer.write(answer)
        await self._writer.drain()

    async def hello(self, offers: bytes = HELLO) -> None:
        """Greeting and EHLO."""
        await self.say(GREETING)
        await self.line()
        await self.say(offers)

    async def serve(self) -> None:
        """Take whatever comes, as a well-behaved relay does."""
        while True:
            line = (await self.line()).upper()
            if line.startswith(b"DATA"):
                await self.say(b"354 go ahead\r\n")
                await self.content()
                await self.say(b"250 2.0.0 queued\r\n")
            elif line.startswith(b"QUIT"):
                await self.say(b"221 bye\r\n")
                return
            else:
                await self.say(b"250 ok\r\n")


class RudeRelay:
    """Runs a script for each connection, in a thread of its own; the last script serves all further ones."""

    def __init__(self, *scripts: Callable[[Talk], Awaitable[None]], socket: Path | None = None) -> None:
        self._scripts = list(scripts)
        self._socket = socket
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        #: All commands of all connections.
        self.heard: list[bytes] = []
        self.connections = 0

    def __enter__(self) -> RudeRelay:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def settings(self, **changes: object) -> SmtpSettings:
        port = 25 if self._socket else int(self._server.sockets[0].getsockname()[1])
        values = {"host": "127.0.0.1", "port": port, "tls": "none", "connections": 1, "timeout": "5s"}
        return SmtpSettings(**{**values, **changes})  # type: ignore[arg-type]

    async def _listen(self) -> asyncio.Server:
        if self._socket:
            return await asyncio.start_unix_server(self._talk, self._socket)
        return await asyncio.start_server(self._talk, "127.0.0.1", 0)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        self.connections += 1
        try:
            await script(Talk(reader, writer, self.heard))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
