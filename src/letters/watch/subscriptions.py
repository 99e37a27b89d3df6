"""The doing of WebSub's subscriber: writes down each step, then asks the hub. What hubs say comes in by `letters.web`."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from yarl import URL

from letters.errors import FetchError, Problem
from letters.net import Answer, Client, Pace
from letters.net.urls import parse_url
from letters.settings import Settings, net_settings
from letters.store import Store
from letters.store.pushes import PushSubscription, load_subscriptions, replace_subscription
from letters.store.sources import load_states
from letters.watch.fetch import status_words
from letters.watch.hub import HubAnswer, after_answer, request_form, told
from letters.watch.said import retry_after
from letters.watch.topic import Site
from letters.watch.websub import Mode, Step, notices, plan

# Requests of one turn: few enough that the end of the process, which waits for the turn, is not far.
_AT_ONCE = 8
_MOST_REDIRECTS = 3
# A hub that moved says so with these, and gets the same request there (WebSub section 5.1.2).
_MOVED = frozenset({307, 308})
_TOKEN_BYTES = 32
# Of a hub's explanation, before it is made one short line.
_MOST_WORDS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionsReport:
    """How many hubs were asked to subscribe and to unsubscribe, and what hubs have against us, as notices."""

    subscribed: int = 0
    unsubscribed: int = 0
    #: Whether more is to be asked at once.
    has_more: bool = False
    problems: tuple[Problem, ...] = ()


def keep_subscriptions(
    store: Store, settings: Settings, *, now: datetime, stop: threading.Event | None = None
) -> SubscriptionsReport:
    """Ask hubs for what is due: new subscriptions, leases to renew, leave to take (R67).

    Only for the process that serves the callbacks. May be called by several at once: each step is taken by the one that
    writes it down first. Killed anywhere, the next call goes on. Not to be called from a running event loop.
    """
    with store.read() as c:
        states, known = load_states(c), load_subscriptions(c)
    sources = settings.sources if settings.watch.websub else ()
    client = Client(net_settings(settings))
    site = Site(
        base_url=settings.site.base_url,
        mint=lambda: secrets.token_urlsafe(_TOKEN_BYTES),
        is_private_place=client.is_private_place,
    )
    steps = plan(sources, states, known, site=site, now=now)
    chosen = steps[:_AT_ONCE]
    if chosen:
        asyncio.run(_Asker(store, settings, client, now=now, stop=stop or threading.Event()).take(chosen))
    with store.read() as c:
        problems = notices(load_subscriptions(c).values(), base_url=settings.site.base_url)
    return SubscriptionsReport(
        subscribed=sum(step.mode is Mode.SUBSCRIBE for step in chosen),
        unsubscribed=sum(step.mode is Mode.UNSUBSCRIBE for step in chosen),
        has_more=len(steps) > len(chosen),
        problems=tuple(problems),
    )


class _Asker:
    """One turn's requests, with the manners that polling has."""

    def __init__(
        self, store: Store, settings: Settings, client: Client, *, now: datetime, stop: threading.Event
    ) -> None:
        self._store, self._client, self._now, self._stop = store, client, now, stop
        self._spacing = settings.watch.spacing

    async def take(self, steps: Sequence[Step]) -> None:
        async with self._client as client:
            pace = Pace(spacing=self._spacing, at_once=2, is_exempt=client.is_private_place)
            await asyncio.gather(*(self._take(step, pace) for step in steps))

    async def _take(self, step: Step, pace: Pace) -> None:
        if step.after is None or step.mode is None:
            await asyncio.to_thread(self._write, step.before, step.after)
            return
        async with pace.turn(step.after.hub):
            # Written down first: a hub may verify before it answers, and a process may be killed in between.
            if self._stop.is_set() or not await asyncio.to_thread(self._write, step.before, step.after):
                return
            answer = await self._ask(step.after, step.mode)
        after = after_answer(step.after, step.mode, answer, now=self._now)
        if after != step.after:
            # Not where the hub verified or denied meanwhile: that was its last word.
            await asyncio.to_thread(self._write, step.after, after)

    def _write(self, before: PushSubscription | None, after: PushSubscription | None) -> bool:
        with self._store.write() as c:
            return replace_subscription(c, before, after)

    async def _ask(self, subscription: PushSubscription, mode: Mode) -> HubAnswer:
        form, url = request_form(subscription, mode), subscription.hub
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                answer = await self._client.post(url, form)
                onward = answer.headers.get("Location", "")
                if answer.status not in _MOVED or not onward:
                    return _read_answer(answer, subscription, now=self._now)
                url = str(parse_url(onward, base=URL(url)))
        except FetchError as error:
            return HubAnswer(what=f"gave no answer: {told(error.reason, subscription)}")
        return HubAnswer(what=f"redirects more than {_MOST_REDIRECTS} times")


def _read_answer(answer: Answer, subscription: PushSubscription, *, now: datetime) -> HubAnswer:
    """A hub's answer in our words, and in its own where it gave a reason as plain text (section 5.1.2)."""
    words = ""
    if answer.headers.get("Content-Type", "").lower().startswith("text/plain"):
        words = told(answer.body[:_MOST_WORDS].decode("utf-8", "replace"), subscription)
    what = f"answered {status_words(answer.status)}"
    return HubAnswer(
        status=answer.status,
        what=f"{what}: {words}" if words else what,
        wait=retry_after(answer.headers, now=now),
    )
