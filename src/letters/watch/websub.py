"""Which subscriptions at hubs to have (WebSub section 5). Pure: what is known and the time in, steps out.

A request counts as failed from the moment it is written down until the hub verifies it. So a hub that says nothing, one
that cannot be reached and a process that is killed in between all come to the same: the request is made again, later.
Polling goes on all the while, more slowly where a hub pushes, so nothing here can lose an entry (R67).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from letters.errors import Problem
from letters.model import Source
from letters.store.pushes import PushState, PushSubscription
from letters.store.sources import SourceState
from letters.watch.topic import Site, Wanted, wanted

#: How soon a hub is to verify a request; then it is made again, and ever more rarely.
VERIFIED_WITHIN = timedelta(minutes=10)
LONGEST_BACK_OFF = timedelta(days=1)
#: A hub that said no may be asked again, for publishers change their minds; but not soon.
DENIED_FOR = timedelta(days=7)
NEVER_VERIFIED = "did not verify that the request was ours"

# How often an unwanted subscription is told so; after that it ends with its lease, and pushes are answered 410.
_MOST_GOODBYES = 3


class Mode(StrEnum):
    """What a hub is asked for."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`after` takes the place of `before` (None: nothing); then the hub of `after` is asked for `mode`, if there is one."""

    before: PushSubscription | None
    after: PushSubscription | None
    mode: Mode | None = None


def plan(
    sources: Iterable[Source],
    states: Mapping[str, SourceState],
    subscriptions: Mapping[str, PushSubscription],
    *,
    site: Site,
    now: datetime,
) -> list[Step]:
    """What is to be done now, at most one step per source, those of sources that are no longer there among them.

    Without sources this takes leave of every hub.
    """
    wishes = {source.key: wanted(source, states.get(source.key), site=site) for source in sources}
    steps = (
        next_step(wishes.get(key), subscriptions.get(key), site=site, now=now)
        for key in [*wishes, *(key for key in subscriptions if key not in wishes)]
    )
    return [step for step in steps if step is not None]


def next_step(
    wish: Wanted | None, known: PushSubscription | None, *, site: Site, now: datetime
) -> Step | None:
    """What to do about one source now; None for nothing."""
    if known is None:
        return _subscribed(wish, None, site=site, now=now) if wish is not None else None
    if known.state is PushState.ENDED:
        return _left(known, wish, site=site, now=now)
    if wish is None or not _fits(known, wish, site):
        if not known.is_in_force(now):
            # What was never verified, or is over, needs no leave: whoever speaks to its callback is told 404 or 410.
            return _subscribed(wish, known, site=site, now=now) if wish else Step(before=known, after=None)
        return _goodbye(replace(known, state=PushState.ENDED, failures=0), known, now=now)
    return _asked_again(known, wish, site=site, now=now) if _is_due(known, wish, now) else None


def _fits(known: PushSubscription, wish: Wanted, site: Site) -> bool:
    return (
        known.topic == wish.topic and known.hub in wish.hubs and known.callback == site.callback(known.token)
    )


def _is_due(known: PushSubscription, wish: Wanted, now: datetime) -> bool:
    if known.state is PushState.DENIED and known.failures < len(wish.hubs):
        return True
    return known.next_request_at is None or known.next_request_at <= now


def _subscribed(wish: Wanted, before: PushSubscription | None, *, site: Site, now: datetime) -> Step:
    """A subscription anew, at the first hub."""
    return _requested(_fresh(wish, wish.hubs[0], site=site), before, wish, now=now)


def _asked_again(known: PushSubscription, wish: Wanted, *, site: Site, now: datetime) -> Step:
    """A lease to renew, or a request that came to nothing: then at the next hub, if the source names several."""
    is_silent = known.failures > 0 and not known.last_error.startswith(f"{known.hub} ")
    error = f"{known.hub} {NEVER_VERIFIED}" if is_silent else known.last_error
    if known.is_in_force(now) or known.failures == 0 or len(wish.hubs) == 1:
        return _requested(replace(known, last_error=error), known, wish, now=now)
    hub = wish.hubs[(wish.hubs.index(known.hub) + 1) % len(wish.hubs)]
    fresh = replace(_fresh(wish, hub, site=site), failures=known.failures, last_error=error)
    return _requested(fresh, known, wish, now=now)


def _fresh(wish: Wanted, hub: str, *, site: Site) -> PushSubscription:
    token = site.mint()
    return PushSubscription(
        source=wish.source,
        hub=hub,
        topic=wish.topic,
        token=token,
        callback=site.callback(token),
        # Also where the hub speaks plain HTTP, against section 5.1: see docs/decisions/148.
        secret=site.mint(),
        state=PushState.REQUESTED,
    )


def _requested(
    asked: PushSubscription, before: PushSubscription | None, wish: Wanted, *, now: datetime
) -> Step:
    """The request is written down as one that failed; verifying makes it good. A lease in force stays in force."""
    failures = asked.failures + 1
    after = replace(
        asked,
        state=PushState.VERIFIED if asked.is_in_force(now) else PushState.REQUESTED,
        requested_at=now,
        next_request_at=now + back_off(asked.token, (failures - 1) // len(wish.hubs)),
        failures=failures,
    )
    return Step(before=before, after=after, mode=Mode.SUBSCRIBE)


def _goodbye(ended: PushSubscription, before: PushSubscription, *, now: datetime) -> Step:
    after = replace(
        ended,
        requested_at=now,
        next_request_at=now + back_off(ended.token, ended.failures),
        failures=ended.failures + 1,
    )
    return Step(before=before, after=after, mode=Mode.UNSUBSCRIBE)


def _left(known: PushSubscription, wish: Wanted | None, *, site: Site, now: datetime) -> Step | None:
    """The hub has not verified our leave. Where there is another subscription to make, it does not wait long for that."""
    if known.next_request_at is not None and known.next_request_at > now:
        return None
    if wish is not None:
        return _subscribed(wish, known, site=site, now=now)
    is_over = known.lease_ends_at is None or known.lease_ends_at <= now
    if is_over or known.failures >= _MOST_GOODBYES:
        return Step(before=known, after=None)
    return _goodbye(known, known, now=now)


def back_off(token: str, times: int) -> timedelta:
    """How long to wait for a verification, and before the next request: doubled each time, up to a day, and jittered."""
    wait = min(VERIFIED_WITHIN * (1 << min(times, 20)), LONGEST_BACK_OFF)
    return wait * (1 + 0.2 * share(token))


def renewal(token: str, lease: timedelta) -> timedelta:
    """When within a lease to ask for the next one: at about two thirds, so that several tries are left before its end."""
    return lease * (0.6 + 0.13 * share(token))


def share(token: str) -> float:
    """From 0 to 1, by the token: what was subscribed to in one minute is not renewed in one minute."""
    return int.from_bytes(hashlib.sha256(token.encode()).digest()[:4]) / 2**32


def notices(subscriptions: Iterable[PushSubscription], *, base_url: str) -> list[Problem]:
    """What hubs have against us, one for each subscription. Not a fault of the source's: it is polled as before."""
    return [
        Problem(
            where=f'source "{one.source}"',
            what=f"its hub {one.last_error}; nothing is lost, for it is polled as well",
            remedy=(
                f"see that {base_url.rstrip('/')}/websub/ leads to the server of letters run"
                if one.last_error.endswith(NEVER_VERIFIED)
                else ""
            ),
            is_notice=True,
        )
        for one in subscriptions
        if one.last_error and one.state is not PushState.ENDED
    ]
