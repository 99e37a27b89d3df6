"""Messages that threads write ahead of the sending."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from typing import Generic, TypeVar

Claim = TypeVar("Claim")
Message = TypeVar("Message")

#: How many are written ahead, and how many of them a thread is given at once: handing over a task costs as much as a tenth of a
#: signature.
_AHEAD = 64
_AT_ONCE = 8


class Ahead(Generic[Claim, Message]):
    """Writes some messages ahead, in order. Used by one thread; `write` is called by several."""

    def __init__(self, write: Callable[[Claim], Message], writers: Executor) -> None:
        self._write = write
        self._writers = writers
        self._written: deque[tuple[Claim, Message]] = deque()
        self._writing: deque[tuple[Sequence[Claim], Future[list[Message]]]] = deque()

    def __len__(self) -> int:
        return len(self._written) + sum(len(claims) for claims, _ in self._writing)

    def claims(self) -> Iterator[Claim]:
        """Those whose messages are written, or being written, and not taken."""
        yield from (claim for claim, _ in self._written)
        for claims, _ in self._writing:
            yield from claims

    def begin(self, waiting: deque[Claim]) -> None:
        """Take from these what may be written now."""
        while waiting and len(self) < _AHEAD:
            claims = [waiting.popleft() for _ in range(min(_AT_ONCE, len(waiting)))]
            self._writing.append((claims, self._writers.submit(self._write_all, claims)))

    @property
    def is_ready(self) -> bool:
        """Whether `take` need not wait."""
        return bool(self._written) or bool(self._writing and self._writing[0][1].done())

    async def ready(self) -> None:
        """Wait until there is one to take, or none is being written, for others may take it first."""
        while self._writing and not self.is_ready:
            await asyncio.wait([asyncio.wrap_future(self._writing[0][1])])

    def take(self) -> tuple[Claim, Message]:
        """The next one. Waits for it; raises IndexError if there is none."""
        if not self._written:
            claims, messages = self._writing.popleft()
            self._written.extend(zip(claims, messages.result(), strict=True))
        return self._written.popleft()

    def close(self) -> None:
        """Nothing more will be taken: what no thread has begun stays unwritten."""
        for _, messages in self._writing:
            messages.cancel()

    def _write_all(self, claims: Sequence[Claim]) -> list[Message]:
        return [self._write(claim) for claim in claims]
