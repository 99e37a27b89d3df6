"""The edge of `enclosures`: asks servers about media files, a few in each pass, and remembers what they say."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest

import structlog
from sqlalchemy import Connection

from letters.errors import FetchError, Problem
from letters.model import Enclosure, Entry
from letters.net import Client, NetSettings, Pace
from letters.net.pace import host_of
from letters.publish.clean import web_address
from letters.publish.enclosures import (
    BACK_OFF,
    failed_again,
    file_of,
    files_to_ask,
    fill_in,
    is_given_up,
    lacks_something,
    read_answer,
    refuses_head,
)
from letters.settings import Settings, net_settings
from letters.store import Store
from letters.store.enclosures import (
    MediaFile,
    entries_with,
    load_due,
    load_enclosures,
    load_files,
    note_files,
    save_files,
)
from letters.store.unpublished import load_marks, mark

_log = structlog.get_logger("letters.publish")

#: Files in one pass at the most, and how long all of them together may take: the pass has other things to do.
MOST = 50
LONGEST = timedelta(seconds=20)

_AT_ONCE = 8
_ONE_ANSWER = timedelta(seconds=10)
# A host that failed so often in one pass is left alone until the next.
_PATIENCE = 2
# The length of what would be packed for the way is not the file's.
_PLAIN = {"Accept-Encoding": "identity", "Accept": "*/*"}
_FIRST_BYTE = {**_PLAIN, "Range": "bytes=0-0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnclosuresReport:
    """What asking came to, in files. Those that were left for want of time, or beyond `MOST`, are asked in later passes."""

    asked: int = 0
    completed: int = 0
    failed: int = 0
    problems: tuple[Problem, ...] = ()


def complete_enclosures(store: Store, settings: Settings, *, now: datetime) -> EnclosuresReport:
    """Ask about the files of published episodes whose publishers left length or type out, and remember the answers.

    Each is asked once; in vain, a few times more with growing pauses. What was heard is written in one transaction at the
    end, so a pass that is killed asks again. Nothing that a server does is an error: files that are given up are notices.
    Not to be called from a running event loop.
    """
    with store.read() as c:
        marked = [one.key for one in load_marks(c) if one.kind == "entry"]
    if marked:
        with store.write() as c:
            note_files(c, files_to_ask(load_enclosures(c, marked)))
    pauses = {failures: now - pause for failures, pause in enumerate(BACK_OFF, start=1)}
    with store.read() as c:
        known = load_due(c, asked_before=pauses, limit=MOST)
    if not known:
        return EnclosuresReport()
    heard = asyncio.run(_ask_all(list(known), known, settings, now=now))
    with store.write() as c:
        save_files(c, heard)
        mark(c, "entry", entries_with(c, [file.url for file in heard if not file.failures]))
    failed = [file for file in heard if file.failures]
    return EnclosuresReport(
        asked=len(heard),
        completed=len(heard) - len(failed),
        failed=len(failed),
        problems=tuple(_given_up(file.url) for file in failed if is_given_up(file)),
    )


def with_known_files(c: Connection, entries: Sequence[Entry]) -> list[Entry]:
    """The entries with what is remembered of their files, where their publishers left it out."""
    lacking = [
        entry.episode.enclosures for entry in entries if any(map(lacks_something, entry.episode.enclosures))
    ]
    return fill_in(entries, load_files(c, _urls(lacking)))


def _urls(episodes: Sequence[Sequence[Enclosure]]) -> list[str]:
    files = (file_of(enclosures) for enclosures in episodes)
    return [web_address(file.url) for file in files if file]


def _given_up(url: str) -> Problem:
    return Problem(
        where=url,
        what="the server of this media file tells neither its length nor its type, so feeds name them unknown",
        remedy="nothing has to be done; it is not asked again",
        is_notice=True,
    )


async def _ask_all(
    urls: Sequence[str], known: Mapping[str, MediaFile], settings: Settings, *, now: datetime
) -> list[MediaFile]:
    """What came of those that there was time for."""
    async with Client(_net_settings(settings)) as client:
        asking = _Asking(client, known, spacing=settings.watch.spacing, now=now)
        left = iter(_taking_turns(urls))

        async def ask_some() -> None:
            for url in left:
                await asking.ask(url)

        tasks = [asyncio.create_task(ask_some()) for _ in range(_AT_ONCE)]
        done, late = await asyncio.wait(tasks, timeout=LONGEST.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for task in done:
            task.result()
        return asking.heard


def _taking_turns(urls: Sequence[str]) -> list[str]:
    """Hosts one after another: those that wait for one host's pauses must not keep the others waiting."""
    hosts: dict[str, list[str]] = {}
    for url in urls:
        hosts.setdefault(host_of(url), []).append(url)
    return [url for round_ in zip_longest(*hosts.values()) for url in round_ if url]


class _Asking:
    """One pass over some files."""

    def __init__(
        self, client: Client, known: Mapping[str, MediaFile], *, spacing: timedelta, now: datetime
    ) -> None:
        self._client, self._known, self._now = client, known, now
        self._pace = Pace(spacing=spacing, at_once=1, is_exempt=client.is_private_place)
        self._failures: Counter[str] = Counter()
        self.heard: list[MediaFile] = []

    async def ask(self, url: str) -> None:
        host = host_of(url)
        async with self._pace.turn(url):
            if self._failures[host] >= _PATIENCE:
                return
            try:
                file = await self._ask(url)
            except FetchError:
                file = None
            except Exception:  # noqa: BLE001 - one file's surprise never stops the others
                _log.exception("unexpected error", url=url)
                file = None
        if file is None:
            self._failures[host] += 1
            file = failed_again(url, self._known.get(url), now=self._now)
        self.heard.append(file)

    async def _ask(self, url: str) -> MediaFile | None:
        answer = await self._client.head(url, headers=_PLAIN)
        told = read_answer(url, answer, now=self._now)
        if not refuses_head(answer):
            return told
        # Two bytes and less are no download in anybody's count (IAB podcast measurement guidelines).
        try:
            answer = await self._client.peek(url, headers=_FIRST_BYTE)
        except FetchError:
            return told
        return read_answer(url, answer, now=self._now) or told


def _net_settings(settings: Settings) -> NetSettings:
    """As for sources, but with less patience: nobody waits for these answers."""
    return replace(
        net_settings(settings), timeout=_ONE_ANSWER, idle_timeout=_ONE_ANSWER, connections=_AT_ONCE
    )
