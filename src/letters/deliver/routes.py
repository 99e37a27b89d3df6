"""The ways out: the relays of the settings with their weights and limits, which of them is down, and sending on several at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from letters.deliver.batch import Batch, Stop, Transport
from letters.deliver.pace import Limit, Meter, Route, Sharing, day_of, share
from letters.settings.types import SmtpSettings
from letters.store.deliveries import Claim
from letters.store.pace import count, lock_meters, save_meter
from letters.store.subscribers import domain_key

#: The meter of the one relay of ``[delivery.smtp]``, which has no name; no key looks like it.
UNNAMED = "[delivery.smtp]"
#: How long a relay that failed is left alone within one run, while others go on.
_DOWN_SECONDS = 300.0


def route(name: str, settings: SmtpSettings, *, weight: int = 1) -> Route:
    """A relay of the settings with its limits."""
    limits: dict[str, Limit] = {}
    for one in settings.limit:
        domains = [domain_key(domain) for domain in one.domains]
        limit = Limit(
            meter=f"{name}/{domains[0]}",
            spacing=one.rate,
            daily_cap=one.daily_cap or None,
        )
        limits |= dict.fromkeys(domains, limit)
    own = Limit(
        meter=name,
        spacing=settings.rate,
        daily_cap=settings.daily_cap or None,
        warm_up=settings.warm_up,
    )
    return Route(name=name, weight=weight, limit=own, limits=limits)


@dataclass
class Routes:
    """All ways out of one run. `transport` gives that of a route; it is kept by whoever made it."""

    routes: Sequence[Route]
    transport: Callable[[str], Transport]
    #: What each was given in this run, and until when waiting messages are spread.
    given: Counter[str] = field(default_factory=Counter)
    queues: dict[str, datetime] = field(default_factory=dict)
    _down: dict[str, tuple[float, Stop]] = field(default_factory=dict)

    @property
    def are_limited(self) -> bool:
        return any(_counts(limit) for one in self.routes for limit in one.meters())

    def open(self) -> list[Route]:
        """Those that are not down."""
        until = {name: moment for name, (moment, _) in self._down.items()}
        return [one for one in self.routes if until.get(one.name, 0.0) <= time.monotonic()]

    def failed(self, name: str, why: Stop) -> Stop | None:
        """Leave a relay alone for a while; says why all stands still, if none is left."""
        self._down[name] = (time.monotonic() + _DOWN_SECONDS, why)
        return None if self.open() else why

    def lock(self, c: Connection, *, now: datetime) -> dict[str, Meter]:
        """What was given so far; nobody else is given anything until the transaction ends."""
        names = {limit.meter for one in self.routes for limit in one.meters() if _counts(limit)}
        return {
            name: Meter(free_at=free_at, today=today, days_before=before)
            for name, (free_at, today, before) in lock_meters(c, names, day=day_of(now)).items()
        }

    def share(
        self, c: Connection, claims: Sequence[Claim], meters: Mapping[str, Meter], *, now: datetime
    ) -> Sharing:
        """Share claims among the relays that are not down, and write down what each was given."""
        if not self.are_limited and len(routes := self.open()) == 1:
            # What most installations have: one relay, as fast as it goes.
            self.given[routes[0].name] += len(claims)
            return Sharing(given={routes[0].name: list(range(len(claims)))} if claims else {})
        domains = [_domain(claim.email) for claim in claims]
        shared = share(domains, self.open(), meters, now=now, earlier=self.given, queues=self.queues)
        for name, places in shared.given.items():
            self.given[name] += len(places)
        for name, before in meters.items():
            after = shared.meters[name]
            if after != before:
                save_meter(c, name, free_at=after.free_at, day=day_of(now), given=after.today - before.today)
        return shared

    def give_back(self, c: Connection, name: str, claims: Sequence[Claim], *, now: datetime) -> None:
        """Take messages that were not handed over after all out of the day's number."""
        self.given[name] -= len(claims)
        (found,) = [one for one in self.routes if one.name == name]
        back: Counter[str] = Counter()
        for claim in claims:
            own = found.limits.get(_domain(claim.email))
            back.update(limit.meter for limit in (found.limit, own) if limit is not None and _counts(limit))
        for meter, messages in sorted(back.items()):
            count(c, meter, day=day_of(now), given=-messages)


def send_all(work: Sequence[tuple[Transport, Batch]]) -> None:
    """Send batches at the same time, each by its transport. Raises what one of them raised, after all came to an end."""
    if len(work) == 1:
        transport, batch = work[0]
        transport.send(batch)
        return
    with ThreadPoolExecutor(len(work), thread_name_prefix="relay") as pool:
        running = [pool.submit(transport.send, batch) for transport, batch in work]
        try:
            wait(running, return_when=FIRST_EXCEPTION)
        finally:
            # An interrupt, or a surprise on one: the others end after what is under way. Where all ended well, nothing is left to halt.
            if not all(one.done() and one.exception() is None for one in running):
                for _, batch in work:
                    batch.is_halted = True
        for one in running:
            one.result()


class Counted:
    """A callback for several threads."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call, self._lock = call, threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self._call()


def _counts(limit: Limit) -> bool:
    """Whether there is anything to remember."""
    return limit.spacing is not None or limit.daily_cap is not None or bool(limit.warm_up)


def _domain(email: str) -> str:
    try:
        return domain_key(email.rpartition("@")[2])
    except ValueError:
        return ""
