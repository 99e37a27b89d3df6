"""Telling the hub that documents changed (WebSub section 7 leaves how to publisher and hub; this is what hubs take).

A document is due as long as its bytes are not those that the hub accepted last. So a ping that failed, or that a kill cut off, is
sent again, and one that arrived twice does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from letters.errors import FetchError, Problem
from letters.net import Client
from letters.publish.addresses import Addresses
from letters.settings import Settings, net_settings
from letters.store import Store
from letters.store.announcements import (
    Announcement,
    count_waiting,
    due_announcements,
    mark_announced,
    mark_failed,
)

#: At one publishing; what is more waits for the next.
_AT_MOST = 2_000
_SIDE_BY_SIDE = 8
#: How long a document waits after its first failure, and at most; each failure doubles it.
SHORTEST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceReport:
    """What telling the hub came to: documents that it accepted, and those of which it is to be told still."""

    announced: int = 0
    waiting: int = 0
    problems: tuple[Problem, ...] = ()


def announce(store: Store, settings: Settings, *, now: datetime) -> AnnounceReport:
    """Tell the hub of what changed since it was told last (R55), when the bytes are in place. Not to be called from a running event loop.

    A hub that does not answer is left alone until the next time; all that is due waits for it. What fails is reported the first
    time, and each time that the number of failures has doubled.
    """
    if not settings.publish.hub:
        return AnnounceReport()
    with store.read() as c:
        due = due_announcements(c, now=now, limit=_AT_MOST)
    if not due:
        return AnnounceReport()
    telling = _Telling(settings, due)
    asyncio.run(telling.run())
    with store.write() as c:
        mark_announced(c, telling.accepted)
        mark_failed(c, {one.path: (now + wait_after(one), error) for one, error in telling.failed})
        waiting = count_waiting(c)
    return AnnounceReport(
        announced=len(telling.accepted),
        waiting=waiting,
        problems=tuple(_problems(settings.publish.hub, telling.failed)),
    )


def wait_after(failed: Announcement) -> timedelta:
    """How long a document waits that failed once more."""
    return min(SHORTEST_WAIT * (1 << min(failed.failures, 20)), LONGEST_WAIT)


@dataclass(slots=True)
class _Telling:
    """One turn at the hub."""

    settings: Settings
    due: Sequence[Announcement]
    accepted: list[Announcement] = field(default_factory=list)
    failed: list[tuple[Announcement, str]] = field(default_factory=list)
    #: Why the hub cannot be asked at all; all that is left waits.
    silence: str = ""

    async def run(self) -> None:
        queue = iter(self.due)
        async with Client(net_settings(self.settings)) as client, asyncio.TaskGroup() as tasks:
            for _ in range(_SIDE_BY_SIDE):
                tasks.create_task(self._work(client, queue))

    async def _work(self, client: Client, queue: Iterator[Announcement]) -> None:
        for one in queue:
            if not self.silence:
                await self._tell(client, one)
            else:
                self.failed.append((one, self.silence))

    async def _tell(self, client: Client, one: Announcement) -> None:
        topic = f"{Addresses.of(self.settings.site.base_url).home}{one.path}"
        # The older protocol calls it a URL, the recommendation a topic; hubs look at the one they know.
        form = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
        try:
            answer = await client.post(self.settings.publish.hub, form)
        except FetchError as error:
            self.silence = str(error)
            self.failed.append((one, self.silence))
            return
        if 200 <= answer.status < 300:
            self.accepted.append(one)
            return
        words = f"it answers {_words(answer.status)}"
        if answer.status >= 500 or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self.silence = words
        self.failed.append((one, words))


def _words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _problems(hub: str, failed: Sequence[tuple[Announcement, str]]) -> list[Problem]:
    """One for each way in which the hub fails, with the number of documents."""
    told: dict[str, int] = {}
    for one, error in failed:
        count = one.failures + 1
        if count & (count - 1) == 0:
            told[error] = told.get(error, 0) + 1
    return [
        Problem(
            where=hub,
            what=f"the hub was not told of {count} changed {'document' if count == 1 else 'documents'}: {error}",
            remedy="it is told again; look at [publish] hub in config/letters.toml if this lasts",
        )
        for error, count in told.items()
    ]
