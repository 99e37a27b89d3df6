"""The doing: asks the sources that are due, reads what their hubs pushed, and stores what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from letters.errors import Problem
from letters.garbage import rarely_collected
from letters.model import Progress, Source
from letters.net import Client
from letters.settings import Settings, net_settings
from letters.store import Store
from letters.store.episodes import rename_show
from letters.store.pushes import PushedDocument, load_pushed, verified_sources
from letters.store.sources import SourceState, load_states, save_states
from letters.watch.asking import Asking
from letters.watch.desk import Desk
from letters.watch.findings import Arrival
from letters.watch.hosts import HostHolds
from letters.watch.poll import current_state, due, has_name, named
from letters.watch.problems import gone_problems, held_problems
from letters.watch.readers import Readers
from letters.watch.values import Document, Look, Validators, WatchReport

#: Documents that hubs pushed, in one pass at the most; the others wait for the next one.
_PUSHED = 1_000


def watch(
    store: Store,
    settings: Settings,
    *,
    now: datetime,
    everything: bool = False,
    listening: bool = False,
    progress: Progress | None = None,
) -> WatchReport:
    """Read what was pushed, and look at every source that is due; with `everything` also at those that are not.

    Sources that are gone (410) or asked to be left alone (Retry-After) are not asked either way; with `everything` the
    gone ones are told as problems, and failing ones each time. `listening` says that hubs can reach us: only then do
    sources that are pushed need no more than a slow look, for safety. What came of some sources is stored in one transaction
    together with their state, so a pass that is killed loses at most the looks it had not stored. Not to be called from
    a running event loop.
    """
    with rarely_collected():
        with store.read() as c:
            states = load_states(c)
            hubbed = verified_sources(c, now=now) if listening else frozenset()
            pushed = load_pushed(c, limit=_PUSHED)
        follow_names(store, settings, states, now=now)
        # Before anything is asked: what turns out to be gone now is told as that.
        reminders = gone_problems(settings.sources, states) if everything else []
        desk = Desk(store, settings, states, pushed=hubbed, everything=everything, now=now)
        heard = _take_pushed(desk, settings, states, pushed)
        looks, problems = _ask(desk, settings, states, everything=everything, now=now, progress=progress)
    return _report(looks, heard, [*problems, *reminders])


def follow_names(store: Store, settings: Settings, states: dict[str, SourceState], *, now: datetime) -> None:
    """Give stored episodes the show's name as it is configured now, where it was changed since; `states` follow."""
    for source in settings.sources:
        state = states.get(source.key)
        if state is None or has_name(state, source):
            continue
        states[source.key] = named(state, source)
        with store.write() as c:
            save_states(c, [states[source.key]])
            rename_show(c, source.key, source.show or state.feed_title, now=now)


def _take_pushed(
    desk: Desk, settings: Settings, states: Mapping[str, SourceState], pushed: list[PushedDocument]
) -> list[Look]:
    """One look per pushed document, in the order in which they came."""
    sources = {source.key: source for source in settings.sources}
    looks: list[Look] = []
    with Readers(limit=settings.watch.parse_timeout) as readers:
        for one in pushed:
            source = sources.get(one.source)
            if source is None:
                desk.forget(one.id)
                continue
            found, heavy = desk.read([_arrival(source, current_state(source, states.get(source.key)), one)])
            found += [each.finding(readers.read(each.job)) for each in heavy]
            looks += desk.store(found)
    return looks


def _arrival(source: Source, state: SourceState, pushed: PushedDocument) -> Arrival:
    document = Document(
        body=pushed.body,
        url=state.moved_url or source.url,
        content_type=pushed.content_type,
        status=200,
        validators=Validators(),
        is_pushed=True,
    )
    return Arrival(source=source, state=state, fetched=document, push_id=pushed.id)


def _ask(
    desk: Desk,
    settings: Settings,
    states: Mapping[str, SourceState],
    *,
    everything: bool,
    now: datetime,
    progress: Progress | None,
) -> tuple[list[Look], list[Problem]]:
    """The looks in the order of the configuration, and what is to be said about whole hosts."""
    net = net_settings(settings)
    is_exempt = Client(net).is_private_place
    sources = due(settings.sources, states, now=now, everything=everything, is_exempt=is_exempt)
    holds = HostHolds(states.values(), now=now, is_exempt=is_exempt)
    asked = [(source, current_state(source, states.get(source.key))) for source in sources]

    def tell(done: int) -> None:
        if progress is not None:
            progress(done, len(asked))

    asking = Asking(desk, net, settings.watch, holds=holds, now=now)
    looks = asyncio.run(asking.ask(asked, tell)) if asked else {}
    return (
        [looks[source.key] for source in sources if source.key in looks],
        held_problems(holds.held(), settings.sources, states),
    )


def _report(looks: list[Look], heard: list[Look], problems: list[Problem]) -> WatchReport:
    both = [*heard, *looks]
    told = [problem for look in both for problem in look.problems]
    return WatchReport(
        polled=len(looks),
        unchanged=sum(1 for look in looks if not (look.is_failure or look.stored or look.changed)),
        failed=sum(1 for look in looks if look.is_failure),
        new=sum(look.new for look in both),
        changed=sum(look.changed for look in both),
        stored=sum(look.stored for look in both),
        problems=(*told, *problems),
    )
