"""The doing: asks the sources that are due, and stores what each look found in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import structlog
from sqlalchemy import Connection

from letters import __version__
from letters.errors import UnreadableFeedError
from letters.model import Progress, Source
from letters.net import Client, NetSettings, Pace
from letters.settings import Settings
from letters.store import Store
from letters.store.episodes import insert_episodes, rename_episodes, rename_show, update_episodes
from letters.store.hidden import release_episodes, remove_episodes
from letters.store.seen import load_seen
from letters.store.sources import SourceState, find_state, load_states, save_state
from letters.watch.changes import changes
from letters.watch.fetch import fetch
from letters.watch.parse import ParsedFeed, parse_feed
from letters.watch.poll import (
    after_document,
    after_failure,
    after_gone,
    after_not_modified,
    body_digest,
    current_state,
    due,
    has_name,
    named,
)
from letters.watch.problems import (
    UNREADABLE_REMEDY,
    failure_problem,
    gone_problem,
    gone_problems,
    without_password,
)
from letters.watch.values import Document, Failed, Fetched, Gone, Look, NotModified, WatchReport

_log = structlog.get_logger("letters.watch")

_AT_ONE_HOST = 2
# Documents being read at the same time, off the event loop: enough to keep it free, little enough to bound memory.
_READERS = 2


def watch(
    store: Store,
    settings: Settings,
    *,
    now: datetime,
    everything: bool = False,
    progress: Progress | None = None,
) -> WatchReport:
    """Look at every source that is due; with `everything` also at those that are not.

    Sources that are gone (410) or asked to be left alone (Retry-After) are not asked either way; with `everything` the
    gone ones are told as problems. Each source's episodes and state are stored together, so a pass that is killed loses
    at most the looks it had not finished. Not to be called from a running event loop.
    """
    with store.read() as c:
        states = load_states(c)
    sources = due(settings.sources, states, now=now, everything=everything)
    watcher = _Watcher(store, settings, states, now=now)
    watcher.follow_names()
    looks = asyncio.run(watcher.look_at(sources, progress)) if sources else []
    problems = [look.problem for look in looks if look.problem is not None]
    told = [problem for look in looks for problem in look.problems]
    reminders = gone_problems(settings.sources, states) if everything else []
    return WatchReport(
        polled=len(looks),
        unchanged=sum(1 for look in looks if not (look.problem or look.stored or look.changed)),
        failed=len(problems),
        new=sum(look.new for look in looks),
        changed=sum(look.changed for look in looks),
        stored=sum(look.stored for look in looks),
        problems=tuple(problems + told + reminders),
    )


def net_settings(settings: Settings) -> NetSettings:
    """The HTTP client's settings; its name tells publishers who asks, and where to complain."""
    site, watching = settings.site, settings.watch
    contact = f"; {site.contact}" if site.contact else ""
    words = f"Letters/{__version__} (+{site.base_url}{contact})"
    return NetSettings(
        user_agent="".join(
            character for character in words if character.isascii() and character.isprintable()
        ),
        allow_private=watching.allow_private,
        timeout=watching.timeout,
        size_limit_bytes=watching.size_limit_mb * 1_000_000,
        connections=watching.connections,
    )


