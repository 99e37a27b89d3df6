"""The pass as it runs: sources are asked on the event loop while a thread reads and stores what came of the ones before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import zip_longest

import structlog

from letters.model import Source
from letters.net import Client, NetSettings, Pace
from letters.net.pace import host_of
from letters.settings.types import WatchSettings
from letters.store.sources import SourceState
from letters.watch.desk import Desk, HeavyReading, surprise
from letters.watch.fetch import fetch
from letters.watch.findings import Arrival, Finding
from letters.watch.hosts import HostHolds
from letters.watch.moves import address_of
from letters.watch.problems import without_password
from letters.watch.readers import Readers
from letters.watch.values import Document, Failed, Look, ReadingBroke, ReadingResult

_log = structlog.get_logger("letters.watch")

_AT_ONE_HOST = 2
#: Sources that are on their way at the same time: far more than connections, for most wait for the pauses of their hosts.
_ASKERS = 256
#: Stored in one transaction at the most: enough to make its cost small, few enough that other writers need not wait long.
_TOGETHER = 256
#: How long to wait for more to store together, in seconds; a transaction costs as much as storing ten looks.
_MOMENT = 0.05
#: Of documents that wait to be read; while more lies there, nothing new is asked for.
_WAITING_BYTES = 64_000_000


class Asking:
    """One pass over some sources."""

    def __init__(
        self,
        desk: Desk,
        net: NetSettings,
        settings: WatchSettings,
        *,
        holds: HostHolds,
        now: datetime,
    ) -> None:
        self._desk, self._net, self._settings, self._now = desk, net, settings, now
        self._holds = holds

    async def ask(
        self, asked: Sequence[tuple[Source, SourceState]], progress: Callable[[int], None]
    ) -> dict[str, Look]:
        """A look for each source that was asked, by key; sources of hosts that turned out to be held have none."""
        loop = asyncio.get_running_loop()
        # Names are resolved there: a few that hang must not keep the others waiting until they time out.
        loop.set_default_executor(ThreadPoolExecutor(self._settings.connections))
        with (
            ThreadPoolExecutor(1, thread_name_prefix="letters-desk") as thread,
            Readers(limit=self._settings.parse_timeout) as readers,
        ):
            async with Client(self._net) as client:
                self._client = client
                self._pace = Pace(
                    spacing=self._settings.spacing, at_once=_AT_ONE_HOST, is_exempt=client.is_private_place
                )
                self._inbox = _Inbox()
                storing = asyncio.create_task(self._store_all(len(asked), thread, readers, progress))
                asking = asyncio.gather(*self._askers(asked))
                try:
                    # Whichever ends first by an error ends the pass.
                    await asyncio.gather(asking, storing)
                finally:
                    asking.cancel()
                    storing.cancel()
                return storing.result()

    def _askers(self, asked: Sequence[tuple[Source, SourceState]]) -> list[Awaitable[None]]:
        """A number of askers that share the sources, however many there are."""
        at_once: list[tuple[Source, SourceState]] = []
        in_turn: list[tuple[Source, SourceState]] = []
        for source, state in asked:
            is_private = self._client.is_private_place(address_of(state))
            (at_once if is_private else in_turn).append((source, state))
        left_at_once, left_in_turn = iter(at_once), taking_turns(in_turn)

        async def ask_at_once() -> None:
            for source, state in left_at_once:
                await self._ask_one(source, state)

        async def ask_in_turn() -> None:
            for source, state in left_in_turn:
                # The host's turn first: waiting for it must not keep a connection from other hosts.
                async with self._pace.turn(address_of(state)):
                    await self._ask_one(source, state)

        return [
            # These wait for connections only: more of them would wait for one another.
            *(ask_at_once() for _ in range(min(len(at_once), self._settings.connections))),
            *(ask_in_turn() for _ in range(min(len(in_turn), _ASKERS))),
        ]

    async def _ask_one(self, source: Source, state: SourceState) -> None:
        url = address_of(state)
        if self._holds.is_held(url):
            self._inbox.put(None)
            return
        try:
            fetched = await fetch(self._client, state, now=self._now)
        except Exception as error:  # noqa: BLE001 - one source's surprise never stops the others
            _log.exception("unexpected error", source=source.key, url=without_password(url))
            fetched = surprise(error)
        if isinstance(fetched, Failed):
            self._holds.note(url, fetched)
        self._inbox.put(Arrival(source, state, fetched))
        if self._inbox.is_full:
            await self._inbox.room()

    async def _store_all(
        self, wanted: int, thread: ThreadPoolExecutor, readers: Readers, progress: Callable[[int], None]
    ) -> dict[str, Look]:
        """Read and store whatever lies in the inbox, until every source has been dealt with."""
        loop = asyncio.get_running_loop()
        looks: dict[str, Look] = {}
        reading: set[asyncio.Task[None]] = set()
        done = 0
        while done < wanted:
            batch = await self._inbox.take(min(_TOGETHER, wanted - done))
            arrivals = [one for one in batch if isinstance(one, Arrival)]
            findings = [one for one in batch if isinstance(one, Finding)]
            found, heavy = await loop.run_in_executor(thread, self._desk.read, arrivals)
            for one in heavy:
                task = asyncio.create_task(self._read(one, readers))
                reading.add(task)
                task.add_done_callback(reading.discard)
            findings += found
            stored = await loop.run_in_executor(thread, self._desk.store, findings)
            looks |= {
                finding.arrival.source.key: look for finding, look in zip(findings, stored, strict=True)
            }
            done += len(batch) - len(heavy)
            progress(done)
        return looks

    async def _read(self, heavy: HeavyReading, readers: Readers) -> None:
        loop = asyncio.get_running_loop()
        result: ReadingResult
        try:
            result = await loop.run_in_executor(readers.threads, readers.read, heavy.job)
        except Exception as error:  # noqa: BLE001 - unread, it would keep the pass waiting for ever
            _log.exception("unexpected error", source=heavy.job.source.key)
            result = ReadingBroke(f"{type(error).__name__}: {str(error)[:200]}")
        self._inbox.put(heavy.finding(result))


def taking_turns(asked: Iterable[tuple[Source, SourceState]]) -> Iterator[tuple[Source, SourceState]]:
    """The sources with their hosts in turn, so that those of one host do not keep all askers waiting for its pauses."""
    by_host: dict[str, list[tuple[Source, SourceState]]] = {}
    for source, state in asked:
        by_host.setdefault(host_of(address_of(state)), []).append((source, state))
    for some in zip_longest(*by_host.values()):
        yield from (one for one in some if one is not None)


class _Inbox:
    """What arrived and was not taken yet. Whoever puts something in when it `is_full` waits for `room` before asking for more."""

    def __init__(self) -> None:
        self._lying: list[Arrival | Finding | None] = []
        self._something = asyncio.Event()
        self._bytes = 0
        self._room = asyncio.Condition()

    def put(self, one: Arrival | Finding | None) -> None:
        """`one`: what was fetched, what was read of it since, or None for a source that is not to be asked after all."""
        self._bytes += _size(one)
        self._lying.append(one)
        self._something.set()

    @property
    def is_full(self) -> bool:
        """Whether too many bytes of documents lie there."""
        return self._bytes > _WAITING_BYTES

    async def room(self) -> None:
        """Returns once it is not full."""
        async with self._room:
            await self._room.wait_for(lambda: not self.is_full)

    async def take(self, most: int) -> list[Arrival | Finding | None]:
        """What lies there, once there is something; more than `most` stays. Waits a moment where less than that came."""
        await self._something.wait()
        if len(self._lying) < most:
            await asyncio.sleep(_MOMENT)
        taken, self._lying = self._lying[:most], self._lying[most:]
        if not self._lying:
            self._something.clear()
        freed = sum(map(_size, taken))
        if freed:
            self._bytes -= freed
            async with self._room:
                self._room.notify_all()
        return taken


def _size(one: Arrival | Finding | None) -> int:
    return len(one.fetched.body) if isinstance(one, Arrival) and isinstance(one.fetched, Document) else 0