class _Watcher:
    """One pass: from the event loop, looks are asked for; in reader threads, documents are read and stored."""

    def __init__(
        self, store: Store, settings: Settings, states: Mapping[str, SourceState], *, now: datetime
    ) -> None:
        self._store, self._settings, self._states, self._now = store, settings, states, now
        self._every = settings.watch.every

    def follow_names(self) -> None:
        """Give stored episodes the show's name as it is configured now, where it was changed since."""
        for source in self._settings.sources:
            state = self._states.get(source.key)
            if state is None or has_name(state, source):
                continue
            with self._store.write() as c:
                save_state(c, named(state, source))
                rename_show(c, source.key, source.show or state.feed_title, now=self._now)

    async def look_at(self, sources: Sequence[Source], progress: Progress | None) -> list[Look]:
        """One look per source, in their order."""
        done = 0

        async def look(source: Source) -> Look:
            nonlocal done
            # The host's turn first: waiting for it must not keep a connection from other hosts.
            async with pace.turn(source.url), connections:
                result = await self._look(client, readers, source)
            done += 1
            if progress is not None:
                progress(done, len(sources))
            return result

        watching = self._settings.watch
        # Names are resolved there: a few that hang must not keep the others waiting until they time out.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(watching.connections))
        connections = asyncio.Semaphore(watching.connections)
        with ThreadPoolExecutor(_READERS, thread_name_prefix="letters-watch") as readers:
            async with Client(net_settings(self._settings)) as client:
                pace = Pace(spacing=watching.spacing, at_once=_AT_ONE_HOST, is_exempt=client.is_private_place)
                return await asyncio.gather(*(look(source) for source in sources))

    async def _look(self, client: Client, readers: ThreadPoolExecutor, source: Source) -> Look:
        run = asyncio.get_running_loop().run_in_executor
        state = current_state(source, self._states.get(source.key))
        try:
            fetched = await fetch(client, state, now=self._now)
            return await run(readers, self._take, source, state, fetched)
        except Exception as error:  # noqa: BLE001 - one source's surprise never stops the others
            _log.exception("unexpected error", source=source.key, url=without_password(source.url))
            failure = Failed(
                what=f"unexpected error: {type(error).__name__}: {str(error)[:200]}",
                remedy="report it with the log's traceback",
            )
            return await run(readers, self._fail, source, failure)

    def _take(self, source: Source, state: SourceState, fetched: Fetched) -> Look:
        match fetched:
            case Document():
                return self._take_document(source, state, fetched)
            case NotModified():
                with self._store.write() as c:
                    latest = self._latest(c, source)
                    save_state(c, after_not_modified(latest, fetched, every=self._every, now=self._now))
                return Look()
            case Gone():
                with self._store.write() as c:
                    save_state(c, after_gone(self._latest(c, source), now=self._now))
                return Look(problem=gone_problem(source))
            case Failed():
                return self._fail(source, fetched)

    def _take_document(self, source: Source, state: SourceState, document: Document) -> Look:
        digest = body_digest(document.body, source)
        if digest == state.body_digest:
            return self._store_feed(source, document, digest, None)
        try:
            parsed = parse_feed(
                document.body,
                url=document.url,
                content_type=document.content_type,
                source=source,
                now=self._now,
            )
        except UnreadableFeedError as error:
            failure = Failed(what=str(error), remedy=UNREADABLE_REMEDY, status=document.status)
            return self._fail(source, failure)
        return self._store_feed(source, document, digest, parsed)

    def _store_feed(self, source: Source, document: Document, digest: str, parsed: ParsedFeed | None) -> Look:
        """Store a look's episodes and the source's state together; None for the document that was read last time."""
        with self._store.write() as c:
            latest = self._latest(c, source)
            title = parsed.title if parsed is not None else latest.feed_title
            # First the state: on PostgreSQL its row keeps another process from looking at the same source meanwhile.
            looked = after_document(
                latest, document, digest=digest, title=title, every=self._every, now=self._now
            )
            save_state(c, looked)
            if parsed is None:
                return Look()
            found = changes(
                load_seen(c, source.key),
                parsed.entries,
                deleted=parsed.deleted,
                is_first=latest.first_look_at is None,
                backfill=source.backfill,
                now=self._now,
            )
            insert_episodes(c, found.added, now=self._now)
            insert_episodes(c, found.quarantined, now=self._now, in_quarantine=True)
            update_episodes(c, found.changed, now=self._now)
            rename_episodes(c, found.renamed.values(), now=self._now)
            remove_episodes(c, found.removed, by="publisher", now=self._now)
            release_episodes(c, found.released, now=self._now)
        new = sum(1 for episode in found.added if episode.is_new)
        return Look(
            new=new,
            changed=len(found.changed),
            stored=len(found.added),
            problems=tuple(found.problems(source)),
        )

    def _fail(self, source: Source, failure: Failed) -> Look:
        with self._store.write() as c:
            latest = self._latest(c, source)
            save_state(c, after_failure(latest, failure, every=self._every, now=self._now))
        return Look(problem=failure_problem(source, failure))

    def _latest(self, c: Connection, source: Source) -> SourceState:
        """The state as it is in this transaction; another process may have looked since the pass began."""
        return current_state(source, find_state(c, source.key))
